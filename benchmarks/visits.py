"""Made-up visits of one size, for sealing and for the store: bodies and what is stated of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from evidence.ask import Ask
from evidence.capture import Capture
from evidence.collection import Asked, Collection
from evidence.device import Device
from evidence.facts import SoftwareRelease
from evidence.reading import Reading

Visit = tuple[Collection, list[bytes]]
ASKS = tuple(Ask(f"ask_{number}", f"show something {number}") for number in range(4))


def visit(number: int, size_bytes: int, device: str = "fw-01", at: datetime | None = None) -> Visit:
    """A visit (`at` None: of just now) whose four answers have about that size, other bytes for
    each number.

    The answers are rule lists in which no two lines are the same.
    """
    at = at or datetime.now(UTC)
    bodies = [_listing(f"{number}.{ask.name}", size_bytes // len(ASKS)) for ask in ASKS]
    captures = [
        Capture(device=device, ask=ask, body=body, asked_at=at, answered_at=at)
        for ask, body in zip(ASKS, bodies, strict=True)
    ]
    reading = Reading(
        device=device,
        subject="firmware",
        at=at,
        facts=(SoftwareRelease(vendor="Cisco", product="asa", version="9.16(4)57"),),
        captures=tuple(capture.digest for capture in captures),
        parser="asa",
    )
    collection = Collection(
        agent="agent-1",
        agent_version="0",
        run=f"run-{number}",
        visit=f"visit-{number}",
        device=device_of_id(device),
        requester="schedule",
        started_at=at,
        ended_at=at + timedelta(seconds=1),
        asks=tuple(Asked.answered("firmware", capture) for capture in captures),
        readings=(reading,),
    )
    return collection, bodies


def device_of_id(name: str) -> Device:
    """The device that is visited under this name."""
    return Device(id=name, platform="asa", subjects=("firmware",))


def _listing(seed: str, size_bytes: int) -> bytes:
    lines: list[str] = []
    length = 0
    while length < size_bytes:
        number = len(lines) + 1
        mark = sha256(f"{seed} {number}".encode()).hexdigest()
        lines.append(
            f"access-list OUTSIDE line {number} extended permit tcp host 10.{int(mark[:2], 16)}."
            f"{int(mark[2:4], 16)}.{number % 250} any eq https (hitcnt={int(mark[4:7], 16)}) "
            f"0x{mark[7:15]}\n"
        )
        length += len(lines[-1])
    return "".join(lines).encode()
