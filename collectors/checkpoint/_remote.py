"""Who may come in through a Check Point: the remote access community, its groups and users.

The community names gateways and user groups; a group holds users, templates and other groups. A
user has an authentication method and an end; groups of a directory have their members elsewhere.
How many factors a gateway's log-in option asks for, the management API does not tell: it stays
open until the company states it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.checkpoint._answer import Row, moment, words
from evidence.facts import AccessGrant, RemoteAccess

VPN = "Remote Access VPN"
MOBILE = "Mobile Access"
# What the manager calls everybody whom any method knows.
_EVERYBODY = ("all users",)
_NO_METHOD = ("", "undefined")


def ways(
    communities: Iterable[Row],
    groups: Iterable[Row],
    users: Iterable[Row],
    gateways: Iterable[Row],
    read_at: datetime,
) -> Iterator[RemoteAccess | AccessGrant]:
    """Each community as a way in with its grants; the gateways that have Mobile Access beside.

    `read_at`: a user past its end is let in no more.
    """
    known = _Known(
        {str(one.get("name")): one for one in groups},
        {str(one.get("name")): one for one in users},
        read_at,
    )
    for community in communities:
        service = f"{VPN} {community.get('name')}"
        at = tuple(_names(community.get("gateways")))
        grants = [
            grant
            for name in _names(community.get("user-groups"))
            for grant in _granted(service, name, known)
        ]
        methods = tuple(dict.fromkeys(one for grant in grants for one in grant.methods))
        yield RemoteAccess(
            service=service, enabled=bool(at and grants), interfaces=at, methods=methods
        )
        yield from grants
    for row in gateways:
        blades = row.get("network-security-blades")
        if row.get("mobile-access") is True or (
            isinstance(blades, Mapping) and blades.get("mobile-access") is True
        ):
            yield RemoteAccess(
                service=f"{MOBILE} {row.get('name')}",
                enabled=True,
                detail="whom its rules let in is not told by the API",
            )


@dataclass(frozen=True, slots=True)
class _Known:
    """Groups and users by name, and when they were read."""

    groups: Mapping[str, Row]
    users: Mapping[str, Row]
    at: datetime


def _granted(
    service: str, name: str, known: _Known, kind: str = "", above: tuple[str, ...] = ()
) -> Iterator[AccessGrant]:
    """The members of a group that are users; the group itself where its members are not told.
    `kind` is what the group above calls this member."""
    if name.casefold() in _EVERYBODY:
        yield AccessGrant(service=service, who=name, kind="everybody", enabled=True)
        return
    if kind == "user" or (name in known.users and name not in known.groups):
        yield _user(service, above[-1] if above else None, name, known)
        return
    members = (known.groups.get(name) or {}).get("members")
    rows = [one for one in members if isinstance(one, Mapping)] if isinstance(members, list) else []
    if not rows:
        yield AccessGrant(service=service, who=name, kind="group", enabled=True)
    for row in rows:
        member = str(row.get("name"))
        if member not in (*above, name):
            yield from _granted(service, member, known, str(row.get("type")), (*above, name))


def _user(service: str, group: str | None, name: str, known: _Known) -> AccessGrant:
    row = known.users.get(name, {})
    last = _day(row.get("expiration-date"))
    method = (words(row.get("authentication-method")) or "").casefold()
    server = next(
        (
            said
            for part in ("radius-server", "tacacs-server")
            if isinstance(row.get(part), Mapping) and (said := words(row[part].get("name")))
        ),
        None,
    )
    certificates = row.get("certificates")
    methods = [method] if method not in _NO_METHOD else []
    methods += ["certificate"] if isinstance(certificates, list) and certificates else []
    return AccessGrant(
        service=service,
        who=name,
        profile=group,
        enabled=last is None or last >= known.at,
        methods=tuple(methods),
        # A certificate stands beside a password or in its place: a log-in option says which.
        multi_factor=None,
        expires_at=last,
        restricted=tuple(_limits(row)),
        detail=f"server {server}" if server else None,
    )


def _limits(row: Row) -> Iterator[str]:
    """Hours and places that narrow a user."""
    if row.get("connect-daily") is False:
        days = ", ".join(str(one) for one in row.get("connect-on-days") or ())
        yield f"days {days}" if days else "no day"
    first, last = words(row.get("from-hour")), words(row.get("to-hour"))
    if first and last and (first, last) not in (("00:00", "23:59"), ("00:00", "00:00")):
        yield f"{first}-{last}"
    places = row.get("allowed-locations")
    for part in ("sources", "destinations"):
        told = _names(places.get(part)) if isinstance(places, Mapping) else []
        if told and [one.casefold() for one in told] != ["any"]:
            yield f"{part} {', '.join(told)}"


def _day(value: Any) -> datetime | None:
    """An end as an object of two forms, or as a day alone; None where none is told."""
    if (at := moment(value)) is not None:
        return at
    said = value.get("iso-8601") if isinstance(value, Mapping) else value
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    if len(str(said)) <= len("2026-11-23"):
        at += timedelta(days=1, seconds=-1)  # the last day is a whole one
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _names(value: Any) -> list[str]:
    """Names of a list of objects, or of bare names."""
    found = value if isinstance(value, list) else []
    return [str(one.get("name")) if isinstance(one, Mapping) else str(one) for one in found]
