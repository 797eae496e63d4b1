"""Credentials in files: systemd's own, or ours of mode 0600. Each holds YAML."""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import yaml

from agent.secret import Credential, Secret
from evidence.errors import ConfigurationError
from evidence.yaml_text import load_yaml

# What systemd handed to the running daemon. Its own account may look in: so does doctor.
OF_THE_UNIT = "/run/credentials/evidence-agent.service"
# A one-time password is typed for one visit; one that lies in a file is none.
KEYS = frozenset(one.name for one in fields(Credential)) - {"otp"}


def resolve(reference: str | None, folder: Path, environment: Mapping[str, str]) -> Credential:
    """The credential a file holds. Raises ConfigurationError: `secret_missing`,
    `file_mode`, `secret_invalid`. No message ever holds a value."""
    if reference is None:
        return Credential(username="")
    path = _find(reference, folder, environment)
    return credential_of(_read(path, reference, KEYS), reference, str(path))


def lookup(
    reference: str, folder: Path, environment: Mapping[str, str], keys: Set[str]
) -> dict[str, Secret]:
    """The secrets under `keys` that a file holds. Raises as `resolve` does."""
    found = _read(_find(reference, folder, environment), reference, keys)
    return {key: Secret(str(value)) for key, value in found.items()}


def credential_of(values: Mapping[str, object], reference: str, where: str) -> Credential:
    """The credential of these keys and values, found at `where`. Raises `secret_invalid`."""
    if not set(values) <= KEYS or not all(isinstance(one, str | int) for one in values.values()):
        raise ConfigurationError(
            f"{reference}: {where} must hold keys among {', '.join(sorted(KEYS))}; "
            "each a text, in quotes where it could be a number or a day",
            code="secret_invalid",
        )
    secrets = {name: Secret(str(one)) for name, one in values.items() if name != "username"}
    return Credential(username=str(values.get("username", "")), **secrets)


def _find(reference: str, folder: Path, environment: Mapping[str, str]) -> Path:
    scheme, _, name = reference.partition(":")
    if scheme == "file":
        places = [Path(name)]
    else:
        system = environment.get("CREDENTIALS_DIRECTORY", OF_THE_UNIT)
        places = [Path(system) / name, folder / name]
    for place in places:
        # A folder that is closed to us holds nothing for us.
        with suppress(PermissionError):
            if place.is_file() and place.stat().st_size:
                return place
    raise ConfigurationError(
        f"{reference} not found, empty or closed to us (looked in: {', '.join(map(str, places))})",
        code="secret_missing",
        next_step="write it there with mode 0600, or pass it with systemd's LoadCredential=",
    )


def _guard(path: Path, reference: str) -> None:
    """Refuse a file that others can read.

    systemd hands out a file of root's by an access list, whose mask shows as a right of its group
    to read (since version 254); and the group root is nobody else.
    """
    status = path.stat()
    of_root = (status.st_uid, status.st_gid) == (0, 0)
    if status.st_mode & (0o037 if of_root else 0o077):
        raise ConfigurationError(
            f"{reference}: {path} can be read by others (mode {status.st_mode & 0o777:04o})",
            code="file_mode",
            next_step=f"chmod 600 {path}",
        )
    if status.st_uid not in (0, os.geteuid()):
        raise ConfigurationError(f"{reference}: {path} belongs to somebody else", code="file_mode")


def _read(path: Path, reference: str, keys: Set[str]) -> dict[str, object]:
    _guard(path, reference)
    try:
        values = load_yaml(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        values = None
    if not isinstance(values, dict) or not set(values) <= keys:
        raise ConfigurationError(
            f"{reference}: {path} must hold YAML with keys among {', '.join(sorted(keys))}",
            code="secret_invalid",
        )
    return {key: value for key, value in values.items() if value is not None}
