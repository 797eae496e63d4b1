"""Opening the way to a device: its transport, with its credential and what is pinned for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.credentials import resolve
from agent.ledger import Ledger
from agent.platforms import Platform, platform
from agent.secret import Credential
from agent.transports import Transport
from agent.transports.folder import open_folder
from agent.transports.https import open_https
from agent.transports.local import open_local
from agent.transports.snmp import open_snmp
from agent.transports.ssh import open_ssh
from agent.transports.wire import open_wire
from evidence.device import Device
from evidence.errors import ConfigurationError


@dataclass(frozen=True)
class Connector:
    """Opens transports for the devices of one configuration."""

    ledger: Ledger
    credentials: Path

    def __call__(self, device: Device) -> Transport:
        """The open transport. Raises VisitError, or ConfigurationError for its credential."""
        ways: dict[str, Callable[[Device, Credential, Platform], Transport]] = {
            "ssh": self._ssh,
            "https": open_https,
            "snmp": open_snmp,
            "wire": lambda device, _, platform: open_wire(device, platform),
            "folder": lambda device, _, platform: open_folder(device, platform),
            "local": lambda device, _, platform: open_local(device, platform),
        }
        if device.transport not in ways:
            raise ConfigurationError(
                f"{device.id}: transport {device.transport!r} is unknown", code="transport_invalid"
            )
        credential = resolve(device.credential, self.credentials, os.environ)
        return ways[device.transport](device, credential, platform(device.platform))

    def _ssh(self, device: Device, credential: Credential, one: Platform) -> Transport:
        return open_ssh(device, credential, one, self.ledger.host_keys(device.id))
