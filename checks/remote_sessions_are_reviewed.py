"""Are the connections from outside there to be reviewed, and what stands out among them?

CC-17010.a.h has the responsible supervisor review the records periodically: the review itself is
an activity that people enter, with its own clock. This brings them what to look at: the month's
sessions by user and source, those out of hours, those of users whom no setting lets in. A list
of who is in now, read daily, misses what began and ended in between, and says so; a gateway's log,
delivered for it or its group (`session_log`), does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from checks._access import ACCESS, listed
from checks._hours import within
from checks._observed import observed
from evidence.clock import TAIPEI, month_bounds, taipei_day
from evidence.device import Device
from evidence.facts import AccessGrant, RemoteAccess, RemoteSession, SessionsSeen
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "remote_sessions_are_reviewed"
Answer = tuple[Result, str, Text]
LOG = "session_log"
LOGS = Text("its log of sessions", "遠端連線紀錄")
# Programs of which one host may run several, each with a log of its own.
_ONE_PROGRAM = ("OpenVPN", "WireGuard", "strongSwan")
# A gateway's list and its log tell a beginning by clocks of their own.
_SAME_MOMENT = timedelta(minutes=2)


def check(
    readings: Readings, *, hours: Sequence[str] = (), workdays: Sequence[int] = (1, 2, 3, 4, 5)
) -> Iterator[Observation]:
    """One observation a device that lets people in.

    `hours`: spans of the day in Taipei in which connections are expected (`08:00-20:00`);
    `workdays`: 1 is Monday. Without hours nothing is out of hours.
    """
    yield from unread(readings, "remote_access", CHECK, ACCESS)
    yield from unread(readings, "session_log", CHECK, LOGS)
    start, end = month_bounds(readings.period)
    for device, reading in (*readings.each("remote_access"), *_alone(readings)):
        logs = _logs(readings, device)
        if reading is None or not (_lets_in(reading) or logs):
            continue
        mine = [*_of_month(readings, device, reading), *logs]
        sessions = _sessions(mine, start, end)
        whole = _covered(mine, start, min(end, readings.at)) and _all_ways(reading, mine)
        measures = _measures(sessions, reading, _refused(mine), hours, workdays)
        yield observed(
            CHECK,
            readings,
            device,
            reading,
            subject=f"{device.id}/remote sessions {readings.period}",
            about="remote_sessions",
            answer=_answer(sessions, whole, measures),
            measures={**measures, "complete": whole},
        )


def _lets_in(reading: Reading) -> bool:
    ways = [one for one in reading.of(RemoteAccess) if one.seen_as is None]
    on = any(one.enabled is not False and one.service != "administration" for one in ways)
    return on or bool(reading.of(RemoteSession)) or bool(reading.of(SessionsSeen))


def _alone(readings: Readings) -> Iterator[tuple[Device, Reading | None]]:
    """Logs of gateways that are not read themselves, or could not be."""
    gateways = [device for device, reading in readings.each("remote_access") if reading]
    groups = {name for one in gateways for name in (one.id, one.ha_group) if name}
    for device, reading in readings.each("session_log"):
        if device.id not in groups and device.ha_group not in groups:
            yield device, reading


def _logs(readings: Readings, gateway: Device) -> list[Reading]:
    """Every log delivered for a gateway or its group, each once: a later one replaces none."""
    names = {gateway.id, gateway.ha_group} - {None}
    found: dict[str, Reading] = {}
    for device, newest in readings.each(LOG):
        if {device.id, device.ha_group} & names:
            for one in (*readings.earlier(device.id, LOG), *([newest] if newest else ())):
                if one.failure is None and one.subject == LOG:
                    found[one.digest] = one
    return list(found.values())


def _all_ways(reading: Reading, mine: Sequence[Reading]) -> bool:
    """Whether what tells of sessions tells of every way in: one program's log does not."""
    told = {one.service for each in mine for one in each.of(SessionsSeen) if one.from_at}
    if any(not one.startswith(_ONE_PROGRAM) for one in told):
        return True
    return all(
        one.service.startswith(tuple(told))
        for one in reading.of(RemoteAccess)
        if one.seen_as is None and one.enabled is not False and one.service.startswith(_ONE_PROGRAM)
    )


def _of_month(readings: Readings, device: Device, newest: Reading) -> list[Reading]:
    found = [one for one in readings.earlier(device.id, "remote_access") if one.failure is None]
    return [*found, newest]


