"""The web part of the log, for anybody on the network: checkpoint, tiles, proofs, in the layout
of C2SP `tlog-tiles`, so that its monitors and mirrors can read it. Nothing here is secret: entries
name agents and digests, never what was read."""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from evidence.log import TILE
from store.custody import Custody
from store.problems import Refused
from store.reading import number_of

# `x001/x234/067` is 1234067; `.p/N` a tile that is not full yet.
_TILE = re.compile(
    r"(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])/(?P<number>(?:x[0-9]{3}/){0,4}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


class LogPages:
    def __init__(self, custody: Custody) -> None:
        self.custody = custody

    def routes(self) -> list[Route]:
        return [
            Route("/checkpoint", self.checkpoint),
            Route("/tile/{tile:path}", self.tile),
            Route("/v1/log/consistency", self.consistency),
        ]

    async def checkpoint(self, request: Request) -> Response:
        note = await run_in_threadpool(self.custody.checkpoint)
        return PlainTextResponse(note, headers={"Cache-Control": "no-cache"})

    async def tile(self, request: Request) -> Response:
        wanted = _TILE.fullmatch(request.path_params["tile"])
        width = int(wanted["width"] or TILE) if wanted else 0
        if wanted is None or width > TILE or (width == TILE and wanted["width"]):
            raise Refused("this is no tile", code="not_found")
        number = int(wanted["number"].replace("x", "").replace("/", ""))
        level = None if wanted["level"] == "entries" else int(wanted["level"])
        body = await run_in_threadpool(self.custody.tile, level, number, width)
        return Response(body, media_type="application/octet-stream", headers=_FOR_EVER)

    async def consistency(self, request: Request) -> Response:
        old, new = number_of(request, "old"), number_of(request, "new")
        proof = await run_in_threadpool(self.custody.consistency, old, new)
        return JSONResponse({"old": old, "new": new, "proof": proof})
