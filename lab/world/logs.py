"""Traffic logs of the lab's edge, as a FortiAnalyzer exports them: second evidence.

They speak of one rule whose counters show no traffic at all, so that a broken claim is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from evidence.clock import TAIPEI
from lab.world.fortios import uuid_of

FILE = "edge-traffic.log"
# Days ago, and of which rule: its number and name, source, destination, port.
_WEB = (1, "web-orders", "198.51.100.23", "203.0.113.10", 443)
_TELNET = (9, "telnet-legacy", "10.10.1.9", "10.20.0.4", 23)
_ENTRIES = ((13, _WEB), (12, _TELNET), (11, _TELNET), (2, _WEB))


def files(now: datetime) -> Mapping[str, bytes]:
    """The delivered file, a line an entry."""
    lines = [_line(now - timedelta(days=days), *of) for days, of in _ENTRIES]
    return {FILE: "".join(lines).encode()}


def _line(at: datetime, number: int, rule: str, source: str, destination: str, port: int) -> str:
    local = at.astimezone(TAIPEI)
    return (
        f'date={local:%Y-%m-%d} time={local:%H:%M:%S} tz="+0800" devname="fw-edge-a" '
        f'type="traffic" subtype="forward" vd="root" srcip={source} dstip={destination} '
        f'dstport={port} policyid={number} poluuid="{uuid_of(rule)}" '
        f'policyname="{rule}" action="accept"\n'
    )
