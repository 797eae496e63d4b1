"""The store's settings: `config/store.yaml` is the shipped example, flags come before the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from evidence.errors import ConfigurationError
from evidence.yaml_text import load_yaml
from store.notices.settings import Ways
from store.people.settings import Vouchers
from store.proxies import Network, network


class TimeStamps(BaseModel):
    """A time-stamping authority (RFC 3161), and the file of the roots its tokens lead to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    roots: Path


class ObjectLock(BaseModel):
    """A bucket that locks its objects. Keys to it are boto3's affair, never settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: str
    bucket: str
    region: str = "us-east-1"
    ca: Path | None = None


class TrustedProxies(BaseModel):
    """Proxies before the store, and the one header in which they write who asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    addresses: tuple[Annotated[Network, BeforeValidator(network)], ...] = Field(min_length=1)
    header: Literal["X-Forwarded-For", "Forwarded"] = "X-Forwarded-For"


class Settings(BaseModel):
    """See the comments in `config/store.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Path = Path("/var/lib/evidence-store")
    database: str | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8741, ge=0, le=65535)
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    behind_tls: bool = False
    proxies: TrustedProxies | None = None
    accept_replayed: bool = False
    blob_limit_mib: int = Field(default=64, ge=1, le=1024)
    envelope_limit_mib: int = Field(default=64, ge=1, le=1024)
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    witnesses: dict[str, Path] = Field(default_factory=dict)
    time_stamps: TimeStamps | None = None
    object_lock: ObjectLock | None = None
    quota_mib_an_hour: int = Field(default=8192, ge=64)
    notices: Ways | None = None
    people: Vouchers = Field(default_factory=Vouchers)


def load_settings(path: Path | None, **flags: Any) -> Settings:
    """The settings of a file (None: the defaults), with the flags that are not None over them.

    Raises ConfigurationError `config_syntax`, naming every key that is wrong.
    """
    record: object = {}
    if path is not None:
        try:
            record = load_yaml(path.read_text("utf-8")) or {}
        except OSError as error:
            raise ConfigurationError(
                f"{path}: {error.strerror}",
                code="config_missing",
                next_step="name it with --config",
            ) from None
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigurationError(f"{path}: {error}", code="config_syntax") from None
    if not isinstance(record, dict):
        raise ConfigurationError(f"{path}: this is no list of settings", code="config_syntax")
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings.model_validate({**record, **given})
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        )
        raise ConfigurationError(f"{path or 'settings'}: {wrong}", code="config_syntax") from None
