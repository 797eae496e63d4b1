"""One SSH connection: algorithms, the pinned host key, one attempt to log in.

Modern algorithms only, unless the device has the recorded exception `ssh_legacy`.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from paramiko import Channel, PKey, SSHClient, Transport
from paramiko.ssh_exception import IncompatiblePeer, SSHException

from agent import line
from agent.gate import Gate
from agent.gate.ssh import GatedPacketizer, Heard
from agent.secret import Credential
from agent.transports import Admission
from agent.transports.deadline import Deadline
from agent.transports.ssh.exchange import EXCHANGES, Curve25519
from agent.transports.ssh.heartbeat import Heartbeat
from agent.transports.ssh.keys import PinPolicy
from agent.transports.ssh.login import LOGIN_S, Login
from evidence.device import Device
from evidence.errors import Incomplete, Unreachable, VisitError, shown
from evidence.way import written

CONNECT_S = 20.0
OPEN_S = 60.0  # everything until a command can be sent

# What paramiko can still do and a device must not need: SHA-1, CBC, 3DES, MD5.
OLD: Mapping[str, Sequence[str]] = {
    "kex": (
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group1-sha1",
    ),
    "keys": ("ssh-rsa",),
    "pubkeys": ("ssh-rsa",),
    "ciphers": ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"),
    "macs": ("hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96"),
}

_LOG = "evidence.ssh"
_DSS = "ssh-dss"


def quiet_log() -> str:
    """The library's log channel; without a handler it would print traces to standard error."""
    logger = logging.getLogger(_LOG)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return _LOG


class _Wire(Transport):
    """paramiko's transport, gated, with our exchanges."""

    # No public hook exists for them; paramiko is locked, and tests connect with each.
    _kex_info = vars(Transport)["_kex_info"] | EXCHANGES
    _preferred_kex = (Curve25519.name, *vars(Transport)["_preferred_kex"])
    # GCM first: the others need a second pass over every byte, compared in Python.
    _preferred_ciphers = tuple(
        sorted(vars(Transport)["_preferred_ciphers"], key=lambda name: "gcm" not in name)
    )


