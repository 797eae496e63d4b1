"""Exhibits: the numbered pieces of evidence (E-0001 …) that a month's conclusions rest on.

An exhibit is one ask of one visit, answered or not. Numbers go by device, subject and time, so
what belongs together has numbers in a row and is cited as a range.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby

from evidence.collection import Asked
from evidence.text import Text
from report.codes import SUBJECTS, word
from report.words import UNTOLD, joined, minute, shortened

# What a row of a sheet can be high, at three lines an entry.
_MOST_ENTRIES = 8
_DIGEST_SHOWN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One ask with its answer. `number` counts from 1 once all are known (`numbered`), and is 0
    before; `reading` and `bundle` are digests."""

    number: int = 0
    device: str
    site: str
    reading: str
    bundle: str
    agent: str
    requester: str
    replayed: bool
    asked: Asked

    @property
    def label(self) -> str:
        return f"E-{self.number:04d}"

    @property
    def captured_at(self) -> datetime:
        """When the device said it: of a hand-delivered answer, as the person stated."""
        handed_at = self.asked.provenance.captured_at
        return handed_at or self.asked.answered_at or self.asked.asked_at

    @property
    def collector(self) -> Text:
        """Who took it: the account on the device, who asked for it, by which agent."""
        account = self.asked.account
        asked_by = Text(f"requested by {self.requester}", f"發起：{self.requester}")
        who = (
            Text(account, account) if account else Text(f"account {UNTOLD.en}", f"帳號{UNTOLD.zh}")
        )
        return joined([who, asked_by, self.agent], "／")


@dataclass(frozen=True)
class Exhibits:
    """All exhibits by number, found by the reading they belong to.

    `absent` maps the digests of readings whose bundle is not on this host any more to why.
    """

    all: tuple[Exhibit, ...]
    absent: Mapping[str, Text]

    @cached_property
    def _by_reading(self) -> Mapping[str, list[Exhibit]]:
        found: dict[str, list[Exhibit]] = {}
        for one in self.all:
            found.setdefault(one.reading, []).append(one)
        return found

    def of(self, readings: Iterable[str]) -> list[Exhibit]:
        """The exhibits of these readings (digests), each once, by number."""
        found = {
            one.number: one for reading in readings for one in self._by_reading.get(reading, ())
        }
        return [found[number] for number in sorted(found)]

    def cite(self, readings: Iterable[str]) -> str:
        """The exhibits of these readings as ranges: `E-0001~E-0180、E-0204`."""
        return "、".join(_span(run) for run in _runs(self.of(readings)))

    def listed(self, readings: Iterable[str]) -> Text | None:
        """For a working paper: per device and subject the numbers, the first and last time, the
        newest one's digest and who took it. The index has each in full. None: nothing is cited."""
        lines = []
        for (device, subject), group in groupby(
            self.of(readings), key=lambda one: (one.device, one.asked.subject)
        ):
            mine = list(group)
            # An ask that this device does not know goes unanswered; the answer is what counts.
            newest = max(mine, key=lambda one: (one.asked.capture is not None, one.captured_at))
            digest = newest.asked.capture
            first = min(one.captured_at for one in mine)
            what = word(SUBJECTS, subject)
            spans = "、".join(_span(run) for run in _runs(mine))
            seal = Text("no answer", "無回應內容")
            if digest is not None:
                seal = joined([f"sha256 {digest[:_DIGEST_SHOWN]}…"])
            lines.append(
                joined(
                    [
                        spans,
                        Text(f"{device} {what.en}", f"{device} {what.zh}"),
                        f"{minute(first)} ~ {minute(newest.captured_at)}",
                        Text(f"newest {seal.en}", f"最新 {seal.zh}"),
                        newest.collector,
                    ],
                    "｜",
                )
            )
        return shortened(lines, _MOST_ENTRIES) if lines else None


def numbered(found: Iterable[Exhibit]) -> tuple[Exhibit, ...]:
    """The exhibits in their order, numbered from 1."""
    ordered = sorted(
        found, key=lambda one: (one.device, one.asked.subject, one.asked.asked_at, one.bundle)
    )
    return tuple(replace(one, number=number) for number, one in enumerate(ordered, start=1))


def _runs(exhibits: Iterable[Exhibit]) -> Iterator[list[Exhibit]]:
    """Runs of neighbouring numbers."""
    run: list[Exhibit] = []
    for one in exhibits:
        if run and one.number != run[-1].number + 1:
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _span(run: list[Exhibit]) -> str:
    return run[0].label if len(run) == 1 else f"{run[0].label}~{run[-1].label}"
