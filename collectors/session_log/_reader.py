"""How a form of log is read: which lines are of it, and what they say of connections.

A line that speaks of a connection in words that are not known is `Garbled`: it may be a session,
so a log that holds one does not count as whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import datetime

from collectors._logs.sessions import Event

Said = Iterator["Event | Garbled"]


class Garbled:
    """A line that speaks of a connection and cannot be read."""


class Reader(ABC):
    """Reads lines of one form, in their order. `zone`: of times without one; `until`: when the
    log was taken."""

    service = ""

    def __init__(self, zone: str, until: datetime) -> None:
        self.zone, self.until = zone, until

    @abstractmethod
    def moment_of(self, line: str) -> datetime | None:
        """When any line of the form was written; None for a line of another form."""

    @abstractmethod
    def read(self, line: str, at: datetime) -> Said:
        """What a line of the form says of connections; nothing where it says nothing of them."""
