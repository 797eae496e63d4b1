"""What a delivered log of traffic says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from evidence.facts.base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficLog(Fact):
    """A log of traffic that somebody delivered: what it holds, whatever rules it names.

    `form` is how it is written; `first_at` and `last_at` bound its entries. `without_rule` are
    entries that name no rule, `not_understood` lines that could not be read.
    """

    file: str
    form: str
    first_at: datetime | None = None
    last_at: datetime | None = None
    entries: int = 0
    without_rule: int = 0
    not_understood: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedTraffic(Fact):
    """Traffic that a log says a rule decided. `rule`: every name it has there, the surest first.

    `context` is a VDOM or vsys, `policy` an access list or layer; "" where the log does not say.
    """

    rule: tuple[str, ...]
    last_at: datetime
    first_at: datetime
    entries: int
    context: str = ""
    policy: str = ""
