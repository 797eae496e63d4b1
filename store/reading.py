"""What the handlers read from a request: a length that holds, a digest, a number."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from evidence.statement import is_digest
from store.problems import Refused


def digest_of(request: Request) -> str:
    """The SHA-256 that the address ends in. Raises Refused `name_invalid`."""
    digest = request.path_params["digest"]
    if not is_digest(digest):
        raise Refused("the address does not end in a SHA-256", code="name_invalid")
    return str(digest)


def length_of(request: Request, limit_bytes: int) -> int:
    """The declared size of the body, which the server holds the sender to."""
    declared = request.headers.get("content-length", "")
    if not declared.isascii() or not declared.isdigit() or len(declared) > 15:
        raise Refused("the request says no length", code="length_required")
    if int(declared) > limit_bytes:
        raise Refused(f"more than {limit_bytes} bytes", code="body_too_large")
    return int(declared)


async def body_of(request: Request, limit_bytes: int) -> bytes:
    length_of(request, limit_bytes)
    return await request.body()


def number_of(request: Request, name: str, default: int | None = None) -> int:
    """A number of the query. Raises Refused `query_invalid`."""
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Refused(f"{name} is not a number", code="query_invalid")
    return int(text)


def record_of(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises Refused `body_invalid`."""
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise Refused("this is no JSON object", code="body_invalid")
    return record
