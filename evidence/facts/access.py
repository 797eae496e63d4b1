"""Who comes in from elsewhere, by which service, and when they did."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from evidence.facts.base import LATER, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAccess(Fact):
    """A service that lets somebody in from elsewhere (sshd, VPN, remote-control program).

    `seen_as` is how a program was found: `installed`, `service`, or `listening` on a port it
    usually has, which alone shows nothing for certain.
    """

    service: str
    enabled: bool | None = None
    address: str | None = None
    port: int | None = None
    multi_factor: bool | None = None
    seen_as: str | None = None
    detail: str | None = None
    interfaces: tuple[str, ...] = field(default=(), metadata=LATER)
    methods: tuple[str, ...] = field(default=(), metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessGrant(Fact):
    """Who may come in by a service, and how they show who they are.

    `service` is `RemoteAccess.service`, `profile` the tunnel group, portal or rule it is given in.
    `kind`: one user, a group, or everybody whom a method knows. `methods` are how they log in
    (`password`, `radius`, `ldap`, `saml`, `certificate`, `totp`, `fortitoken`, `public key` …).
    `multi_factor`: the device itself asks for two; None: a server it asks decides, and does not
    tell here. `expires_at`: the account ends then; None: no end is said. `restricted`: sources,
    hours or destinations narrow it.
    """

    service: str
    who: str
    kind: Literal["user", "group", "everybody"] = "user"
    profile: str | None = None
    enabled: bool | None = None
    methods: tuple[str, ...] = ()
    multi_factor: bool | None = None
    expires_at: datetime | None = None
    restricted: tuple[str, ...] = ()
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSession(Fact):
    """One connection from outside, as a log or a list of sessions has it.

    `ended_at` None: it was still open, or its end is not told. `source` is where it came from.
    """

    service: str
    user: str
    began_at: datetime | None = None
    ended_at: datetime | None = None
    source: str | None = None
    profile: str | None = None
    received_bytes: int | None = None
    sent_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsSeen(Fact):
    """From when to when the sessions that were read are complete. None: that is not told.

    `refused`: how many log-ins the log says were refused.
    """

    service: str
    from_at: datetime | None = None
    until_at: datetime | None = None
    sessions: int | None = None
    refused: int | None = field(default=None, metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogonHours(Fact):
    """When an account of a directory may log on.

    `hours_utc` are hours of the week in UTC, 0 is Sunday 00:00 to 01:00; None: every one of them;
    none: at no time. `domain` is the directory's own name of itself.
    """

    account: str
    domain: str | None = None
    enabled: bool | None = None
    hours_utc: tuple[int, ...] | None = None
