"""Are the hours limited in which somebody may connect from outside (連線時段限制)?

Hours are set in the directory, as each account's logon hours. Where a directory was read, each
account that is on is limited or not; a remote desktop is answered by the directory of the domain
that its host is a member of. Which other accounts a host lets in, its own above all, is not read.
Hours set at a gateway are not read either: a person attaches the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from checks._desktop import OFF, SETTINGS, Answer, desktops
from checks._hours import within
from checks._observed import observed
from evidence.clock import TAIPEI
from evidence.device import Device
from evidence.facts import LogonHours, ProtectionState
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text, visible

CHECK = "remote_hours_are_limited"
DIRECTORY = Text("its accounts' logon hours", "帳號可登入時段")
NOT_READ: Answer = (
    Result.not_assessed,
    "hours_not_read",
    Text(
        "connection hours stand in the directory, which is not read: attach them by hand",
        "連線時段設定於目錄服務，系統未讀取，請人工檢附",
    ),
)
_MEMBER = "member of "
MOST_NAMED = 6
_WEEK = range(168)
# A Sunday, from whose midnight in UTC the hours of a week are counted.
_SUNDAY = datetime(2026, 1, 4, tzinfo=UTC)


def check(
    readings: Readings,
    *,
    hours: Sequence[str] = (),
    workdays: Sequence[int] = (1, 2, 3, 4, 5),
    exempt: Sequence[str] = (),
) -> Iterator[Observation]:
    """One observation a directory, and one a remote desktop; one that is off needs no hours.

    `hours`: spans of the day in Taipei (`07:00-21:00`) beyond which, or on other days than
    `workdays` (1 is Monday), no account may log on; without them any limit is one. `exempt`:
    patterns of accounts (`svc-*`) that the company lets in at any hour.
    """
    yield from unread(readings, "logon_hours", CHECK, DIRECTORY)
    domains: dict[str, Answer] = {}
    for device, reading in readings.each("logon_hours"):
        if reading is None:
            continue
        accounts = [one for one in reading.of(LogonHours) if one.enabled is not False]
        answer, measures = _limited(accounts, hours, workdays, exempt)
        domains |= dict.fromkeys((one.domain for one in accounts if one.domain), answer)
        yield observed(
            CHECK,
            readings,
            device,
            reading,
            subject=f"{device.id}/logon hours",
            about="hours",
            answer=answer,
            measures=measures,
        )
    yield from unread(readings, "remote_desktop", CHECK, SETTINGS)
    for desktop in desktops(readings):
        off = desktop.mine is not None and desktop.mine.enabled is False
        of_domain = domains.get(_domain(readings, desktop.device) or "", NOT_READ)
        yield observed(
            CHECK,
            readings,
            desktop.device,
            desktop.reading,
            subject=f"{desktop.place}/remote desktop hours",
            about="hours",
            answer=OFF if off else of_domain,
            measures={},
        )


def _limited(
    accounts: Sequence[LogonHours],
    hours: Sequence[str],
    workdays: Sequence[int],
    exempt: Sequence[str],
) -> tuple[Answer, dict[str, object]]:
    known = [one for one in accounts if not _matches(one.account, exempt)]
    allowed = _allowed(hours, workdays)
    # Every bit set is no limit either.
    weekly = {one.account: set(_WEEK if one.hours_utc is None else one.hours_utc) for one in known}
    at_any = [visible(name) for name, told in weekly.items() if len(told) == len(_WEEK)]
    beyond = [
        visible(name)
        for name, told in weekly.items()
        if len(told) < len(_WEEK) and not told <= allowed
    ]
    measures: dict[str, object] = {
        "accounts": len(accounts),
        "exempt": len(accounts) - len(known),
        "at_any_hour": at_any,
        "beyond_hours": beyond,
    }
    if not known:
        words = Text("it tells of no account that is on", "未載明任何啟用之帳號")
        return (Result.not_assessed, "no_account", words), measures
    if wrong := [*at_any, *beyond]:
        named = ", ".join(wrong[:MOST_NAMED]) + (" …" if len(wrong) > MOST_NAMED else "")
        words = Text(
            f"{len(wrong)} of {len(known)} accounts may log on at any hour or beyond the hours "
            f"allowed: {named}",
            f"{len(known)} 個帳號中有 {len(wrong)} 個未限制或逾越可登入時段：{named}",
        )
        return (Result.not_satisfied, "hours_not_limited", words), measures
    words = Text(
        f"{len(known)} accounts have hours to log on in", f"{len(known)} 個帳號均限制可登入時段"
    )
    return (Result.satisfied, "hours_limited", words), measures


def _allowed(hours: Sequence[str], workdays: Sequence[int]) -> set[int]:
    """Hours of the week in UTC that lie within the company's."""
    if not hours:
        return set(_WEEK)
    found = set()
    for hour in _WEEK:
        begins = (_SUNDAY + timedelta(hours=hour)).astimezone(TAIPEI)
        last = begins + timedelta(minutes=59)
        if begins.isoweekday() in workdays and within(hours, begins.time(), last.time()):
            found.add(hour)
    return found


def _matches(account: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(account.casefold(), one.casefold()) for one in patterns)


def _domain(readings: Readings, host: Device) -> str | None:
    """The domain that a host says it is a member of."""
    reading = readings.newest_good.get((host.id, "host"))
    for one in reading.of(ProtectionState) if reading else ():
        for word in (one.detail or "").split(", "):
            if one.product == "management" and word.startswith(_MEMBER):
                return word.removeprefix(_MEMBER).casefold()
    return None
