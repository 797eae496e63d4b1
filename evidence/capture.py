"""Captured bytes: what one ask brought back, after redaction, and how to read them safely."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from xml.etree.ElementTree import Element

from evidence.ask import Ask
from evidence.errors import TooMuch, Unexpected, shown
from evidence.markup import MAX_DEPTH, element

MAX_LINE_BYTES = 8 * 1024 * 1024
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_RETURNS = re.compile(r"(?<!\r)\r+\n")
_BACKSPACED = re.compile(r"[^\n\x08]\x08 ?\x08?")


# A configuration of the past, kept by another tool: never fresh, and no ground for a proof.
IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a capture came from: the device itself, a person who delivered it by hand, or
    another tool that kept it."""

    kind: str = "device"  # device | hand-delivered | replayed | imported
    delivered_by: str | None = None
    captured_at: datetime | None = None
    reason: str | None = None
    confirmed_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One answer. `body` is what the device sent with declared secrets replaced by keyed digests.

    `digest` is the SHA-256 of `body`. `peer` is the identity seen on the wire (host key or
    certificate fingerprint), `way` what carried it (`evidence.way`). `asked_at` and
    `answered_at` are aware UTC.
    """

    device: str
    ask: Ask
    body: bytes
    asked_at: datetime
    answered_at: datetime
    account: str | None = None
    requester: str = "schedule"
    peer: str | None = None
    media_type: str = "text/plain"
    provenance: Provenance = Provenance()
    way: str | None = None

    @property
    def digest(self) -> str:
        return sha256(self.body).hexdigest()

    def text(self) -> str:
        """The body as text: line ends as \\n, terminal control removed, NUL dropped.

        Raises TooMuch (`line_too_long`) when one line passes 8 MiB.
        """
        if (longest := _longest_line_bytes(self.body)) > MAX_LINE_BYTES:
            raise TooMuch(
                f"{self.device}: {self.ask.text!r} answered with a line of {longest} bytes",
                code="line_too_long",
                next_step="read the device by hand; this is not an answer to the question",
            )
        return _clean(_decode(self.body, self.ask.encodings))

    def json(self) -> Any:
        """The body as JSON, at most 64 levels deep. Raises Unexpected or TooMuch."""
        body = self.body.decode("utf-8-sig", "replace")
        depth = _depth(body)
        if depth > MAX_DEPTH:
            raise TooMuch(
                f"{self.device}: {self.ask.text!r} is nested {depth} levels deep",
                code="input_too_deep",
            )
        try:
            return json.loads(body)
        except ValueError as error:
            raise Unexpected(
                f"{self.device}: {self.ask.text!r} should answer JSON: {error}; "
                f"it starts {shown(body)!r}"
            ) from None

    def xml(self) -> Element:
        """The body as XML, at most 64 levels deep and without document type or entities.

        Raises TooMuch, Incomplete (it breaks off) or Unexpected.
        """
        return element(self.body, f"{self.device}: {self.ask.text!r}")

    def snmp(self) -> Iterator[tuple[tuple[int, ...], str, bytes]]:
        """Rows (OID, snmprec type tag, value bytes) of an SNMP answer, in the order received.

        snmprec is snmpsim's recording format: `OID|type|value`, `x` after the type for
        hexadecimal values. A value may run over several lines. Raises Unexpected.
        """
        yield from snmprec_rows(self.body, f"{self.device}: {self.ask.text!r}")


def check_size(who: str, ask: Ask, body: bytes) -> None:
    """Raises TooMuch for an answer longer than its ask allows: `line_too_long` where one line of
    it is, `input_too_large` otherwise. A document (HTTP) is one line by nature."""
    if len(body) <= ask.limit_bytes:
        return
    if ask.kind == "command" and _longest_line_bytes(body) > MAX_LINE_BYTES:
        raise TooMuch(
            f"{who}: {ask.text!r} answered with a line without end",
            code="line_too_long",
            next_step="read the device by hand; this is not an answer to the question",
        )
    raise TooMuch(
        f"{who}: {ask.text!r} answered over {ask.limit_bytes} bytes",
        next_step="read the device by hand, and report how much it has to say",
    )


def _longest_line_bytes(body: bytes) -> int:
    """The length of the longest line, or of a body that is too short to hold a forbidden one."""
    return len(body) if len(body) <= MAX_LINE_BYTES else max(map(len, body.split(b"\n")))


_ROW = re.compile(rb"^\.?(\d+(?:\.\d+)*)\|(\d+)(x|e|:[a-z]+)?\|(.*)$", re.DOTALL)


def snmprec_rows(body: bytes, who: str) -> Iterator[tuple[tuple[int, ...], str, bytes]]:
    """Rows of an snmprec text. Raises Unexpected when it holds no row at all."""
    pending: list[bytes] = []
    seen = False
    for line in [*body.replace(b"\r\n", b"\n").split(b"\n"), b"0|0|"]:
        if not _ROW.match(line):
            pending.append(line)
            continue
        if pending and (match := _ROW.match(b"\n".join(pending).rstrip(b"\n"))):
            seen = True
            oid = tuple(int(part) for part in match[1].split(b"."))
            yield oid, match[2].decode(), _snmp_value(match[3] or b"", match[4])
        pending = [line]
    if not seen:
        raise Unexpected(
            f"{who}: no snmprec row; it starts {shown(body[:200].decode('latin-1'))!r}"
        )


def _snmp_value(form: bytes, value: bytes) -> bytes:
    if form != b"x":
        return value
    try:
        return bytes.fromhex(value.decode("ascii").strip())
    except ValueError:
        return value


def utf16(body: bytes) -> str | None:
    """The encoding of a body that begins with UTF-16's byte order mark, as Windows exports do."""
    marks = {BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}
    return marks.get(body[:2])


def _decode(body: bytes, encodings: tuple[str, ...]) -> str:
    if (wide := utf16(body)) is not None:
        return body[2:].decode(wide, "replace")
    for encoding in encodings:
        try:
            return body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
        except UnicodeDecodeError:
            continue
    return body.decode("utf-8", "replace")


def _clean(text: str) -> str:
    # Most answers have none of these, and to look for one character costs next to nothing.
    text = text.replace("\r\n", "\n")
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    if "\r" in text:
        text = _RETURNS.sub("\n", text).replace("\r", "\n" if "\n" not in text else "")
    if "\x08" in text:
        text = _BACKSPACED.sub("", text)
    return text.replace("\x00", "")


_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def _depth(body: str) -> int:
    """How deep brackets nest, those within strings passed over."""
    depth = deepest = 0
    if body.count("[") + body.count("{") <= MAX_DEPTH:
        return deepest
    for token in _BRACKET.finditer(body):
        if token[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in "]}":
            depth -= 1
    return deepest
