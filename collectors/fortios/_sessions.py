"""Sessions of a FortiGate's own VPN event log (REST), beside who is in now.

The log reaches back as far as the disk or the memory keeps it. Each unit of a cluster keeps its
own, so of a cluster it is not told from when on it is complete. Its fields are those of syslog.
From the log message reference; the paging of the answer is not confirmed on a FortiGate of ours.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors._logs import fortigate
from collectors._logs.sessions import Event, sessions
from collectors._managed.answer import document
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, RemoteSession, SessionsSeen

SERVICE = "FortiGate VPN"
MOST_ROWS, MOST_PAGES = 1000, 20
_SAME_MOMENT = timedelta(minutes=2)
_HOLES = {"vdom": r"[A-Za-z0-9_-]{1,31}", "start": r"[0-9]{1,6}"}
# Where a log may be: a small model has no disk.
PLACES = tuple(
    Ask(
        f"vpn_log_{place}",
        f"GET /api/v2/log/{place}/event/vpn?vdom={{vdom}}&start={{start}}&rows={MOST_ROWS}",
        "http",
        holes=_HOLES,
    )
    for place in ("disk", "memory")
)


class _Log:
    """One VDOM's log. `whole`: its rows go back to its first entry without a gap."""

    def __init__(self) -> None:
        self.rows: list[Mapping[str, str]] = []
        self.moments: list[datetime] = []
        self.events: list[Event] = []
        self.taken_at = datetime.max.replace(tzinfo=UTC)
        self.whole = False


def logged(vdoms: Sequence[str], zone: str, *, alone: bool) -> Generator[Ask, Capture, list[Fact]]:
    """The sessions that the VDOMs' logs tell; nothing where none of them may be read.

    `alone`: the unit is no member of a cluster. Complete is what every VDOM's log reaches over.
    """
    logs = []
    for vdom in vdoms:
        log = yield from _kept(vdom)
        logs.append(_read(log, zone))
    told = [
        session
        for vdom, one in zip(vdoms, logs, strict=True)
        for session in sessions(one.events, f"{SERVICE} {vdom}")
    ]
    if not any(one.moments for one in logs):
        return []
    whole = alone and all(one.whole for one in logs)
    seen = SessionsSeen(
        service=SERVICE,
        from_at=max(min(one.moments) for one in logs) if whole else None,
        until_at=min(one.taken_at for one in logs) if whole else None,
        sessions=len(told),
        refused=sum(event.kind == "refused" for one in logs for event in one.events),
    )
    return [seen, *told]


def not_logged(now: Iterable[RemoteSession], told: Iterable[Fact]) -> Iterator[RemoteSession]:
    """Those who are in now, but for the sessions that the log has, too."""
    known = [one for one in told if isinstance(one, RemoteSession)]
    for one in now:
        same = (
            other
            for other in known
            if other.user.casefold() == one.user.casefold()
            and one.began_at is not None
            and other.began_at is not None
            and abs(one.began_at - other.began_at) <= _SAME_MOMENT
        )
        if next(same, None) is None:
            yield one


def _kept(vdom: str) -> Generator[Ask, Capture, _Log | None]:
    """The log of one VDOM from the first place that holds any of it; None where none may be
    read."""
    for place in PLACES:
        log = _Log()
        for _ in range(MOST_PAGES):
            try:
                capture = yield place(vdom=vdom, start=str(len(log.rows)))
            except NotAnswered:
                break
            said = document(capture)
            rows = said.get("results") if isinstance(said, Mapping) else None
            if not isinstance(rows, list):
                break
            log.rows += [_words(row, capture) for row in rows]
            log.taken_at = capture.answered_at
            total = said.get("total_lines")
            if len(rows) < MOST_ROWS or total == len(log.rows):
                log.whole = total == len(log.rows) and said.get("completed", 100) == 100
                break
        if log.rows:
            return log
    return None


def _words(row: Any, capture: Capture) -> Mapping[str, str]:
    if not isinstance(row, Mapping):
        raise Unexpected(f"{capture.device}: {capture.ask.name}: an entry is no object")
    return {str(name): str(value) for name, value in row.items() if value is not None}


def _read(log: _Log | None, zone: str) -> _Log:
    """With its moments and events; an entry without a time leaves it incomplete."""
    log = log or _Log()
    for row in log.rows:
        at = fortigate.moment_of(row, zone, log.taken_at)
        if at is None:
            log.whole = False
            continue
        log.moments.append(at)
        log.events += fortigate.events(row, at)
    log.whole &= bool(log.moments)
    return log
