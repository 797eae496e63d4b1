"""Logging in over SSH: one attempt a visit, so that a wrong credential locks no account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from paramiko import (
    AuthenticationException,
    BadAuthenticationType,
    SSHConfig,
    SSHException,
    Transport,
)
from paramiko.auth_strategy import AuthResult, AuthSource, AuthStrategy

from agent.gate.ssh import Heard
from agent.secret import Credential
from agent.transports.ssh.keys import private_key
from evidence.device import Device
from evidence.errors import LoginRefused, Unreachable, VisitError, shown

LOGIN_S = 30.0  # a RADIUS or TACACS+ server behind the device may be slow

_LOCKED = re.compile(r"\b(lock(ed|out)|disabled|suspended)\b|鎖定|停用", re.IGNORECASE)
_ASKS_PASSWORD = re.compile(r"passw|密碼", re.IGNORECASE)
_ASKS_CODE = re.compile(r"one.?time|\botp\b|一次性", re.IGNORECASE)


class Login(AuthStrategy):
    """One attempt with one means: the key if there is one, or else the password.

    It is made within `attempt`, which may refuse it and is told how it ended.
    """

    def __init__(
        self,
        device: Device,
        credential: Credential,
        heard: Heard,
        attempt: Callable[[], AbstractContextManager[None]],
    ) -> None:
        super().__init__(SSHConfig())
        self._device = device
        self._credential = credential
        self._heard = heard
        self._attempt = attempt
        self._key = private_key(device, credential)
        self._asked: str | None = None
        self._left = {"password": credential.password, "otp": credential.otp}

    def get_sources(self) -> Iterator[AuthSource]:
        """None: `authenticate` does not go through a list."""
        return iter(())

    def authenticate(self, transport: Transport) -> AuthResult:
        """Log in. Raises LoginRefused, or Unreachable when the device hangs up without a word."""
        with self._attempt():
            try:
                more = self._log_in(transport)
            except LoginRefused:
                raise
            except BadAuthenticationType as error:
                raise self._refused(f"it takes {', '.join(error.allowed_types)} only") from None
            except (SSHException, EOFError) as error:
                raise self._why(transport, error) from None
            if more:
                raise self._refused(f"it wants {', '.join(more)} as well", "auth_interactive")
        return AuthResult(strategy=self)

    def _log_in(self, transport: Transport) -> list[str]:
        name = self._credential.username
        if self._key is not None:
            more = transport.auth_publickey(name, self._key)
            if self._credential.otp is None or "keyboard-interactive" not in more:
                return more
            return transport.auth_interactive(name, self._answer)
        if self._credential.password is None and self._credential.otp is not None:
            return transport.auth_interactive(name, self._answer)
        if self._credential.password is None:
            raise self._refused("neither key nor password is configured")
        try:
            return transport.auth_password(name, self._credential.password.reveal(), fallback=False)
        except BadAuthenticationType as error:
            # Not an attempt: the device does not look at a password sent this way.
            if "keyboard-interactive" not in error.allowed_types:
                raise
        return transport.auth_interactive(name, self._answer)

    def _answer(self, title: str, instructions: str, prompts: list[tuple[str, bool]]) -> list[str]:
        """Answer a hidden prompt for a password by it, any other by the one-time password.

        Each is given once, one prompt at a time; anything else ends the log-in.
        """
        self._heard.words += [title, instructions]
        if not prompts:
            return []
        text, echoed = prompts[0]
        plain = not echoed and _ASKS_PASSWORD.search(text) and not _ASKS_CODE.search(text)
        name = "password" if plain else "otp"
        secret = self._left.get(name)
        if secret is None or len(prompts) > 1:
            if name in self._left:  # else it was given, and is asked for again: it was wrong
                self._asked = " ".join(text for text, _ in prompts)
            raise AuthenticationException("a prompt that is not answered")
        del self._left[name]
        return [secret.reveal()]

    def _why(self, transport: Transport, error: Exception) -> VisitError:
        words = " ".join(word for word in self._heard.words if word)
        if self._asked is not None:
            return self._refused(f"it asks {shown(self._asked)!r}", "auth_interactive")
        if _LOCKED.search(words):
            return self._refused(f"it says {shown(words)!r}", "auth_locked")
        if "timeout" in str(error):
            return self._cut_off(f"no answer to the log-in in {LOGIN_S:g} s")
        if isinstance(error, AuthenticationException) and (words or transport.is_active()):
            return self._refused("name, password or key is wrong")
        return self._cut_off("hung up during the log-in")

    def _cut_off(self, what: str) -> Unreachable:
        """Nobody knows whether the device counts this as a refusal."""
        return Unreachable(
            f"{self._device.id}: {what}; it is not tried again in this run",
            code="auth_cut_off",
            next_step="look at the device's log: some hang up on a wrong password",
        )

    def _refused(self, why: str, code: str = "auth_failed") -> LoginRefused:
        return LoginRefused(
            f"{self._device.id}: log-in of {self._credential.username or 'nobody'} refused: {why}; "
            "one attempt was made, no more follow in this run",
            code=code,
            next_step="correct the credential, or unlock the account on the device",
        )
