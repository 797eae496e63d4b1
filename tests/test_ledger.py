"""The ledger: bytes before rows, nothing by halves, and months of counters unchanged by packing."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from unittest.mock import MagicMock

import numpy as np
import pytest
from pytest_mock import MockerFixture

from agent.ledger import Ledger, Spooled
from agent.ledger.faults import StateBroken
from evidence.errors import EnvironmentProblem
from evidence.facts import AdministrativeEvent, Fact, FirewallRule, RuleUsage, Unit
from evidence.reading import Failure, Reading
from evidence.usage import UnitHistory

AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
FAILURE = Failure("device_unreachable", "no answer")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "state")
    yield opened
    opened.close()


def reading(at: datetime = AT, subject: str = "firmware", device: str = "fw-01") -> Reading:
    return Reading(device=device, subject=subject, at=at, facts=(Unit(serial="A1"),))


def keep(ledger: Ledger, *readings: Reading, digest: str = "ab" * 32) -> Spooled:
    ledger.keep_bundle(digest, b"archive of " + digest.encode(), readings, "run-1", False)
    kept = ledger.bundle(digest)
    assert kept is not None
    return kept


# --- bytes before rows ---


def test_a_bundle_is_on_the_disk_before_its_row(ledger: Ledger, mocker: MockerFixture) -> None:
    """File, fsync, rename, folder fsync, and only then the database."""
    steps: list[tuple[str, str]] = []
    other = sqlite3.connect(ledger.folder / "ledger.sqlite3")
    sync, rename = os.fsync, Path.rename

    def synced(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink()
        (rows,) = other.execute("SELECT count(*) FROM bundle").fetchone()
        assert rows == 0, "the row was there before the bytes"
        steps.append(("sync", str(name.relative_to(ledger.folder))))
        sync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        steps.append(("rename", str(target.relative_to(ledger.folder))))
        return rename(path, target)

    mocker.patch("os.fsync", synced)
    mocker.patch.object(Path, "rename", renamed)
    digest = "ab" * 32
    keep(ledger, reading())
    other.close()
    temporary = f"bundles/ab/.{digest}.zip.{os.getpid()}"
    assert steps == [
        ("sync", temporary),
        ("rename", f"bundles/ab/{digest}.zip"),
        ("sync", "bundles/ab"),
        ("sync", "bundles"),
    ]


def failing_sync(mocker: MockerFixture, failing: int, why: int) -> MagicMock:
    """The disk does not take the sync of this number."""
    outcomes: list[OSError | None] = [None, None, None]
    outcomes[failing] = OSError(why, os.strerror(why))
    return mocker.patch("os.fsync", side_effect=outcomes)


FAILING = pytest.mark.parametrize("failing", [0, 1, 2], ids=["file", "folder", "folder above"])


@FAILING
def test_a_full_disk_leaves_no_row_and_no_half_file(
    ledger: Ledger, mocker: MockerFixture, failing: int
) -> None:
    failing_sync(mocker, failing, errno.ENOSPC)
    with pytest.raises(EnvironmentProblem) as caught:
        keep(ledger, reading())
    assert caught.value.code == "env_state"
    assert ledger.bundles_in("spooled") == []
    assert list(ledger.readings()) == []
    assert not list(ledger.bundles.rglob(".*"))
    mocker.stopall()
    assert keep(ledger, reading()).path.read_bytes().startswith(b"archive of ")  # type: ignore[union-attr]
    assert ledger.sweep(datetime.now(UTC)) == []


@FAILING
def test_after_a_failed_sync_nothing_is_written_until_the_ledger_is_opened_anew(
    ledger: Ledger, mocker: MockerFixture, failing: int
) -> None:
    """The kernel may have dropped the pages: a second sync that succeeds would prove nothing."""
    sync = failing_sync(mocker, failing, errno.EIO)
    with pytest.raises(StateBroken) as caught:
        keep(ledger, reading())
    assert caught.value.code == "env_disk"
    tried = sync.call_count
    for write in (
        lambda: keep(ledger, reading()),
        lambda: ledger.stored("ab" * 32, b"receipt", AT),
        lambda: ledger.keep_record("run", "cd" * 32, b"{}", AT),
    ):
        with pytest.raises(StateBroken):
            write()
    assert sync.call_count == tried
    mocker.stopall()
    ledger.close()
    again = Ledger(ledger.folder)
    assert again.bundles_in("spooled") == []
    assert list(again.readings()) == []
    keep(again, reading())
    again.close()


def test_a_row_that_cannot_be_written_takes_none_of_its_visit(
    ledger: Ledger, mocker: MockerFixture
) -> None:
    mocker.patch("agent.ledger.keep_counters", side_effect=sqlite3.OperationalError("disk full"))
    with pytest.raises(sqlite3.OperationalError):
        keep(ledger, reading(), counted(AT, 1))
    assert ledger.bundle("ab" * 32) is None
    assert list(ledger.readings()) == []
    mocker.stopall()
    assert ledger.sweep(AT) == [ledger.bundles / "ab" / f"{'ab' * 32}.zip"]
    keep(ledger, reading(), counted(AT, 1))
    assert len(list(ledger.readings())) == 2


def test_keeping_a_bundle_again_changes_nothing(ledger: Ledger) -> None:
    first = keep(ledger, reading(), counted(AT, 3))
    ledger.stored(first.digest, b"receipt", AT)
    again = keep(ledger, reading(), counted(AT, 3))
    assert again == replace(first, state="stored", receipt=b"receipt")
    assert len(list(ledger.readings())) == 2
    (history,) = ledger.histories("fw-01", AT, AT + timedelta(seconds=1))
    assert len(history.read_at) == 1


def test_a_file_that_was_damaged_is_written_anew(ledger: Ledger) -> None:
    path = keep(ledger, reading()).path
    assert path is not None
    path.write_bytes(b"half an arch")
    keep(ledger, reading())
    assert path.read_bytes() == b"archive of " + b"ab" * 32


# --- opening ---


def test_a_ledger_of_a_newer_agent_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    Ledger(tmp_path).close()
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(EnvironmentProblem) as caught:
        Ledger(tmp_path)
    assert caught.value.code == "env_ledger_newer"
    assert caught.value.next_step


@pytest.mark.parametrize("content", [b"not a database" * 100, os.urandom(4096)])
def test_what_is_no_ledger_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ledger.sqlite3").write_bytes(content)
    with pytest.raises(EnvironmentProblem) as caught:
        Ledger(tmp_path)
    assert caught.value.code == "env_ledger_damaged"
    assert "rebuild" in caught.value.next_step
    assert (tmp_path / "ledger.sqlite3").read_bytes() == content


def test_a_state_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(EnvironmentProblem) as caught:
        Ledger(tmp_path / "state")
    assert caught.value.code == "env_state"


def test_nobody_else_may_look_into_the_state(ledger: Ledger) -> None:
    keep(ledger, reading())
    folders = [ledger.folder, ledger.bundles, ledger.bundles / "ab"]
    assert [folder.stat().st_mode & 0o077 for folder in folders] == [0, 0, 0]


# --- custody ---


def test_the_newest_good_reading_stays_because_the_next_month_is_judged_by_it(
    ledger: Ledger,
) -> None:
    firmware = keep(ledger, reading(), digest="bb" * 32)
    ledger.stored(firmware.digest, b"receipt", AT)
    assert ledger.end_custody(AT + timedelta(days=400), timedelta(days=35), timedelta(434)) == 0
    assert firmware.path is not None
    assert firmware.path.exists()


def test_custody_ends_for_what_no_usage_window_cites(ledger: Ledger) -> None:
    rules = keep(ledger, counted(AT, 3), digest="aa" * 32)
    firmware = keep(ledger, reading(), digest="bb" * 32)
    waiting = keep(ledger, reading(AT + timedelta(1)), digest="cc" * 32)
    keep(ledger, counted(AT + timedelta(1), 3), digest="dd" * 32)
    for one in (rules, firmware):
        ledger.stored(one.digest, b"receipt", AT)
    custody, history = timedelta(days=35), timedelta(days=434)

    def files(after: timedelta) -> list[str]:
        ledger.end_custody(AT + after, custody, history)
        return sorted(path.stem[:2] for path in ledger.bundles.rglob("*.zip"))

    assert files(timedelta(days=35)) == ["aa", "bb", "cc", "dd"]
    assert files(timedelta(days=36)) == ["aa", "cc", "dd"]
    assert files(timedelta(days=434)) == ["aa", "cc", "dd"]
    assert files(timedelta(days=435)) == ["cc", "dd"]
    gone = ledger.bundle(firmware.digest)
    assert gone is not None
    assert (gone.path, gone.receipt) == (None, b"receipt")
    assert waiting.path is not None
    assert waiting.path.exists()
    assert len(list(ledger.readings())) == 4, "facts stay when files go"


# --- readings ---


def test_the_newest_reading_and_the_newest_good_one(ledger: Ledger) -> None:
    days = [reading(AT + timedelta(days=day)) for day in range(3)]
    days[2] = replace(days[2], facts=(), failure=FAILURE)
    keep(ledger, *days)
    assert ledger.newest_readings(AT + timedelta(days=9)) == days[1:]
    assert ledger.newest_readings(AT + timedelta(days=2)) == [days[1]]
    assert ledger.newest_readings(AT) == []


def test_a_span_of_readings_has_its_start_and_not_its_end(ledger: Ledger) -> None:
    days = [reading(AT + timedelta(days=day)) for day in range(4)]
    keep(ledger, *days)
    found = ledger.readings("fw-01", "firmware", AT + timedelta(days=1), AT + timedelta(days=3))
    assert list(found) == days[1:3]


def test_since_when_a_decision_is_needed_outlives_months_and_starts_anew_once_settled(
    ledger: Ledger,
) -> None:
    later, last = AT + timedelta(days=30), AT + timedelta(days=60)
    assert ledger.first_found({"rule 7"}, set(), AT) == {"rule 7": AT}
    assert ledger.first_found({"rule 7"}, set(), later) == {"rule 7": AT}
    assert ledger.first_found(set(), {"rule 7"}, later) == {}
    assert ledger.first_found({"rule 7"}, set(), last) == {"rule 7": last}


def test_one_host_key_is_pinned_at_a_time(ledger: Ledger) -> None:
    assert ledger.host_keys("fw-01") == frozenset()
    ledger.accept_host_key("fw-01", "SHA256:old", "lin", AT)
    ledger.accept_host_key("fw-01", "SHA256:new", "lin", AT)
    assert ledger.host_keys("fw-01") == {"SHA256:new"}


# --- counter history ---


def counted(at: datetime, *counts: int, unit: str | None = None, boot: int = 0) -> Reading:
    """A firewall's reading with these counts, rule by rule."""
    facts: list[Fact] = [Unit(subject_unit=unit, boot_at=AT - timedelta(days=400 - boot))]
    for number, count in enumerate(counts):
        key = f"root/ip/fw/{number}"
        facts.append(FirewallRule(key=key, match_digest=f"{number:064x}", action="accept"))
        facts.append(
            RuleUsage(
                key=key,
                subject_unit=unit,
                count=count,
                reset_domain="root",
                last_hit_at=at - timedelta(minutes=count + 1) if count else None,
                read_at=at,
            )
        )
    if boot:
        facts.append(AdministrativeEvent(kind="counters_cleared", detail="root", at=None))
    return Reading(device="fw-01", subject="firewall", at=at, facts=tuple(facts))


