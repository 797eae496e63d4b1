"""Credentials: a reference in the inventory, resolved at the visit, never written anywhere.

`cred:NAME` is a file NAME in the folder systemd passes ($CREDENTIALS_DIRECTORY), else in the
configured one; `file:PATH` is that file. Each holds YAML: `username`, `password`, `second`
(an enable or privacy secret), `private_key`, `passphrase`, `token`. Mode 0600, our own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import yaml

from agent.secret import Credential, Secret
from evidence.errors import ConfigurationError

# A one-time password is typed for one visit; one that lies in a file is none.
_FIELDS = frozenset(one.name for one in fields(Credential)) - {"otp"}


def resolve(reference: str | None, folder: Path, environment: Mapping[str, str]) -> Credential:
    """The credential a reference names. Raises ConfigurationError: `secret_missing`,
    `file_mode`, `secret_invalid`. No message ever holds a value."""
    if reference is None:
        return Credential(username="")
    path = _find(reference, folder, environment)
    _guard(path, reference)
    return _read(path, reference)


def _find(reference: str, folder: Path, environment: Mapping[str, str]) -> Path:
    scheme, _, name = reference.partition(":")
    if scheme == "file":
        places = [Path(name)]
    else:
        system = environment.get("CREDENTIALS_DIRECTORY")
        places = [Path(one) / name for one in (system, folder) if one is not None]
    for place in places:
        if place.is_file() and place.stat().st_size:
            return place
    raise ConfigurationError(
        f"{reference} not found or empty (looked in: {', '.join(map(str, places))})",
        code="secret_missing",
        next_step="write it there with mode 0600, or pass it with systemd's LoadCredential=",
    )


def _guard(path: Path, reference: str) -> None:
    """Refuse a file that others can read, unless systemd itself laid it there."""
    status = path.stat()
    if status.st_mode & 0o077:
        raise ConfigurationError(
            f"{reference}: {path} can be read by others (mode {status.st_mode & 0o777:04o})",
            code="file_mode",
            next_step=f"chmod 600 {path}",
        )
    if status.st_uid not in (0, os.geteuid()):
        raise ConfigurationError(f"{reference}: {path} belongs to somebody else", code="file_mode")


def _read(path: Path, reference: str) -> Credential:
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        values = None
    if not isinstance(values, dict) or not set(values) <= _FIELDS:
        raise ConfigurationError(
            f"{reference}: {path} must hold YAML with keys among {', '.join(sorted(_FIELDS))}",
            code="secret_invalid",
        )
    username = str(values.pop("username", ""))
    secrets = {name: Secret(str(value)) for name, value in values.items() if value is not None}
    return Credential(username=username, **secrets)
