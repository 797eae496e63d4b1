"""What SNMP answers hold: values by OID as text, and the rows of the ENTITY-MIB."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from evidence.capture import Capture

Oid = tuple[int, ...]

# What makers write where they have nothing to say. Redactions (`<private>`, zeros) are not here:
# they stand for a real value, so they are kept, though never taken as an identity.
_NOTHING = re.compile(
    r"(?:n/?a|none|null|unknown|unspecified|unavailable|not (?:available|specified|applicable|set)"
    r"|no(?:t)? (?:serial|defined)\w*|default(?: string)?|to be filled by o\.?e\.?m\.?|[-*.?]+)?",
    re.IGNORECASE,
)
# A value somebody blanked. It is kept as it stands, but it identifies nothing.
_BLANKED = re.compile(r"(?:<.*>|redacted.*|[0xX*F-]+|\w*0{6,}|1?2?3?4?5?6789?0?)?", re.IGNORECASE)
# Longer than any address, date or key that stands in an object of text, in octets.
_SURELY_TEXT = 16
_OCTETS = ("4", "6", "64", "65", "2", "66", "67", "70")


def oid(dotted: str) -> Oid:
    """The OID written with dots. One that does not begin at the root is below enterprises."""
    parts = tuple(int(part) for part in dotted.strip(".").split("."))
    return parts if parts[0] == 1 else (1, 3, 6, 1, 4, 1, *parts)


def said(text: str | None) -> str | None:
    """The text without its padding, or None where it stands for nothing at all."""
    if text is None:
        return None
    text = " ".join(text.split()).strip("\"' ")
    return None if _NOTHING.fullmatch(text) else text


def is_blanked(text: str | None) -> bool:
    """Whether the text is missing, or stands where the real one was taken out."""
    return _BLANKED.fullmatch(said(text) or "") is not None


class Answers:
    """Values of a visit's answers by OID. Later captures are added to the earlier ones."""

    def __init__(self) -> None:
        self._values: dict[Oid, str] = {}

    def add(self, capture: Capture) -> None:
        """Take a capture's rows. An empty capture adds nothing: the device has no such object.

        An object that one capture tells in two ways (two walks in one recording, of two devices
        perhaps) is unknown: which of them is this device's, nobody can say.
        """
        if not capture.body.strip():
            return
        told: dict[Oid, str] = {}
        contradicted: set[Oid] = set()
        for where, tag, value in capture.snmp():
            text = _text(value) if tag in _OCTETS else None
            if text is not None and told.setdefault(where, text) != text:
                contradicted.add(where)
        for where in told.keys() - contradicted:
            self._values.setdefault(where, told[where])

    def raw(self, dotted: str) -> str | None:
        """The value exactly at this OID, as the device wrote it."""
        return self._values.get(oid(dotted))

    def under(self, dotted: str) -> Iterator[tuple[Oid, str]]:
        """(index, value) of everything below this OID, in order of index."""
        root = oid(dotted)
        for where in sorted(self._values):
            if where[: len(root)] == root and len(where) > len(root):
                yield where[len(root) :], self._values[where]


def _text(value: bytes) -> str | None:
    """Octets as text; None for bytes that are no text (addresses, dates, bit strings).

    SNMP tells no encoding. Of a long text with words in one that is not known (a place in Big5),
    what is ASCII is kept: releases and models are written in it.
    """
    value = value.rstrip(b"\0 ")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode("latin-1")
        if len(value) > _SURELY_TEXT and sum(32 <= one < 127 for one in value) > len(value) / 2:
            text = re.sub(r"[\x7f-\x9f]", "\ufffd", text)
    return None if re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]", text) else text


ENTITY_COLUMNS = {
    "description": 2,
    "contained_in": 4,
    "kind": 5,
    "position": 6,
    "name": 7,
    "hardware": 8,
    "firmware": 9,
    "software": 10,
    "serial": 11,
    "maker": 12,
    "model": 13,
}
ENTITY_TABLE = "1.3.6.1.2.1.47.1.1.1.1"
CHASSIS, MODULE, STACK = 3, 9, 11
_KINDS = {"chassis": CHASSIS, "stack": STACK}


@dataclass(frozen=True, slots=True)
class Physical:
    """A row of entPhysicalTable (RFC 6933). `kind` is its class: 3 chassis, 9 module, 11 stack."""

    index: int
    description: str | None = None
    contained_in: int | None = None
    kind: int | None = None
    position: int | None = None
    name: str | None = None
    hardware: str | None = None
    firmware: str | None = None
    software: str | None = None
    serial: str | None = None
    maker: str | None = None
    model: str | None = None


def entity_rows(answers: Answers) -> tuple[Physical, ...]:
    """The rows of entPhysicalTable in order of their index."""
    cells: dict[int, dict[str, str]] = {}
    for name, column in ENTITY_COLUMNS.items():
        for index, value in answers.under(f"{ENTITY_TABLE}.{column}"):
            cells.setdefault(index[0], {})[name] = value
    return tuple(_physical(index, cells[index]) for index in sorted(cells))


def _physical(index: int, cells: dict[str, str]) -> Physical:
    def number(name: str) -> int | None:
        text = cells.get(name, "")
        return int(text) if re.fullmatch(r"-?\d{1,10}", text) else None

    def text(name: str) -> str | None:
        return said(cells.get(name))

    kind = number("kind")
    return Physical(
        index=index,
        description=text("description"),
        contained_in=number("contained_in"),
        kind=_kind_by_name(cells) if kind is None else kind,
        position=number("position"),
        name=text("name"),
        hardware=text("hardware"),
        firmware=text("firmware"),
        software=text("software"),
        serial=text("serial"),
        maker=text("maker"),
        model=text("model"),
    )


def _kind_by_name(cells: dict[str, str]) -> int | None:
    """What a row calls itself in its last word, for agents that leave the class out."""
    for name in ("name", "description"):
        match = re.search(r"\b(chassis|stack)(?:ing)?$", cells.get(name, "").strip(), re.IGNORECASE)
        if match:
            return _KINDS[match[1].casefold()]
    return None


def chassis(rows: tuple[Physical, ...]) -> tuple[Physical, ...]:
    """The chassis of a device, the first one first; several in a stack or a pair.

    Agents that leave the class out, or call every row `other`, still put the chassis first:
    then it is the first row that is contained in nothing, or names a model or serial number.
    """
    found = [row for row in rows if row.kind == CHASSIS]
    if found:
        return tuple(sorted(found, key=lambda row: (row.contained_in != 0, row.index)))
    stacks = {row.index for row in rows if row.kind == STACK}
    members = [row for row in rows if row.contained_in in stacks and (row.model or row.serial)]
    if members:
        return tuple(members)
    named = [row for row in rows if row.model or row.serial]
    first = next((row for row in named if row.contained_in == 0), named[0] if named else None)
    if first is None:
        return ()
    model = first.model or next((row.model for row in named if row.model), None)
    return (replace(first, model=model),)
