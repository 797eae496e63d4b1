"""The least a web store can do: Starlette takes the body, one file is written and synced."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from store.serve import bind


def main(folder: Path) -> None:
    """Serve from that folder until ended, after a line with the address."""

    def write(name: str, body: bytes) -> None:
        with (folder / name).open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())

    async def put(request: Request) -> Response:
        body = await request.body()
        await run_in_threadpool(write, request.path_params["name"], body)
        return Response(status_code=201)

    app = Starlette(routes=[Route("/{name}", put, methods=["PUT"])])
    with bind("127.0.0.1", 0) as listener:
        print(f"bare listens on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        uvicorn.Server(
            uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_config=None)
        ).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
