"""The wire: probes of a listener without log-in. One connection a probe, nothing kept open.

`rdp …`, `ssh …` and `tls …` are told in the modules of those names: what is sent, how long is
waited, and what is recorded of the reply. Nothing a listener says can make a probe send more.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from agent.gate import Gate
from agent.line import Line
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Answer
from agent.transports.deadline import Deadline
from agent.transports.wire import _rdp, _ssh, _tls
from agent.transports.wire._exchange import Heard, dial
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unreachable

# The port a listener usually has, by the first word of what is asked.
PORTS: Mapping[str, int] = {"rdp": 3389, "ssh": 22, "tls": 443}
PAUSE_S = 0.1  # between connections, so that a busy listener does not see a flood
LONGEST_PAUSE_S = 60.0

Probe = Callable[[socket.socket, str, str], Heard]
_PROBES: Mapping[str, Probe] = {"rdp": _rdp.probe, "ssh": _ssh.probe, "tls": _tls.probe}


class Wire:
    """Probes one listener. A probe that gets no reply is an answer; no connection is not."""

    def __init__(self, device: Device, gate: Gate, platform: Platform) -> None:
        self._device = device
        self._gate = gate
        self._declared = [ask for ask in platform.all_asks if ask.kind == "probe"]
        self._port = device.port or usual_port(platform)
        self._pause_s = _pause_s(device)
        self._asked = False

    def ask(self, ask: Ask) -> Answer:
        """The probe's outcome as JSON. Raises Denied, Unreachable or NotAnswered."""
        if not any(known.admits(ask.text) for known in self._declared):
            self._gate.deny("probe", ask.text)
        family, _, wanted = ask.text.partition(" ")
        if family not in _PROBES:
            raise NotAnswered(f"{self._device.id}: {ask.text!r} is no probe")
        if self._asked:
            time.sleep(self._pause_s)
        self._asked = True
        line = Line()
        try:
            # A limit of its own: those of the socket start anew with each byte.
            with Deadline(ask.limit_s, line.cut) as deadline, self._connect() as connection:
                line.dialled(connection)
                heard = _PROBES[family](connection, wanted, self._name())
        finally:
            line.close()
        if deadline.passed:
            raise Incomplete(f"{self._device.id}: {ask.text!r} took over {ask.limit_s:g} s")
        record: dict[str, Any] = {
            "address": self._device.address,
            "port": self._port,
            **heard.record,
        }
        body = json.dumps(record, indent=1).encode() + b"\n"
        return Answer(body, "application/json", heard.peer)

    def close(self) -> None:
        """Nothing is held open."""

    def _name(self) -> str:
        """The name to ask a listener of many names for; an address is none."""
        return self._device.options.get("server_name", self._device.address)

    def _connect(self) -> socket.socket:
        address = (self._device.address, self._port)
        try:
            return dial(address)
        except OSError as error:
            raise Unreachable(
                f"{self._device.id}: {address[0]}:{address[1]}: no connection: {error}",
                next_step="check address, port and the firewall between",
            ) from None


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
