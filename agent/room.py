"""Room: collecting stops while there is still space to say so, to push, and to keep receipts."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from agent.config import Config
from agent.ledger import Ledger
from evidence.reading import Failure

# What collecting leaves free: the gap, receipts and SQLite's own journal are written in it.
RESERVED_BYTES = 64 * 1024 * 1024
# The part of it that a file holds, against whoever else fills the disk.
HELD_BYTES = 16 * 1024 * 1024
RESERVED_FILES = 1_000


def no_room(config: Config, ledger: Ledger, reserved_bytes: int = RESERVED_BYTES) -> Failure | None:
    """Why nothing more may be collected now (`disk_full`, `spool_full`); None when it may."""
    free = shutil.disk_usage(config.state).free + _held(config)
    if free < reserved_bytes:
        return _full(f"{free // 1_000_000} MB are free under {config.state}")
    found = os.statvfs(config.state)
    if found.f_files and found.f_favail < RESERVED_FILES:
        return _full(f"{found.f_favail} more files fit under {config.state}")
    waiting, limit = ledger.waiting_bytes(), config.limits.spool_bytes
    if waiting >= limit:
        return Failure(
            "spool_full",
            f"{waiting // 1_000_000} MB wait for the store, {limit // 1_000_000} MB may: "
            "collecting has stopped",
            "bring the store back or raise limits.spool_bytes; it goes on by itself",
        )
    return None


def days_without_store(config: Config, ledger: Ledger, now: datetime) -> float | None:
    """How long the spool still holds what is read, at the pace of the last month; None while no
    pace is known."""
    a_day = ledger.bytes_a_day(now)
    if not a_day:
        return None
    allowed = config.limits.spool_bytes - ledger.waiting_bytes()
    free = shutil.disk_usage(config.state).free + _held(config) - RESERVED_BYTES
    return max(0, min(allowed, free)) / a_day


def hold_reserve(config: Config) -> None:
    """Hold the reserve, as far as there is room for it."""
    path = _reserve(config)
    if _held(config) >= HELD_BYTES:
        return
    try:
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, HELD_BYTES)
    except OSError:
        spend_reserve(config)


def spend_reserve(config: Config) -> None:
    """Let go of the reserve, so that what has to be said now can be written."""
    with suppress(OSError):
        _reserve(config).unlink(missing_ok=True)


def _reserve(config: Config) -> Path:
    return config.state / "reserve"


def _held(config: Config) -> int:
    path = _reserve(config)
    return path.stat().st_size if path.exists() else 0


def _full(found: str) -> Failure:
    return Failure(
        "disk_full", f"{found}: collecting has stopped", "make room; it goes on by itself"
    )
