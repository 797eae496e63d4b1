"""The journal of the store: what was acknowledged comes back where its files do not."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest
from pytest_mock import MockerFixture
from sqlalchemy import insert, select

from evidence.bundle import Bundle
from evidence.seal import SigningKey
from store.custody import Custody
from store.database import Database
from store.files import BLOBS, ENVELOPES, DiskBroken
from store.folder import hold
from store.fsck import fsck
from store.journal import Journal
from store.retention.tables import absent
from store.schema import blob
from tests.fixtures_bundle import AT, MakeBundle

LIMIT_BYTES = 1_000_000


def opened(state: Path, *, serving: bool = True) -> Custody:
    return Custody(state, lambda: AT, serving=serving)


def deposited(custody: Custody, bundle: Bundle, key: SigningKey) -> bytes:
    caller = custody.caller(key.public.keyid)
    assert caller is not None
    return custody.keep_bundle(caller, bundle.digest, bundle.to_bytes(), LIMIT_BYTES)[0]


@pytest.fixture
def cut(
    tmp_path: Path, signing_key: SigningKey, make_bundle: MakeBundle, mocker: MockerFixture
) -> Path:
    """A store's folder as a loss of power leaves it at the worst: three bundles acknowledged, none
    of whose files was synced; of the files one is empty, one is gone, one is torn."""
    custody = opened(tmp_path / "store")
    custody.enrol("agent-1", ["main"], signing_key.public)
    mocker.patch.object(custody.journal, "settle")
    bundles = [make_bundle(number) for number in range(3)]
    for bundle in bundles:
        deposited(custody, bundle, signing_key)
    shutil.copytree(tmp_path / "store", tmp_path / "cut")
    custody.close()
    at = custody.files.path
    for harm, bundle in enumerate(bundles):
        named = [at(ENVELOPES, bundle.digest), *(at(BLOBS, one) for one in bundle.captures)]
        for path in (tmp_path / "cut" / one.relative_to(tmp_path / "store") for one in named):
            whole = path.read_bytes()
            path.unlink()
            if harm != 1:
                path.write_bytes(b"" if harm == 0 else whole[:-1] + b"\0")
    return tmp_path / "cut"


@pytest.mark.parametrize("serving", [True, False])
def test_files_that_power_took_come_back_before_anything_else(
    cut: Path, serving: bool, caplog: pytest.LogCaptureFixture
) -> None:
    custody = opened(cut, serving=serving)
    assert list(fsck(custody)) == []
    custody.close()
    assert not list((cut / "journal").iterdir()), "what is on the disk needs no copy"
    assert "6 files that a loss of power took came back" in caplog.text
    caplog.clear()
    opened(cut, serving=serving).close()
    assert caplog.text == ""


def test_a_disk_that_fails_while_they_come_back_is_told(cut: Path, mocker: MockerFixture) -> None:
    """Only a store that another process serves is left to that process."""
    mocker.patch("store.files._sync_file_system", side_effect=OSError(errno.EIO, "failed"))
    with pytest.raises(DiskBroken):
        opened(cut, serving=False)
    mocker.stopall()
    with hold(cut):
        opened(cut, serving=False).close()
    assert list((cut / "journal").iterdir()), "whoever serves it does that"


def test_without_the_journal_those_files_are_missed(cut: Path) -> None:
    """Else the test above would show nothing."""
    shutil.rmtree(cut / "journal")
    custody = opened(cut)
    assert len(list(fsck(custody))) == 6
    custody.close()


def test_what_nobody_was_answered_for_is_not_put_back(cut: Path, make_bundle: MakeBundle) -> None:
    journal = Journal(cut / "journal", lambda: None)
    bundle = make_bundle(9)
    journal.append([bundle.to_bytes()])
    custody = opened(cut)
    assert not custody.files.path(ENVELOPES, bundle.digest).exists()
    assert list(fsck(custody)) == []
    custody.close()


def test_a_record_that_broke_off_ends_its_segment(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", lambda: None)
    journal.append([b"one", b"two"])
    (segment,) = (tmp_path / "journal").iterdir()
    segment.write_bytes(segment.read_bytes() + (300).to_bytes(8) + b"torn")
    assert list(Journal(tmp_path / "journal", lambda: None).copies()) == [b"one", b"two"]


def test_a_full_disk_takes_nothing_of_a_record_and_passes(
    tmp_path: Path, mocker: MockerFixture
) -> None:
    journal = Journal(tmp_path / "journal", lambda: None)
    journal.append([b"one"])
    fault = mocker.patch("store.journal.sync", side_effect=OSError(errno.ENOSPC, "full"))
    with pytest.raises(OSError, match="full"):
        journal.append([b"two"])
    mocker.stop(fault)
    journal.append([b"three"])
    assert list(journal.copies()) == [b"one", b"three"]


def test_after_a_failed_sync_of_the_files_nothing_is_taken_any_more(tmp_path: Path) -> None:
    """And their copies stay."""

    def fail() -> None:
        raise DiskBroken("the disk did not sync")

    journal = Journal(tmp_path / "journal", fail)
    journal.append([b"one"])
    with pytest.raises(DiskBroken):
        journal.settle()
    with pytest.raises(DiskBroken):
        journal.append([b"two"])
    with pytest.raises(DiskBroken):
        journal.check()
    journal.close()
    assert list(journal.copies()) == [b"one"]


def test_a_deleted_blob_does_not_come_back(cut: Path) -> None:
    """Its row says that it is gone, whatever a copy of some seconds ago holds."""
    database = Database(cut / "store.db")
    with database.transaction() as rows:
        digest = rows.scalar(select(blob.c.digest).order_by(blob.c.digest).limit(1))
        rows.execute(insert(absent).values(digest=digest, removed_at=AT))
    database.close()
    (cut / BLOBS / str(digest)[:2] / str(digest)).unlink(missing_ok=True)
    custody = opened(cut)
    assert not custody.blobs.there(str(digest))
    custody.close()
