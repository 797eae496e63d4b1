"""Opening the way to a device: its transport, with its credential and what is pinned for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module

from agent.credentials import Keyring, Sources
from agent.logins import AtFirstAsk, Logins
from agent.platforms import platform
from agent.secret import Credential
from agent.transports import Hop, Transport
from evidence.device import Device
from evidence.errors import ConfigurationError

# Each takes (device, credential, platform), SSH also the pins. Loaded when first used: a
# command that talks to nobody need not wait a second for every vendor's driver.
_MODULES = {
    name: f"agent.transports.{name}"
    for name in ("ssh", "https", "winrm", "winreg", "snmp", "sweep", "wire", "folder", "local")
}
_WITHOUT_CREDENTIAL = ("wire", "folder", "local")


@dataclass(frozen=True)
class Connector:
    """Opens transports for the devices of one configuration, for one run.

    `logins` are those of the run it serves. `typed` is what the operator at the terminal gave for
    a device, in place of what is stored.
    """

    logins: Logins
    credentials: Sources
    devices: Mapping[str, Device] = field(default_factory=dict)
    typed: Mapping[str, Credential] = field(default_factory=dict)
    keyring: Keyring = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keyring", Keyring(self.credentials, os.environ))

    def __call__(self, device: Device) -> Transport:
        """The open transport. Raises VisitError, or what its credential's place raises."""
        if device.transport not in _MODULES:
            raise ConfigurationError(
                f"{device.id}: transport {device.transport!r} is unknown", code="transport_invalid"
            )
        module = import_module(_MODULES[device.transport])
        opener = getattr(module, f"open_{device.transport}")
        one = platform(device.platform)
        if device.transport in _WITHOUT_CREDENTIAL:
            opened: Transport = opener(device, one)
            return opened
        credential = self.keyring.get(device.credential)
        if given := self.typed.get(device.id):
            credential = replace(
                credential,
                password=given.password or credential.password,
                private_key=None if given.password else credential.private_key,
                otp=given.otp,
            )
        if device.transport == "ssh":
            pins = self.logins.ledger.host_keys(device.id)
            opened = opener(device, credential, one, pins, self._hops(device), self.logins)
            return opened
        self.logins.admit(device, credential)
        return AtFirstAsk(opener(device, credential, one), self.logins, device, credential)

    def _hops(self, device: Device) -> list[Hop]:
        """The jump hosts on the way to a device, the nearest to us first."""
        if device.via is None:
            return []
        if device.via not in self.devices:
            raise ConfigurationError(
                f"{device.id}: jump host {device.via} is not in the inventory", code="via_unknown"
            )
        one = self.devices[device.via]
        credential = self.keyring.get(one.credential)
        pins = self.logins.ledger.host_keys(one.id)
        return [*self._hops(one), Hop(one, credential, platform(one.platform), pins)]
