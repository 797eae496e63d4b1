"""The clock of the store's machine."""

from __future__ import annotations

from datetime import UTC, datetime


def system_clock() -> datetime:
    """The one place where the store reads the machine's time."""
    return datetime.now(UTC)
