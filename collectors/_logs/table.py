"""A table with a line of headings (CSV): our own form, and the exports of log viewers.

Headings are compared without case, spaces and signs. One of `_RULE` and one of `_TIME` (or of
`_LAST`) must be there; the rest may be.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from collectors._logs.entry import Entry, moment

_UUIDS = ("ruleuuid", "ruleuid", "poluuid", "policyuuid", "uuid")
_NUMBERS = ("ruleid", "policyid", "policy")
_NAMES = ("rule", "rulename", "accessrulename", "policyname", "name")
_TIME = ("time", "datetime", "date/time", "timestamp", "receivetime", "generatetime", "at")
_FIRST = ("first", "firsthit", "firstused", "firstseen")
_LAST = ("last", "lasthit", "lastused", "lastseen", *_TIME)
_COUNT = ("entries", "count", "hits", "hitcount", "sessions", "events")
_CONTEXT = ("context", "vdom", "vd", "virtualsystem", "vsys", "domain")
_POLICY = ("acl", "accesslist", "layer", "layername", "package")

Columns = Mapping[str, Sequence[int]]


def rows(text: str) -> tuple[list[list[str]], Columns] | None:
    """The rows below the headings, and where what stands; None where it is no such table."""
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    if len(read) < 2:
        return None
    headings = [re.sub(r"[\s_#.-]+", "", cell).lower() for cell in read[0]]
    columns = {
        "names": _places(headings, (*_UUIDS, *_NUMBERS, *_NAMES)),
        "last": _places(headings, _LAST),
        "first": _places(headings, _FIRST),
        "count": _places(headings, _COUNT),
        "context": _places(headings, _CONTEXT),
        "policy": _places(headings, _POLICY),
    }
    if not columns["names"] or not columns["last"]:
        return None
    return [row for row in read[1:] if any(row)], columns


def entries(
    table: Sequence[Sequence[str]], columns: Columns, zone: str, until: datetime
) -> Iterator[Entry | None]:
    """An entry a row; None where the row's time or count cannot be read."""
    for row in table:
        at = moment(_cell(row, columns["last"]), zone, until)
        count = _cell(row, columns["count"]).replace(",", "") or "1"
        if count.isdigit() and not int(count):
            continue  # a rule that a report lists as never hit
        if at is None or not count.isdigit():
            yield None
            continue
        yield Entry(
            at,
            tuple(dict.fromkeys(filter(None, (_cell(row, (one,)) for one in columns["names"])))),
            context=_cell(row, columns["context"]),
            policy=_cell(row, columns["policy"]),
            entries=int(count),
            first_at=moment(_cell(row, columns["first"]), zone, until),
        )


def _places(headings: Sequence[str], wanted: Sequence[str]) -> list[int]:
    return [headings.index(one) for one in wanted if one in headings]


def _cell(row: Sequence[str], places: Sequence[int]) -> str:
    return next((row[one].strip() for one in places if one < len(row) and row[one].strip()), "")
