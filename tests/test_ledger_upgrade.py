"""An upgrade keeps the ledger: all of it or nothing, from every version, and never backwards."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from agent.ledger import Ledger, schema
from evidence.errors import EnvironmentProblem
from evidence.facts import Unit
from evidence.reading import Reading
from tests.killed_upgrade import LATER

ROOT = Path(__file__).resolve().parent.parent
AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
DIGEST = "ab" * 32


def used_ledger(folder: Path) -> Path:
    """A ledger of this release with something in it. Returns its database."""
    ledger = Ledger(folder)
    reading = Reading(device="fw-01", subject="firmware", at=AT, facts=(Unit(serial="A1"),))
    ledger.keep_bundle(DIGEST, b"archive", [reading], "run-1", False)
    ledger.stored(DIGEST, b"receipt", AT)
    ledger.accept_host_key("fw-01", "SHA256:x", "alice", AT)
    ledger.close()
    return folder / "ledger.sqlite3"


def content(path: Path) -> list[str]:
    """Every table, index and row, and the version."""
    with closing(sqlite3.connect(path)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [str(version), *db.iterdump()]


@pytest.mark.whole
def test_an_upgrade_killed_at_any_statement_leaves_the_old_ledger_or_the_new(
    tmp_path: Path, mocker: MockerFixture
) -> None:
    ledger = used_ledger(tmp_path / "state")
    old = content(ledger)
    command = [sys.executable, "-m", "tests.killed_upgrade", str(ledger), str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True)
    copies = sorted(tmp_path.glob("*.sqlite3"), key=lambda path: int(path.stem))
    new = content(copies[-1])
    assert len(new) != len(old)
    assert [content(copy) for copy in copies].count(old) > LATER.count(";")
    mocker.patch.object(schema, "MIGRATIONS", (*schema.MIGRATIONS, LATER))
    for copy in copies:
        assert content(copy) in (old, new)
        # The next start finishes what the kill cut off, and all that was known is known.
        schema.open_database(copy).close()
        assert content(copy) == new


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
def test_a_ledger_of_any_earlier_version_becomes_the_one_of_today(
    tmp_path: Path, mocker: MockerFixture, version: int
) -> None:
    schema.open_database(tmp_path / "new.sqlite3").close()
    mocker.patch.object(schema, "MIGRATIONS", schema.MIGRATIONS[:version])
    schema.open_database(tmp_path / "old.sqlite3").close()
    mocker.stopall()
    schema.open_database(tmp_path / "old.sqlite3").close()
    assert content(tmp_path / "old.sqlite3") == content(tmp_path / "new.sqlite3")


def test_a_migration_that_would_lose_what_others_point_at_is_not_made(
    tmp_path: Path, mocker: MockerFixture
) -> None:
    ledger = used_ledger(tmp_path)
    old = content(ledger)
    mocker.patch.object(schema, "MIGRATIONS", (*schema.MIGRATIONS, "DELETE FROM bundle"))
    with pytest.raises(EnvironmentProblem) as caught:
        Ledger(tmp_path)
    assert caught.value.code == "env_state"
    assert content(ledger) == old


def test_rows_of_an_upgraded_ledger_still_hang_together(tmp_path: Path) -> None:
    ledger = used_ledger(tmp_path)
    with closing(schema.open_database(ledger)) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute("DELETE FROM bundle")
