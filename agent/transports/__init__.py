"""Ways to reach a device. One method each: `ask`. Nothing here knows a platform or a rule.

A transport is made for one device and one visit, opened with the visit and closed after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent.platforms import Platform
from agent.secret import Credential
from evidence.ask import Ask
from evidence.device import Device


@dataclass(frozen=True, slots=True)
class Answer:
    """Raw bytes of one answer, before redaction; never written anywhere as they are.

    `way` names the algorithms that carried it, as far as they were settled with the device
    (`evidence.way`). `at`: when it was really given, for an answer that comes from a tape or a
    file (None: just now); `until`: how long it may be used (None: without end); `by`: who wrote
    it down.
    """

    body: bytes
    media_type: str = "text/plain"
    peer: str | None = None
    account: str | None = None
    way: str | None = None
    at: datetime | None = None
    until: datetime | None = None
    by: str | None = None


class Transport(Protocol):
    """An open way to one device. `ask` raises VisitError; a broken transport raises each time."""

    def ask(self, ask: Ask) -> Answer: ...

    def close(self) -> None: ...


class Admission(Protocol):
    """Who decides whether a log-in may be tried. Both raise LoginRefused (`auth_held`)."""

    def admit(self, device: Device, credential: Credential) -> None: ...

    def attempt(self, device: Device, credential: Credential) -> AbstractContextManager[None]: ...


class EveryAttempt:
    """Admits every log-in: for one who opens a single way, once."""

    def admit(self, device: Device, credential: Credential) -> None:
        """It may be tried."""

    def attempt(self, device: Device, credential: Credential) -> AbstractContextManager[None]:
        return nullcontext()


@dataclass(frozen=True)
class Hop:
    """A jump host: its own credential, and the fingerprints its host key may have."""

    device: Device
    credential: Credential
    platform: Platform
    pins: Iterable[str]
