"""A terminal on a device, carried by netmiko's connection for its type.

netmiko connects and opens the terminal. None of its reading, preparing and leaving is used:
it writes lines nobody declared (`configure terminal` on ASA, `config system console` on
FortiOS) and ends an answer wherever the prompt's text appears in it.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import cache
from typing import Any

import netmiko
from netmiko.ssh_dispatcher import CLASS_MAPPER
from paramiko import Channel, SSHClient, SSHException

from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Answer
from agent.transports.deadline import Deadline
from agent.transports.ssh.link import OPEN_S, Link
from agent.transports.ssh.shell import Shell
from evidence.ask import Ask, Session
from evidence.errors import VisitError

# What carries a terminal of which netmiko has no driver: nothing of a driver is used but its way
# of connecting.
ANY_TERMINAL = "generic"


def driver_of(platform: Platform) -> str:
    """netmiko's name for what carries this terminal: the first of the platform's that is one."""
    names = (*platform.aliases, platform.name)
    return next((name for name in names if name in CLASS_MAPPER), ANY_TERMINAL)


class _Bare(netmiko.BaseConnection):
    """Takes out of a netmiko driver all that writes, and its way of trusting and logging in."""

    def __init__(self, link: Link, sock: socket.socket | Channel, device_type: str) -> None:
        self._link = link
        self._dialled = sock
        super().__init__(
            host=link.device.address,
            device_type=device_type,
            auto_connect=False,
            allow_auto_change=False,
        )

    def _build_ssh_client(self) -> SSHClient:
        return self._link.client()

    def _connect_params_dict(self) -> dict[str, Any]:
        return self._link.parameters(self._dialled)

    def special_login_handler(self, delay_factor: float = 1.0) -> None:
        """Some drivers type a name and a password here."""

    def cleanup(self, command: str = "") -> None:
        """Most drivers type `exit` here, after looking for configuration mode."""


@cache
def _driver(device_type: str) -> type[_Bare]:
    """netmiko's driver for the type, without what is taken out of it."""
    return type("Bare", (_Bare, netmiko.ssh_dispatcher(device_type)), {})


class Terminal:
    """A shell, and the connection that carries it."""

    def __init__(self, link: Link, shell: Shell, connection: netmiko.BaseConnection) -> None:
        self._link = link
        self._shell = shell
        self._connection = connection

    def ask(self, ask: Ask) -> Answer:
        return self._shell.ask(ask)

    def close(self) -> None:
        # The end of a session shows as the device's closing it.
        with suppress(VisitError):
            self._shell.leave()
        self._link.leave()
        self._connection.disconnect()


def open_terminal(
    link: Link, session: Session, credential: Credential, device_type: str
) -> Terminal:
    """Connect, log in, and enter as far as the prompt that answers asks. Raises VisitError."""
    sock = link.dial()
    connection = _driver(device_type)(link, sock, device_type)
    try:
        with Deadline(OPEN_S, sock.close) as deadline:
            try:
                connection.establish_connection()
            except (SSHException, OSError, EOFError) as error:
                raise link.trouble(error.__context__ or error, deadline) from None
        assert isinstance(connection.remote_conn, Channel)
        wire = connection.remote_conn.get_transport()
        link.watch(wire, wire.close)
        shell = Shell(link, session, credential, connection.remote_conn)
        shell.enter()
    except BaseException:
        link.leave()
        connection.disconnect()
        sock.close()
        raise
    return Terminal(link, shell, connection)
