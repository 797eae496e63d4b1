"""Finding the row of a running version among the trains of its product."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evidence.lifecycle.entry import Entry
from evidence.lifecycle.models import words_of

# `4.`, `4.x` and `v4` are written for 4.
_NUMERIC = re.compile(r"v?\d+(?:\.\d+)*(?:\.x?)?")


class Trains:
    """The rows of one software product, by the train's name and by its leading numbers."""

    def __init__(self, rows: Iterable[Entry]) -> None:
        self._named: dict[str, list[Entry]] = {}
        self._numbered: dict[tuple[int, ...], Entry] = {}
        for row in rows:
            self._named.setdefault(row.match.casefold(), []).append(row)
            # A train with letters is its own: 15.2E says nothing of 15.2S.
            if _NUMERIC.fullmatch(row.match):
                self._numbered.setdefault(_numbers(row.match), row)

    def find(self, train: str | None, version: str, edition: str) -> Entry | None:
        """The row of a version, whose train is known or not. None: no row, or an edition that
        leaves it open."""
        exact = self._named.get((train or version).casefold(), [])
        if exact and exact[0].rule == "build":
            return _by_edition(exact, edition)
        if exact:
            return exact[0]
        if train and not _NUMERIC.fullmatch(train):
            return None
        # Trains are compared number by number, the longest first: 7.10 is not 7.1.
        numbers = _numbers(train or version)
        leading = (self._numbered.get(numbers[:end]) for end in range(len(numbers), 0, -1))
        return next((row for row in leading if row), None)


def _by_edition(rows: list[Entry], name: str) -> Entry | None:
    """The row of an edition among rows that share a build. Several and none fitting: None."""
    if len(rows) == 1:
        return rows[0]
    words = set(words_of(name))
    for marks, word in (
        ({"enterprise", "education"}, "e"),
        ({"pro", "home", "professional", "core"}, "w"),
        ({"ltsc", "ltsb"}, "lts"),
    ):
        if words & marks:
            words.add(word)
    words |= {f"sp{number}" for number in re.findall(r"service pack (\d)", name.casefold())}
    fitting = [row for row in rows if set(row.edition.split()) <= words]
    return max(fitting, key=lambda row: len(row.edition.split()), default=None)


def _numbers(version: str) -> tuple[int, ...]:
    """The leading dotted numbers: `7.10.2-rc1` → 7, 10, 2; () when it does not start with one."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in found[1].split(".")) if found else ()
