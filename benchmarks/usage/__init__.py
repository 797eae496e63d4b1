"""Proof of no traffic over half a year of counters: time, size, and every answer compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from statistics import median
from tempfile import TemporaryDirectory

from agent.ledger import Ledger
from agent.ledger.pages import keep_counters
from agent.ledger.schema import open_database, transaction
from benchmarks.result import Result, Spent, spent
from benchmarks.usage.made import CRITERIA, Made, made
from benchmarks.usage.peers import DUCKDB, asked_of_duckdb
from evidence.usage import Snapshot, State, prove
from evidence.usage.glance import glance

_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_NAMES = "ours holds keys and match digests too"
States = list[dict[str, State]]


def run(
    *, units: int = 50, rules: int = 2000, days: int = 190, duckdb: bool = True
) -> Iterator[Result]:
    """Each day's counters go into the ledger; then every rule is judged.

    Without `duckdb` that peer is not looked for.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        world = [made(number, rules, days) for number in range(units)]
        day, quickest_s = _keep(folder / "ledger", world)
        ledger = Ledger(folder / "ledger")
        glancing, glanced = spent(lambda: _glance(ledger, world))
        proving, proven = spent(lambda: _prove(ledger, world))
        ledger.close()
        size_bytes = sum(path.stat().st_size for path in (folder / "ledger").rglob("*.sqlite3*"))
        expected = [one.states() for one in world]
        truth = glanced == expected == proven and _are_silent(world, expected)
        judged = sum(map(len, expected))
        samples = sum(int(one.present.sum()) for one in world)
        rate, full_rate = judged / glancing.wall_s, judged / proving.wall_s
        size, kept = size_bytes / samples, judged / day.wall_s
        duck = asked_of_duckdb(world, folder) if duckdb else "not looked for"
        if isinstance(duck, str):
            yield _result("verdicts", rate, None, "rules/s", truth, duck)
            yield _result("full history", full_rate, None, "rules/s", truth, duck)
            yield _result("size", size, None, "bytes/sample", truth, duck, more_is_better=False)
            yield _result("a day kept", kept, None, "samples/s", truth, duck)
            return
        same = f"DuckDB's verdicts are {_agreement(duck.states, expected)}"
        peer, less = judged / duck.states_s, judged / duck.silent_s
        took = f"{glancing.wall_s:.3f} s for {judged:,} rules; {same}"
        yield _result("verdicts", rate, peer, "rules/s", truth, took)
        smaller = "the peer only says which counts rose; " + _silent(duck.silent, expected)
        yield _result("verdicts", rate, less, "rules/s", truth, smaller)
        yield _result("full history", full_rate, peer, "rules/s", truth, "as for a proof in full")
        megabytes = f"{size_bytes / 1e6:.0f} MB; {_NAMES}"
        peer_size = duck.size_bytes / samples
        yield _result(
            "size", size, peer_size, "bytes/sample", truth, megabytes, more_is_better=False
        )
        daily = (
            f"a day in {day.wall_s:.2f} s, {day.cpu_s:.2f} s of a core, the quickest in"
            f" {quickest_s:.2f} s; a commit a unit; the peer all days at once"
        )
        yield _result("a day kept", kept, samples / duck.load_s, "samples/s", truth, daily)


def _result(
    what: str,
    ours: float,
    peer: float | None,
    unit: str,
    truth: bool,
    note: str,
    *,
    more_is_better: bool = True,
) -> Result:
    return Result(
        name=f"usage: {what}",
        ours=ours,
        peer=peer,
        unit=unit,
        against=DUCKDB,
        truth=truth,
        more_is_better=more_is_better,
        note=note,
    )


def _agreement(peer: States, expected: States) -> str:
    pairs = [
        theirs.get(key) is state
        for one, other in zip(expected, peer, strict=True)
        for key, state in one.items()
        for theirs in [other]
    ]
    return f"the truth for {sum(pairs):,} of {len(pairs):,}"


def _silent(peer: list[set[str]], expected: States) -> str:
    wrong = sum(
        (key in still) != (state is not State.has_traffic)
        for one, still in zip(expected, peer, strict=True)
        for key, state in one.items()
    )
    return f"{wrong:,} otherwise than the truth"


def _are_silent(world: Sequence[Made], states: States) -> bool:
    """No rule called silent had a hit but such as a reset took away."""
    return not any(
        state is State.proven and key in hit
        for one, of_unit in zip(world, states, strict=True)
        for hit in [one.hit_in_window()]
        for key, state in of_unit.items()
    )


def _keep(folder: Path, world: Sequence[Made]) -> tuple[Spent, float]:
    """Every snapshot as the ledger keeps it, without the readings they would be taken from.

    Day by day, as they come, each with a commit of its own. Returns what all units of a day take,
    the median of the days, and the seconds of the quickest: a busy machine slows most of them.
    """
    folder.mkdir()
    db = open_database(folder / "ledger.sqlite3")
    db.execute("PRAGMA foreign_keys=OFF")
    waiting = [one.snapshots() for one in world]
    days = []
    while any(today := [next(snapshots, None) for snapshots in waiting]):
        took, _ = spent(partial(_keep_day, db, [one for one in today if one]))
        days.append(took)
    db.close()
    middle = Spent(median(day.wall_s for day in days), median(day.cpu_s for day in days))
    return middle, min(day.wall_s for day in days)


def _keep_day(db: Connection, snapshots: Sequence[Snapshot]) -> None:
    for snapshot in snapshots:
        with transaction(db):
            keep_counters(db, snapshot.digest, snapshot)


def _glance(ledger: Ledger, world: Sequence[Made]) -> States:
    """From the disk to the state of every rule, unit by unit as the agent does."""
    states: States = []
    for one in world:
        found = glance(ledger.marks(one.unit, *_ALWAYS), _end(one), CRITERIA)
        states.append({} if found is None else found.states())
    return states


def _prove(ledger: Ledger, world: Sequence[Made]) -> States:
    """The same from full histories, which tell the whole story of any rule."""
    return [
        prove(ledger.histories(one.unit, *_ALWAYS), _end(one), criteria=CRITERIA).states()
        for one in world
    ]


def _end(one: Made) -> datetime:
    return datetime.fromtimestamp(int(one.read_at[-1]), UTC)
