"""The rules of the lab's firewalls, once, with the traffic each sees; every vendor writes them.

One of each kind that CC-17010.b.f asks about: used, idle for months, idle since a date, too
broad, of a system that has left, added lately, switched off, and the default that denies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from lab.world.traffic import Flow


@dataclass(frozen=True, slots=True)
class LabRule:
    """A rule as a person would say it; `added_at`: it was not there before; `ticket`: the number
    of the change that asked for it, as its comment says."""

    number: int
    name: str
    source: str
    destination: str
    protocol: str
    port: str
    flow: Flow
    permits: bool = True
    logged: bool = True
    enabled: bool = True
    added_at: datetime | None = None
    ticket: str | None = None

    def stands(self, at: datetime) -> bool:
        return self.added_at is None or self.added_at <= at


def edge_rules(now: datetime) -> tuple[LabRule, ...]:
    """The rules of the internet edge: what customers and staff use, and what was left behind."""
    return (
        LabRule(
            1,
            "web-orders",
            "any",
            "203.0.113.10/32",
            "tcp",
            "443",
            Flow(40_000),
            ticket="CR-0007 網路下單",
        ),
        LabRule(
            2,
            "mail-in",
            "any",
            "203.0.113.25/32",
            "tcp",
            "25",
            Flow(1_200),
            ticket="CR-0011 郵件閘道",
        ),
        LabRule(3, "vendor-vpn", "198.51.100.7/32", "10.10.5.0/24", "tcp", "3389", Flow(0)),
        LabRule(4, "old-quote-feed", "10.10.0.0/16", "10.20.9.14/32", "tcp", "8443", Flow(0)),
        LabRule(
            5,
            "fax-gateway",
            "10.10.3.0/24",
            "10.20.9.80/32",
            "tcp",
            "1720",
            Flow(30, until=now - timedelta(days=70)),
        ),
        LabRule(6, "temporary-any", "any", "any", "any", "any", Flow(15), logged=False),
        LabRule(
            7,
            "new-branch",
            "10.30.0.0/16",
            "203.0.113.10/32",
            "tcp",
            "443",
            Flow(0),
            added_at=now - timedelta(days=40),
        ),
        LabRule(
            8, "ntp-out", "10.10.0.0/16", "any", "udp", "123", Flow(2_400), ticket="CR-0019 校時"
        ),
        LabRule(9, "telnet-legacy", "10.10.1.9/32", "10.20.0.4/32", "tcp", "23", Flow(0)),
    )


def core_rules(now: datetime) -> tuple[LabRule, ...]:
    """The rules between office, operations and management."""
    return (
        LabRule(1, "office-web", "10.10.0.0/16", "10.20.0.10/32", "tcp", "443", Flow(9_000)),
        LabRule(2, "dns", "10.10.0.0/16", "10.20.0.53/32", "udp", "53", Flow(60_000)),
        LabRule(3, "old-risk-engine", "10.20.0.0/24", "10.20.9.14/32", "tcp", "9000", Flow(0)),
        LabRule(4, "backup", "10.20.0.0/16", "10.20.7.5/32", "tcp", "22", Flow(48)),
        LabRule(5, "audit-share", "10.10.8.0/24", "10.20.0.20/32", "tcp", "445", Flow(0)),
        LabRule(6, "admin-ssh", "10.99.0.0/24", "10.20.0.0/16", "tcp", "22", Flow(60)),
    )
