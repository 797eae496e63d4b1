"""What others say of this log: witnesses that found it only grown, and a checkpoint that it
signed and does not hold any more."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from evidence.checkpoint import Checkpoint, cosigned_at
from evidence.seal import PublicKey
from evidence.text import visible
from store import leaves
from store.access import check_body, signed_request
from store.alarms import OVER, Alarm, Alarms
from store.anchoring import witnessed_note
from store.custody import Custody
from store.database import insert_missing
from store.membership import Membership
from store.problems import Refused
from store.reading import body_of, record_of
from store.schema import cosignature

LIMIT_BYTES = 16 * 1024
_LOG = logging.getLogger("evidence.store")


class Heard:
    """`witnesses` are those of the settings, their public keys by their names."""

    def __init__(self, custody: Custody, witnesses: Mapping[str, PublicKey]) -> None:
        self.custody = custody
        self.witnesses = witnesses
        self.alarms = Alarms(custody.database, custody.now)

    def routes(self) -> list[Route]:
        return [
            Route("/v1/log/cosignatures", self.cosign, methods=["POST"]),
            Route("/v1/log/witnessed", self.witnessed),
            Route("/v1/log/known", self.known, methods=["POST"]),
            Route("/v1/log/refusals", self.refusal, methods=["POST"]),
        ]

    async def cosign(self, request: Request) -> Response:
        """`{"note": a checkpoint, "witness": name, "line": its signature}`."""
        record = record_of(await body_of(request, LIMIT_BYTES))
        said = (str(record.get(one)) for one in ("note", "witness", "line"))
        await run_in_threadpool(self.take, *said)
        return Response(status_code=201)

    async def known(self, request: Request) -> Response:
        """`{"note": a checkpoint that somebody has of this store}`: if the log does not lead to it,
        the store takes back first what it lost."""
        note = str(record_of(await body_of(request, LIMIT_BYTES)).get("note"))
        await run_in_threadpool(Membership(self.custody).told, note)
        return Response(status_code=204)

    async def refusal(self, request: Request) -> Response:
        """`{"witness": name, "why": in its words}`, signed by that witness (RFC 9421): it does not
        sign this log. An alarm until it signs again."""
        body = await body_of(request, LIMIT_BYTES)
        record = record_of(body)
        witness, why = (str(record.get(one)) for one in ("witness", "why"))
        signed = signed_request(request)
        check_body(signed.body_digest, body)
        signed.check(self._key(witness), self.custody.now())
        _LOG.error("witness %s refuses: %s", witness, visible(why))
        await run_in_threadpool(
            self.alarms.tell, Alarm.witness, witness, "witness_refuses", f"witness:{witness}"
        )
        return Response(status_code=204)

    async def witnessed(self, request: Request) -> Response:
        """The newest checkpoint that a witness signed, with the witnesses' lines."""
        return PlainTextResponse(await run_in_threadpool(self.newest))

    def take(self, note: str, witness: str, line: str) -> None:
        """Keep a witness's signature. Raises Refused `witness_unknown`, and SealError."""
        key = self._key(witness)
        own = Checkpoint.parse(note, self.custody.key.public)
        cosigned_at(note, line, witness, key)
        with self.custody.database.transaction() as rows:
            if leaves.frontier(rows).size < own.size or leaves.root(rows, own.size) != own.root:
                raise Refused("this log never had that root", code="checkpoint_invalid")
            insert_missing(
                rows,
                cosignature,
                size=own.size,
                witness=witness,
                note=note,
                line=line,
                received_at=self.custody.now(),
            )
        self.alarms.tell(Alarm.witness, witness, OVER, f"witness:{witness}")

    def _key(self, witness: str) -> PublicKey:
        """Raises Refused `witness_unknown`."""
        key = self.witnesses.get(witness)
        if key is None:
            raise Refused("no witness of that name is in the settings", code="witness_unknown")
        return key

    def newest(self) -> str:
        """Raises Refused `not_found` before the first."""
        with self.custody.database.reading() as rows:
            note = witnessed_note(rows)
        if note is None:
            raise Refused("no witness has signed yet", code="not_found")
        return note
