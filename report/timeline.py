"""What ends when, as a picture (SVG): a line a thing, by site, quarters from left to right.

Drawn from what the check of lifecycles observed, so that picture and findings never differ. Equal
things of a site are one line with their number. Nothing a device said is anything but text in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from xml.sax.saxutils import escape

from evidence.clock import add_months, roc
from evidence.observation import Observation, Result
from evidence.text import Text

# Pixels.
WIDTH, LEFT, RIGHT = 1180, 330, 100
HEAD, COUNTS, ROW, SITE, FOOT = 58, 64, 20, 26, 54
BEHIND, AHEAD = 4, 20  # quarters before and after the day it is seen from
LONGEST_LABEL = 44

MARKS = {
    "end_of_sale": Text("end of sale", "停止銷售"),
    "end_of_software_maintenance": Text("end of maintenance", "軟體維護終止"),
    "end_of_security_fixes": Text("end of security fixes", "安全修補終止"),
    "last_day_of_support": Text("last day of support", "支援終止"),
}
_COLOURS = {
    Result.not_satisfied: ("#c0392b", Text("ended", "已終止")),
    Result.partly: ("#d68910", Text("ends soon, or maintenance ended", "即將終止或維護已終止")),
    Result.satisfied: ("#1e8449", Text("supported", "支援中")),
    Result.not_assessed: ("#7f8c8d", Text("not known", "不明")),
}
_ORDER = tuple(_COLOURS)
# Of each class of text: size in pixels, colour, weight. Of each class of line: colour, dashes.
TEXTS = {
    "": (12.0, "#222", 400),
    "title": (15.0, "#222", 600),
    "site": (12.0, "#222", 600),
    "small": (10.5, "#555", 400),
}
LINES: dict[str, tuple[str, tuple[int, int] | None]] = {
    "quarter": ("#e3e3e3", None),
    "year": ("#b5b5b5", None),
    "today": ("#222", (4, 3)),
}
_FONT = "'Noto Sans CJK TC','Noto Sans',sans-serif"


def _style() -> str:
    texts = "".join(
        f"{f'.{name}' if name else 'text'}{{font:{weight} {size:g}px {_FONT};fill:{colour}}}"
        for name, (size, colour, weight) in TEXTS.items()
    )
    return texts + "".join(
        f".{name}{{stroke:{colour}{f';stroke-dasharray:{dash[0]} {dash[1]}' if dash else ''}}}"
        for name, (colour, dash) in LINES.items()
    )


_TITLE = Text("What ends when", "支援終止時程")
_NOTHING = Text("nothing with a lifecycle was read", "查無生命週期資料")


@dataclass(frozen=True, slots=True)
class Ending:
    """Things of a site that end alike: what they are called, how many, when.

    `ends_on` is the milestone that decides; None: not known. `milestones` are days by name.
    """

    site: str
    name: str
    ends_on: date | None
    result: Result
    milestones: tuple[tuple[str, date], ...]
    count: int = 1


def endings(observations: Iterable[Observation], sites: Mapping[str, str]) -> list[Ending]:
    """From what the check of lifecycles observed; `sites` by device. What could not be read is no
    thing, and not drawn."""
    found: Counter[Ending] = Counter()
    for one in observations:
        measures = one.measures
        if "milestones" not in measures or one.device not in sites:
            continue
        name = measures.get("model") or " ".join(
            str(measures[key]) for key in ("product", "version") if measures.get(key)
        )
        days = {key: date.fromisoformat(day) for key, day in measures["milestones"].items()}
        decisive = measures.get("decisive")
        found[
            Ending(
                site=sites[one.device],
                name=str(name or one.subject),
                ends_on=days.get(str(decisive)),
                result=one.result,
                milestones=tuple(sorted(days.items(), key=lambda pair: pair[1])),
            )
        ] += 1
    merged = [replace(one, count=count) for one, count in found.items()]
    return sorted(merged, key=lambda one: (one.site, one.ends_on or date.max, one.name))


@dataclass(frozen=True, slots=True)
class Quarter:
    """How many things of a site end in a quarter, before it, after the picture, or nobody knows."""

    site: str
    name: Text
    count: int
    result: Result


_BEFORE, _LATER = Text("ended", "已終止"), Text("later", "其後")


def quarters(made: Iterable[Ending], as_of: date) -> list[Quarter]:
    """The same in few lines: what has ended, each quarter ahead in which something ends, what ends
    later, and what is not known; by site."""
    axis = _Axis(as_of)
    places: dict[tuple[str, int], Quarter] = {}
    for one in made:
        if one.ends_on is None:
            place, name, result = len(axis.starts) + 1, _COLOURS[Result.not_assessed][1], None
        elif one.ends_on < as_of:
            place, name, result = -1, _BEFORE, None
        else:
            place = sum(start <= one.ends_on for start in axis.starts) - 1
            start = axis.starts[place]
            quarter = f"{start.year} Q{(start.month + 2) // 3}"
            late = one.ends_on >= axis.end
            place, name = (len(axis.starts), _LATER) if late else (place, Text(quarter, quarter))
            result = Result.satisfied if late else Result.partly
        if result is None:
            result = Result.not_satisfied if place < 0 else Result.not_assessed
        before = places.get((one.site, place))
        places[one.site, place] = Quarter(
            one.site, name, one.count + (before.count if before else 0), result
        )
    return [places[key] for key in sorted(places)]


def timeline(made: Sequence[Ending], as_of: date, language: str) -> str:
    """The SVG, seen from a day: what ended before the picture stands at its left edge, what ends
    after it at its right, both with their day in words."""
    axis = _Axis(as_of)
    sites = list(dict.fromkeys(one.site for one in made))
    height = HEAD + COUNTS + SITE * len(sites) + ROW * max(len(made), 1) + FOOT
    title = f"{_TITLE.in_(language)} {as_of} ({roc(as_of)})"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">',
        f"<title>{_plain(title)}</title><style>{_style()}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        _text(16, 24, title, "title"),
        *_quarters(axis, made, height),
    ]
    if not made:
        parts.append(_text(16, HEAD + COUNTS + 14, _NOTHING.in_(language)))
    top = HEAD + COUNTS
    for site in sites:
        parts.append(_text(16, top + 18, site, "site"))
        top += SITE
        for one in (each for each in made if each.site == site):
            parts += _row(axis, one, top, language)
            top += ROW
    parts += _legend(height - 18, language)
    return "\n".join((*parts, "</svg>", ""))


class _Axis:
    """Days to pixels, over whole quarters around the day it is seen from."""

    def __init__(self, as_of: date) -> None:
        self.as_of = as_of
        this = date(as_of.year, 3 * ((as_of.month - 1) // 3) + 1, 1)
        self.starts = [add_months(this, 3 * n) for n in range(-BEHIND, AHEAD + 1)]
        self.first, self.end = self.starts[0], add_months(this, 3 * (AHEAD + 1))

    def x(self, day: date) -> float:
        part = (day - self.first).days / (self.end - self.first).days
        return round(LEFT + min(max(part, 0), 1) * (WIDTH - LEFT - RIGHT), 1)


def _quarters(axis: _Axis, made: Sequence[Ending], height: int) -> Iterator[str]:
    """The grid, and above it how many things end in each quarter."""
    counts: Counter[int] = Counter()
    for one in made:
        if one.ends_on is not None and axis.first <= one.ends_on < axis.end:
            place = max(n for n, start in enumerate(axis.starts) if start <= one.ends_on)
            counts[place] += one.count
    most = max(counts.values(), default=1)
    bottom = HEAD + COUNTS - 20
    for place, start in enumerate(axis.starts):
        x = axis.x(start)
        kind = "year" if start.month == 1 else "quarter"
        yield f'<line class="{kind}" x1="{x}" y1="{HEAD}" x2="{x}" y2="{height - FOOT + 8}"/>'
        if start.month == 1:
            yield _text(x + 2, HEAD + COUNTS - 4, f"{start.year}", "small")
        if count := counts[place]:
            tall = round(28 * count / most, 1)
            width = round(axis.x(add_months(start, 3)) - x - 4, 1)
            quarter = f"{start.year} Q{(start.month + 2) // 3}"
            yield (
                f'<rect x="{x + 2}" y="{bottom - tall}" width="{width}" height="{tall}" '
                f'fill="#5d6d7e"><title>{quarter}: {count}</title></rect>'
            )
            yield _text(x + 3, bottom - tall - 3, str(count), "small")
    x = axis.x(axis.as_of)
    yield f'<line class="today" x1="{x}" y1="{HEAD - 8}" x2="{x}" y2="{height - FOOT + 8}"/>'


def _row(axis: _Axis, one: Ending, top: int, language: str) -> Iterator[str]:
    colour, word = _COLOURS.get(one.result, _COLOURS[Result.not_assessed])
    middle = top + ROW / 2
    count = f" ×{one.count}" if one.count > 1 else ""
    name = one.name if len(one.name) <= LONGEST_LABEL else f"{one.name[: LONGEST_LABEL - 1]}…"
    yield _text(30, middle + 4, f"{name}{count}")
    if one.ends_on is None:
        yield _text(LEFT + 4, middle + 4, word.in_(language), "small")
        return
    start, end = sorted((axis.x(axis.as_of), axis.x(one.ends_on)))
    days = "; ".join(
        f"{MARKS[key].in_(language)} {day} ({roc(day)})" for key, day in one.milestones
    )
    yield (
        f'<rect x="{start}" y="{middle - 4}" width="{max(end - start, 1):.1f}" height="8" '
        f'fill="{colour}" fill-opacity=".45"><title>{_plain(f"{one.name}: {days}")}</title></rect>'
    )
    for key, day in one.milestones:
        if axis.first <= day <= axis.end:
            yield _mark(key, axis.x(day), middle, colour)
    yield _text(WIDTH - RIGHT + 6, middle + 4, one.ends_on.isoformat(), "small")


def _mark(key: str, x: float, y: float, colour: str) -> str:
    """A shape a milestone, so that nothing hangs on the colour."""
    shapes = {
        "end_of_sale": f"M{x - 4} {y}L{x} {y - 4}L{x + 4} {y}L{x} {y + 4}Z",
        "end_of_software_maintenance": f"M{x - 4} {y + 4}L{x} {y - 4}L{x + 4} {y + 4}Z",
        "end_of_security_fixes": f"M{x - 4} {y - 4}H{x + 4}V{y + 4}H{x - 4}Z",
        "last_day_of_support": f"M{x - 4} {y - 4}L{x + 4} {y + 4}M{x + 4} {y - 4}L{x - 4} {y + 4}",
    }
    filled = "none" if key == "last_day_of_support" else "#fff"
    width = 2.4 if key == "last_day_of_support" else 1.4
    return f'<path d="{shapes[key]}" fill="{filled}" stroke="{colour}" stroke-width="{width}"/>'


def _legend(y: int, language: str) -> Iterator[str]:
    x = 30.0
    for key, word in MARKS.items():
        yield _mark(key, x, y - 4, "#222")
        yield _text(x + 9, y, word.in_(language), "small")
        x += 150
    for result in _ORDER:
        colour, word = _COLOURS[result]
        box = f'x="{x}" y="{y - 9}" width="14" height="8"'
        yield f'<rect {box} fill="{colour}" fill-opacity=".45"/>'
        yield _text(x + 18, y, word.in_(language), "small")
        x += 34 + 6.5 * len(word.en) if language == "en" else 40 + 11 * len(word.zh)


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{named}>{_plain(text)}</text>'


def _plain(text: str) -> str:
    """Text as XML may hold it."""
    return escape("".join(sign if sign.isprintable() else "?" for sign in text))
