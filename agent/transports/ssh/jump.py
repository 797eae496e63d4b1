"""Jump hosts: an SSH connection whose only use is one channel to the next hop."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from socket import socket

from paramiko import Channel, SSHClient, SSHException

from agent.gate import Gate
from agent.transports import Admission, Answer, Hop, Transport
from agent.transports.deadline import Deadline
from agent.transports.ssh.link import CONNECT_S, OPEN_S, Link
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import LoginRefused, Unreachable, VisitError

Dial = Callable[[], socket | Channel]


class JumpGate(Gate):
    """Admits one destination of a channel, and none of the jump host's own asks."""

    def __init__(self, hop: Hop, onward: tuple[str, int]) -> None:
        super().__init__(hop.device, hop.platform, hop.credential)
        self._onward = onward

    @property
    def forwards(self) -> bool:
        return True

    @property
    def interactive(self) -> bool:
        return False

    def command(self, text: str) -> None:
        self.deny("command on a jump host", text)

    def typed(self, keys: bytes) -> None:
        """Let the channel's data pass: no other channel can open, and its own gate saw it."""

    def forward(self, host: str, port: int) -> None:
        if (host, port) != self._onward:
            self.deny("channel to", f"{host}:{port}")


class Through:
    """A transport, and the jump hosts that carry it."""

    def __init__(self, carried: Transport, carriers: ExitStack) -> None:
        self._carried = carried
        self._carriers = carriers

    def ask(self, ask: Ask) -> Answer:
        return self._carried.ask(ask)

    def close(self) -> None:
        with self._carriers:
            self._carried.close()


def jump(
    hop: Hop, target: Device, dial: Dial | None, carriers: ExitStack, logins: Admission
) -> Dial:
    """Log in to `hop`; what is returned opens the channel to `target`. Raises VisitError."""
    onward = (target.address, target.port or 22)
    link = Link(hop.device, hop.credential, JumpGate(hop, onward), hop.pins, logins, dial)
    try:
        client = _connect(link)
    except Unreachable as error:
        raise Unreachable(
            f"{target.id}: its jump host {hop.device.id} is not reached: {error.message}",
            code="via_unreachable",
            next_step=error.next_step,
        ) from None
    except LoginRefused as error:
        raise LoginRefused(
            f"{target.id}: its jump host {hop.device.id} lets nobody in: {error.message}",
            code=error.code,
            next_step=error.next_step,
        ) from None
    carriers.callback(client.close)

    def onwards() -> Channel:
        wire = client.get_transport()
        try:
            if wire is None:
                raise SSHException("the connection is closed")
            return wire.open_channel("direct-tcpip", onward, ("127.0.0.1", 0), timeout=CONNECT_S)
        except (SSHException, OSError, EOFError) as error:
            raise Unreachable(
                f"{target.id}: jump host {hop.device.id} opens no channel to "
                f"{onward[0]}:{onward[1]}: {error}",
                code="via_unreachable",
                next_step="check the address, and that the jump host permits TCP forwarding to it",
            ) from None

    return onwards


def _connect(link: Link) -> SSHClient:
    sock = link.dial()
    client = link.client()
    try:
        with Deadline(OPEN_S, sock.close) as deadline:
            try:
                client.connect(**link.parameters(sock))
            except (SSHException, OSError, EOFError) as error:
                raise link.trouble(error, deadline) from None
    except (VisitError, KeyboardInterrupt):
        client.close()
        sock.close()
        raise
    return client