def same(one: UnitHistory, other: UnitHistory) -> bool:
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(one)]
    return all(
        np.array_equal(mine, theirs) if isinstance(mine, np.ndarray) else mine == theirs
        for mine, theirs in pairs
    )


def test_packing_changes_no_history(ledger: Ledger) -> None:
    """Seven months of two units, rules coming and going, read in any order: as if never packed."""
    random = Random(7)
    readings = []
    for day in range(210):
        counts = [random.randrange(day + 1) for _ in range(20 + day // 50)]
        at, unit = AT + timedelta(days=day, seconds=random.randrange(600)), f"unit-{day % 2}"
        readings.append(counted(at, *counts, unit=unit, boot=day // 90))
    for number, one in enumerate(random.sample(readings, len(readings))):
        keep(ledger, one, digest=f"{number:064x}")
    found = ledger.histories("fw-01", AT, AT + timedelta(days=300))
    wanted = [UnitHistory.of(readings, name) for name in ("unit-0", "unit-1")]
    found.sort(key=lambda history: history.unit)
    assert [history.unit for history in found] == ["unit-0", "unit-1"]
    assert all(same(mine, theirs) for mine, theirs in zip(found, wanted, strict=True))
    with sqlite3.connect(ledger.folder / "ledger.sqlite3") as db:
        whole, all_ = db.execute("SELECT sum(base IS NULL), count(*) FROM snapshot").fetchone()
    db.close()
    assert 0 < whole < all_ / 4, "most rows build on another"


def test_a_span_of_history_needs_no_row_outside_it(ledger: Ledger) -> None:
    readings = [counted(AT + timedelta(days=day), day, day * 2) for day in range(40)]
    for number, one in enumerate(readings):
        keep(ledger, one, digest=f"{number:064x}")
    (found,) = ledger.histories("fw-01", AT + timedelta(days=10), AT + timedelta(days=20))
    assert same(found, UnitHistory.of(readings[10:20], "fw-01"))


def test_a_failed_reading_leaves_no_counters(ledger: Ledger) -> None:
    keep(ledger, replace(counted(AT, 1), facts=(), failure=FAILURE))
    assert ledger.histories("fw-01", AT, AT + timedelta(days=1)) == []
