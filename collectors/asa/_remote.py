"""Who may come in through an ASA by AnyConnect or IPsec: tunnel groups, users, and sessions.

A tunnel group says how its users show who they are. LOCAL is one password; another server group
(RADIUS, LDAP, SAML's provider) may ask for more, which the ASA does not tell. Two certificates,
a certificate beside the password, or a second server group are two factors by the ASA itself.
Who names no group lands in DefaultWEBVPNGroup, which asks LOCAL unless somebody changed it, and
is not shown then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from collectors._cisco.crypto import sections
from collectors._local_time import local_time
from evidence.facts import AccessGrant, RemoteAccess, RemoteSession

ANYCONNECT = "AnyConnect"
DEFAULT_GROUP = "DefaultWEBVPNGroup"
_TYPES = ("remote-access", "webvpn", "ipsec-ra")
_FIELD = re.compile(
    r"([A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)?)[ \t]+:[ \t]+(\S.*?)(?=[ \t]{2,}[A-Z]|$)", re.M
)
_DURATION = re.compile(r"(?:(\d+)d )?(\d+)h:(\d+)m:(\d+)s")
_ADMIN = re.compile(r"^(ssh|http|telnet) (\S+) (\S+) (\S+)$")
_ONE_FACTOR = ("local", "certificate", "pre-shared key")


@dataclass(slots=True)
class Group:
    """A tunnel group as its three kinds of attributes say."""

    name: str
    servers: tuple[str, ...] = ("LOCAL",)
    second: tuple[str, ...] = ()
    ways: tuple[str, ...] = ("aaa",)
    policy: str | None = None
    extra: set[str] = field(default_factory=set)

    @property
    def methods(self) -> tuple[str, ...]:
        found = [
            *(one.casefold() for one in self.servers if "aaa" in self.ways),
            *(f"second {one.casefold()}" for one in self.second if "aaa" in self.ways),
            *(one for one in self.ways if one != "aaa"),
        ]
        return tuple(dict.fromkeys(found))

    @property
    def multi_factor(self) -> bool | None:
        """By the ASA itself; None where a server that it asks decides."""
        factors = sum((bool(self.servers) and "aaa" in self.ways, bool(self.second)))
        factors += 2 if "multiple-certificate" in self.ways else "certificate" in self.ways
        if factors > 1:
            return True
        alone = self.methods[:1] or ("local",)
        return False if alone[0] in _ONE_FACTOR and len(self.methods) < 2 else None


def groups(text: str) -> list[Group]:
    """The tunnel groups that people come in by, without those between two gateways."""
    found: dict[str, Group] = {}
    for head, lines in sections(text):
        words = _words(head)
        if words[:1] != ["tunnel-group"] or len(words) < 3:
            continue
        if words[2] == "type":
            if words[3:4] and words[3] in _TYPES:
                found[words[1]] = Group(words[1])
        elif (group := found.get(words[1])) is not None:
            for line in lines:
                _attribute(group, _words(line))
    return list(found.values())


def _attribute(group: Group, words: list[str]) -> None:
    match words:
        case ["authentication-server-group", *names]:
            group.servers = _servers(names)
        case ["secondary-authentication-server-group", *names]:
            group.second = tuple(one for one in _servers(names) if one != "none")
        case ["authentication", *ways]:
            group.ways = tuple(ways)
        case ["default-group-policy", policy]:
            group.policy = policy


def _servers(names: Iterable[str]) -> tuple[str, ...]:
    """Server groups, without the interface in brackets. LOCAL behind another is its stand-in."""
    plain = [one for one in names if not one.startswith("(") and one != "use-primary-username"]
    return tuple(plain)


def portal(webvpn: str, found: Iterable[Group], users: str) -> Iterator[RemoteAccess | AccessGrant]:
    """The service on its interfaces, and a grant for each user or group."""
    known = list(found)
    interfaces = tuple(
        words[1]
        for _, lines in sections(webvpn)
        for line in lines
        if (words := _words(line))[:1] == ["enable"] and len(words) > 1
    )
    if interfaces and not any(one.name == DEFAULT_GROUP for one in known):
        known.append(Group(DEFAULT_GROUP))
    local = list(_local(users))
    grants = [grant for group in known for grant in _granted(group, local)]
    factors = [one.multi_factor for one in grants if one.enabled is not False]
    yield RemoteAccess(
        service=ANYCONNECT,
        enabled=bool(interfaces),
        interfaces=interfaces,
        methods=tuple(dict.fromkeys(one for group in known for one in group.methods)),
        multi_factor=_all(factors),
    )
    yield from grants


def _all(factors: list[bool | None]) -> bool | None:
    """False where one factor is enough for anybody, None where it is not known of everybody."""
    if False in factors:
        return False
    return True if factors and None not in factors else None


def _granted(group: Group, local: list[AccessGrant]) -> Iterator[AccessGrant]:
    shared = AccessGrant(
        service=ANYCONNECT,
        who=group.name,
        kind="everybody",
        profile=group.name,
        enabled=True,
        methods=group.methods,
        multi_factor=group.multi_factor,
        detail=group.policy,
    )
    if "LOCAL" in group.servers and "aaa" in group.ways and local:
        for one in local:
            yield replace(
                one,
                profile=group.name,
                methods=group.methods,
                multi_factor=group.multi_factor,
            )
        if group.servers == ("LOCAL",):
            return
    yield shared


def _local(text: str) -> Iterator[AccessGrant]:
    """The users of the ASA's own list; those for administration alone may not come in."""
    attributes = {
        _words(head)[1]: lines for head, lines in sections(text) if head.endswith(" attributes")
    }
    for head, _ in sections(text):
        words = _words(head)
        if words[:1] != ["username"] or len(words) < 3 or words[2] == "attributes":
            continue
        lines = attributes.get(words[1], [])
        if "service-type admin" in lines:
            continue
        limits = tuple(
            line
            for line in lines
            if line.startswith(("vpn-access-hours value", "group-lock value"))
        )
        yield AccessGrant(service=ANYCONNECT, who=words[1], enabled=True, restricted=limits)


