"""A secret in memory: it is shown only to whoever says `reveal()`, and to no log or pickle."""

from __future__ import annotations

from dataclasses import dataclass, fields
from hmac import compare_digest
from typing import NoReturn


class Secret:
    """A password, key or token. Printing, formatting and comparing never give it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself. Call it where it is sent, and keep the result in no variable."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(self._value.encode(), other._value.encode())

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is neither copied nor pickled")


@dataclass(frozen=True, slots=True)
class Credential:
    """What one account logs in with. `second` raises privilege (enable); `token` is for HTTPS.

    `otp` is a one-time password, typed for this visit and good for one answer.
    `private_key` is the key's text (OpenSSH or PEM), `passphrase` what it is locked with.
    """

    username: str = ""
    password: Secret | None = None
    second: Secret | None = None
    private_key: Secret | None = None
    passphrase: Secret | None = None
    token: Secret | None = None
    otp: Secret | None = None

    def shows_in(self, text: str) -> bool:
        """Whether one of this account's secrets can be read in `text`."""
        held = (getattr(self, one.name) for one in fields(self) if one.name != "username")
        return any(secret.reveal() in text for secret in held if secret and secret.reveal())
