"""A Vault: OpenBao or HashiCorp Vault, its secrets engine KV version 2, read over HTTP.

The agent sends three requests and no other: a log-in by AppRole where no token is given, and
reads of `MOUNT/data/PATH`. No redirect is followed and no proxy used: the token goes to the
configured address alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from agent.secret import Secret
from agent.settings import VaultModel
from evidence.errors import ConfigurationError, EnvironmentProblem, EvidenceError

TIMEOUT_S = (5.0, 10.0)
# A Vault that is away is left alone so long: the devices that wait for it fail at once.
AWAY_S = 60.0
LIMIT_BYTES = 1_000_000
LOGINS = frozenset({"token", "role_id", "secret_id"})
_HEADER = re.compile(r"[!-~]+")


class Vault:
    """One run's way to a Vault. What it gave once is not asked for again.

    `login` holds `token`, or `role_id` and `secret_id`.
    """

    def __init__(self, settings: VaultModel, login: Mapping[str, Secret]) -> None:
        self._settings = settings
        self._login = login
        self._token = login.get("token")
        self._read: dict[str, dict[str, object]] = {}
        self._away: tuple[float, EvidenceError] | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = settings.ca or True
        if settings.tls_fingerprint is not None:
            self._session.verify = False  # in its place: this one certificate
            self._session.mount("https://", _Pinned(settings.tls_fingerprint))
        self._session.headers["X-Vault-Request"] = "true"
        if settings.namespace is not None:
            self._session.headers["X-Vault-Namespace"] = settings.namespace

    def read(self, path: str) -> dict[str, object]:
        """The newest version of the secret at `path`, key by key.

        Raises ConfigurationError (`secret_missing`, `secret_denied`, `secret_invalid`) or
        EnvironmentProblem (`secret_unavailable`, `vault_untrusted`).
        """
        if path in self._read:
            return self._read[path]
        if self._away is not None and time.monotonic() < self._away[0]:
            raise self._away[1]
        try:
            self._read[path] = self._fetch(path)
        except EnvironmentProblem as error:
            self._away = (time.monotonic() + AWAY_S, error)
            raise
        return self._read[path]

    def _fetch(self, path: str) -> dict[str, object]:
        target = f"{self._settings.mount}/data/{path}"
        if self._token is None:
            self._token = self._log_in()
        answer = self._send("GET", target, self._token)
        if answer.status_code == 403 and "token" not in self._login:
            # The token of an AppRole ends with its time to live: one more, then it is a refusal.
            self._token = self._log_in()
            answer = self._send("GET", target, self._token)
        if answer.status_code == 403:
            raise self._denied(f"vault:{path} may not be read with this token")
        if answer.status_code == 404:
            raise ConfigurationError(
                f"vault:{path} not found, or its newest version is deleted (looked in: mount "
                f"{self._settings.mount} of {self._settings.url})",
                code="secret_missing",
                next_step=f"write it: bao kv put -mount={self._settings.mount} {path} username=…",
            )
        values = self._said(answer, "data", "data")
        if not isinstance(values, dict):
            raise ConfigurationError(
                f"vault:{path}: mount {self._settings.mount} is no KV of version 2",
                code="secret_invalid",
                next_step="name a mount of the kv-v2 engine under vault.mount",
            )
        return {str(key): value for key, value in values.items() if value is not None}

    def _log_in(self) -> Secret:
        """A token by AppRole. Raises ConfigurationError when the pair is refused."""
        role, secret = self._login.get("role_id"), self._login.get("secret_id")
        if role is None or secret is None:
            raise ConfigurationError(
                f"{self._settings.login} must hold a token, or role_id and secret_id",
                code="secret_invalid",
            )
        pair = {"role_id": role.reveal(), "secret_id": secret.reveal()}
        answer = self._send("POST", f"auth/{self._settings.approle}/login", None, pair)
        if answer.status_code in (400, 403, 404):
            raise self._denied("the log-in by AppRole is refused")
        token = self._said(answer, "auth", "client_token")
        if not isinstance(token, str):
            raise self._denied("the log-in by AppRole gave no token")
        return Secret(token)

    def _send(
        self, method: str, target: str, token: Secret | None, body: dict[str, str] | None = None
    ) -> requests.Response:
        """The answer, unless it shows that the Vault cannot work now."""
        headers = {}
        if token is not None:
            # A library would quote a header it cannot send, and the token with it.
            if not _HEADER.fullmatch(token.reveal()):
                raise ConfigurationError(
                    f"{self._settings.login} holds no usable token (printable ASCII, one line)",
                    code="secret_invalid",
                )
            headers["X-Vault-Token"] = token.reveal()
        url = f"{self._settings.url.rstrip('/')}/v1/{target}"
        try:
            answer = self._session.request(
                method, url, headers=headers, json=body, timeout=TIMEOUT_S, allow_redirects=False
            )
        except requests.exceptions.SSLError:
            raise EnvironmentProblem(
                f"the certificate of {self._settings.url} is not trusted; no token was sent",
                code="vault_untrusted",
                next_step="set vault.ca to the file of its CA, or vault.tls_fingerprint",
            ) from None
        except requests.RequestException as error:
            raise self._unavailable(f"does not answer ({type(error).__name__})") from None
        if answer.status_code == 503:
            raise self._unavailable("is sealed or in maintenance")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise self._unavailable(f"answers with status {answer.status_code}")
        if 300 <= answer.status_code < 400:
            raise self._unavailable("sends us to another address, which we do not follow")
        return answer

    def _said(self, answer: requests.Response, *path: str) -> Any:
        """What stands under these keys of a JSON answer; None where there is no such key."""
        try:
            found = answer.json() if len(answer.content) <= LIMIT_BYTES else None
        except ValueError:
            found = None
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def _denied(self, why: str) -> ConfigurationError:
        return ConfigurationError(
            f"{why} ({self._settings.url})",
            code="secret_denied",
            next_step=f"look at the policy and the time to live of what {self._settings.login} "
            "logs in with",
        )

    def _unavailable(self, why: str) -> EnvironmentProblem:
        return EnvironmentProblem(
            f"the Vault at {self._settings.url} {why}",
            code="secret_unavailable",
            next_step="unseal it or bring it back; what needs no secret of it is read meanwhile",
        )


class _Pinned(HTTPAdapter):
    """Trusts one certificate, known by its fingerprint, and no CA."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, assert_fingerprint=self._fingerprint, **options)
