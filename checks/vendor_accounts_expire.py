"""Does every vendor's way in have an end, and has none outlived it?

A vendor's account is one that the company's patterns say is one, or that a ticket of kind
`vendor` names. Its end is the device's own, or that of an approved ticket. One that is past its
end and still lets somebody in is worse than one that has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from checks._access import ACCESS, Service, fits, listed, services
from checks._observed import observed
from evidence.clock import taipei_day
from evidence.facts import AccessGrant, Ticket
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "vendor_accounts_expire"
Answer = tuple[Result, str, Text]
KINDS = ("vendor", "supplier", "廠商", "供應商", "委外")


def check(
    readings: Readings, *, vendor_patterns: Sequence[str] = (), longest_days: int = 366
) -> Iterator[Observation]:
    """One observation a way in that vendors have.

    `vendor_patterns`: what vendors' accounts and groups are called (* and ?). `longest_days`: an
    end further away than that is none.
    """
    yield from unread(readings, "remote_access", CHECK, ACCESS)
    tickets = _tickets(readings)
    today = taipei_day(readings.at)
    for one in services(readings):
        if not one.on:
            continue
        found: dict[str, list[str]] = {"ended": [], "endless": [], "in_time": []}
        for grant in one.grants:
            ticket = tickets.get(grant.who.casefold())
            if ticket is None and not fits(grant.who, vendor_patterns):
                continue
            last = _last_day(grant, ticket)
            kind = _kind(last, today, longest_days)
            found[kind].append(f"{grant.who} ({last})" if last else grant.who)
        if not any(found.values()) and vendor_patterns:
            continue  # vendors are told apart, and none comes in here
        yield observed(
            CHECK,
            readings,
            one.device,
            one.reading,
            subject=f"{one.device.id}/{one.name} vendors",
            about="remote_access",
            answer=_answer(one, found),
            measures={**found, "vendor_patterns": list(vendor_patterns)},
        )


def _tickets(readings: Readings) -> dict[str, Ticket]:
    """Approved tickets of vendors by whom they speak of; the one that ends last."""
    found: dict[str, Ticket] = {}
    for _, reading in readings.each("tickets"):
        for one in reading.of(Ticket) if reading else ():
            if not one.target or not any(word in one.kind.casefold() for word in KINDS):
                continue
            held = found.get(one.target.casefold())
            if held is None or (one.expires_on or date.min) > (held.expires_on or date.min):
                found[one.target.casefold()] = one
    return found


def _last_day(grant: AccessGrant, ticket: Ticket | None) -> date | None:
    """The earlier of the account's own end and of its approval's; an approval must be one."""
    ends = [taipei_day(grant.expires_at)] if grant.expires_at else []
    if ticket and ticket.approved_by and ticket.expires_on:
        ends.append(ticket.expires_on)
    return min(ends, default=None)


def _kind(last: date | None, today: date, longest_days: int) -> str:
    if last is None or (last - today).days > longest_days:
        return "endless"
    return "ended" if last < today else "in_time"


def _answer(service: Service, found: dict[str, list[str]]) -> Answer:
    if names := found["ended"]:
        said = listed(names)
        words = Text(f"past their end, and still let in: {said}", f"已逾期仍可連入：{said}")
        return Result.not_satisfied, "ended", words
    if names := found["endless"]:
        said = listed(names)
        words = Text(
            f"vendors' accounts without an end, or with a late one: {said}",
            f"廠商帳號未訂期限或期限過長：{said}",
        )
        return Result.not_satisfied, "endless", words
    if names := found["in_time"]:
        said = listed(names)
        words = Text(f"vendors' accounts end in time: {said}", f"廠商帳號均訂有期限：{said}")
        return Result.satisfied, "in_time", words
    words = Text(
        f"nobody has said what vendors' accounts are called ({len(service.grants)} accounts)",
        f"未訂廠商帳號之命名準則（{len(service.grants)} 項授權）",
    )
    return Result.not_assessed, "vendors_not_told_apart", words
