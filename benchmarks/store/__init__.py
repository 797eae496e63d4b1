"""Durable deposits beside a bare handler and beside COPY, by the agent's own client, and what the
log costs as it grows."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.result import Result
from benchmarks.store import agents, growth, raw


def run(
    *,
    visits: int = 160,
    size_bytes: int = 200_000,
    clients: int = 8,
    rounds: int = 3,
    entries: tuple[int, ...] = (10_000, 100_000, 1_000_000),
) -> Iterator[Result]:
    yield from agents.run(visits=visits, size_bytes=size_bytes, clients=clients, rounds=rounds)
    yield from raw.run(visits=visits, size_bytes=size_bytes, clients=clients, rounds=rounds)
    yield from growth.run(entries=entries)
