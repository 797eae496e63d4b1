"""Large blobs in parts: whoever was cut off goes on where the store's file ends.

`POST /v1/uploads` names digest and size and gets an address, the same one every time; `HEAD` tells
how much is there; `PATCH` with `Upload-Offset` adds to it. The part that completes the file has it
hashed as a whole, and it becomes a blob. What nobody goes on with is removed after a day.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from evidence.statement import is_digest
from store.access import Access, Admitted
from store.custody import Custody
from store.problems import Refused
from store.quota import Quota
from store.reading import body_of, length_of, record_of

ABANDONED_S = 24 * 3600
PART_BYTES = 8 * 1024 * 1024
_NAME = re.compile(r"[0-9a-f]{64}-[0-9]{1,12}-[0-9a-f]{64}")
_CHUNK_BYTES = 1024 * 1024


class Uploads:
    """Unfinished files lie in a folder, named by whose they are, how large, and their digest."""

    def __init__(
        self, custody: Custody, access: Access, quota: Quota, blob_limit_bytes: int
    ) -> None:
        self.custody, self.access, self.quota = custody, access, quota
        self.blob_limit_bytes = blob_limit_bytes
        self._folder = custody.files.uploads
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def routes(self) -> list[Route]:
        return [
            Route("/v1/uploads", self.begin, methods=["POST"]),
            Route("/v1/uploads/{name:path}", self.add, methods=["PATCH"]),
            Route("/v1/uploads/{name:path}", self.offset, methods=["GET"]),
        ]

    async def begin(self, request: Request) -> Response:
        admitted = await run_in_threadpool(self.access.admit, request)
        body = await body_of(request, 4096)
        admitted.check_body(body)
        record = record_of(body)
        digest, size_bytes = str(record.get("digest")), record.get("size_bytes")
        if not is_digest(digest) or type(size_bytes) is not int or size_bytes < 0:
            raise Refused("an upload has a digest and a size_bytes", code="body_invalid")
        if size_bytes > self.blob_limit_bytes:
            raise Refused(f"more than {self.blob_limit_bytes} bytes", code="body_too_large")
        self.custody.files.sweep_uploads(ABANDONED_S)
        path = self._folder / f"{_owner(admitted)}-{size_bytes}-{digest}"
        path.touch(mode=0o600)
        return _told(201, path)

    async def offset(self, request: Request) -> Response:
        admitted = await run_in_threadpool(self.access.admit, request)
        return _told(200, self._path(request, admitted))

    async def add(self, request: Request) -> Response:
        length_of(request, PART_BYTES)
        admitted = await run_in_threadpool(self.access.admit, request)
        path = self._path(request, admitted)
        part = await request.body()
        admitted.check_body(part)
        self.quota.spend(admitted.caller.agent, len(part))
        said = request.headers.get("upload-offset", "")
        with self._alone(path.name):
            finished = await run_in_threadpool(self._add, admitted, path, said, part)
        return Response(status_code=201) if finished else _told(200, path)

    def _add(self, admitted: Admitted, path: Path, said: str, part: bytes) -> bool:
        """Add the part. Whether the file is whole, and a blob now."""
        _, size, digest = path.name.split("-")
        there, size_bytes = path.stat().st_size, int(size)
        if said != str(there):
            raise Refused(f"{there} bytes are here", code="offset_wrong", more={"offset": there})
        if there + len(part) > size_bytes:
            raise Refused(f"the blob is {size_bytes} bytes long", code="body_too_large")
        with path.open("ab") as file:
            file.write(part)
        if there + len(part) < size_bytes:
            return False
        incoming = self.custody.files.receive()
        try:
            # Written anew: what was added before a power cut may hold anything.
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    incoming.write(chunk)
            path.unlink()
            if incoming.digest != digest:
                raise Refused(
                    f"the bytes have the digest {incoming.digest}", code="digest_mismatch"
                )
            self.custody.keep_blob(admitted.caller, incoming, size_bytes)
        finally:
            incoming.drop()
        return True

    def _path(self, request: Request, admitted: Admitted) -> Path:
        """The agent's own unfinished file. Raises Refused `not_found`."""
        name = str(request.path_params["name"])
        path = self._folder / name if _NAME.fullmatch(name) else None
        if path is None or not name.startswith(_owner(admitted)) or not path.exists():
            raise Refused("there is no such upload", code="not_found")
        return path

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with self._lock:
            if name in self._busy:
                raise Refused("another request adds to it", code="offset_wrong")
            self._busy.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(name)


def _owner(admitted: Admitted) -> str:
    return sha256(admitted.caller.agent.encode()).hexdigest()


def _told(status: int, path: Path) -> Response:
    headers = {"Location": f"/v1/uploads/{path.name}", "Upload-Offset": str(path.stat().st_size)}
    return Response(status_code=status, headers=headers)
