"""The agent's own host: clock, keys, room, supervisor, schedules, and what waits in the spool."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psutil

from agent.cadence import runs_on_last_day
from agent.config import Config
from agent.doctor.condition import Condition, failed
from agent.ledger import Ledger
from agent.own_clock import kernel_synchronised
from agent.room import days_without_store, no_room
from agent.settings import DaemonModel
from agent.wired import SIGNING_KEY, site_key
from evidence.errors import EvidenceError
from evidence.seal import SigningKey

# Below this the next month's bundles may not fit; the daemon stops collecting well before.
LOW_DISK_BYTES = 1_000_000_000
LOW_MEMORY_BYTES = 200_000_000
# Earlier than this the clock cannot be right: the program did not exist.
BUILT_AT_YEAR = 2026
# A store that is up takes everything within minutes.
LEAST_DAYS = 90
SPOOL_IS_OLD = timedelta(days=1)
SYSTEMD = Path("/run/systemd/system")


def look_at_host(config: Config, now: datetime) -> Iterator[Condition]:
    """Everything about this machine that a collection rests on."""
    yield Condition("ok", "configuration", f"{config.path}: {len(config.devices)} devices")
    yield from _schedules(config)
    if now.year < BUILT_AT_YEAR:
        said = f"env_clock: it says {now:%Y-%m-%d}"
        yield Condition("fail", "clock", said, "set the clock and its NTP", exit_code=3)
    elif kernel_synchronised() is False:
        said = "nothing keeps it right (NTP): readings made after it was set may show no silence"
        yield Condition("warn", "clock", said, "timedatectl set-ntp true, or install chrony")
    yield from _state(config)
    try:
        key = SigningKey.read(config.state / SIGNING_KEY)
        site_key(config.state)
        yield Condition("ok", "keys", f"key id {key.public.keyid}")
    except EvidenceError as error:
        yield failed("keys", error)
    free = psutil.virtual_memory().available
    yield Condition(
        "ok" if free > LOW_MEMORY_BYTES else "warn",
        "memory",
        f"{free // 1_000_000} MB available",
        "" if free > LOW_MEMORY_BYTES else "lower limits.workers, or give the host more",
    )
    yield _supervisor(config)


def look_at_spool(config: Config, ledger: Ledger, now: datetime) -> Iterator[Condition]:
    """Whether there is room to collect, and what waits for the store."""
    free = shutil.disk_usage(config.state).free
    said = f"{free // 1_000_000} MB free under {config.state}"
    if (why := no_room(config, ledger)) is not None:
        yield Condition("fail", "disk", f"{why.code}: {why.message}", why.next_step, 3)
    elif free < LOW_DISK_BYTES:
        yield Condition("warn", "disk", said, "make room: below 64 MB collecting stops")
    else:
        yield Condition("ok", "disk", said)
    waiting = ledger.bundles_in("spooled")
    age = now - waiting[0].ended_at if waiting else timedelta()
    said = f"{len(waiting)} bundles wait for the store"
    if (days := days_without_store(config, ledger, now)) is not None:
        said += f"; without it there is room for {days:,.0f} days"
    if config.store is not None and age > SPOOL_IS_OLD:
        said = f"{said}, the oldest for {age.days} days"
        yield Condition("warn", "spool", said, "evidence-agent push; look at the store if it fails")
    elif days is not None and days < LEAST_DAYS:
        yield Condition("warn", "spool", said, "raise limits.spool_bytes, or make room")
    else:
        yield Condition("ok", "spool", said)
    for one in ledger.bundles_in("refused"):
        yield Condition(
            "fail",
            "spool",
            f"the store refused {one.digest[:12]} of {one.device}: {one.problem}",
            "show it to whoever runs the store; the bundle is kept here",
            1,
        )


def _schedules(config: Config) -> Iterator[Condition]:
    """The inventory is not read where a schedule never comes due, so those that remain do."""
    words = {config.schedule: "agent.yaml"}
    words |= {schedule: device for device, schedule in config.schedules.items()}
    for schedule, where in words.items():
        if runs_on_last_day(schedule):
            yield Condition(
                "warn",
                "schedule",
                f"{where}: `{schedule}` runs on the last day of months that have no such day",
                "write `monthly on last` if that is meant",
            )


def _state(config: Config) -> Iterator[Condition]:
    """A state folder that nothing can be written to: read-only, or somebody else's."""
    folder = config.state
    if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
        yield Condition(
            "fail",
            "state",
            f"env_state: nothing can be written in {folder}",
            "mount it writable, or run this as its owner (sudo -u evidence-agent …)",
            exit_code=3,
        )


def _supervisor(config: Config) -> Condition:
    """systemd starts, watches and hands secrets to the daemon; at the terminal nobody needs it."""
    if SYSTEMD.is_dir():
        return Condition("ok", "systemd", "runs on this host")
    runs_daemon = config.daemon != DaemonModel()
    return Condition(
        "fail" if runs_daemon else "warn",
        "systemd",
        "env_no_systemd: it does not run here, so nothing starts and watches the daemon",
        "collect by hand, or install the agent on a host with systemd",
        exit_code=3 if runs_daemon else 0,
    )
