"""Does every rule say who answers for it: by a ticket's number, an owner, or a ticket about it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks._rule import Answer, each_rule, lets_in
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import HeldRule, unread
from evidence.text import Text
from evidence.tickets import TICKETS, Tickets, compiled, numbers

CHECK = "rule_has_owner"
FINE = Text("name their ticket or owner", "均載明單號或負責人")
TICKET_PATTERNS = (r"\b(?:CR|CHG|RFC|REQ|ITSM)-?\d{3,}\b",)
OWNER_PATTERNS = (r"(?:owner|負責人|申請人)\s*[:=：]\s*\S+",)


def check(
    readings: Readings,
    *,
    ticket_patterns: Sequence[str] = TICKET_PATTERNS,
    owner_patterns: Sequence[str] = OWNER_PATTERNS,
) -> Iterator[Observation]:
    """The patterns are regular expressions, sought in a rule's name and comment."""
    yield from unread(readings, "tickets", CHECK, TICKETS)
    known, ticket, owner = (
        Tickets.of(readings),
        compiled(ticket_patterns),
        compiled(owner_patterns),
    )

    def judge(held: HeldRule) -> Answer | None:
        # What a program wrote (docker, fail2ban) is that program's, and changes with it.
        if not lets_in(held) or held.rule.owner != "policy":
            return None
        if numbers(held.rule, ticket) or numbers(held.rule, owner) or known.about(held, ticket):
            return Answer(Result.satisfied, "has_owner", FINE, {})
        said = Text(
            "no ticket and no owner in its name or comment, and no ticket about it",
            "名稱與註解未載明單號或負責人，亦無對應之變更單",
        )
        return Answer(Result.not_satisfied, "no_owner", said, {})

    yield from each_rule(CHECK, readings, judge, FINE)
