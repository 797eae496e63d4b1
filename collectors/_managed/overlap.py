"""Which of many address entries share an address with others: by number, names by their name."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from evidence.services import networks

MOST_TOLD = 20
"""Translations named of one rule; of more, how many more there are is told."""


class Overlap:
    """Many sets of entries (CIDR, `a-b`, `any`, names), each known by its place."""

    def __init__(self, sets: Iterable[Iterable[str]]) -> None:
        self._names: dict[str, list[int]] = {}
        self._networks: dict[tuple[int, int, int], list[int]] = {}
        first: dict[int, list[tuple[int, int]]] = {}
        for place, entries in enumerate(sets):
            for text in entries:
                found = networks(text)
                if found is None:
                    self._names.setdefault(text, []).append(place)
                for one in found or ():
                    begin = int(one.network_address)
                    self._networks.setdefault((one.version, one.prefixlen, begin), []).append(place)
                    first.setdefault(one.version, []).append((begin, place))
        self._first = {version: sorted(pairs) for version, pairs in first.items()}
        self._lengths = sorted({(version, length) for version, length, _ in self._networks})

    def of(self, entries: Iterable[str]) -> list[int]:
        """The places of the sets that share an address or a name with these, in order."""
        found: set[int] = set()
        for text in entries:
            mine = networks(text)
            if mine is None:
                found.update(self._names.get(text, ()))
            for one in mine or ():
                begin, end = int(one.network_address), int(one.broadcast_address)
                found.update(self._beginning(one.version, begin, end))
                bits = one.max_prefixlen
                for version, length in self._lengths:
                    if version == one.version and length <= one.prefixlen:
                        around = begin >> (bits - length) << (bits - length)
                        found.update(self._networks.get((version, length, around), ()))
        return sorted(found)

    def _beginning(self, version: int, begin: int, end: int) -> Iterable[int]:
        pairs = self._first.get(version, [])
        low, high = bisect_left(pairs, (begin, -1)), bisect_left(pairs, (end + 1, -1))
        return (place for _, place in pairs[low:high])


def told(words: Sequence[str]) -> list[str]:
    """The words of a rule's translations, each once, and how many more there are."""
    each = list(dict.fromkeys(words))
    more = len(each) - MOST_TOLD
    return [*each[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]
