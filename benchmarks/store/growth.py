"""What an entry and a proof cost in a log that grows: no worse than the logarithm of its size."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from math import log2
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert

from benchmarks.result import Result
from evidence.log import TILE, Frontier, consistent, root_of
from evidence.reading import canonical
from evidence.receipt import Entry
from store import leaves
from store.database import Database
from store.schema import leaf, log_node

_AT = datetime(2026, 12, 1, tzinfo=UTC)
_MEASURED = 500


def run(*, entries: tuple[int, ...]) -> Iterator[Result]:
    """Seconds for 500 entries and 500 proofs at each size; ours is the largest log's, the peer the
    smallest's times the growth of n log n over n."""
    with TemporaryDirectory() as name:
        took = {size: _at(Path(name) / f"{size}.db", size) for size in entries}
    first, last = min(took), max(took)
    allowed = took[first][0] * log2(last) / log2(first)
    told = ", ".join(f"{size:,}: {1e3 * one / _MEASURED:.2f} ms" for size, (one, _) in took.items())
    yield Result(
        name="store: an entry and a proof in the largest log",
        ours=took[last][0] / _MEASURED * 1e3,
        peer=allowed / _MEASURED * 1e3,
        unit="ms",
        against="the smallest log's, grown by n log n",
        truth=all(right for _, right in took.values()),
        more_is_better=False,
        note=told,
    )


def _at(path: Path, size: int) -> tuple[float, bool]:
    """Seconds for some entries and proofs in a log of that size, and whether they hold."""
    database = Database(path)
    with database.transaction() as rows:
        log, pending, hashes = Frontier(), [], []
        for number in range(size):
            entry = _entry(number)
            log = log.append(entry.leaf)
            hashes.append(entry.leaf)
            said = canonical(entry.record()).decode()
            peaks = b"".join(log.peaks)
            pending.append({"position": number, "hash": entry.leaf, "peaks": peaks, "entry": said})
            if len(pending) == 10_000 or number == size - 1:
                rows.execute(insert(leaf), pending)
                pending = []
        level = 0
        while len(hashes) >= TILE:
            whole, level = len(hashes) - len(hashes) % TILE, level + 1
            hashes = [root_of(hashes[at : at + TILE]) for at in range(0, whole, TILE)]
            nodes = [{"level": level, "place": n, "hash": one} for n, one in enumerate(hashes)]
            rows.execute(insert(log_node), nodes)
    right = True
    began_s = time.perf_counter()
    for number in range(size, size + _MEASURED):
        with database.transaction() as rows:
            leaves.append(rows, _entry(number), "store")
        with database.reading() as rows:
            old, new = (number * 7919) % number + 1, number + 1
            proof = leaves.consistency(rows, old, new)
        if number % 50 == 0:
            with database.reading() as rows:
                roots = leaves.root(rows, old), leaves.root(rows, new)
            right = right and consistent(old, new, proof, *roots)
    took_s = time.perf_counter() - began_s
    database.close()
    return took_s, right


def _entry(number: int) -> Entry:
    return Entry(kind="run", digest=f"{number:064x}", agent="agent-1", received_at=_AT)
