"""Finding the row of a hardware model, in however a device or a person writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from evidence.lifecycle.entry import Entry

_KEPT = 4096


class Models:
    """Rows of hardware by what they match, so that few are looked at for each model.

    An inventory repeats its models: what one model of one vendor came to is kept.
    """

    def __init__(self, rows: Iterable[Entry]) -> None:
        self._rows: dict[str, list[Entry]] = {}
        for row in rows:
            self._rows.setdefault(_plain(row.match), []).append(row)
        # By the two letters they begin with, longest first, how long the matches are.
        self._lengths: dict[str, list[int]] = {}
        for match in sorted(self._rows, key=len, reverse=True):
            lengths = self._lengths.setdefault(match[:2], [])
            if len(match) not in lengths:
                lengths.append(len(match))
        self.find = lru_cache(_KEPT)(self._find)

    def _find(self, vendor: str | None, model: str) -> Entry | None:
        """The row whose match is the longest, in the first spelling that has one."""
        for text in _spellings(model) if vendor else (_plain(model),):
            for length in self._lengths.get(text[:2], ()):
                for row in self._rows.get(text[:length], ()):
                    if _allows(row.rule, text[length : length + 1]) and _same(vendor, row.vendor):
                        return row
        return None


_STOP_WORDS = frozenset(
    ("networks", "systems", "technologies", "inc", "corporation", "corp", "software", "the", "and")
)


def _same(vendor: str | None, other: str) -> bool:
    """Whether two spellings name one vendor: they share a word that is not a common one."""
    return vendor is None or bool(words_of(vendor) & words_of(other) - _STOP_WORDS)


@lru_cache(_KEPT)
def words_of(text: str) -> frozenset[str]:
    """The words of a name, in small letters."""
    return frozenset(re.findall(r"[a-z0-9]+", text.casefold()))


_MARKS = re.compile(r"(?:=|\+\+|/K9|-K9)+$")
_FORTINET = re.compile(r"(FGT?|FWF)_?(?:(\d)([HK])(\d)|(\d+))([A-Z].*)")
_JOINED = re.compile(r"([A-Z]+)(\d.*)")


def _plain(model: str) -> str:
    """A model as compared: upper case, no licence or spare mark, no space around a hyphen."""
    text = " ".join(model.upper().split()).replace(" -", "-").replace("- ", "-")
    return _MARKS.sub("", text)


def _spellings(model: str) -> Iterator[str]:
    """The model as reported, then as vendors write the same thing elsewhere.

    A label may stand before the model (`HPE 5130 … JG932A`), a space within (`ASA 5516-X`,
    `TZ 400`), a name before a number (`Aruba7205`), a short form for it (`FG3H0E` = 300E).
    """
    text = _plain(model)
    yield text
    if text.startswith("ASA "):
        yield text.replace("ASA ", "ASA", 1)
    if short := _FORTINET.fullmatch(text):
        scale = {"H": 100, "K": 1000}.get(short[3] or "", 0)
        number = short[5] or str(int(short[2]) * scale + int(short[4]) * scale // 10)
        yield ("FORTIWIFI-" if short[1] == "FWF" else "FORTIGATE-") + number + short[6]
    if joined := _JOINED.fullmatch(text):
        yield f"{joined[1]} {joined[2]}"
    yield f"CHECK POINT {text}"
    yield text.removeprefix("ARUBA")
    yield f"AP-{text}"
    tokens = text.split()
    for start in range(1, len(tokens)):
        yield " ".join(tokens[start:])


def _allows(rule: str, after: str) -> bool:
    """Whether what follows the match leaves it the model that the row means."""
    if rule == "prefix":
        return True
    return not after.isalnum() and (rule == "family" or after not in ("-", "+"))
