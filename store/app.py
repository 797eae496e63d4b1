"""The store's web part: Starlette routes over `Custody`. Bodies are raw; nothing is multipart.

Every request but the health ones and the checkpoint is signed by an enrolled agent, and an
agent sees its own deliveries only. Decisions are made on the path as it was sent, never on a
URL put together from a Host header.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from evidence.clock import Clock
from evidence.errors import EnvironmentProblem, EvidenceError
from evidence.seal import PublicKey
from evidence.statement import ASSESSMENT, COLLECTION, DECISIONS, RUN
from store.access import Access, Admitted
from store.asked_runs import AskedRunPages
from store.console.guard import Guard, make_console
from store.console.routes import console_routes
from store.custody import Custody
from store.deposits import CallerChanged
from store.entrance import Entrance
from store.failures import known_of
from store.heard import Heard
from store.metrics import Metrics
from store.openapi import description
from store.people.settings import Vouchers
from store.problems import Refused, problem_record
from store.proxies import ClientAddress, Proxies, address_of
from store.quota import Quota
from store.reading import digest_of, length_of, number_of
from store.settings import ObjectLock
from store.tiles import LogPages
from store.uploads import Uploads

MIB = 1024 * 1024
BLOB_LIMIT_BYTES = 64 * MIB
# A bundle's readings are in its statement: some 1.5 kB for each rule and its counter, in base64
# a third more. This takes a firewall of about 30,000 rules.
ENVELOPE_LIMIT_BYTES = 64 * MIB
# Half a gigabit's worth of an hour would be 200 GiB; a month's end of 3,000 devices is some 1 GiB.
QUOTA_BYTES_AN_HOUR = 8 * 1024 * MIB
BUNDLES, RECORDS = (COLLECTION,), (RUN, ASSESSMENT, DECISIONS)
_CHUNK_BYTES = 256 * 1024
_LOG = logging.getLogger("evidence.store")


class Web:
    """The handlers of one store. `on_broken` is told once that the process has to end; `lost` makes
    the page for a browser that came to no address."""

    def __init__(
        self,
        custody: Custody,
        access: Access,
        *,
        quota: Quota,
        metrics: Metrics,
        blob_limit_bytes: int,
        envelope_limit_bytes: int,
        on_broken: Callable[[], None],
        lost: Callable[[Request, Exception], Response],
    ) -> None:
        self.custody = custody
        self.access = access
        self.quota = quota
        self.metrics = metrics
        self.blob_limit_bytes = blob_limit_bytes
        self.envelope_limit_bytes = envelope_limit_bytes
        self.on_broken = on_broken
        self.lost = lost
        self.broken = False

    # Blobs

    async def put_blob(self, request: Request) -> Response:
        digest = digest_of(request)
        size_bytes = length_of(request, self.blob_limit_bytes)
        admitted = await self._admit(request)
        if admitted.body_digest != digest:
            raise Refused("Content-Digest is not that of the path", code="digest_mismatch")
        self.quota.spend(admitted.caller.agent, size_bytes)
        incoming = await run_in_threadpool(self.custody.files.receive)
        try:
            async for chunk in request.stream():
                incoming.write(chunk)
            if incoming.digest != digest:
                raise Refused(
                    f"the bytes have the digest {incoming.digest}", code="digest_mismatch"
                )
            new = await run_in_threadpool(
                self.custody.keep_blob, admitted.caller, incoming, size_bytes
            )
        finally:
            incoming.drop()
        return Response(status_code=201 if new else 200)

    async def get_blob(self, request: Request) -> Response:
        digest = digest_of(request)
        admitted = await self._admit(request)
        size_bytes, chunks = await run_in_threadpool(self.custody.blob, admitted.caller, digest)
        headers = {"Content-Length": str(size_bytes)}
        return StreamingResponse(chunks, headers=headers, media_type="application/octet-stream")

    # Bundles and records

    async def put_bundle(self, request: Request) -> Response:
        """A bundle's envelope, when its captures are here already, or its whole file."""
        if request.headers.get("content-type") != "application/zip":
            return await self._put_statement(request, BUNDLES)
        digest = digest_of(request)
        size_bytes = length_of(request, self.envelope_limit_bytes)
        admitted = None if size_bytes <= MIB else await self._admit(request)
        body = await request.body()

        def keep() -> tuple[bytes, bool]:
            asking = admitted or self._admit_now(request, remembered=True)
            asking.check_body(body)
            self.quota.spend(asking.caller.agent, size_bytes)
            limit_bytes = self.blob_limit_bytes
            try:
                return self.custody.keep_bundle(asking.caller, digest, body, limit_bytes)
            except CallerChanged:
                asking = self.access.admit_again(asking)
                return self.custody.keep_bundle(asking.caller, digest, body, limit_bytes)

        receipt, new = await run_in_threadpool(keep)
        self.metrics.answers["taken"] += 1
        return _json(receipt, 201 if new else 200)

    async def put_record(self, request: Request) -> Response:
        return await self._put_statement(request, RECORDS)

    async def _put_statement(self, request: Request, kinds: Sequence[str]) -> Response:
        digest = digest_of(request)
        size_bytes = length_of(request, self.envelope_limit_bytes)
        admitted = await self._admit(request)
        self.quota.spend(admitted.caller.agent, size_bytes)
        body = await request.body()
        admitted.check_body(body)
        receipt, new = await run_in_threadpool(
            self.custody.keep_statement, admitted.caller, digest, body, kinds
        )
        self.metrics.answers["taken"] += 1
        return _json(receipt, 201 if new else 200)

    async def get_envelope(self, request: Request) -> Response:
        digest = digest_of(request)
        admitted = await self._admit(request)
        path = await run_in_threadpool(self.custody.envelope_path, admitted.caller, digest)
        return _file(path, "application/json")

    async def list_bundles(self, request: Request) -> Response:
        return await self._list(request, BUNDLES)

    async def list_records(self, request: Request) -> Response:
        return await self._list(request, RECORDS)

    async def _list(self, request: Request, kinds: Sequence[str]) -> Response:
        admitted = await self._admit(request)
        after = number_of(request, "after", -1)
        found = await run_in_threadpool(self.custody.listed, admitted.caller, after, kinds)
        items = [{"digest": one.digest, "kind": one.kind, "index": one.index} for one in found]
        return JSONResponse({"items": items, "next": found[-1].index if found else None})

    async def get_receipt(self, request: Request) -> Response:
        digest = digest_of(request)
        admitted = await self._admit(request)
        return _json(await run_in_threadpool(self.custody.receipt, admitted.caller, digest))

    async def openapi(self, request: Request) -> Response:
        return JSONResponse(description())

    # Whether the store is well

    async def healthz(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(self, request: Request) -> Response:
        if self.broken:
            raise Refused("the disk failed", code="store_broken")
        try:
            await run_in_threadpool(self.custody.check_writable)
        except (OSError, DBAPIError, EnvironmentProblem) as error:
            raise Refused("nothing can be written", code="not_ready") from error
        return PlainTextResponse("ready\n")

    # What goes wrong

    async def _admit(self, request: Request) -> Admitted:
        return await run_in_threadpool(self._admit_now, request)

    def _admit_now(self, request: Request, *, remembered: bool = False) -> Admitted:
        if self.broken:
            raise Refused("the disk failed", code="store_broken")
        return self.access.admit(request, remembered=remembered)

    async def on_error(self, request: Request, error: Exception) -> Response:
        """Every refusal, mistake and failure as a problem, with a number to find it by."""
        if isinstance(error, HTTPException) and "text/html" in request.headers.get("accept", ""):
            return await run_in_threadpool(self.lost, request, error)
        correlation_id = secrets.token_hex(8)
        known = self._known(error)
        problem, record = problem_record(known, correlation_id)
        self.metrics.answers[record["code"]] += 1
        if problem.status >= 500:
            _LOG.error("%s %s: %s", correlation_id, record["code"], error, exc_info=error)
        else:
            address = address_of(request)
            _LOG.info("%s %s %s: %s", correlation_id, address, record["code"], error)
        return JSONResponse(
            record,
            problem.status,
            {**problem.headers, **_retry_after(known), "X-Correlation-Id": correlation_id},
            "application/problem+json",
        )

    def _known(self, error: Exception) -> EvidenceError:
        known = known_of(error)
        if known.code == "store_broken":
            self.broken = True
            self.on_broken()
        return known


def make_app(
    state: Path,
    *,
    clock: Clock,
    database_url: str | None = None,
    object_lock: ObjectLock | None = None,
    accept_replayed: bool = False,
    witnesses: Mapping[str, PublicKey] | None = None,
    blob_limit_bytes: int = BLOB_LIMIT_BYTES,
    envelope_limit_bytes: int = ENVELOPE_LIMIT_BYTES,
    quota_bytes_an_hour: int = QUOTA_BYTES_AN_HOUR,
    on_broken: Callable[[], None] = lambda: None,
    secure: bool = False,
    vouchers: Vouchers | None = None,
    proxies: Proxies | None = None,
) -> Starlette:
    """The store over a state folder (and a PostgreSQL database, if one is named), as an ASGI
    application; `app.state.custody` is its custody, to be closed after serving, `app.state.console`
    what its pages work with. `secure`: browsers reach it over TLS, so that its cookies are for TLS
    only; `vouchers`: who knows people beside the store; `proxies`: whose word of the client's
    address is taken. Raises EnvironmentProblem when folder or
    database is in use or unfit."""
    custody = Custody(
        state,
        clock,
        database_url=database_url,
        object_lock=object_lock,
        accept_replayed=accept_replayed,
        serving=True,
    )
    console = make_console(custody, clock, secure=secure, vouchers=vouchers)
    access, quota = Access(custody.caller, clock), Quota(quota_bytes_an_hour, clock)
    web = Web(
        custody,
        access,
        quota=quota,
        metrics=Metrics(custody),
        blob_limit_bytes=blob_limit_bytes,
        envelope_limit_bytes=envelope_limit_bytes,
        on_broken=on_broken,
        lost=Guard(console).lost,
    )
    # `:path` lets every odd name reach the handler, which has one answer for all of them.
    sha256 = "sha256/{digest:path}"
    routes = [
        Route(f"/v1/blobs/{sha256}", web.put_blob, methods=["PUT"]),
        Route(f"/v1/blobs/{sha256}", web.get_blob, methods=["GET"]),
        Route(f"/v1/bundles/{sha256}", web.put_bundle, methods=["PUT"]),
        Route(f"/v1/bundles/{sha256}", web.get_envelope, methods=["GET"]),
        Route(f"/v1/records/{sha256}", web.put_record, methods=["PUT"]),
        Route(f"/v1/records/{sha256}", web.get_envelope, methods=["GET"]),
        Route("/v1/bundles", web.list_bundles),
        Route("/v1/records", web.list_records),
        Route("/v1/receipts/{digest:path}", web.get_receipt),
        *Entrance(custody, access, envelope_limit_bytes).routes(),
        *Uploads(custody, access, quota, blob_limit_bytes).routes(),
        *LogPages(custody).routes(),
        *Heard(custody, witnesses or {}).routes(),
        *AskedRunPages(console.runs, access).routes(),
        Route("/v1/openapi.json", web.openapi),
        Route("/healthz", web.healthz),
        Route("/readyz", web.readyz),
        *console_routes(console),
    ]
    handled = (EvidenceError, HTTPException, ClientDisconnect, OSError, DBAPIError, Exception)
    app = Starlette(routes=routes, exception_handlers=dict.fromkeys(handled, web.on_error))
    app.add_middleware(ClientAddress, proxies=proxies or Proxies())
    app.state.custody = custody
    app.state.console = console
    app.state.metrics = web.metrics
    return app


def _retry_after(error: EvidenceError) -> dict[str, str]:
    wait_s = error.retry_after_s if isinstance(error, Refused) else None
    return {} if wait_s is None else {"Retry-After": str(wait_s)}


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")


def _file(path: Path, media_type: str) -> Response:
    size_bytes = path.stat().st_size
    headers = {"Content-Length": str(size_bytes)}
    return StreamingResponse(_chunks(path), headers=headers, media_type=media_type)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
