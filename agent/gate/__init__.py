"""The gate: decides what may leave for a device. Everything that is not declared is denied.

It is asked below the libraries, where bytes are written (`gate.ssh`, `gate.http`), so that
no library, driver or mistake of ours can send what no ask declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

from agent.gate.reading import reads
from agent.platforms import Platform
from agent.secret import Credential, Secret
from agent.signs import filled, holds_secret, signs_of
from evidence.ask import SIGN, Ask
from evidence.device import Device
from evidence.errors import Denied, shown


class Gate:
    """What may leave for one device during one visit. Every method raises Denied, or returns."""

    def __init__(self, device: Device, platform: Platform, credential: Credential) -> None:
        self._device = device
        self._platform = platform
        self._credential = credential
        self._session = platform.session
        self._secret_is_due = False
        self._entered = False
        self.signs: Mapping[str, Secret] = signs_of(credential)

    @property
    def forwards(self) -> bool:
        """Whether this is a jump host: it opens a channel onward, and no session."""
        return False

    @property
    def interactive(self) -> bool:
        """Whether this platform is read by typing lines at a prompt."""
        return self._session is not None

    def command(self, text: str) -> None:
        """A whole command (SSH exec, a program on the own host)."""
        if self._command_of(text) is None:
            self.deny("command", text)

    def typed(self, keys: bytes) -> None:
        """What is typed at a prompt: a declared line, a pager's key, the secret just asked for.

        A line leaves whole, with its newline, or not at all.
        """
        if self._session is None:
            self.deny("typing", keys.decode("utf-8", "replace"))
        second = self._credential.second
        if self._secret_is_due and second and keys == f"{second.reveal()}\n".encode():
            self._secret_is_due = False
            return
        if self._session.pager is not None and keys == self._session.pager_key.encode():
            return
        line = keys.decode("utf-8", "replace")
        ask = self._command_of(line[:-1]) if line.endswith("\n") else None
        if ask is None or line.count("\n") > 1:
            self.deny("line", line)
        # Only the answer to our own request for privilege may be the second secret, once.
        self._secret_is_due = ask == self._session.elevate

    def forward(self, host: str, port: int) -> None:
        """A channel to another host: only a jump host's gate admits one."""
        self.deny("channel to", f"{host}:{port}")

    def request(self, method: str, target: str, body: bytes) -> None:
        """A whole HTTP request: its method, its path and query, and its body (b"" is none).

        Only a session's own asks may be other than GET or a POST that reads; a log-in leaves once.
        """
        sent = f"{method} {target}" + (f" {body.decode('utf-8', 'replace')}" if body else "")
        for ask in self._platform.all_asks:
            if ask.kind == "http" and self._admits(ask, sent):
                break
        else:
            self.deny("request", f"{method} {target}")
        session = self._platform.http_session
        if session and ask in session.login:
            if self._entered:
                self.deny("second log-in", f"{method} {target}")
            self._entered = True
        elif not (session and ask == session.logout) and not reads(ask):
            self.deny("request that may write", f"{method} {target}")

    def entered(self, token: Secret) -> None:
        """The log-in gave this token: from now on `{$session}` stands for it."""
        self.signs = {**self.signs, "session": token}

    def deny(self, what: str, text: str) -> NoReturn:
        """Raise Denied. The text is shown unless it carries one of the account's secrets."""
        secret = self._credential.shows_in(text) or holds_secret(text, self.signs)
        quoted = "with a secret in it" if secret else repr(shown(text))
        raise Denied(
            f"{self._device.id}: {what} {quoted} is no ask of {self._platform.name}; not sent",
            next_step="`evidence-agent asks` lists all that may be sent; this is a fault to report",
        )

    def _admits(self, ask: Ask, sent: str) -> bool:
        """Whether `sent` is this ask with its signs filled: one that is not, never leaves."""
        if SIGN.search(source := filled(ask.template or ask.text, self.signs)):
            return False
        return replace(ask, template=source).admits(sent)

    def _command_of(self, text: str) -> Ask | None:
        asks = (ask for ask in self._platform.all_asks if ask.kind == "command")
        return next((ask for ask in asks if ask.admits(text)), None)