def _sessions(readings: Sequence[Reading], start: datetime, end: datetime) -> list[RemoteSession]:
    """Each session once, as it was last seen, of those that touch the month. What a list of the
    moment and a log both have is the log's."""
    found: dict[tuple[str, str, Any], RemoteSession] = {}
    logged: dict[str, list[datetime]] = {}
    for reading in sorted(readings, key=lambda one: one.subject != LOG):
        of_log = {one.service for one in reading.of(SessionsSeen) if one.from_at}
        for one in reading.of(RemoteSession):
            began = one.began_at or reading.at
            user = one.user.casefold()
            # A list of the moment holds who is in: whoever came long ago still was then.
            is_logged = reading.subject == LOG or one.service in of_log
            was_in_until = one.ended_at or (began if is_logged else reading.at)
            if began >= end or was_in_until < start:
                continue
            if reading.subject == LOG:
                logged.setdefault(user, []).append(began)
            elif any(abs(began - other) <= _SAME_MOMENT for other in logged.get(user, ())):
                continue
            found[one.service, one.user, one.began_at or taipei_day(reading.at)] = one
    return list(found.values())


def _covered(readings: Sequence[Reading], start: datetime, end: datetime) -> bool:
    """Whether logs that say from when to when they are complete cover the month so far."""
    spans = sorted(
        (one.from_at, one.until_at or reading.at)
        for reading in readings
        for one in reading.of(SessionsSeen)
        if one.from_at is not None
    )
    reached = start
    for begins, ends in spans:
        if begins <= reached:
            reached = max(reached, ends)
    # What is read once a day reaches to the last reading, not to the month's last second.
    return bool(spans) and (end - reached).total_seconds() <= 2 * 86400


def _measures(
    sessions: Sequence[RemoteSession],
    reading: Reading,
    refused: int | None,
    hours: Sequence[str],
    workdays: Sequence[int],
) -> dict[str, Any]:
    known = {one.who.casefold() for one in reading.of(AccessGrant) if one.kind == "user"}
    everybody = any(one.kind != "user" for one in reading.of(AccessGrant)) or not known
    odd = [one for one in sessions if _out_of_hours(one, hours, workdays)]
    strangers = [one.user for one in sessions if not everybody and one.user.casefold() not in known]
    return {
        "sessions": len(sessions),
        "users": dict(Counter(one.user for one in sessions).most_common(50)),
        "sources": dict(Counter(one.source or "?" for one in sessions).most_common(50)),
        "out_of_hours": list(dict.fromkeys(_said(one) for one in odd)),
        "not_granted": list(dict.fromkeys(strangers)),
        "untimed": sum(one.began_at is None for one in sessions) if hours else 0,
        "refused": refused,
    }


def _refused(readings: Sequence[Reading]) -> int | None:
    """Log-ins that logs say were refused; None where no log tells."""
    told = [
        one.refused
        for reading in readings
        for one in reading.of(SessionsSeen)
        if one.refused is not None
    ]
    return sum(told) if told else None


def _out_of_hours(session: RemoteSession, hours: Sequence[str], workdays: Sequence[int]) -> bool:
    if not hours or session.began_at is None:
        return False
    there = session.began_at.astimezone(TAIPEI)
    if there.isoweekday() not in workdays:
        return True
    return not within(hours, there.time(), there.time())


def _said(session: RemoteSession) -> str:
    began = session.began_at.astimezone(TAIPEI) if session.began_at else None
    return f"{session.user} {began:%Y-%m-%d %H:%M}" if began else session.user


def _answer(sessions: Sequence[RemoteSession], whole: bool, measures: Mapping[str, Any]) -> Answer:
    odd, strangers = measures["out_of_hours"], measures["not_granted"]
    if odd or strangers:
        en, zh = [], []
        if odd:
            en.append(f"out of hours: {listed(odd, 6)}")
            zh.append(f"非上班時段：{listed(odd, 6)}")
        if strangers:
            en.append(f"of users whom no setting lets in: {listed(strangers, 6)}")
            zh.append(f"非現行授權使用者：{listed(strangers, 6)}")
        words = Text("; ".join(en), "；".join(zh))
        return Result.partly, "to_be_explained", words
    if not whole:
        words = Text(
            f"{len(sessions)} sessions were seen; no log shows that these are all",
            f"讀得 {len(sessions)} 筆連線，無完整紀錄可證明即為全部",
        )
        return Result.not_assessed, "log_incomplete", words
    if untimed := measures["untimed"]:
        words = Text(
            f"of {untimed} of {len(sessions)} sessions it is not told when they began",
            f"{len(sessions)} 筆連線中有 {untimed} 筆未載明起始時間，無法判定是否於上班時段",
        )
        return Result.not_assessed, "begin_not_told", words
    words = Text(
        f"{len(sessions)} sessions are listed for the review", f"{len(sessions)} 筆連線已列示供覆核"
    )
    return Result.satisfied, "listed", words
