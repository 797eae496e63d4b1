"""What `doctor` looks at: everything a collection needs, each with the mend.

Nothing of an account leaves for a device unless a log-in is asked for. Devices are looked at
side by side, and whatever goes wrong at one is its own condition.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain

from agent.config import Config
from agent.connect import Connector
from agent.credentials import Keyring
from agent.doctor.condition import Condition, failed
from agent.doctor.device import account, logged_in, told
from agent.doctor.host import look_at_host, look_at_spool
from agent.doctor.reach import look_at_way
from agent.doctor.store import look_at_store
from agent.ledger import Ledger
from agent.logins import Logins
from agent.platforms import platform
from agent.sealing import Agent
from agent.visit import SCHEDULE
from agent.wired import agent_of
from evidence.device import Device
from evidence.errors import ConfigurationError, EvidenceError
from evidence.reading import Reading

__all__ = ["Condition", "examine"]

WORKERS = 32


def examine(
    config: Config,
    now: datetime,
    names: Collection[str] = (),
    login_by: str | None = None,
    progress: Callable[[str], None] = lambda device: None,
) -> list[Condition]:
    """Every condition: the general ones (unless devices are named), then device by device.

    With `login_by`, who asks for it, each device is logged in to, once. `progress` is told of
    each device done.
    """
    general = [] if names else list(look_at_host(config, now))
    with ExitStack() as opened:
        try:
            agent = _agent(config, opened)
            ledger = agent.ledger if agent else opened.enter_context(closing(Ledger(config.state)))
        except EvidenceError as error:
            return [*general, failed("ledger", error)]
        if not names:
            general += [*look_at_spool(config, ledger, now), *look_at_store(config, now)]
        visits = _Visits(
            config, now, ledger, agent, login_by, Keyring(config.credentials, os.environ)
        )

        def looked(device: Device) -> list[Condition]:
            found = visits.look(device)
            progress(device.id)
            return found

        chosen = [one for one in config.devices.values() if not names or one.id in names]
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            return [*general, *chain.from_iterable(pool.map(looked, chosen))]


def _agent(config: Config, opened: ExitStack) -> Agent | None:
    """The agent, or None where its keys are not in order: that is a condition already."""
    try:
        return opened.enter_context(agent_of(config))
    except ConfigurationError:
        return None


@dataclass(frozen=True)
class _Visits:
    """What one doctor's round needs at each device."""

    config: Config
    now: datetime
    ledger: Ledger
    agent: Agent | None
    login_by: str | None
    keyring: Keyring

    @cached_property
    def _scheduled(self) -> Logins | None:
        return Logins(self.agent, SCHEDULE) if self.agent else None

    @cached_property
    def _connector(self) -> Connector | None:
        if self.agent is None or self.login_by is None:
            return None
        logins = Logins(self.agent, self.login_by)
        return Connector(logins, self.config.credentials, self.config.devices)

    @cached_property
    def _read(self) -> Mapping[str, Sequence[Reading]]:
        found: dict[str, list[Reading]] = {}
        for reading in self.ledger.newest_readings(self.now):
            found.setdefault(reading.device, []).append(reading)
        return found

    def look(self, device: Device) -> list[Condition]:
        """Every condition of one device."""
        pins = self.ledger.host_keys(device.id)
        found = [
            *account(device, self.keyring, self._scheduled),
            *look_at_way(device, platform(device.platform), pins, self.now),
            *told(self.config, device, self._read.get(device.id, ())),
        ]
        # One that cannot be reached, or whose key is not the pinned one, is not logged in to.
        if self._connector is not None and all(one.state != "fail" for one in found):
            found += logged_in(self.config, device, self._connector)
        return found
