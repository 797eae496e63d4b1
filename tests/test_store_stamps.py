"""Trusted time of a checkpoint, from a real authority: OpenSSL's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from agent.wired import system_clock
from evidence.errors import ConfigurationError, EnvironmentProblem
from evidence.seal import SigningKey
from store.custody import Custody
from store.fsck import fsck
from store.schema import time_stamp
from store.stamping import Stamper
from tests.fixtures_tsa import Authority, openssl

pytestmark = pytest.mark.part("openssl")


def test_one_stamp_a_day_covers_all_that_came(
    tmp_path: Path, database_url: str | None, authority: Authority
) -> None:
    passed = timedelta()
    custody = Custody(
        tmp_path / "store", lambda: system_clock() + passed, database_url=database_url
    )
    stamper = Stamper(custody, authority.url, authority.folder / "root.pem")
    custody.enrol("agent-1", ["main"], SigningKey.generate().public)
    at = stamper.stamp()
    assert at is not None and abs(at - system_clock()) < timedelta(minutes=1)
    custody.enrol("agent-1", ["main"], SigningKey.generate().public)
    assert stamper.stamp() is None, "not yet a day"
    passed = timedelta(hours=25)
    assert stamper.stamp() is not None
    passed = timedelta(hours=50)
    assert stamper.stamp() is None, "nothing came since"
    with custody.database.reading() as rows:
        kept = rows.execute(select(time_stamp).order_by(time_stamp.c.size)).all()
    assert [one.size for one in kept] == [1, 2]
    assert list(fsck(custody)) == []
    # Anybody can check it with openssl alone.
    (tmp_path / "note").write_bytes(kept[1].note.encode())
    (tmp_path / "token").write_bytes(kept[1].token)
    root = str(authority.folder / "root.pem")
    openssl(tmp_path, "ts", "-verify", "-data", "note", "-in", "token", "-CAfile", root)
    custody.close()


def test_a_stamp_that_does_not_hold_is_none_and_a_missing_authority_blocks_nothing(
    tmp_path: Path, authority: Authority
) -> None:
    custody = Custody(tmp_path / "store", system_clock)
    custody.enrol("agent-1", ["main"], SigningKey.generate().public)
    stamper = Stamper(custody, authority.url, authority.folder / "root.pem")
    first = authority.answer
    authority.spoil = lambda answer: b"no stamp"
    with pytest.raises(EnvironmentProblem, match="no time stamp"):
        stamper.stamp()
    # The answer to another question: another nonce, another imprint.
    other = tmp_path / "other"
    other.write_bytes(b"something else")
    openssl(
        authority.folder, "ts", "-query", "-data", str(other), "-sha256", "-cert", "-out", "old",
    )  # fmt: skip
    authority.spoil = lambda answer: answer
    replayed = first((authority.folder / "old").read_bytes())
    authority.spoil = lambda answer: replayed
    with pytest.raises(EnvironmentProblem):
        stamper.stamp()
    authority.spoil = lambda answer: answer
    stranger = Authority(tmp_path / "stranger")
    stranger.make()
    with pytest.raises(EnvironmentProblem):
        Stamper(custody, authority.url, stranger.folder / "root.pem").stamp()
    with pytest.raises(EnvironmentProblem):
        Stamper(custody, "http://127.0.0.1:9/", authority.folder / "root.pem").stamp()
    assert custody.checkpoint()
    assert stamper.stamp() is not None
    with pytest.raises(ConfigurationError):
        Stamper(custody, authority.url, tmp_path / "nothing")
    custody.close()
