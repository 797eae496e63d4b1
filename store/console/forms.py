"""What a browser sends: forms, read with bounds. No third party's parser of multipart bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from starlette.requests import Request

from store.problems import Refused
from store.said.upload import LIMIT_BYTES, TOO_LARGE

FORM_LIMIT_BYTES = 4 * 1024 * 1024
# A file of the most that is taken, and the fields beside it.
UPLOAD_LIMIT_BYTES = LIMIT_BYTES + 64 * 1024
# A bulk decision names each rule; a page of ten thousand would still fit.
_MOST_FIELDS = 20_000


@dataclass(frozen=True, slots=True)
class File:
    """A file as a browser named it and said what it is; neither is believed."""

    name: str
    said_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """Fields by name, each with all its values in order, and files by field."""

    fields: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return self.fields.get(name, [default])[0]

    def all(self, name: str) -> list[str]:
        return self.fields.get(name, [])


async def read_form(request: Request) -> Form:
    """The form in a request's body. Raises Refused: `body_too_large`, `form_invalid`."""
    kind = request.headers.get("content-type", "")
    multipart = kind.startswith("multipart/form-data")
    if not multipart and not kind.startswith("application/x-www-form-urlencoded"):
        raise Refused("this is not a form", code="form_invalid")
    limit_bytes = UPLOAD_LIMIT_BYTES if multipart else FORM_LIMIT_BYTES
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise Refused(
                f"more than {limit_bytes} bytes",
                code="body_too_large",
                said=TOO_LARGE if multipart else None,
            )
    return _multipart(kind, bytes(body)) if multipart else _urlencoded(bytes(body))


def pairs_of(text: str) -> dict[str, list[str]]:
    """Fields of a query or a urlencoded body. Raises Refused `form_invalid`."""
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise Refused("this is not a form", code="form_invalid") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _urlencoded(body: bytes) -> Form:
    try:
        return Form(pairs_of(body.decode("ascii")))
    except UnicodeDecodeError as error:
        raise Refused("this is not a form", code="form_invalid") from error


def _multipart(kind: str, body: bytes) -> Form:
    # The standard library's parser of messages: a form is a message of parts.
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n" + body
    )
    if not message.is_multipart():
        raise Refused("this is not a form", code="form_invalid")
    fields: dict[str, list[str]] = {}
    files: dict[str, File] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise Refused("this is not a form", code="form_invalid")
        filename = part.get_filename()
        if filename is not None:
            files[name] = File(filename, part.get_content_type(), content)
            continue
        try:
            fields.setdefault(name, []).append(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise Refused("this is not a form", code="form_invalid") from error
    return Form(fields, files)
