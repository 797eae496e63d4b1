"""The ledger's marks are those of its counters, in whatever order readings came."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest

from agent.ledger import Ledger, pages
from evidence.reading import Reading
from evidence.usage import Criteria, UnitHistory, prove
from evidence.usage.glance import glance
from evidence.usage.marks import Marks
from tests.conftest import DRILL
from tests.simulated_firewalls import BEGIN, DAY_S, Platform, World
from tests.simulated_readings import known
from tests.simulated_worlds import random_world

START = datetime.fromtimestamp(BEGIN - DAY_S, UTC)
END = datetime.fromtimestamp(BEGIN + 57 * DAY_S, UTC)
CRITERIA = Criteria(months=1, max_gap_s=4 * DAY_S)


def keep(ledger: Ledger, readings: list[Reading]) -> None:
    for one in readings:
        ledger.keep_bundle(one.digest, b"archive", [one], "run-1", False)


def world(seed: int) -> World:
    """Counters only, with edits, deletions, resets and fail-over, and nothing from other hands."""
    made = random_world(Platform(says_persistent=False), seed)
    for box in made.boxes.values():
        box.readings = [one for one in box.readings if one.provenance == "device"]
        for one in box.readings:
            vars(one).pop("digest")  # the ledger knows readings by their own
    return made


def from_ledger(ledger: Ledger, made: World) -> list[Marks]:
    return [one for name in made.boxes for one in ledger.marks(name, START, END)]


@pytest.mark.parametrize("seed", range(12 if DRILL else 5))
def test_verdicts_from_the_ledger_are_those_of_the_readings(tmp_path: Path, seed: int) -> None:
    ledger, made = Ledger(tmp_path), world(seed)
    readings = [one for box in made.boxes.values() for one in box.readings]
    late = Random(seed).sample(readings, len(readings) // 10)
    keep(ledger, [one for one in readings if one not in late])
    keep(ledger, late)
    histories = known(made)
    for days in (30, 45, 56):
        at = datetime.fromtimestamp(BEGIN + days * DAY_S, UTC)
        found = glance(from_ledger(ledger, made), at, CRITERIA)
        if found is not None:
            assert found.states() == prove(histories, at, criteria=CRITERIA).states()
    ledger.close()


def test_marks_kept_one_by_one_are_those_made_of_the_whole(tmp_path: Path) -> None:
    ledger, made = Ledger(tmp_path), world(3)
    for box in made.boxes.values():
        keep(ledger, box.readings)
        (kept,) = ledger.marks(box.name, START, END)
        whole = Marks.of(UnitHistory.of(box.readings, box.name))
        number = {column: place for place, column in enumerate(kept.columns)}
        placed = whole.placed(np.array([number[one] for one in whole.columns]), kept.columns)
        assert same(kept, placed)
    ledger.close()


@pytest.mark.parametrize("harm", ["DELETE FROM marks", "UPDATE marks SET code = 'older'"])
def test_missing_or_older_marks_are_made_again(tmp_path: Path, harm: str) -> None:
    ledger, made = Ledger(tmp_path), world(5)
    for box in made.boxes.values():
        keep(ledger, box.readings)
    before = from_ledger(ledger, made)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)) as db:
        db.execute(harm)
    assert len(before) == len(known(made))
    assert all(map(same, from_ledger(ledger, made), before))
    ledger.close()


def test_a_span_begins_and_ends_where_it_is_asked_to(tmp_path: Path) -> None:
    ledger, made = Ledger(tmp_path), world(5)
    box = next(iter(made.boxes.values()))
    keep(ledger, box.readings)
    start, end = box.readings[9].at, box.readings[20].at
    (found,) = ledger.marks(box.name, start, end)
    assert list(found.digests) == [one.digest for one in box.readings[9:20]]
    assert ledger.marks(box.name, end + timedelta(days=900), end + timedelta(days=901)) == []
    assert ledger.marks("another", START, END) == []
    ledger.close()


def test_marks_of_many_readings_take_several_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_PAGE", 5)
    ledger, made = Ledger(tmp_path), world(5)
    box = next(iter(made.boxes.values()))
    keep(ledger, box.readings)
    (paged,) = ledger.marks(box.name, START, END)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as db:
        (written,) = db.execute("SELECT count(*) FROM marks").fetchone()
    assert written == -(-len(box.readings) // 5)
    assert list(paged.read_at) == [int(one.at.timestamp()) for one in box.readings]
    ledger.close()


def test_an_older_ledger_s_counters_are_taken_from_its_readings(tmp_path: Path) -> None:
    ledger, made = Ledger(tmp_path), world(7)
    for box in made.boxes.values():
        keep(ledger, box.readings)
    before = from_ledger(ledger, made)
    counted = [one for name in made.boxes for one in ledger.histories(name, START, END)]
    ledger.close()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)) as db:
        db.executescript(
            "DROP TABLE marks; DROP TABLE rule_slot; UPDATE snapshot SET packed = x'00';"
            "PRAGMA user_version = 3"
        )
    ledger = Ledger(tmp_path)
    again = [one for name in made.boxes for one in ledger.histories(name, START, END)]
    assert all(map(same, from_ledger(ledger, made), before))
    assert [one.digests for one in again] == [one.digests for one in counted]
    assert all(map(np.array_equal, (h.count for h in again), (h.count for h in counted)))
    ledger.close()


def same(one: Marks, other: Marks) -> bool:
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(one)]
    return all(
        np.array_equal(mine, theirs) if isinstance(mine, np.ndarray) else mine == theirs
        for mine, theirs in pairs
    )
