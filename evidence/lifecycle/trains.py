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
        packed = {match.partition("-sp")[0] for match in self._named if "-sp" in match}
        for match, (row, *_) in self._named.items():
            # A train with letters is its own: 15.2E says nothing of 15.2S. One whose service
            # packs have rows of their own is that without any: 13.0.6300 is not told by 13.0.
            if _NUMERIC.fullmatch(row.match) and match not in packed:
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


# Windows' editions as its catalogue has them: (W) is Home, Pro, Pro Education and Pro for
# Workstations, (E) Enterprise, Education and IoT Enterprise. A Windows set up in Chinese names
# its edition in Chinese (`Microsoft Windows 11 專業版`).
_W = frozenset(("pro", "home", "professional", "core"))
_E = frozenset(("enterprise", "education"))
_LTS = frozenset(("ltsc", "ltsb"))
_W_IN_CHINESE = ("專業", "家用", "专业", "家庭")
_E_IN_CHINESE = ("企業", "教育", "企业")
_LTS_IN_CHINESE = ("長期服務", "長期維護", "长期服务")


def _by_edition(rows: list[Entry], name: str) -> Entry | None:
    """The row of an edition among rows that share a build. None fitting: None.

    A build of one row is that row's, where the row is no edition's own (`2022`, `20h2`).
    """
    if len(rows) == 1 and not set(rows[0].edition.split()) & {"w", "e", "iot", "lts"}:
        return rows[0]
    words = set(words_of(name))
    if words & _W or any(mark in name for mark in _W_IN_CHINESE):
        words.add("w")
    elif words & _E or any(mark in name for mark in _E_IN_CHINESE):
        words.add("e")
    if words & _LTS or any(mark in name for mark in _LTS_IN_CHINESE):
        words.add("lts")
    words |= {f"sp{number}" for number in re.findall(r"service pack (\d)", name.casefold())}
    fitting = [row for row in rows if set(row.edition.split()) <= words]
    return max(fitting, key=lambda row: len(row.edition.split()), default=None)


def _numbers(version: str) -> tuple[int, ...]:
    """The leading dotted numbers: `7.10.2-rc1` → 7, 10, 2; () when it does not start with one."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in found[1].split(".")) if found else ()
