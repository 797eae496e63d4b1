"""What a line of a gateway's log says of a connection, and sessions made of such lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from evidence.facts import RemoteSession

# An end that comes so soon after another of the same session is of the same end: AnyConnect's
# parent, TLS and DTLS tunnels each write one.
_SAME_END = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Event:
    """`kind`: `begins`, `ends` or `refused`. `key` is what the log itself calls the session; ""
    where it gives it no name. `lasted`: the line says how long the session was."""

    at: datetime
    kind: str
    user: str
    source: str | None = None
    key: str = ""
    profile: str | None = None
    lasted: timedelta | None = None
    received_bytes: int | None = None
    sent_bytes: int | None = None


@dataclass(slots=True)
class _Open:
    first: Event
    last: Event | None = None
    received: list[int] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)


def sessions(events: Iterable[Event], service: str) -> Iterator[RemoteSession]:
    """Each session once. An end without a beginning begins as long before as it says it lasted."""
    running: dict[tuple[str, str], _Open] = {}
    done: dict[tuple[str, str], _Open] = {}
    for event in sorted(events, key=lambda one: one.at):
        name = (event.user.casefold(), event.key or event.source or "")
        if event.kind == "begins":
            if (before := running.pop(name, None)) is not None:
                yield _session(before, service)  # its end was never written
            running[name] = _Open(event)
        elif event.kind == "ends":
            yield from _ended(event, name, running, done, service)
    for left in (*running.values(), *done.values()):
        yield _session(left, service)


def _ended(
    event: Event,
    name: tuple[str, str],
    running: dict[tuple[str, str], _Open],
    done: dict[tuple[str, str], _Open],
    service: str,
) -> Iterator[RemoteSession]:
    before = done.get(name)
    if (now := running.pop(name, None)) is None:
        if before and before.last and event.at - before.last.at <= _SAME_END:
            _add(before, event)
            return
        now = _Open(event)
    if before is not None:
        yield _session(before, service)
    now.last = event
    _add(now, event)
    done[name] = now


def _add(to: _Open, event: Event) -> None:
    to.received += [event.received_bytes] if event.received_bytes is not None else []
    to.sent += [event.sent_bytes] if event.sent_bytes is not None else []


def _session(one: _Open, service: str) -> RemoteSession:
    first, last = one.first, one.last
    began: datetime | None = first.at
    if first.kind == "ends":
        began = first.at - first.lasted if first.lasted is not None else None
    return RemoteSession(
        service=service,
        user=first.user,
        began_at=began,
        ended_at=last.at if last else None,
        source=first.source or (last.source if last else None),
        profile=first.profile or (last.profile if last else None),
        received_bytes=sum(one.received) if one.received else None,
        sent_bytes=sum(one.sent) if one.sent else None,
    )


def none(said: str | None) -> str | None:
    """A word of a log; None for what stands for nothing."""
    return None if said is None or said in ("", "N/A", "(null)", "0.0.0.0") else said


def number(said: str | None) -> int | None:
    """A whole number of a log; None for anything else."""
    return int(said) if said and said.isdigit() else None
