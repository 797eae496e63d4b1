"""Proof of no traffic over half a year of counters: time, size, and every answer compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from agent.ledger import Ledger
from agent.ledger.schema import open_database, transaction
from agent.ledger.snapshots import keep_snapshot
from benchmarks.result import Result, spent
from benchmarks.usage.made import CRITERIA, Made, made, read_at, start_of_window
from benchmarks.usage.peers import DUCKDB, silent_by_duckdb, silent_by_loop, write_days
from evidence.usage import State, prove
from evidence.usage.snapshot import Bools

States = npt.NDArray[np.object_]
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_LESS = "the peer tells no gap, witness or reason"
_NAMES = "ours holds keys and match digests too"
_DAILY = "ours a unit and day at a time; the peer a unit's whole history as columns"


def run(
    *, units: int = 50, rules: int = 2000, readings: int = 190, duckdb: bool = True
) -> Iterator[Result]:
    """A day's counters go into the ledger as packed snapshots; then every rule is judged.

    Without `duckdb` that peer is not looked for.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        world = [made(number, rules, readings) for number in range(units)]
        keeping, _ = spent(lambda: _keep(folder / "ledger", world))
        ledger = Ledger(folder / "ledger")
        proving, states = spent(lambda: _prove(ledger, world))
        ledger.close()
        size_bytes = sum(path.stat().st_size for path in (folder / "ledger").rglob("*.sqlite3*"))
        expected = np.array([one.states() for one in world], object)
        samples = units * readings * rules
        truth = bool((states == expected).all()) and all(
            one.is_silent(found == State.proven) for one, found in zip(world, states, strict=True)
        )
        rate = units * rules / proving.wall_s
        silent = states != State.has_traffic
        yield _beside_loop(world[0], folder / "days", silent[0], rate, truth)
        size, keep_rate = size_bytes / samples, samples / keeping.wall_s
        if not duckdb:
            return
        duck = silent_by_duckdb(np.array([one.count for one in world]), folder)
        if isinstance(duck, str):
            yield _result("judged", rate, None, "rules/s", truth, duck)
            yield _result("size", size, None, "bytes/sample", truth, duck, more_is_better=False)
            yield _result("kept", keep_rate, None, "samples/s", truth, duck)
            return
        same = _agreement(duck.silent, silent)
        peer_rate, peer_size = units * rules / duck.query_s, duck.size_bytes / samples
        yield _result("judged", rate, peer_rate, "rules/s", truth, f"{same}; {_LESS}")
        yield _result("size", size, peer_size, "bytes/sample", truth, _NAMES, more_is_better=False)
        yield _result("kept", keep_rate, samples / duck.load_s, "samples/s", truth, _DAILY)


def _result(
    what: str,
    ours: float,
    peer: float | None,
    unit: str,
    truth: bool,
    note: str,
    *,
    against: str = DUCKDB,
    more_is_better: bool = True,
) -> Result:
    return Result(
        name=f"usage: {what}",
        ours=ours,
        peer=peer,
        unit=unit,
        against=against,
        truth=truth,
        more_is_better=more_is_better,
        note=note,
    )


def _beside_loop(one: Made, folder: Path, silent: Bools, rate: float, truth: bool) -> Result:
    """Plain Python over one unit, from its files."""
    write_days(folder, one.count)
    looping, found = spent(lambda: silent_by_loop(folder, start_of_window(len(one.count))))
    note = f"{_agreement(np.array(found), silent)}; {_LESS}"
    peer_rate = len(found) / looping.wall_s
    return _result("judged", rate, peer_rate, "rules/s", truth, note, against="loop over JSON")


def _agreement(peer: Bools, ours: Bools) -> str:
    return f"{int((peer == ours).sum()):,} of {ours.size:,} silent or not as ours"


def _keep(folder: Path, world: Sequence[Made]) -> None:
    """Every snapshot as the ledger keeps it, without the readings they would be taken from."""
    folder.mkdir()
    db = open_database(folder / "ledger.sqlite3")
    db.execute("PRAGMA foreign_keys=OFF")
    for one in world:
        with transaction(db):
            for snapshot in one.snapshots():
                keep_snapshot(db, snapshot.digest, snapshot)
    db.close()


def _prove(ledger: Ledger, world: Sequence[Made]) -> States:
    """From the disk to the state of every rule, unit by unit as the agent does."""
    end = datetime.fromtimestamp(int(read_at(len(world[0].count))[-1]), UTC)
    states = []
    for one in world:
        proofs = prove(ledger.histories(one.unit, *_ALWAYS), end, criteria=CRITERIA)
        states.append(list(proofs.states().values()))
    return np.array(states, object)
