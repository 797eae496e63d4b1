"""Who may come in through a FortiGate: its SSL-VPN, its dial-up IPsec tunnels, and when they did.

A group's members are local users, each with a second factor or none, and servers that are asked
in turn (RADIUS, LDAP, TACACS+, SAML): whether those want a second factor, the FortiGate does not
say. An authentication rule may demand a client certificate beside the password.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from collectors.fortios._answer import Part, parts, said, whole, words
from evidence.capture import Capture
from evidence.facts import AccessGrant, Fact, RemoteAccess, RemoteSession

Row = Mapping[str, Any]

SSL_VPN = "SSL-VPN"
DIAL_UP = "IPsec dial-up"
# Second factors by the field `two-factor` of a local user.
_NO_SECOND = ("disable", "", "None")
# What an interface answers to administrators by, of `allowaccess`.
ADMINISTRATION = frozenset(("https", "http", "ssh", "telnet", "snmp"))


@dataclass(slots=True)
class People:
    """The users, groups and servers of every VDOM."""

    users: dict[tuple[str, str], Row] = field(default_factory=dict)
    groups: dict[tuple[str, str], Row] = field(default_factory=dict)
    peers: dict[tuple[str, str], Row] = field(default_factory=dict)
    servers: dict[tuple[str, str], str] = field(default_factory=dict)

    def of_group(self, vdom: str, name: str) -> Iterator[tuple[str, str, Row | None]]:
        """Each member: its kind (`user`, `peer`, or a server's protocol), name, and row."""
        row = self.groups.get((vdom, name))
        for member in words(row.get("member")) if row else ():
            if (vdom, member) in self.users:
                yield "user", member, self.users[vdom, member]
            elif (vdom, member) in self.peers:
                yield "peer", member, self.peers[vdom, member]
            else:
                yield self.servers.get((vdom, member), "server"), member, None


def rows_by_name(capture: Capture | None) -> dict[tuple[str, str], Row]:
    """Rows of a list by VDOM and name."""
    found: dict[tuple[str, str], Row] = {}
    for part in parts(capture) if capture else ():
        for row in part.results if isinstance(part.results, list) else ():
            if isinstance(row, Mapping) and (name := said(row.get("name"))):
                found[part.vdom, name] = row
    return found


def ssl_vpn(settings: Part, people: People) -> Iterator[RemoteAccess | AccessGrant]:
    """The portal of a VDOM, and a grant for everybody whom its authentication rules let in."""
    row = settings.results
    if not isinstance(row, Mapping):
        return
    interfaces = words(row.get("source-interface"))
    # Before 7.4 there is no switch: it is on where it has an interface to listen on.
    on = bool(interfaces) and row.get("status", "enable") != "disable"
    every = row.get("reqclientcert") == "enable"
    methods: set[str] = set()
    grants: list[AccessGrant] = []
    for rule in row.get("authentication-rule") or ():
        certificate = every or rule.get("client-cert") == "enable"
        for grant in _granted(settings.vdom, rule, people, certificate):
            grants.append(grant)
            methods.update(grant.methods)
    yield RemoteAccess(
        service=_service(settings.vdom, SSL_VPN),
        enabled=on,
        port=whole(row.get("port")),
        interfaces=interfaces,
        methods=tuple(sorted(methods)),
        multi_factor=_all(one.multi_factor for one in grants if one.enabled is not False),
    )
    yield from grants


def _granted(vdom: str, rule: Row, people: People, certificate: bool) -> Iterator[AccessGrant]:
    profile = said(rule.get("portal"))
    restricted = words(rule.get("source-address"))
    for name in words(rule.get("users")):
        row = people.users.get((vdom, name))
        yield from _user(vdom, SSL_VPN, name, row, profile, certificate, restricted)
    for group in words(rule.get("groups")):
        members = list(people.of_group(vdom, group))
        if not members:
            yield AccessGrant(
                service=_service(vdom, SSL_VPN),
                who=group,
                kind="group",
                profile=profile,
                detail="its members are not told",
                restricted=restricted,
            )
        for kind, name, row in members:
            yield from (
                replace(one, restricted=restricted)
                for one in _member(vdom, SSL_VPN, group, kind, name, row, profile, certificate)
            )


def dial_up(tunnel: Part, row: Row, people: People) -> Iterator[RemoteAccess | AccessGrant]:
    """A tunnel that anybody with its secret may open, with what else is asked of them."""
    if row.get("type") != "dynamic":
        return
    name, vdom = str(said(row.get("name"))), tunnel.vdom
    service = f"{DIAL_UP} {name}"
    shared = row.get("authmethod") != "signature"
    extended = row.get("xauthtype") not in (None, "disable") or row.get("eap") == "enable"
    group = said(row.get("authusrgrp"))
    first = "pre-shared key" if shared else "certificate"
    grants: list[AccessGrant] = []
    if extended and group:
        for kind, member, user in people.of_group(vdom, group):
            # A pre-shared key is the same for everybody: it tells nobody apart.
            grants += _member(vdom, service, group, kind, member, user, name, not shared)
    else:
        grants.append(
            AccessGrant(
                service=_service(vdom, service),
                who=name,
                kind="everybody",
                profile=name,
                enabled=True,
                methods=(first, *(("password",) if extended else ())),
                multi_factor=None if extended else False,
            )
        )
    yield RemoteAccess(
        service=_service(vdom, service),
        enabled=row.get("status", "enable") != "disable",
        interfaces=tuple(filter(None, (said(row.get("interface")),))),
        methods=tuple(sorted({first, *(one for grant in grants for one in grant.methods)})),
        multi_factor=_all(one.multi_factor for one in grants if one.enabled is not False),
    )
    yield from grants


def _member(
    vdom: str,
    service: str,
    group: str,
    kind: str,
    name: str,
    row: Row | None,
    profile: str | None,
    certificate: bool,
) -> Iterator[AccessGrant]:
    if kind == "user":
        yield from _user(vdom, service, name, row, profile, certificate, (), group)
        return
    second = ("client certificate",) if certificate else ()
    if kind == "peer" and row is not None:
        both = row.get("two-factor") == "enable"
        yield AccessGrant(
            service=_service(vdom, service),
            who=name,
            profile=profile,
            enabled=True,
            methods=("certificate", *(("password",) if both else ())),
            multi_factor=both,
            detail=f"group {group}",
        )
        return
    yield AccessGrant(
        service=_service(vdom, service),
        who=group,
        kind="group",
        profile=profile,
        enabled=True,
        methods=(kind, *second),
        multi_factor=True if certificate else None,
        detail=f"server {name}",
    )


def _user(
    vdom: str,
    service: str,
    name: str,
    row: Row | None,
    profile: str | None,
    certificate: bool,
    restricted: tuple[str, ...] = (),
    group: str | None = None,
) -> Iterator[AccessGrant]:
    kind = str(row.get("type") or "password") if row else "unknown"
    factor = str(row.get("two-factor") or "disable") if row else ""
    methods = [kind, *([] if factor in _NO_SECOND else [factor])]
    if certificate:
        methods.append("client certificate")
    known = kind == "password"  # another type asks a server, which may ask for more
    yield AccessGrant(
        service=_service(vdom, service),
        who=name,
        profile=profile,
        enabled=None if row is None else row.get("status", "enable") != "disable",
        methods=tuple(methods),
        multi_factor=True if len(methods) > 1 else (False if known else None),
        restricted=restricted,
        detail=f"group {group}" if group else None,
    )


def open_interfaces(capture: Capture) -> Iterator[RemoteAccess]:
    """Interfaces that administrators may log in by; a password and what the account adds."""
    for part in parts(capture):
        for row in part.results if isinstance(part.results, list) else ():
            ways = tuple(sorted(ADMINISTRATION & set(str(row.get("allowaccess") or "").split())))
            if ways and row.get("status") != "down":
                yield RemoteAccess(
                    service="administration",
                    enabled=True,
                    address=(said(row.get("ip")) or "").split(" ")[0] or None,
                    interfaces=(str(said(row.get("name"))),),
                    methods=ways,
                )


def letting_in(found: Iterable[Fact], vdoms: Iterable[str]) -> list[str]:
    """The VDOMs of which a service that is on lets somebody in."""
    on = {one.service for one in found if isinstance(one, RemoteAccess) and one.enabled}
    return [
        name
        for name in dict.fromkeys(vdoms)
        if any(service.endswith(_service(name, "")) for service in on)
    ]


def sessions(capture: Capture) -> Iterator[RemoteSession]:
    """Who is in by the SSL-VPN now."""
    for part in parts(capture):
        for row in part.results if isinstance(part.results, list) else ():
            began = whole(row.get("last_login_timestamp"))
            below = [one for one in row.get("subsessions") or () if isinstance(one, Mapping)]
            yield RemoteSession(
                service=_service(part.vdom, SSL_VPN),
                user=str(said(row.get("user_name")) or "?"),
                began_at=datetime.fromtimestamp(began, UTC) if began else None,
                source=said(row.get("remote_host")),
                received_bytes=_sum(below, "in_bytes"),
                sent_bytes=_sum(below, "out_bytes"),
            )


def _sum(rows: Iterable[Row], name: str) -> int | None:
    found = [number for row in rows if (number := whole(row.get(name))) is not None]
    return sum(found) if found else None


def _service(vdom: str, name: str) -> str:
    return f"{name} {vdom}"


def _all(factors: Iterable[bool | None]) -> bool | None:
    """False where anybody comes in by one factor, None where it is not known of everybody."""
    found = list(factors)
    if not found or (None in found and False not in found):
        return None
    return all(found)
