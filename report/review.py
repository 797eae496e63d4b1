"""The rules of a judged month as a reviewer looks at them: a view a rule, all that is known of it.

The terminal's lists and the review forms of the pack are both made of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from evidence.clock import parse_at
from evidence.control import Answer, Disposition, Finding, Join, Kind
from evidence.control.decided import Row
from evidence.judged import Judged
from evidence.observation import Observation, Result
from evidence.risks import RISKS
from evidence.rulebase import EVERYWHERE, HeldRule, held_rules
from evidence.rules import lists
from evidence.text import Text
from evidence.tickets import Tickets, compiled, numbers
from report.codes import STATES, word

TRAFFIC, REACH = "rule_carries_traffic", "rule_is_reachable"
SPECIFIC, EXPOSED = "rule_is_specific", "no_cleartext_or_management_from_outside"
EXPIRED, GONE = "rule_is_not_expired", "rule_of_decommissioned_system"
CHANGED, OWNER = "rules_changed_are_approved", "rule_has_owner"
DECIDED = "rule_is_decided"


# What is a risk beside the criteria of `rule_is_specific`, which holds the exposed ports, too.
_RISKS = ("dmz_is_separated", REACH, EXPIRED, GONE, CHANGED)


_ROWS = frozenset(row.value for row in Row)


@dataclass(frozen=True, slots=True)
class View:
    """One rule: what was observed of it by check, what the review clause comes to, what people
    decided. `number`: its place in its list, from 1. `tickets`: those it names, and those that
    speak of it."""

    held: HeldRule
    number: int
    seen: Mapping[str, Observation] = field(default_factory=dict)
    finding: Finding | None = None
    decision: Disposition | None = None
    tickets: tuple[str, ...] = ()
    owner: str | None = None

    @property
    def label(self) -> str:
        """What a person calls it."""
        return self.held.label

    @property
    def way(self) -> str:
        """From which zones to which."""
        return f"{_zones(self.held.sources)} > {_zones(self.held.destinations)}"

    def state(self, check: str) -> str | None:
        """What a check said of it; None: nothing but that it is as it should be."""
        return self.seen[check].state if check in self.seen else None

    @property
    def last_traffic_at(self) -> datetime | None:
        """The last traffic that was seen of it or told; None: none is known."""
        said = self.seen[TRAFFIC].measures if TRAFFIC in self.seen else {}
        known = [parse_at(said[key]) for key in ("last_traffic_at", "last_hit_at") if said.get(key)]
        return max(known, default=None)

    @property
    def risks(self) -> Sequence[Observation]:
        """What is wrong with it beside its traffic, the gravest first."""
        order = (Result.not_satisfied, Result.partly, Result.not_assessed)
        found = [
            one for check, one in self.seen.items() if check != TRAFFIC and one.result in order
        ]
        return sorted(found, key=lambda one: order.index(one.result))

    @property
    def risk_words(self) -> list[Text]:
        """The risks in a few words each: the criteria's own, then other checks' states."""
        found: list[Text] = []
        for one in self.risks:
            check = one.check.partition("{")[0]
            if check == SPECIFIC:
                codes = one.measures["found"] or one.measures["unclear"]
                words = [RISKS[code] for code in codes]
                unclear = [Text(f"{text.en}?", f"{text.zh}？") for text in words]
                found += words if one.measures["found"] else unclear
            elif check in _RISKS:
                found.append(word(STATES, one.state))
        return list(dict.fromkeys(found))

    def day(self, check: str, measure: str) -> date | None:
        """A day that a check measured."""
        said = self.seen[check].measures.get(measure) if check in self.seen else None
        return None if said is None else date.fromisoformat(said)

    def touches(self, zone: str) -> bool:
        """Whether it leads from or to a zone, or everywhere."""
        return bool((self.held.sources | self.held.destinations) & {zone, EVERYWHERE})


def views(judged: Judged) -> list[View]:
    """Every rule that somebody wrote and that decides, in the order of its firewall."""
    seen: dict[str, dict[str, Observation]] = {}
    for one in judged.observations:
        check = one.check.partition("{")[0]
        seen.setdefault(one.subject, {}).setdefault(check, one)
    findings: dict[str, Finding] = {}
    for result in judged.judgement.results:
        if result.control.join is Join.rule_is_decided and result.binds is not Answer.no:
            for finding in result.findings:
                # A ticket that is not complete speaks of the rule, too, and judges nothing.
                if finding.state in _ROWS:
                    findings.setdefault(finding.subject, finding)
    decided: dict[str, Disposition] = {}
    for said in judged.dispositions:
        if said.kind is Kind.decision:
            decided[said.subject] = said
    tickets = Tickets.of(judged.readings)
    patterns = compiled(judged.policy.settings(OWNER).get("ticket_patterns", ()))
    found = []
    for held, number in _numbered(held_rules(judged.readings)):
        if held.rule.permits is None or held.rule.implicit:
            continue
        about = tickets.about(held, patterns)
        ids = [one.ticket.ticket_id for one in about]
        asked = [one.ticket.requested_by for one in about if one.ticket.requested_by]
        found.append(
            View(
                held,
                number,
                seen.get(held.subject, {}),
                findings.get(held.subject),
                decided.get(held.subject),
                tuple(dict.fromkeys((*numbers(held.rule, patterns), *ids))),
                asked[-1] if asked else None,
            )
        )
    return found


def _numbered(rules: Sequence[HeldRule]) -> Iterable[tuple[HeldRule, int]]:
    """Each rule with its place in the list it stands in, firewall by firewall."""
    groups: dict[str, dict[str, HeldRule]] = {}
    for held in rules:
        groups.setdefault(held.group, {})[held.rule.key] = held
    for known in groups.values():
        for in_order in lists(held.rule for held in known.values()):
            for number, rule in enumerate(in_order, start=1):
                yield known[rule.key], number


def _zones(zones: Iterable[str]) -> str:
    return ",".join(sorted(zones)) or "-"
