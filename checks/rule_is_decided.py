"""Was each rule decided about? What change tickets say, for the fold to join with the rest.

The question itself is answered by `evidence.control.decided`: this check only brings in the
decisions that a ticket system holds, beside those that people enter in the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evidence.control import Decision
from evidence.facts import Ticket
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import HeldRule, held_rules, unread
from evidence.text import Text
from evidence.tickets import TICKETS, names

CHECK = "rule_is_decided"
DECISIONS = ("keep", "adjust", "disable")


def check(readings: Readings) -> Iterator[Observation]:
    """One observation a ticket that holds an approved decision about a rule."""
    yield from unread(readings, "tickets", CHECK, TICKETS)
    called: dict[str, dict[str, HeldRule]] = {}
    for held in held_rules(readings):
        for name in names(held):
            called.setdefault(name.casefold(), {})[held.subject] = held
    for _, reading in readings.each("tickets"):
        for ticket in reading.of(Ticket) if reading else ():
            if (ticket.decision or "").casefold() not in DECISIONS:
                continue
            meant = list(called.get((ticket.target or "").casefold(), {}).values())
            yield _decided(readings, reading, ticket, meant)


def _decided(
    readings: Readings, reading: Reading | None, ticket: Ticket, meant: Sequence[HeldRule]
) -> Observation:
    """`meant`: the rules that the ticket's target calls. Of several nobody knows which it is."""
    held = meant[0] if len(meant) == 1 else None
    missing = [
        word
        for word, value in (
            ("approved_by", ticket.approved_by),
            ("approved_on", ticket.approved_on),
            ("reason", ticket.reason),
        )
        if not value
    ]
    if len(meant) > 1:
        state = "rule_unknown"
        said = Text(
            f"{len(meant)} rules are called {ticket.target}",
            f"有 {len(meant)} 條規則稱為 {ticket.target}",
        )
    elif held is None:
        state = "rule_unknown"
        said = Text(f"no rule is called {ticket.target}", f"查無規則 {ticket.target}")
    elif missing:
        state = "ticket_incomplete"
        said = Text(f"{', '.join(missing)} is missing", f"缺少 {'、'.join(missing)}")
    else:
        state = "decided"
        word = Decision((ticket.decision or "").casefold()).text
        said = Text(
            f"{word.en}, approved by {ticket.approved_by} on {ticket.approved_on}",
            f"{ticket.approved_by} 於 {ticket.approved_on} 核准{word.zh}",
        )
    complete = state == "decided" and held is not None
    return Observation(
        check=CHECK,
        device="" if held is None else held.device.id,
        subject=f"ticket {ticket.ticket_id}" if held is None else held.subject,
        # A decision is no merit of the rule's: only the fold says what it is worth.
        result=Result.not_applicable,
        state=state,
        description=Text(f"{ticket.ticket_id}: {said.en}", f"{ticket.ticket_id}：{said.zh}"),
        at=readings.at,
        evidence=() if reading is None else (reading.digest,),
        measures=_measures(ticket, held) if complete and held else {"ticket": ticket.ticket_id},
        scope=("*",) if held is None else held.scope,
    )


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
