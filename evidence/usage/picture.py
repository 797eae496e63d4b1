"""A rule's counter over its window as a picture (SVG): what was read, resets, gaps.

A panel a unit, also for a peer that nobody reads. The line is what the counter stood at, broken
where nothing was read for it; a shaded span is one in which a hit would not have shown, a dashed
line is a reset, a green one the last change of the rule, a mark below an entry in a traffic log.
Drawn from the proof as it is signed and the counters it rests on, so that the same picture comes
out years later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from evidence.clock import TAIPEI, add_months, day_start, parse_at, taipei_day
from evidence.text import Text
from evidence.usage.history import UnitHistory
from evidence.usage.proof import Unseen
from evidence.usage.snapshot import Ints
from evidence.usage.words import WHY, hours, minute

# Pixels.
WIDTH, LEFT, RIGHT = 960, 84, 20
HEAD, PANEL, PLOT, FOOT = 62, 116, 84, 46
LABEL = 44
# A counter at zero is seen above the frame.
FLOOR = 5

_STYLE = (
    "text{font:12px 'Noto Sans CJK TC','Noto Sans',sans-serif;fill:#222}"
    ".title{font-size:15px;font-weight:600}.small{font-size:10.5px;fill:#555}"
    ".frame{fill:none;stroke:#999}.gap{fill:#d55e00;fill-opacity:.28;stroke:#d55e00}"
    ".count{fill:none;stroke:#0072b2;stroke-width:1.6}.reset{stroke:#222;stroke-dasharray:3 3}"
    ".month{stroke:#ddd}.changed{stroke:#009e73;stroke-width:1.6}.logged{fill:#cc79a7}"
)
_UNSEEN = Text("unseen span", "未能觀察之空窗")
_RESET = Text("counter began anew", "計數器歸零或重新起算")
_COUNT = Text("counter", "計數值")
_CHANGED = Text("rule as it is since", "規則自此為現行內容")
_LOGGED = Text("in a traffic log", "流量紀錄所載")


def picture(
    title: str,
    key: str,
    proof: Mapping[str, Any],
    histories: Sequence[UnitHistory],
    language: str,
) -> str:
    """The SVG of the rule `key`; `proof` is `UsageProof.record()`, `histories` its group's.

    Times are Taipei's. Nothing a device said is anything but text in it.
    """
    start, end = (parse_at(one) for one in proof["window"])
    axis = _Axis(start.timestamp(), end.timestamp())
    by_unit = {history.unit: history for history in histories}
    # A peer that nobody reads has gaps and no readings.
    units = dict.fromkeys([one["unit"] for one in (*proof["units"], *proof["gaps"])])
    height = HEAD + PANEL * len(units) + FOOT
    reason = Text.of(proof["reason"]).in_(language)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">',
        f"<title>{_plain(title)}</title><desc>{_plain(reason)}</desc><style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        _text(LEFT, 22, title, "title"),
        _text(LEFT, 42, reason),
    ]
    for number, unit in enumerate(units):
        top = HEAD + PANEL * number
        parts += _panel(axis, top, unit, key, proof, by_unit.get(unit), language)
    parts += _legend(height - 16, language, proof)
    return "\n".join((*parts, "</svg>", ""))


@dataclass(frozen=True, slots=True)
class _Axis:
    """Time from left to right: seconds since 1970 to pixels."""

    start_s: float
    end_s: float

    def x(self, at_s: float) -> float:
        part = (at_s - self.start_s) / max(self.end_s - self.start_s, 1)
        return round(LEFT + min(max(part, 0), 1) * (WIDTH - LEFT - RIGHT), 1)

    def holds(self, at: datetime) -> bool:
        return self.start_s <= at.timestamp() <= self.end_s

    def months(self) -> Iterator[datetime]:
        """The first moment of each calendar month within."""
        day = add_months(taipei_day(datetime.fromtimestamp(self.start_s, UTC)).replace(day=1), 1)
        while (at := day_start(day)).timestamp() < self.end_s:
            yield at
            day = add_months(day, 1)


def _panel(
    axis: _Axis,
    top: int,
    unit: str,
    key: str,
    proof: Mapping[str, Any],
    history: UnitHistory | None,
    language: str,
) -> Iterator[str]:
    """One unit: its frame, months, gaps, resets and counter."""
    bottom = top + PLOT
    for at in axis.months():
        x = axis.x(at.timestamp())
        yield f'<line class="month" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}"/>'
        if x + LABEL <= WIDTH - RIGHT:
            yield _text(x + 2, bottom + 12, f"{at.astimezone(TAIPEI):%Y-%m}", "small")
    for gap in (one for one in proof["gaps"] if one["unit"] == unit):
        from_at, to_at = parse_at(gap["from"]), parse_at(gap["to"])
        x, right = axis.x(from_at.timestamp()), axis.x(to_at.timestamp())
        length_h = hours((to_at - from_at).total_seconds())
        said = f"{minute(from_at)} ~ {minute(to_at)} ({length_h} h): {_why(gap, language)}"
        yield (
            f'<rect class="gap" x="{x}" y="{top}" width="{max(right - x, 1):.1f}" '
            f'height="{PLOT}"><title>{_plain(said)}</title></rect>'
        )
    for reset in (one for one in proof["resets"] if one["unit"] == unit):
        by = parse_at(reset["at"] or reset["by"])
        x = axis.x(by.timestamp())
        yield (
            f'<line class="reset" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}">'
            f"<title>{_plain(f'{minute(by)}: {_why(reset, language)}')}</title></line>"
        )
    yield from _of_rule(axis, top, bottom, proof, language)
    most = 0
    if history is not None:
        times, counts = _counted(history, key, axis)
        most = int(counts.max(initial=0))
        yield from _line(axis, bottom, times, counts, max(most, 1))
    width = WIDTH - LEFT - RIGHT
    yield f'<rect class="frame" x="{LEFT}" y="{top}" width="{width}" height="{PLOT}"/>'
    yield _text(8, top + 40, unit[:12], "small")
    if most:
        yield _text(LEFT - 6, top + 15, f"{most:,}", "small", "end")
    yield _text(LEFT - 6, bottom - 2, "0", "small", "end")


def _of_rule(
    axis: _Axis, top: int, bottom: int, proof: Mapping[str, Any], language: str
) -> Iterator[str]:
    """What is known of the rule on all units: its last change, and what logs tell of it."""
    since = proof["anchor_at"] and parse_at(proof["anchor_at"])
    if since and axis.holds(since):
        x, said = axis.x(since.timestamp()), f"{_CHANGED.in_(language)} {minute(since)}"
        yield (
            f'<line class="changed" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}">'
            f"<title>{_plain(said)}</title></line>"
        )
    told = {parse_at(one[end]) for one in _logged(proof) for end in ("first_at", "last_at")}
    for at in sorted(filter(axis.holds, told)):
        said = f"{_LOGGED.in_(language)} {minute(at)}"
        yield f"{_mark(axis.x(at.timestamp()), bottom)}<title>{_plain(said)}</title></path>"


def _logged(proof: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    # Records of the first agents know of no logs.
    logged: Sequence[Mapping[str, Any]] = proof.get("logged", ())
    return logged


def _mark(x: float, bottom: float) -> str:
    return f'<path class="logged" d="M{x} {bottom - 9}l-4 9h8z">'


def _counted(history: UnitHistory, key: str, axis: _Axis) -> tuple[Ints, Ints]:
    """When the rule's counter was read, and at what it stood; -1 where it told nothing.

    A rule whose match has changed has several columns, of which each reading fills one at most.
    """
    columns = [place for place, (one, _) in enumerate(history.columns) if one == key]
    if not columns:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    counts = np.maximum(history.count[:, columns].max(axis=1), -1)
    within = (history.read_at >= axis.start_s) & (history.read_at <= axis.end_s)
    return history.read_at[within], counts[within]


def _line(axis: _Axis, bottom: int, times: Ints, counts: Ints, most: int) -> Iterator[str]:
    """The counter as steps, a path for each stretch in which it was told. Readings that change
    nothing are left out: hourly ones of half a year would be four thousand points."""
    known = counts >= 0
    ends = np.flatnonzero(np.diff(known.astype(np.int8))) + 1
    for stretch in np.split(np.arange(len(times)), ends):
        if not len(stretch) or not known[stretch[0]]:
            continue
        values = counts[stretch]
        turns = np.flatnonzero(np.diff(values)) + 1
        kept = stretch[np.unique(np.concatenate(([0], turns, [len(stretch) - 1])))]
        points: list[str] = []
        level: float | None = None
        for place in kept:
            x = axis.x(float(times[place]))
            y = round(bottom - FLOOR - counts[place] / most * (PLOT - 3 * FLOOR), 1)
            points += [f"{x},{level}"] if level is not None else []
            points.append(f"{x},{y}")
            level = y
        yield f'<polyline class="count" points="{" ".join(points)}"/>'


def _legend(y: int, language: str, proof: Mapping[str, Any]) -> Iterator[str]:
    yield f'<line class="count" x1="{LEFT}" y1="{y - 4}" x2="{LEFT + 24}" y2="{y - 4}"/>'
    yield _text(LEFT + 30, y, _COUNT.in_(language))
    yield f'<rect class="gap" x="{LEFT + 130}" y="{y - 11}" width="24" height="12"/>'
    yield _text(LEFT + 160, y, _UNSEEN.in_(language))
    x = LEFT + 320
    yield f'<line class="reset" x1="{x}" y1="{y - 11}" x2="{x}" y2="{y + 2}"/>'
    yield _text(x + 8, y, _RESET.in_(language))
    if proof["anchor_at"]:
        x = LEFT + 500
        yield f'<line class="changed" x1="{x}" y1="{y - 11}" x2="{x}" y2="{y + 2}"/>'
        yield _text(x + 8, y, _CHANGED.in_(language))
    if _logged(proof):
        yield f"{_mark(LEFT + 680, y)}</path>"
        yield _text(LEFT + 690, y, _LOGGED.in_(language))


def _why(said: Mapping[str, Any], language: str) -> str:
    return WHY[Unseen(said["why"])].in_(language)


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    styled = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{styled} text-anchor="{anchor}">{_plain(text)}</text>'


def _plain(text: str) -> str:
    """Text as XML bears it; control and direction characters are written out."""
    return escape(
        "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    )
