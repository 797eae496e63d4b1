"""Settings of the daemon: when devices are left alone, who may come in, what it shows; the Vault.

Parts of `agent.yaml`; each has a default that changes nothing.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from evidence.clock import zone_named

_SPAN = re.compile(r"(\d{2}:\d{2})-(\d{2}:\d{2})")
STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)


class Model(BaseModel):
    model_config = STRICT


def span(words: str) -> tuple[time, time]:
    """Start and end of a part of the day, `09:00-13:30`. Raises ValueError."""
    match = _SPAN.fullmatch(words)
    if match is None:
        raise ValueError("span_invalid: write a part of the day as `09:00-13:30`")
    try:
        start, end = (time.fromisoformat(one) for one in match.groups())
    except ValueError:
        raise ValueError("span_invalid: there is no such time of day") from None
    if start >= end:
        raise ValueError("span_invalid: it ends before it starts; write two spans over midnight")
    return start, end


def _span(words: str) -> str:
    span(words)
    return words


def _moment(value: object) -> object:
    """YAML leaves `2026-12-05 22:00` (no seconds) as text."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("span_invalid: write a moment as `2026-12-05 22:00`") from None


def _zone(name: str) -> str:
    if zone_named(name) is None:
        raise ValueError("zone_unknown: write a time zone as `Asia/Taipei`")
    return name


Zone = Annotated[str, AfterValidator(_zone)]
Span = Annotated[str, AfterValidator(_span)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class MaintenanceModel(Model):
    """A time when devices are worked on: what they say then is no evidence of normal work.

    Times without a zone are the calendar's. Without devices and sites it holds for all.
    """

    start: Moment
    end: Moment
    devices: list[str] = []
    sites: list[str] = []
    reason: str = ""

    @model_validator(mode="after")
    def _runs_forward(self) -> MaintenanceModel:
        if (self.start.tzinfo is None) != (self.end.tzinfo is None):
            raise ValueError("span_invalid: start and end both with a zone, or both without")
        if self.start >= self.end:
            raise ValueError("span_invalid: a maintenance window ends after it starts")
        return self


class CalendarModel(Model):
    """`quiet` spans hold on trading days: Monday to Friday, but no holiday. `timezone` is that of
    this site's days and hours: the schedules' too."""

    timezone: Zone = "Asia/Taipei"

    quiet: list[Span] = []
    holidays: list[date] = []
    maintenance: list[MaintenanceModel] = []
    jitter_minutes: Annotated[int, Field(ge=0, le=720)] = 0


class DaemonModel(Model):
    """`socket`: where operators come in (none: `agent.sock` in the state folder); `operators`:
    their group; `metrics_port`: on loopback, none: no metrics; `asked_runs`: whether people at the
    store may ask for a run."""

    socket: str | None = None
    operators: str = "evidence-operators"
    metrics_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    asked_runs: bool = False


def _reference(value: str) -> str:
    """A reference to a secret that lies in a file; the Vault's own log-in is no secret of it."""
    if not value.startswith(("cred:", "file:")):
        raise ValueError("secret_inline: write `login: cred:NAME` or `login: file:PATH`")
    return value


def _vault_url(value: str) -> str:
    """`https://…`, or plain HTTP to this host itself. Raises ValueError (`vault_plain`)."""
    parts = urlsplit(value)
    if not parts.hostname or parts.username or parts.query or parts.scheme not in ("http", "https"):
        raise ValueError("vault_url: write `https://HOST:8200`")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("vault_plain: secrets do not cross a network in the clear; use https://")
    return value


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _digest(value: str) -> str:
    digits = value.replace(":", "").lower().removeprefix("sha256")
    if not re.fullmatch("[0-9a-f]{64}", digits):
        raise ValueError("tls_fingerprint_invalid: SHA256: and 64 hexadecimal digits")
    return digits


VAULT_PATH = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$"
VaultPath = Annotated[str, Field(pattern=VAULT_PATH)]


class VaultModel(Model):
    """Where secrets `vault:PATH` are read: OpenBao or HashiCorp Vault, KV version 2.

    `login` refers to a file with `token`, or with `role_id` and `secret_id` for the AppRole at
    `approle`. Trusted is `ca` (a file), the one certificate of `tls_fingerprint`, or the
    system's CAs.
    """

    url: Annotated[str, AfterValidator(_vault_url)]
    login: Annotated[str, AfterValidator(_reference)]
    mount: VaultPath = "secret"
    approle: VaultPath = "approle"
    namespace: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]+$")] | None = None
    ca: str | None = None
    tls_fingerprint: Annotated[str, AfterValidator(_digest)] | None = None
