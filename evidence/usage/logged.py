"""`Logged`: what delivered traffic logs say of a rule. They break claims and make none.

A log that shows nothing says nothing: a rule may not be logged, lines get lost, and who exported
it chose what. So an entry is traffic like a counted hit, and its absence is no evidence at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.clock import stamp


@dataclass(frozen=True, slots=True)
class Logged:
    """Entries of one rule in one delivered log. `reading`: the digest of the reading of it."""

    first_at: datetime
    last_at: datetime
    entries: int
    form: str
    reading: str

    def record(self) -> dict[str, Any]:
        return {
            "first_at": stamp(self.first_at),
            "last_at": stamp(self.last_at),
            "entries": self.entries,
            "form": self.form,
            "reading": self.reading,
        }


LoggedRules = Mapping[str, tuple[Logged, ...]]  # by the rule's key


def latest(logs: Iterable[Logged]) -> int | None:
    """When the newest entry was, in seconds since 1970."""
    return max((int(one.last_at.timestamp()) for one in logs), default=None)
