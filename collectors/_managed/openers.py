"""Counters that only the first packets of a connection reach.

Where a rule accepts what belongs to a known connection, or something carries it past the rules
(FastTrack, a flow table), the other rules see how connections begin, and no more. Their silence is
that none began: one from before may run on unseen, and whoever judges must be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from evidence.facts import Fact, FirewallRule, RuleUsage

_PAST = ("fasttrack-connection", "offload", "flow", "flowoffload")
_KNOWN = re.compile(r"(?i)\bestablished\b")
_FLOW = re.compile(r"\bflow (?:add|offload) @")


def openers(found: Iterable[Fact], *, carried: bool = False) -> list[Fact]:
    """The facts, packet counters marked where one rule takes or `carried` says that something
    takes what follows. Which rules stand before it is not asked: to mark one more claims less."""
    facts = list(found)
    if not carried and not any(isinstance(one, FirewallRule) and _takes(one) for one in facts):
        return facts
    return [
        replace(one, openers=True)
        if isinstance(one, RuleUsage) and one.count_unit == "packets"
        else one
        for one in facts
    ]


def _takes(rule: FirewallRule) -> bool:
    if not rule.enabled:
        return False
    words = " ".join((*rule.conditions, rule.text or ""))
    if rule.action in _PAST or _FLOW.search(words):
        return True
    return rule.action in ("accept", "vmap") and _KNOWN.search(words) is not None
