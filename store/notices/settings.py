"""The part of the store's settings that says on which ways notices go out."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Mail(BaseModel):
    """A mail relay. `password_file` is read at each sending: a systemd credential, or mode 0600."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    ca: Path | None = None
    sender: str
    recipients: tuple[str, ...] = Field(min_length=1)
    user: str | None = None
    password_file: Path | None = None


class Webhook(BaseModel):
    """Where notices are posted, signed by the store's key (RFC 9421)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern="^https?://")
    ca: Path | None = None


class Siem(BaseModel):
    """A receiver of syslog (RFC 5424), for notices and the audit trail."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    port: int = Field(default=514, ge=1, le=65535)
    transport: Literal["udp", "tcp"] = "tcp"
    form: Literal["cef", "json"] = "cef"


class Ways(BaseModel):
    """Each way is its own: one that is away holds up no other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Literal["zh-TW", "en"] = "zh-TW"
    mail: Mail | None = None
    webhook: Webhook | None = None
    siem: Siem | None = None
