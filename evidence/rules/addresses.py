"""Addresses of a rule as whole numbers, per family. A name nobody can resolve stays a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network

from evidence.rules.spans import Span, Spans, joined, without
from evidence.services import is_wildcard

FAMILIES = (4, 6)
WHOLE: dict[int, Span] = {4: (0, 2**32 - 1), 6: (0, 2**128 - 1)}
_ANY = ("any", "all", "anywhere", "*", "ip")
_ANY_OF_ONE = {"any4": 4, "any6": 6, "0.0.0.0/0": 4, "::/0": 6}


@dataclass(frozen=True, slots=True)
class Numbers:
    """A set of numbers, and names whose numbers nobody told: each with the most it can stand for.

    Both empty: the set is empty.
    """

    spans: Spans = ()
    names: tuple[tuple[str, Spans], ...] = ()


def addresses(entries: Iterable[str], negated: bool, family: int) -> Numbers:
    """The addresses of one family that the entries stand for, or all others where negated."""
    spans: list[Span] = []
    names: list[str] = []
    for entry in entries:
        told = _address(entry.strip().casefold())
        if told is None:
            names.append(entry)
        spans += [(first, last) for of, first, last in told or () if of == family]
    known = joined(spans)
    if not negated:
        return Numbers(known, tuple((name, (WHOLE[family],)) for name in dict.fromkeys(names)))
    others = without(WHOLE[family], known)
    if not names:
        return Numbers(others)
    # None of what the names stand for, which nobody told: somewhere among the others.
    return Numbers((), (("not " + ", ".join(names), others),) if others else ())


@cache
def _address(text: str) -> tuple[tuple[int, int, int], ...] | None:
    """Family, first and last number of an entry; None when it is a name."""
    if text in _ANY:
        return tuple((family, *WHOLE[family]) for family in FAMILIES)
    if text in _ANY_OF_ONE:
        return ((_ANY_OF_ONE[text], *WHOLE[_ANY_OF_ONE[text]]),)
    try:
        if "-" in text and "/" not in text:
            first, last = (ip_address(part.strip()) for part in text.split("-"))
            if first.version != last.version or int(first) > int(last):
                return None
            return ((first.version, int(first), int(last)),)
        network = ip_network(text.replace(" ", "/"), strict=False)
        if is_wildcard(text):
            return None
    except ValueError:
        return None
    first, last = network.network_address, network.broadcast_address
    return ((network.version, int(first), int(last)),)
