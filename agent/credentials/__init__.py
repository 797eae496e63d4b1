"""Credentials: a reference in the inventory, resolved at the visit, never written anywhere.

`cred:NAME` is a file NAME in the folder systemd passes ($CREDENTIALS_DIRECTORY), else in the
configured one; `file:PATH` is that file; `vault:PATH` a secret of the configured Vault. Each
holds the same keys: `username`, `password`, `second` (an enable or privacy secret),
`private_key`, `passphrase`, `token`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from agent.credentials.files import credential_of, lookup, resolve
from agent.credentials.vault import LOGINS, Vault
from agent.secret import Credential
from agent.settings import VaultModel
from evidence.errors import ConfigurationError

__all__ = ["Keyring", "Sources", "resolve"]

_VAULT = "vault:"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where secrets come from: the folder of files, and the Vault where one is configured."""

    folder: Path
    vault: VaultModel | None = None


class Keyring:
    """The secrets of one run. What a Vault gave is kept in memory until the run ends."""

    def __init__(self, sources: Sources, environment: Mapping[str, str]) -> None:
        self._sources = sources
        self._environment = environment
        self._vault: Vault | None = None
        self._lock = Lock()

    def get(self, reference: str | None) -> Credential:
        """The credential a reference names. No message ever holds a value.

        Raises ConfigurationError: `secret_missing`, `secret_denied`, `secret_invalid`,
        `file_mode`, `vault_missing`; EnvironmentProblem: `secret_unavailable`, `vault_untrusted`.
        """
        if reference is None or not reference.startswith(_VAULT):
            return resolve(reference, self._sources.folder, self._environment)
        with self._lock:
            # One at a time: the first who asks logs in for all.
            values = self._opened(reference).read(reference.removeprefix(_VAULT))
        return credential_of(values, reference, reference)

    def _opened(self, reference: str) -> Vault:
        settings = self._sources.vault
        if settings is None:
            raise ConfigurationError(
                f"{reference}: no Vault is configured",
                code="vault_missing",
                next_step="set vault.url and vault.login in agent.yaml",
            )
        if self._vault is None:
            login = lookup(settings.login, self._sources.folder, self._environment, LOGINS)
            self._vault = Vault(settings, login)
        return self._vault
