"""An SSH device of the lab: commands (exec) and a command line with prompt, echo and pager."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from paramiko import Channel, ECDSAKey, PKey, RSAKey, ServerInterface, Transport
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    MSG_CHANNEL_SUCCESS,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)
from paramiko.message import Message
from paramiko.packet import Packetizer
from paramiko.server import InteractiveQuery

from agent.transports.ssh.exchange import EXCHANGES
from evidence.tape import Tape
from lab.devices import Mischief, Player
from lab.devices.terminal import Terminal, Typing

_LOG = "lab.ssh"
_PLAIN = "password,publickey"
_OLD = {
    "kex": ("diffie-hellman-group1-sha1",),
    "ciphers": ("aes128-cbc", "3des-cbc"),
    "digests": ("hmac-sha1",),
    "key_types": ("ssh-rsa",),
}


@dataclass(frozen=True, slots=True)
class Account:
    """Who may log in. Without a password any is refused; without a key likewise."""

    username: str = "auditor"
    password: str | None = None
    key: PKey | None = None
    second: str | None = None


class _Wire(Transport):
    """A device that does not make its reader wait for arithmetic."""

    _kex_info = vars(Transport)["_kex_info"] | EXCHANGES


class _Packetizer(Packetizer):
    """Counts the requests agreed to, so that no answer overtakes the agreement."""

    agreed = 0

    def send_message(self, data: Message) -> None:
        super().send_message(data)
        self.agreed += data.asbytes()[0] == MSG_CHANNEL_SUCCESS


class LabSsh:
    """An SSH device on loopback. `lines` is every line and command it received, in order.

    `attempts` counts log-in attempts, `fingerprint` is of the host key it shows. With a
    `log` file, lines are appended to it too. A second secret is never logged. `kex` are the
    key exchanges it offers (none: all it can).
    """

    def __init__(
        self,
        tape: Tape,
        account: Account,
        terminal: Terminal | None = None,
        mischief: Mischief | None = None,
        host_key: PKey | None = None,
        log: Path | None = None,
        kex: tuple[str, ...] = (),
    ) -> None:
        self.lines: list[str] = []
        self.attempts = 0
        self.account = account
        self.mischief = mischief or Mischief()
        self._player = Player(tape)
        self._terminal = terminal
        self._log = log
        self._kex = kex
        self._over = Event()
        logging.getLogger(_LOG).addHandler(logging.NullHandler())
        old = self.mischief.legacy_only
        self.host_key = host_key or (RSAKey.generate(2048) if old else ECDSAKey.generate())
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._wires: list[Transport] = []
        self._threads = [Thread(target=self._listen, name=f"lab-ssh-{self.port}", daemon=True)]

    @property
    def fingerprint(self) -> str:
        """Of the host key, as OpenSSH writes it."""
        return self.host_key.fingerprint

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for wire in self._wires:
            wire.close()
        for thread in self._threads:
            thread.join(5)

    def heard(self, line: str) -> None:
        """Write down a line or command that arrived."""
        self.lines.append(line)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def hang_up(self) -> None:
        """Close every connection, without a word."""
        for wire in self._wires:
            wire.sock.close()

    def serve(self, channel: Channel, command: str | None) -> None:
        """Answer on a channel in a thread of its own: one command, or a terminal."""
        packetizer = channel.get_transport().packetizer
        assert isinstance(packetizer, _Packetizer)
        before = packetizer.agreed
        args = (channel, command, lambda: packetizer.agreed > before)
        thread = Thread(target=self._serve, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire = _Wire(connection, packetizer_class=_Packetizer)
            wire.set_log_channel(_LOG)
            wire.add_server_key(self.host_key)
            if self.mischief.legacy_only:
                options = wire.get_security_options()
                for what, names in _OLD.items():
                    setattr(options, what, names)
            if self._kex:
                wire.get_security_options().kex = self._kex
            self._wires.append(wire)
            wire.start_server(Event(), _Door(self))

    def _serve(self, channel: Channel, command: str | None, agreed: Callable[[], bool]) -> None:
        while not agreed() and not self._over.wait(0.001):
            pass
        try:
            if command is None:
                terminal = self._terminal or Terminal()
                second = self.account.second
                Typing(channel, terminal, self._player, self.mischief, second, self.heard).run()
            else:
                self._run(channel, command)
            channel.close()
        except (EOFError, ConnectionAbortedError):
            channel.get_transport().close()
        except OSError:
            pass  # the other side left first

    def _run(self, channel: Channel, command: str) -> None:
        self.heard(command)
        answer = self._player.answer(command)
        if self.mischief.silent:
            self._over.wait()
        if answer is None or answer.error:
            channel.sendall_stderr(b"sh: 1: not found\n")
            channel.send_exit_status(127)
            return
        time.sleep(answer.took_s)
        for piece in self.mischief.pieces(answer.body):
            channel.sendall(piece)
        channel.send_exit_status(0)


class _Door(ServerInterface):
    """Who may come in, and what for."""

    def __init__(self, device: LabSsh) -> None:
        self._device = device
        self._account = device.account

    def get_allowed_auths(self, username: str) -> str:
        if self._device.mischief.token_prompt or self._device.mischief.password_prompt:
            return "keyboard-interactive"
        return _PLAIN

    def get_banner(self) -> tuple[str | None, str | None]:
        locked = "Account locked, call the help desk\r\n" if self._device.mischief.locked else None
        return locked, "en-US"

    def check_auth_password(self, username: str, password: str) -> int:
        if self._device.mischief.hangs_up:
            self._device.hang_up()
        if self.get_allowed_auths(username) != _PLAIN:
            return AUTH_FAILED
        return self._judge(username, password == self._account.password)

    def check_auth_publickey(self, username: str, key: PKey) -> int:
        return self._judge(username, key == self._account.key)

    def check_auth_interactive(self, username: str, submethods: str) -> int | InteractiveQuery:
        asked = "Verification code: " if self._device.mischief.token_prompt else "Password: "
        return InteractiveQuery("", "", (asked, False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        return self._judge(self._account.username, responses == [self._account.password])

    def check_channel_request(self, kind: str, chanid: int) -> int:
        if kind == "session":
            return OPEN_SUCCEEDED
        return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(
        self,
        channel: Channel,
        term: bytes,
        width: int,
        height: int,
        pixelwidth: int,
        pixelheight: int,
        modes: bytes,
    ) -> bool:
        return True

    def check_channel_shell_request(self, channel: Channel) -> bool:
        self._device.serve(channel, None)
        return True

    def check_channel_exec_request(self, channel: Channel, command: bytes) -> bool:
        self._device.serve(channel, command.decode("utf-8", "replace"))
        return True

    def _judge(self, username: str, fits: bool) -> int:
        self._device.attempts += 1
        fits = fits and username == self._account.username and not self._device.mischief.locked
        return AUTH_SUCCESSFUL if fits else AUTH_FAILED
