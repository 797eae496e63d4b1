"""Counting: what another parser says of a recording against what we say of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, Sequence[str]]
_NOTHING = {"", "n/a", "na", "none", "null", "unspecified", "unknown", "unavailable", "-"}
# A redaction stands for any value: the device has one, and nobody can say that ours is another.
_REDACTED = re.compile(r"<.*>|redacted.*|private", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sample:
    """One recording: what the others read of it, what we read, and why we refused it if we did.

    Without an expectation `wanted` is empty: that it is read at all, or refused, is what counts.
    Under `NAME beside` stands in `ours` what is true of a part and is no claim of the device: the
    release of a kernel, where the system's is unknown.
    """

    name: str
    wanted: Values = field(default_factory=dict)
    ours: Values = field(default_factory=dict)
    refused: str | None = None


@dataclass(slots=True)
class Score:
    """The figures of one set."""

    name: str
    samples: int = 0
    refused: int = 0
    expected: int = 0
    fields: dict[str, Counter[str]] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        self.samples += 1
        self.refused += sample.refused is not None
        told = {name: kept for name, some in sample.wanted.items() if (kept := _kept(some))}
        self.expected += bool(told)
        for name, wanted in told.items():
            ours = _kept(sample.ours.get(name, ()))
            beside = _kept(sample.ours.get(f"{name} beside", ()))
            missed = [
                one for one in wanted if not any(alike(one, other) for other in (*ours, *beside))
            ]
            right = len(wanted) - len(missed)
            count = self.fields.setdefault(name, Counter(right=0, wrong=0, missing=0))
            count["right"] += right
            # Ours beside theirs is another one of the same thing; ours alone contradicts theirs.
            count["wrong" if ours and not right else "missing"] += len(missed)
            if missed:
                said = ", ".join(ours[:4]) or sample.refused or "nothing"
                self.misses.append(f"{sample.name}: {name} {missed[:3]}; we say {said[:160]}")

    def total(self, outcome: str) -> int:
        return sum(count[outcome] for count in self.fields.values())

    def record(self) -> dict[str, Any]:
        return {
            "set": self.name,
            "samples": self.samples,
            "with_expected": self.expected,
            "refused": self.refused,
            "right": self.total("right"),
            "wrong": self.total("wrong"),
            "missing": self.total("missing"),
            "fields": {name: dict(count) for name, count in self.fields.items()},
            "misses": self.misses,
        }


def _kept(values: Sequence[str]) -> list[str]:
    """Every value once, without what stands for none."""
    found = {value.strip() for value in values if value}
    return sorted(
        one for one in found if one.casefold() not in _NOTHING and not _REDACTED.fullmatch(one)
    )


def alike(one: str, other: str) -> bool:
    """Whether two say the same: but for case, blanks, a leading `v`, or words around it.

    `FortiGate-100F v7.2.8,build1639` and `v7.2.8`, `Nexus 3048` and `3048`, are one value in two
    forms; so are a version's numbers with and without leading zeros (17.09.04, 17.9.4), and a model
    with and without hyphens, the mark of its licence or an abbreviation of a word before it
    (2024F4X, 2024F-4X; SG350X-24P-K9; FortiAnalyzer (FAZ) VM), and a
    line of products and a model of it (ASR9K Series, ASR-9001).
    """
    first, second = _plain(one), _plain(other)
    if _whole(first) == _whole(second):
        return True
    shorter, longer = sorted((first, second), key=len)
    if len(shorter) > 2 and _stands_in(shorter, longer):
        return True
    return any(
        re.match(line, _whole(_plain(exact)))
        for wide, exact in ((one, other), (other, one))
        for line in _lines(wide)
    )


def _lines(text: str) -> Iterator[str]:
    """Patterns of the models in a line of products, where the text names a line.

    A MIB's name of a sysObjectID is words run together (snFastIronStackICX7650Switch): the one
    with a number is the line. `ASR9K Series` are the models ASR 9000 to 9999.
    """
    if re.fullmatch(r"[a-z]+[A-Z]\w+", text):
        yield from map(str.casefold, re.findall(r"[A-Z]{2,}\d{3,}(?=[A-Z][a-z]|$)", text))
    if match := re.search(r"\b([A-Za-z]+)(\d)[kK]\b.* [Ss]eries", text):
        yield rf"{match[1].casefold()}{match[2]}\d{{3}}(?!\d)"


def _stands_in(shorter: str, longer: str) -> bool:
    """Whether it stands in the longer one whole: 7.1 does not in 7.10."""
    before = r"(?<!\d)" if shorter[0].isdigit() else ""
    after = r"(?!\d)" if shorter[-1].isdigit() else ""
    return re.search(before + re.escape(shorter) + after, longer) is not None


def _plain(text: str) -> str:
    text = re.sub(r" \([A-Z]{2,}\)(?= |$)", "", text)
    text = " ".join(text.casefold().split()).removeprefix("v")
    return re.sub(r"(?<![\d.])0+(?=\d)|(?<=\.)0+(?=\d)", "", text)


def _whole(text: str) -> str:
    return re.sub(r"-k9\b|[ -]", "", text)


def named(record: Any, names: frozenset[str]) -> Iterator[str]:
    """Every text in a record under one of these names, however deep."""
    if isinstance(record, dict):
        for key, value in record.items():
            if str(key).casefold() in names and isinstance(value, str | int | float):
                yield str(value)
            elif str(key).casefold() in names and isinstance(value, list):
                yield from (str(one) for one in value if isinstance(one, str | int))
            else:
                yield from named(value, names)
    elif isinstance(record, list):
        for value in record:
            yield from named(value, names)
