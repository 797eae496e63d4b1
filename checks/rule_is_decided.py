"""Was each rule decided about? What change tickets say, for the fold to join with the rest.

The question itself is answered by `evidence.control.decided`: this check only brings in the
decisions that a ticket system holds, beside those that people enter in the store. A decision is
about what the rule matched on the day it was approved: a rule that matches something else since
needs another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from evidence.clock import day_start
from evidence.control import Decision
from evidence.facts import FirewallRule, Ticket
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import HeldRule, unread
from evidence.text import Text
from evidence.tickets import TICKETS, rules_called

CHECK = "rule_is_decided"
DECISIONS = ("keep", "adjust", "disable")
# State, words, and the digests of the readings that it rests on beside the tickets'.
Answer = tuple[str, Text, tuple[str, ...]]


def check(readings: Readings) -> Iterator[Observation]:
    """One observation a ticket that holds an approved decision about a rule."""
    yield from unread(readings, "tickets", CHECK, TICKETS)
    called = rules_called(readings)
    for _, reading in readings.each("tickets"):
        for ticket in reading.of(Ticket) if reading else ():
            if reading and (ticket.decision or "").casefold() in DECISIONS:
                meant = called.get((ticket.target or "").casefold(), ())
                yield _observed(readings, reading, ticket, meant)


def _observed(
    readings: Readings, reading: Reading, ticket: Ticket, meant: Sequence[HeldRule]
) -> Observation:
    """`meant`: the rules that the ticket's target calls. Of several nobody knows which it is."""
    held = meant[0] if len(meant) == 1 else None
    answer = _unclear(ticket, len(meant)) if held is None else _answer(readings, ticket, held)
    state, said, then = answer
    return Observation(
        check=CHECK,
        device="" if held is None else held.device.id,
        subject=f"ticket {ticket.ticket_id}" if held is None else held.subject,
        # A decision is no merit of the rule's: only the fold says what it is worth.
        result=Result.not_applicable,
        state=state,
        description=Text(f"{ticket.ticket_id}: {said.en}", f"{ticket.ticket_id}：{said.zh}"),
        at=readings.at,
        evidence=(reading.digest, *then),
        measures=_measures(ticket, held)
        if held and state == "decided"
        else {"ticket": ticket.ticket_id},
        scope=("*",) if held is None else held.scope,
    )


def _unclear(ticket: Ticket, count: int) -> Answer:
    said = Text(f"no rule is called {ticket.target}", f"查無規則 {ticket.target}")
    if count:
        said = Text(
            f"{count} rules are called {ticket.target}", f"有 {count} 條規則稱為 {ticket.target}"
        )
    return "rule_unknown", said, ()


def _answer(readings: Readings, ticket: Ticket, held: HeldRule) -> Answer:
    wanted = ("approved_by", "approved_on", "reason")
    missing = [name for name in wanted if not getattr(ticket, name)]
    if missing or ticket.approved_on is None:
        said = Text(f"{', '.join(missing)} is missing", f"缺少 {'、'.join(missing)}")
        return "ticket_incomplete", said, ()
    on = ticket.approved_on
    for rule, then in _as_it_was(readings, held, on):
        if rule.match_digest != held.rule.match_digest:
            said = Text(
                f"approved on {on}, and the rule matches something else since",
                f"{on} 核准，其後規則之比對條件已變更",
            )
            return "rule_changed_since", said, (then.digest,)
    word = Decision((ticket.decision or "").casefold()).text
    said = Text(
        f"{word.en}, approved by {ticket.approved_by} on {on}",
        f"{ticket.approved_by} 於 {on} 核准{word.zh}",
    )
    return "decided", said, ()


def _as_it_was(
    readings: Readings, held: HeldRule, on: date
) -> Iterator[tuple[FirewallRule, Reading]]:
    """The rule at the end of that day, as the last reading of each unit had it; none: no reading
    tells, because it was not read yet or not made yet."""
    end = min(day_start(on + timedelta(days=1)), readings.at)
    for device in readings.groups()[held.group]:
        then = readings.before(device.id, "firewall", end)
        for rule in then.of(FirewallRule) if then else ():
            if then and rule.key == held.rule.key:
                yield rule, then


def _measures(ticket: Ticket, held: HeldRule) -> dict[str, str | None]:
    until, on = ticket.expires_on, ticket.approved_on
    return {
        "rule": held.rule.key,
        "ticket": ticket.ticket_id,
        "decision": (ticket.decision or "").casefold(),
        "by": ticket.requested_by or ticket.approved_by,
        "approver": ticket.approved_by,
        "decided_on": None if on is None else on.isoformat(),
        "until": None if until is None else until.isoformat(),
        "reason": ticket.reason,
    }
