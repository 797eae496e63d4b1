"""Entries of FortiGate's VPN event log, as syslog or the REST API gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from collectors._logs.entry import moment
from collectors._logs.sessions import Event, none, number

_NOBODY = ("", "N/A", "n/a", "none")


def moment_of(said: Mapping[str, str], zone: str, until: datetime) -> datetime | None:
    """When an entry was written; None where it does not say."""
    if "date" in said and "time" in said:
        return moment(f"{said['date']} {said['time']}", zone, until, said.get("tz"))
    return moment(said.get("eventtime", ""), zone, until)


def events(said: Mapping[str, str], at: datetime) -> Iterator[Event]:
    """One entry of the event log by its fields, as syslog or the REST API gives them."""
    if said.get("type", "event") != "event" or said.get("subtype", "vpn") != "vpn":
        return
    action = said.get("action", "").casefold()
    user = next(
        (one for name in ("xauthuser", "user") if (one := said.get(name, "")) not in _NOBODY), ""
    )
    if not user or action not in ("tunnel-up", "tunnel-down", "ssl-login-fail"):
        return
    ssl = said.get("tunneltype", "").casefold().startswith("ssl") or action == "ssl-login-fail"
    lasted = said.get("duration", "")
    yield Event(
        at,
        {"tunnel-up": "begins", "tunnel-down": "ends"}.get(action, "refused"),
        user,
        source=none(said.get("remip")),
        key=none(said.get("tunnelid")) or "",
        profile=none(said.get("group")) if ssl else none(said.get("vpntunnel")),
        lasted=timedelta(seconds=int(lasted)) if lasted.isdigit() else None,
        received_bytes=number(said.get("rcvdbyte")),
        sent_bytes=number(said.get("sentbyte")),
    )
