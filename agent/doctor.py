"""What `doctor` looks at: everything a collection needs, each with the mend."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from agent.config import Config
from agent.credentials import Keyring
from agent.ledger import Ledger
from agent.wired import SIGNING_KEY, site_key
from evidence.device import Device
from evidence.errors import EvidenceError
from evidence.seal import SigningKey

# Below this the next month's bundles may not fit; the daemon stops collecting well before.
LOW_DISK_BYTES = 1_000_000_000
# Earlier than this the clock cannot be right: the program did not exist.
BUILT_AT_YEAR = 2026


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing looked at: `ok`, `warn` or `fail`, what was found, and how to mend it."""

    state: str
    what: str
    said: str
    mend: str = ""
    exit_code: int = 0

    def record(self) -> dict[str, str]:
        return {"state": self.state, "what": self.what, "said": self.said, "mend": self.mend}


def examine(config: Config, now: datetime) -> list[Condition]:
    """Every condition, the general ones first, then device by device."""
    return [*_general(config, now), *_ledger(config)]


def _general(config: Config, now: datetime) -> Iterator[Condition]:
    yield Condition("ok", "configuration", f"{config.path}: {len(config.devices)} devices")
    if now.year < BUILT_AT_YEAR:
        yield Condition(
            "fail", "clock", f"it says {now:%Y-%m-%d}", "set the clock and its NTP", exit_code=3
        )
    try:
        key = SigningKey.read(config.state / SIGNING_KEY)
        site_key(config.state)
        yield Condition("ok", "keys", f"key id {key.public.keyid}")
    except EvidenceError as error:
        yield _failed("keys", error)
    folder = config.state if config.state.exists() else config.path.parent
    free = shutil.disk_usage(folder).free
    state = "ok" if free > LOW_DISK_BYTES else "warn"
    yield Condition(state, "disk", f"{free // 1_000_000} MB free under {folder}")
    if config.store is None:
        yield Condition("warn", "store", "none is configured", "set store.url in agent.yaml")


def _ledger(config: Config) -> Iterator[Condition]:
    try:
        ledger = Ledger(config.state)
    except EvidenceError as error:
        yield _failed("ledger", error)
        return
    for device in config.devices.values():
        yield from _device(config, ledger, device)
    waiting = len(ledger.bundles_in("spooled"))
    refused = ledger.bundles_in("refused")
    yield Condition("ok", "spool", f"{waiting} bundles wait for the store")
    for one in refused:
        yield Condition("fail", "spool", f"the store refused {one.digest}: {one.problem}", "", 1)
    ledger.close()


def _device(config: Config, ledger: Ledger, device: Device) -> Iterator[Condition]:
    try:
        if device.credential is not None:
            Keyring(config.credentials, os.environ).get(device.credential)
    except EvidenceError as error:
        yield _failed(device.id, error)
        return
    if device.transport == "ssh" and not ledger.host_keys(device.id):
        yield Condition(
            "warn",
            device.id,
            "no host key is pinned; it will be refused",
            "read the fingerprint on its console, then "
            f"`evidence-agent hostkey accept {device.id} …`",
        )
        return
    if "firewall" in device.subjects and device.id not in config.zones.by_device:
        yield Condition(
            "warn",
            device.id,
            "none of its zones is mapped; zone questions cannot be assessed",
            f"add {device.id} to zones.yaml",
        )
        return
    weak = ", ".join(device.exceptions)
    state = "warn" if weak else "ok"
    yield Condition(state, device.id, f"exceptions: {weak}" if weak else "ready")


def _failed(what: str, error: EvidenceError) -> Condition:
    said = f"{error.code}: {error.message}"
    return Condition("fail", what, said, error.next_step, error.exit_code)
