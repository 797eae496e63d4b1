"""A group policy object as it lies in SYSVOL: what is ordered, not that it arrived.

`Registry.pol` (MS-GPREG 2.2.1): a head, then `[key;value;type;size;data]` in UTF-16 without
byte order mark. Names that begin with `**` are orders to the client, above all `**del.NAME`:
the value is to be removed, which leaves it not configured. `GptTmpl.inf` holds the security
options, `GPT.INI` the version: user's in the upper 16 bits, computer's in the lower.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping

from collectors.windows._registry import Key
from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import SoftwareRelease

_HEAD = b"PReg\x01\0\0\0"
_SZ, _EXPAND, _DWORD = 1, 2, 4
# What stands for a secret has a length of its own, whatever the record says of its data.
_REDACTED = re.compile(rb"redacted:hmac:[0-9a-f]{8}:[0-9a-f]{64}")
_OPTION = re.compile(r"^MACHINE\\(.+)\\([^\\=]+)=(\d+),(.*)$", re.IGNORECASE | re.MULTILINE)


def policy_file(capture: Capture, hive: str = "") -> Mapping[str, Key]:
    """Every key of a `Registry.pol` by its path in lower case, below `hive`.

    Raises Unexpected for another kind of file, Incomplete for one that breaks off.
    """
    found: dict[str, dict[str, int | str]] = {}
    for path, name, value in _records(capture.body, f"{capture.device}: {capture.ask.text!r}"):
        values = found.setdefault(f"{hive}{path}".casefold(), {})
        plain = name.casefold()
        if plain.startswith("**del."):
            values.pop(plain.removeprefix("**del."), None)
        elif plain.startswith("**delvals"):
            values.clear()
        elif plain == "**deletevalues":
            for one in str(value).casefold().split(";"):
                values.pop(one.strip(), None)
        elif plain == "**deletekeys":
            for one in str(value).casefold().split(";"):
                below = f"{hive}{path}\\{one.strip()}".casefold()
                for other in found:
                    if other == below or other.startswith(f"{below}\\"):
                        found[other].clear()
        elif not plain.startswith("**"):
            values[plain] = value
    return {path: Key(values=values) for path, values in found.items()}


def security_options(capture: Capture) -> Mapping[str, Key]:
    """Registry values of a security template, by path in lower case. Raises Unexpected."""
    text = capture.text()
    if "[Unicode]" not in text and "[Version]" not in text:
        who = f"{capture.device}: {capture.ask.text!r}"
        raise Unexpected(f"{who}: no security template; it starts {shown(text)!r}")
    found: dict[str, dict[str, int | str]] = {}
    for path, name, kind, data in _OPTION.findall(text):
        number = int(kind) == _DWORD and data.strip().isdecimal()
        values = found.setdefault(path.casefold(), {})
        values[name.casefold()] = int(data) if number else data.strip().strip('"')
    return {path: Key(values=values) for path, values in found.items()}


def version(capture: Capture) -> SoftwareRelease:
    """The object's name and version, from `GPT.INI`. Raises Unexpected."""
    said = dict(re.findall(r"(?m)^[ \t]*(\w+)[ \t]*=[ \t]*(.*?)[ \t]*$", capture.text()))
    plain = {name.casefold(): value for name, value in said.items()}
    if not plain.get("version", "").isdecimal():
        raise Unexpected(f"{capture.device}: {capture.ask.text!r}: no version of a policy object")
    number = int(plain["version"])
    return SoftwareRelease(
        vendor="Microsoft",
        product="group-policy",
        name=plain.get("displayname"),
        version=f"computer {number & 0xFFFF}, user {number >> 16}",
        part="policy",
    )


def _records(body: bytes, who: str) -> Iterator[tuple[str, str, int | str]]:
    if not body.startswith(_HEAD):
        raise Unexpected(
            f"{who}: no Registry.pol; it starts {shown(body[:20].decode('latin-1'))!r}"
        )
    at = len(_HEAD)
    while at < len(body):
        try:
            at, path = _text(body, _sign(body, at, "["))
            at, name = _text(body, _sign(body, at, ";"))
            (kind,) = struct.unpack_from("<I", body, at := _sign(body, at, ";"))
            (size,) = struct.unpack_from("<I", body, at := _sign(body, at + 4, ";"))
            at = _sign(body, at + 4, ";")
            secret = _REDACTED.match(body, at)
            end = secret.end() if secret else at + size
            data = body[at:end]
            at = _sign(body, end, "]")
        except (ValueError, struct.error):
            raise Incomplete(f"{who}: the record at byte {at} breaks off") from None
        yield path, name, _value(kind, data)


def _sign(body: bytes, at: int, sign: str) -> int:
    """Past a sign that must stand here. Raises ValueError."""
    if body[at : at + 2] != sign.encode("utf-16-le"):
        raise ValueError(sign)
    return at + 2


def _text(body: bytes, at: int) -> tuple[int, str]:
    """Past a text and the zero that ends it. Raises ValueError."""
    end = at
    while body[end : end + 2] != b"\0\0":
        if end >= len(body):
            raise ValueError("no end")
        end += 2
    return end + 2, body[at:end].decode("utf-16-le", "replace")


def _value(kind: int, data: bytes) -> int | str:
    """A number, a text, or binary data in hexadecimal; a number of another size or type (QWORD)
    is none."""
    if (kind, len(data)) == (_DWORD, 4):
        return int.from_bytes(data, "little")
    if kind in (_SZ, _EXPAND) and not _REDACTED.match(data):
        return data.decode("utf-16-le", "replace").rstrip("\0")
    return data.hex()
