"""Change tickets beside rules: which of them speak of which rule, and which a rule names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evidence.facts import FirewallRule, Ticket
from evidence.readings import Readings
from evidence.rulebase import HeldRule, held_rules
from evidence.text import Text

TICKETS = Text("its tickets", "變更單")


@dataclass(frozen=True, slots=True)
class Held:
    """A ticket with the digest of the reading that has it."""

    ticket: Ticket
    evidence: str

    @property
    def approved(self) -> bool:
        return bool(self.ticket.approved_by and self.ticket.approved_on)


@dataclass(frozen=True, slots=True)
class Tickets:
    """All tickets that were read, by what they call their rule and by their number."""

    by_target: Mapping[str, Sequence[Held]]
    by_number: Mapping[str, Held]

    @classmethod
    def of(cls, readings: Readings) -> Tickets:
        found = [
            Held(ticket, reading.digest)
            for _, reading in readings.each("tickets")
            if reading is not None
            for ticket in reading.of(Ticket)
        ]
        targets: dict[str, list[Held]] = {}
        for one in found:
            targets.setdefault((one.ticket.target or "").casefold(), []).append(one)
        return cls(targets, {one.ticket.ticket_id.casefold(): one for one in found})

    def about(self, held: HeldRule, patterns: Sequence[re.Pattern[str]]) -> list[Held]:
        """Those whose target is the rule, and those whose number its name or comment holds."""
        of = [one for name in names(held) for one in self.by_target.get(name.casefold(), ())]
        cited = [
            self.by_number[number.casefold()]
            for number in numbers(held.rule, patterns)
            if number.casefold() in self.by_number
        ]
        return list({one.ticket.ticket_id: one for one in (*of, *cited)}.values())


def names(held: HeldRule) -> Iterator[str]:
    """What a ticket may call the rule: its subject, or device and the vendor's id or name."""
    yield held.subject
    for name in (held.rule.vendor_id, held.rule.name):
        if name:
            yield f"{held.group}/{name}"


def rules_called(readings: Readings) -> Mapping[str, Sequence[HeldRule]]:
    """The held rules by every name they go by, in small letters. A name of several is no name."""
    called: dict[str, dict[str, HeldRule]] = {}
    for held in held_rules(readings):
        for name in names(held):
            called.setdefault(name.casefold(), {})[held.subject] = held
    return {name: tuple(rules.values()) for name, rules in called.items()}


def numbers(rule: FirewallRule, patterns: Sequence[re.Pattern[str]]) -> list[str]:
    """The ticket numbers that a rule's name and comment hold, as the company writes them."""
    said = f"{rule.name or ''} {rule.comment or ''}"
    return [found[0] for pattern in patterns for found in pattern.finditer(said)]


def compiled(patterns: Sequence[str]) -> list[re.Pattern[str]]:
    return [re.compile(one, re.IGNORECASE) for one in patterns]
