"""The gate: decides what may leave for a device. Everything that is not declared is denied.

It is asked below the libraries, where bytes are written (`gate.ssh`, `gate.http`), so that
no library, driver or mistake of ours can send what no ask declares.
"""

from __future__ import annotations

from typing import NoReturn

from agent.platforms import Platform
from agent.secret import Credential
from evidence.ask import Ask
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

    def bodies(self, method: str, target: str) -> frozenset[bytes]:
        """The bodies an HTTP request for `target` (path and query) may have; b"" is none."""
        found = frozenset(
            (ask.body or "").encode()
            for ask in self._platform.all_asks
            if ask.kind == "http" and ask.admits(f"{method} {target}")
        )
        return found or self.deny("request", f"{method} {target}")

    def deny(self, what: str, text: str) -> NoReturn:
        """Raise Denied. The text is shown unless it carries one of the account's secrets."""
        quoted = "with a secret in it" if self._credential.shows_in(text) else repr(shown(text))
        raise Denied(
            f"{self._device.id}: {what} {quoted} is no ask of {self._platform.name}; not sent",
            next_step="`evidence-agent asks` lists all that may be sent; this is a fault to report",
        )

    def _command_of(self, text: str) -> Ask | None:
        asks = (ask for ask in self._platform.all_asks if ask.kind == "command")
        return next((ask for ask in asks if ask.admits(text)), None)
