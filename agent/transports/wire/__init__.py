"""The wire: probes of a listener without log-in. One connection a probe, nothing kept open.

`rdp …`, `ssh …` and `tls …` are told in the modules of those names: what is sent, how long is
waited, and what is recorded of the reply. `starttls PROTOCOL …` is what `tls …` is, after the
words by which a connection of that protocol goes on in TLS. Nothing a listener says can make a
probe send more.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from agent.gate import Gate
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Answer
from agent.transports.deadline import Deadline
from agent.transports.wire import _rdp, _ssh, _tls, _upgrade
from agent.transports.wire._exchange import Heard, Place, dial, places
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unreachable

# The port a listener usually has, by the first word of what is asked.
PORTS: Mapping[str, int] = {"rdp": 3389, "ssh": 22, "tls": 443}
PAUSE_S = 0.1  # between connections, so that a busy listener does not see a flood
LONGEST_PAUSE_S = 60.0

Probe = Callable[[socket.socket, str, str], Heard]


def _starttls(connection: socket.socket, wanted: str, name: str) -> Heard:
    """The words before TLS, and what TLS is asked after them, if the server consents."""
    protocol, _, rest = wanted.partition(" ")
    if rest == "insists":
        before, answer = _upgrade.without_tls(connection, protocol)
        return Heard({"upgrade_hex": before, "reply_hex": answer})
    said, refused = _upgrade.upgraded(connection, protocol)
    if refused is not None:
        return Heard({"upgrade_hex": said, "refused": refused, "reply_hex": ""})
    heard = _tls.probe(connection, rest, name)
    return Heard({"upgrade_hex": said, **heard.record}, heard.peer)


_PROBES: Mapping[str, Probe] = {
    "rdp": _rdp.probe,
    "ssh": _ssh.probe,
    "tls": _tls.probe,
    "starttls": _starttls,
}


class Wire:
    """Probes one listener. A probe that gets no reply is an answer; no connection is not."""

    def __init__(self, device: Device, gate: Gate, platform: Platform) -> None:
        self._device = device
        self._gate = gate
        self._platform = platform
        self._port = port_of(device, platform)
        self._places: Sequence[Place] = ()
        self._pause_s = _pause_s(device)
        self._asked = False

    def ask(self, ask: Ask) -> Answer:
        """The probe's outcome as JSON. Raises Denied, Unreachable or NotAnswered."""
        if ask.kind != "probe" or not self._platform.declares(ask):
            self._gate.deny("probe", ask.text)
        family, _, wanted = ask.text.partition(" ")
        if family not in _PROBES:
            raise NotAnswered(f"{self._device.id}: {ask.text!r} is no probe")
        if self._asked and self._pause_s:
            time.sleep(self._pause_s)
        self._asked = True
        # A limit of its own: those of the socket start anew with each byte.
        with (
            self._connect() as connection,
            Deadline(ask.limit_s, lambda: _cut(connection)) as deadline,
        ):
            heard = _PROBES[family](connection, wanted, self._name())
        if deadline.passed:
            raise Incomplete(f"{self._device.id}: {ask.text!r} took over {ask.limit_s:g} s")
        record: dict[str, Any] = {
            "address": self._device.address,
            "port": self._port,
            **heard.record,
        }
        return Answer(json.dumps(record).encode() + b"\n", "application/json", heard.peer)

    def close(self) -> None:
        """Nothing is held open."""

    def _name(self) -> str:
        """The name to ask a listener of many names for; an address is none."""
        return self._device.options.get("server_name", self._device.address)

    def _connect(self) -> socket.socket:
        try:
            # Looked up once: all probes of a visit ask the same listener.
            self._places = self._places or places((self._device.address, self._port))
            return dial(self._places)
        except OSError as error:
            raise Unreachable(
                f"{self._device.id}: {self._device.address}:{self._port}: no connection: {error}",
                next_step="check address, port and the firewall between",
            ) from None


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def port_of(device: Device, platform: Platform) -> int:
    """Where the listener is: as configured, else the usual port of what is asked."""
    before = _upgrade.PORTS.get(device.options.get("starttls", ""))
    return device.port or before or usual_port(platform)


def usual_port(platform: Platform) -> int:
    """The port that a platform's listeners usually have."""
    families = {ask.text.partition(" ")[0] for ask in platform.all_asks if ask.kind == "probe"}
    return next((PORTS[one] for one in sorted(families) if one in PORTS), PORTS["rdp"])


def open_wire(device: Device, platform: Platform) -> Wire:
    """The way to a listener where nobody logs in."""
    return Wire(device, Gate(device, platform, Credential()), platform)


def _pause_s(device: Device) -> float:
    """The device's option `pause_ms`, never a negative one nor one that outlasts a visit."""
    said = device.options.get("pause_ms", "")
    return min(int(said) / 1000, LONGEST_PAUSE_S) if said.isdigit() else PAUSE_S