class Link:
    """What is needed to connect to one device, and what is learned by it."""

    def __init__(
        self,
        device: Device,
        credential: Credential,
        gate: Gate,
        pins: Iterable[str],
        logins: Admission,
        through: Callable[[], socket.socket | Channel] | None = None,
    ) -> None:
        self.device = device
        self.heard = Heard()
        self._gate = gate
        self._through = through
        self._policy = PinPolicy(device, frozenset(pins))
        self._logins = logins
        self._credential = credential
        self._login = Login(device, credential, self.heard, self.attempt)
        self._legacy = "ssh_legacy" in device.exceptions
        self._ours: dict[str, set[str]] = {}
        self._heartbeat: Heartbeat | None = None
        self.way: str | None = None

    @property
    def peer(self) -> str | None:
        """Fingerprint of the host key the device showed."""
        return self._policy.seen

    def attempt(self) -> AbstractContextManager[None]:
        """Something that the device may refuse, and that is then not tried again."""
        return self._logins.attempt(self.device, self._credential)

    def client(self) -> SSHClient:
        """A client that knows no host key but the pinned ones."""
        client = SSHClient()
        client.set_missing_host_key_policy(self._policy)
        client.set_log_channel(quiet_log())
        return client

    def parameters(self, sock: socket.socket | Channel) -> dict[str, Any]:
        """How `SSHClient.connect` is called: no agent, no key files, no second attempt."""
        return {
            "hostname": self.device.address,
            "port": self.device.port or 22,
            "username": "",
            "sock": sock,
            "timeout": CONNECT_S,
            "banner_timeout": CONNECT_S,
            "auth_timeout": LOGIN_S,
            "channel_timeout": CONNECT_S,
            "allow_agent": False,
            "look_for_keys": False,
            "disabled_algorithms": {} if self._legacy else OLD,
            "transport_factory": self._wire,
            "auth_strategy": self._login,
        }

    def greet(self, wait_s: float) -> PKey:
        """The host key the device shows: a key exchange, and not a word of the account.

        Raises Unreachable, `ssh_legacy_only` and its like before anybody logs in.
        """
        sock = self._connected(wait_s)
        wire = self._wire(sock, disabled_algorithms={} if self._legacy else OLD)
        wire.set_log_channel(quiet_log())
        try:
            with Deadline(OPEN_S, sock.close) as deadline:
                try:
                    wire.start_client(timeout=CONNECT_S)
                    return wire.get_remote_server_key()
                except (SSHException, OSError, EOFError) as error:
                    raise self.trouble(error, deadline) from None
        finally:
            wire.close()
            sock.close()

    @property
    def needs_legacy(self) -> bool:
        """Whether what the device offered, once it was heard, holds nothing modern."""
        return any(
            not set(offered) & (self._ours[what] - set(OLD[what]))
            for what, offered in self.heard.offer.items()
        )

    def dial(self) -> socket.socket | Channel:
        """The TCP connection, or the jump host's channel. Raises Unreachable, LoginRefused."""
        self._logins.admit(self.device, self._credential)
        return self._connected(CONNECT_S)

    def _connected(self, wait_s: float) -> socket.socket | Channel:
        if self._through is not None:
            return self._through()
        address = (self.device.address, self.device.port or 22)
        try:
            connection = socket.create_connection(address, wait_s)
            # Without delay: a log-in is many small messages, each awaited, at 40 ms a piece.
            for option in line.ALIVE:
                connection.setsockopt(*option)
            return connection
        except OSError as error:
            raise Unreachable(
                f"{self.device.id}: no connection to {address[0]}:{address[1]}: "
                f"{error.strerror or error}",
                next_step="check address, port and the firewall between",
            ) from None

    def watch(self, wire: Transport, cut: Callable[[], object]) -> None:
        """Cut the connection when the device says nothing any more; until `leave`. From here on
        it is known by what algorithms it is reached."""
        self._heartbeat = Heartbeat(wire, self.heard, cut)
        settled = vars(wire)
        cipher = settled["remote_cipher"]
        self.way = written(
            "ssh",
            # Once it is over, the library forgets which it was: the first of ours that they offer.
            kex=next((one for one in wire.preferred_kex if one in self.heard.offer["kex"]), None),
            key=wire.host_key_type,
            cipher=cipher,
            mac=None if "gcm" in cipher else settled["remote_mac"],
        )

    def leave(self) -> None:
        """Watch no more."""
        if self._heartbeat is not None:
            self._heartbeat.stop()

    def lost(self, what: str) -> VisitError:
        """Why there is no connection any more in the middle of `what`."""
        if self._heartbeat is not None and self._heartbeat.gone:
            return Incomplete(
                f"{self.device.id}: {what}: it fell silent, and did not answer when it was asked",
                code="device_silent",
                next_step="look at the device, and at what lies between",
            )
        return Unreachable(
            f"{self.device.id}: connection lost at {what}", code="device_disconnected"
        )

    def trouble(self, error: BaseException | None, opening: Deadline) -> VisitError:
        """The same trouble in our words."""
        who = self.device.id
        if opening.passed:
            return Unreachable(f"{who}: did not get through the log-in within {OPEN_S:g} s")
        if isinstance(error, IncompatiblePeer) and self.heard.offer:
            return self._incompatible(error)
        return Unreachable(f"{who}: SSH failed: {shown(str(error))}")

    def _wire(self, sock: socket.socket | Channel, /, **options: Any) -> Transport:
        wire = _Wire(sock, packetizer_class=GatedPacketizer, **options)
        assert isinstance(wire.packetizer, GatedPacketizer)
        wire.packetizer.gate = self._gate
        wire.packetizer.heard = self.heard
        self._ours = {what: set(getattr(wire, f"preferred_{what}")) for what in OLD}
        return wire

    def _incompatible(self, error: Exception) -> VisitError:
        """Whether the device knows nothing but old algorithms, or nothing we know."""
        only = {
            what: offered
            for what, offered in self.heard.offer.items()
            if not self._ours[what] & set(offered)
        }
        listed = "; ".join(f"{what}: {', '.join(names)}" for what, names in only.items())
        if not self._legacy and only and all(set(OLD[what]) & set(only[what]) for what in only):
            return Unreachable(
                f"{self.device.id}: offers only old algorithms: {shown(listed, 400)}",
                code="ssh_legacy_only",
                next_step="update the device, or record an exception under "
                "`exceptions: ssh_legacy:`; it is a finding either way",
            )
        if only.get("keys") and all(name.startswith(_DSS) for name in only["keys"]):
            return Unreachable(
                f"{self.device.id}: has a DSS host key only, which SSH gave up",
                code="ssh_dss_only",
                next_step="make it an RSA key of 3072 bits or an Ed25519 one; until then read it "
                "by SNMP, or deliver its answers with `evidence-agent read`",
            )
        return Unreachable(
            f"{self.device.id}: no algorithm in common ({error}); offered {shown(listed, 400)}",
            code="ssh_incompatible",
        )
