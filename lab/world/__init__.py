"""The lab's world: a small broker's devices, what happened to them, and how each answers.

Everything is a function of the time asked about, so half a year of days can be replayed and
the present can be served by real listeners, without the two disagreeing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from evidence.clock import TAIPEI, taipei_day
from evidence.tape import Tape, TapeAnswer
from lab.devices.https import LabHttps
from lab.devices.rdp import LabRdp
from lab.devices.snmp import LabSnmp, SnmpAccount
from lab.devices.ssh import Account, LabSsh
from lab.devices.terminal import Terminal
from lab.world import asa, network
from lab.world.network import LabDevice, Network

READ_AT = time(2, 30)
USER = "auditor"


@dataclass
class Listening:
    """The devices as they run: ports, pinned fingerprints, and every line each received."""

    ports: dict[str, int] = field(default_factory=dict)
    host_keys: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)
    heard: dict[str, list[str]] = field(default_factory=dict)


class World:
    """A network at a moment: `now` is the present, history goes back from it.

    `secret` are the canaries: passwords and keys made for this world, which must turn up in
    nothing that the agent writes.
    """

    def __init__(self, now: datetime, days: int) -> None:
        self.now = now
        self.days = days
        self.network = Network(now)
        self.secret = {name: f"canary-{secrets.token_hex(12)}" for name in self.network.devices}

    def past(self) -> Iterator[tuple[datetime, list[str]]]:
        """Each day of history with the devices read on it: firewalls daily, others monthly."""
        today = taipei_day(self.now)
        for ago in range(self.days, 0, -1):
            at = datetime.combine(today - timedelta(days=ago), READ_AT, TAIPEI)
            yield (
                at,
                [
                    device.id
                    for device in self.network.devices.values()
                    if device.daily or ago % 30 == 0
                    if device.replayed
                ],
            )

    def tape(self, device: str, at: datetime) -> Tape:
        """What a device answers at a moment."""
        one = self.network.devices[device]
        answers = one.answers(at)
        return Tape(
            one.platform,
            tuple(TapeAnswer(ask, body, at) for ask, body in answers.items()),
            source="the lab's world",
        )

    @contextmanager
    def listening(self) -> Iterator[Listening]:
        """The devices as real listeners on loopback, for as long as the block runs."""
        found = Listening()
        with ExitStack() as stack:
            for device in self.network.devices.values():
                way = _WAYS.get(device.transport)
                if way is not None and not device.absent:
                    running = stack.enter_context(way(self, device))
                    found.ports[device.id] = running.port
                    found.heard[device.id] = getattr(running, "lines", [])
                    if isinstance(running, LabSsh):
                        found.host_keys[device.id] = running.fingerprint
                    if isinstance(running, LabHttps):
                        found.certificates[device.id] = running.fingerprint
            yield found

    def write(self, folder: Path, listening: Listening, store_url: str, language: str) -> None:
        """The agent's configuration for this world: files as a site would have them."""
        credentials = folder / "credentials"
        credentials.mkdir(mode=0o700)
        for device in self.network.devices.values():
            secret = self.secret[device.id]
            if device.transport in ("ssh", "https", "snmp"):
                path = credentials / device.id
                path.touch(0o600)
                path.write_text(yaml.safe_dump(_credential(device, secret)), "utf-8")
            for name, body in device.files(self.now).items():
                path = folder / device.id / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(body)
        _write(folder / "agent.yaml", network.agent_file(store_url, language))
        devices = [
            self._entry(device, listening, folder) for device in self.network.devices.values()
        ]
        _write(folder / "devices.yaml", {"devices": devices})
        _write(folder / "zones.yaml", network.ZONES)
        _write(folder / "profile.yaml", network.PROFILE)

    def _entry(self, device: LabDevice, listening: Listening, folder: Path) -> dict[str, Any]:
        options = dict(device.options)
        if device.id in listening.certificates:
            options["tls_fingerprint"] = listening.certificates[device.id]
        if device.transport == "folder":
            options["folder"] = str((folder / device.id).resolve())
        entry: dict[str, Any] = {
            "id": device.id,
            "platform": device.platform,
            "subjects": list(device.subjects),
            "transport": device.transport,
            "owner": "network team",
        }
        if device.transport not in ("local", "folder"):
            entry |= {"host": "127.0.0.1", "port": listening.ports.get(device.id, 9)}
        if device.transport in ("ssh", "https", "snmp"):
            entry["secret"] = f"cred:{device.id}"
        if device.ha_group:
            entry["ha_group"] = device.ha_group
        return entry | ({"options": options} if options else {})


def _credential(device: LabDevice, secret: str) -> dict[str, str]:
    if device.transport == "https":
        return {"token": secret}
    if device.transport == "snmp":
        return {"username": USER, "password": secret, "second": f"{secret}-privacy"}
    return {"username": USER, "password": secret}


def _ssh(world: World, device: LabDevice) -> LabSsh:
    terminal = Terminal(prompt=f"{asa.HOST}# ") if device.platform == "asa" else None
    account = Account(USER, world.secret[device.id])
    return LabSsh(world.tape(device.id, world.now), account, terminal)


def _https(world: World, device: LabDevice) -> LabHttps:
    return LabHttps(world.tape(device.id, world.now), world.secret[device.id])


def _snmp(world: World, device: LabDevice) -> LabSnmp:
    secret = world.secret[device.id]
    account = SnmpAccount(USER, secret, f"{secret}-privacy")
    return LabSnmp(world.tape(device.id, world.now), account)


def _rdp(world: World, device: LabDevice) -> LabRdp:
    return LabRdp("negotiate")


_WAYS: dict[str, Callable[[World, LabDevice], AbstractContextManager[Any]]] = {
    "ssh": _ssh,
    "https": _https,
    "snmp": _snmp,
    "wire": _rdp,
}


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
