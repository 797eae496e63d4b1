"""A walk of one subtree: what was found below its root so far, and whether that is all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pysnmp.proto.rfc1902 import IpAddress, ObjectIdentifier, OctetString
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchInstance, NoSuchObject

from evidence.errors import Unexpected

Oid = tuple[int, ...]
Row = tuple[Oid, str, bytes]

ABSENT = (NoSuchObject, NoSuchInstance, EndOfMibView)


@dataclass(slots=True)
class Walk:
    """It is over only when the device answered with something that is not below the root."""

    root: Oid
    rows: list[Row] = field(default_factory=list)
    is_over: bool = False

    @property
    def last(self) -> Oid:
        """Where it stands: what comes after this is asked for next."""
        return self.rows[-1][0] if self.rows else self.root

    def take(self, oid: Oid, value: Any, who: str) -> Row | None:
        """The next row; None at the end and after it. Raises Unexpected from a loop."""
        if self.is_over or isinstance(value, ABSENT) or oid[: len(self.root)] != self.root:
            self.is_over = True
            return None
        if oid <= self.last:
            raise Unexpected(
                f"{who}: after {dotted(self.last)} comes {dotted(oid)}: the agent goes in circles",
                next_step="its SNMP agent is at fault; deliver the answer by hand",
            )
        self.rows.append(row_of(oid, value))
        return self.rows[-1]


def row_of(oid: Oid, value: Any) -> Row:
    """A value as snmprec writes it: type tag and bytes; numbers in decimal, addresses dotted."""
    tag = str(int(value.tagSet[0].tagId) + (64 if value.tagSet[0].tagClass == 64 else 0))
    if isinstance(value, IpAddress):
        return oid, tag, ".".join(map(str, value.asNumbers())).encode()
    if isinstance(value, ObjectIdentifier):
        return oid, tag, dotted(tuple(value)).encode()
    if isinstance(value, OctetString):
        return oid, tag, value.asOctets()
    return oid, tag, str(value.prettyPrint()).encode() if tag != "5" else b""


def dotted(oid: Oid) -> str:
    return ".".join(map(str, oid))