def administration(text: str) -> Iterator[RemoteAccess]:
    """From where administrators may log in, by interface."""
    for line in text.splitlines():
        if match := _ADMIN.match(line.strip()):
            yield RemoteAccess(
                service="administration",
                enabled=True,
                interfaces=(match[4],),
                methods=(match[1],),
                detail=f"from {match[2]} {match[3]}",
            )


def sessions(text: str, read_at: datetime, timezone: str) -> Iterator[RemoteSession]:
    """Who is in now. Times are the ASA's own, with the letters of its zone."""
    for block in re.split(r"(?m)^(?=Username[ \t]+:)", text):
        said = dict(_FIELD.findall(block))
        if "Username" not in said:
            continue
        yield RemoteSession(
            service=ANYCONNECT,
            user=said["Username"],
            began_at=_began(said, read_at, timezone),
            source=said.get("Public IP"),
            profile=said.get("Tunnel Group"),
            received_bytes=_number(said.get("Bytes Rx")),
            sent_bytes=_number(said.get("Bytes Tx")),
        )


def _began(said: dict[str, str], read_at: datetime, timezone: str) -> datetime | None:
    """By the log-in's own time, else by how long it has lasted."""
    words = said.get("Login Time", "").split()
    if len(words) == 6:
        clock, letters, _, month, day, year = words
        moment = local_time(f"{month} {day} {year} {clock}", "%b %d %Y %H:%M:%S", timezone, letters)
        if moment is not None:
            return moment
    if match := _DURATION.search(said.get("Duration", "")):
        days, hours, minutes, seconds = (int(one or 0) for one in match.groups())
        return read_at - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _words(line: str) -> list[str]:
    """The words of a line; a name with blanks in it stands in quotes."""
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', line)]
