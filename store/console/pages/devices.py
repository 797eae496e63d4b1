"""Devices, how they were read, and what ends when."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from starlette.responses import Response

from store.console.guard import Call, Console
from store.console.pages import month_of, number, shown
from store.month import look
from store.month.look import PAGE_ROWS, Wanted
from store.problems import Refused

_SUPPORT = "release_is_supported"
_AXIS = 320


def devices(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    first, word = number(call, "first"), call.asked("word")[:100]
    with console.custody.database.reading() as rows:
        values["rows"] = look.devices(rows, agent, period, first, word)
        values["tried"], values["failing"] = look.device_counts(rows, agent, period)
    return shown(
        console,
        call,
        "devices.html",
        here="devices",
        first=first,
        word=word,
        size=PAGE_ROWS,
        **values,
    )


def device(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    agent, period, name = values["agent"], values["period"], call.path["device"]
    with console.custody.database.reading() as rows:
        subjects = look.device_subjects(rows, agent, period, name)
        found = look.findings(rows, agent, period, Wanted(device=name))
        if not subjects and not found:
            raise Refused("no such device", code="not_found")
        values |= {
            "subjects": subjects,
            "findings": found,
            "readings": look.device_readings(rows, agent, period, name, number(call, "first")),
        }
    return shown(console, call, "device.html", here="devices", device=name, **values)


def lifecycle(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    with console.custody.database.reading() as rows:
        seen = look.observations_of(rows, values["agent"], values["period"], [_SUPPORT])
    records = [json.loads(one.record) for one in seen]
    on = date.fromisoformat(values["month"].judged_at.date().isoformat())
    first, last = on.year - 3, on.year + 6
    listed = [_term(one, on, first, last) for one in records]
    listed.sort(key=lambda one: (one["ends_on"] is None, one["ends_on"] or "", one["device"]))
    axis = {
        "years": list(range(first, last + 1)),
        "ticks": [_x(date(year, 1, 1), first, last) for year in range(first, last + 1)],
        "today": _x(on, first, last),
    }
    dated = next(
        (
            one["measures"]["catalogue_dated"]
            for one in records
            if one["measures"].get("catalogue_dated")
        ),
        None,
    )
    return shown(
        console,
        call,
        "lifecycle.html",
        here="lifecycle",
        rows=listed,
        axis=axis,
        dated=dated,
        **values,
    )


def _term(record: dict[str, Any], on: date, first: int, last: int) -> dict[str, Any]:
    said = record["measures"]
    days_left = said.get("days_left")
    ends_on = said.get("expired_on") or said.get("ends_on")
    if ends_on is None and days_left is not None:
        ends_on = date.fromordinal(on.toordinal() + int(days_left)).isoformat()
    kind = "later"
    if ends_on is not None:
        left = (date.fromisoformat(ends_on) - on).days
        kind = "past" if left < 0 else "soon" if left < 365 else "later"
    parts = (said.get("model") or said.get("product"), said.get("version"))
    return {
        "device": record["device"],
        "subject": record["subject"],
        "name": " ".join(str(one) for one in parts if one) or record["subject"],
        "result": record["result"],
        "state": record["state"],
        "ends_on": ends_on,
        "x": None if ends_on is None else _x(date.fromisoformat(ends_on), first, last),
        "kind": kind,
        "source": said.get("source_url") or said.get("row") or "",
    }


def _x(day: date, first: int, last: int) -> float:
    start, end = date(first, 1, 1).toordinal(), date(last, 1, 1).toordinal()
    part = (day.toordinal() - start) / (end - start)
    return round(6 + min(max(part, 0), 1) * (_AXIS - 12), 1)
