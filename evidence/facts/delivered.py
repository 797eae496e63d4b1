"""What servers say of others, as somebody exports it: managed devices, mail that was scanned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from evidence.facts.base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedEndpoint(Fact):
    """A device as a management server (MDM) lists it.

    `manager` is the server's own word for who manages it. `compliant`: with the server's policy.
    `last_seen_at`: when it last spoke to the server.
    """

    name: str
    serial: str | None = None
    owner: str | None = None
    managed: bool | None = None
    manager: str | None = None
    compliant: bool | None = None
    encrypted: bool | None = None
    system: str | None = None
    version: str | None = None
    last_seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailScan(Fact):
    """How much mail a gateway scanned from one day to another, both included, and what it found.
    `signatures_on`: of which day its signatures were."""

    product: str
    scanned_from: date | None = None
    scanned_until: date | None = None
    messages: int | None = None
    found: int | None = None
    signatures_on: date | None = None
