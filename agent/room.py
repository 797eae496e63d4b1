"""Room: collecting stops while there is still space to say so, to push, and to keep receipts."""

from __future__ import annotations

import shutil

from agent.config import Config
from agent.ledger import Ledger
from evidence.reading import Failure

# What collecting leaves free: the gap, receipts and SQLite's own journal are written in it.
RESERVED_BYTES = 64 * 1024 * 1024


def no_room(config: Config, ledger: Ledger, reserved_bytes: int = RESERVED_BYTES) -> Failure | None:
    """Why nothing more may be collected now (`disk_full`, `spool_full`); None when it may."""
    free = shutil.disk_usage(config.state).free
    if free < reserved_bytes:
        return Failure(
            "disk_full",
            f"{free // 1_000_000} MB are free under {config.state}: collecting has stopped",
            "make room; it goes on by itself",
        )
    waiting, limit = ledger.waiting_bytes(), config.limits.spool_bytes
    if waiting >= limit:
        return Failure(
            "spool_full",
            f"{waiting // 1_000_000} MB wait for the store, {limit // 1_000_000} MB may: "
            "collecting has stopped",
            "bring the store back or raise limits.spool_bytes; it goes on by itself",
        )
    return None
