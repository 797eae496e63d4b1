"""The digest of what a rule matches: the same over rename, move and comment."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

from evidence.facts import FirewallRule

_LISTS = ("source_zones", "destination_zones", "sources", "destinations", "services")
_MORE = ("applications", "users", "conditions", "not_understood")
_WORDS = ("sources_negated", "destinations_negated", "schedule", "action")


def with_digest(rule: FirewallRule) -> FirewallRule:
    """The rule with its `match_digest`; order within a list is of no account."""
    match = {name: sorted(getattr(rule, name)) for name in (*_LISTS, *_MORE)}
    words = {name: getattr(rule, name) for name in _WORDS}
    digest = sha256(json.dumps(match | words, sort_keys=True).encode()).hexdigest()
    return replace(rule, match_digest=digest)
