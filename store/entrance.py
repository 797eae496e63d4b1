"""The web part for agents that come in: the store's key, enrolment, and each contact."""

from __future__ import annotations

import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from evidence.errors import EvidenceError
from evidence.seal import PublicKey
from store.access import Access
from store.agents import ID
from store.custody import Custody
from store.membership import Membership
from store.problems import Refused
from store.reading import body_of, length_of, record_of

LIMIT_BYTES = 64 * 1024
_MARK = re.compile(r"[0-9a-f]{32}")


class Entrance:
    def __init__(self, custody: Custody, access: Access, limit_bytes: int) -> None:
        self.custody = custody
        self.members = Membership(custody)
        self.access = access
        # An envelope within JSON, and its receipt.
        self.limit_bytes = 2 * limit_bytes

    def routes(self) -> list[Route]:
        return [
            Route("/v1/key", self.key),
            Route("/v1/enrol", self.enrol, methods=["POST"]),
            Route("/v1/contact", self.contact, methods=["POST"]),
            Route("/v1/refill", self.refill, methods=["POST"]),
        ]

    async def key(self, request: Request) -> Response:
        """The store's public key. An agent knows it by the key id in its token."""
        return PlainTextResponse(self.custody.key.public.pem)

    async def enrol(self, request: Request) -> Response:
        """`{"token": …, "agent": …, "key": PEM}`, signed with that key; the agent's sites."""
        body = await body_of(request, LIMIT_BYTES)
        record = record_of(body)
        token, agent = str(record.get("token", "")), str(record.get("agent", ""))
        if not ID.fullmatch(agent):
            raise Refused("an agent has a name", code="body_invalid")
        try:
            key = PublicKey.of_pem(str(record.get("key", "")).encode())
        except EvidenceError as error:
            raise Refused(error.message, code="body_invalid") from None
        self.access.check_holder(request, key, body)
        sites = await run_in_threadpool(self.members.accept, token, agent, key)
        return JSONResponse({"agent": agent, "sites": sites, "store": self.custody.origin})

    async def contact(self, request: Request) -> Response:
        """`{"generation": N, "mark": 32 hex digits, "checkpoint": the newest the agent knows}`; the
        checkpoint now, and the proof that the log only grew since."""
        admitted = await run_in_threadpool(self.access.admit, request)
        body = await body_of(request, LIMIT_BYTES)
        admitted.check_body(body)
        record = record_of(body)
        mark = str(record.get("mark"))
        if not _MARK.fullmatch(mark):
            raise Refused("a contact has a mark", code="body_invalid")
        generation, note = _count(record, "generation"), record.get("checkpoint")
        if note is not None and not isinstance(note, str):
            raise Refused("a checkpoint is a text", code="body_invalid")
        return JSONResponse(
            await run_in_threadpool(self.members.contact, admitted.caller, generation, mark, note)
        )

    async def refill(self, request: Request) -> Response:
        """`{"statement": envelope, "receipt": envelope}`, both as texts: what this agent holds of
        entries that the store lost."""
        length_of(request, self.limit_bytes)
        admitted = await run_in_threadpool(self.access.admit, request)
        body = await request.body()
        admitted.check_body(body)
        record = record_of(body)
        said = (str(record.get(one)).encode() for one in ("statement", "receipt"))
        await run_in_threadpool(self.members.refill, admitted.caller, *said)
        return Response(status_code=201)


def _count(record: dict[str, Any], name: str) -> int:
    value = record.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53:
        return value
    raise Refused(f"a contact has a {name}", code="body_invalid")
