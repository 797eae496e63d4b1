"""A store with a month in it: the lab's world, judged by an agent and pushed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.config import StoreModel
from agent.push import StoreClient, push
from store.app import make_app
from store.custody import Custody
from store.serve import serving
from tests.lab_month import NOW, Month, lab_month

AFTER = NOW + timedelta(days=9)
"""When people answer: the month is over."""


@dataclass
class Kept:
    """A month in a store that is served. `now` is the store's time and can be set."""

    month: Month
    custody: Custody
    url: str
    now: list[datetime]


@pytest.fixture(scope="session")
def pushed_month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    """The month at the agent; made once, because it takes seconds."""
    with lab_month(tmp_path_factory.mktemp("month") / "agent", days=12) as month:
        yield month


def deliver(month: Month, url: str) -> None:
    """Push everything the agent has, as if it had never been pushed."""
    ledger = month.agent.ledger
    with ledger._writing() as db:
        db.execute("UPDATE bundle SET state = 'spooled', receipt = NULL")
        db.execute("UPDATE record SET state = 'spooled', receipt = NULL")
    client = StoreClient(StoreModel(url=url), month.agent.signing_key, lambda: NOW, Path())
    assert not push(ledger, client).refused


@pytest.fixture
def kept(pushed_month: Month, tmp_path: Path, database_url: str | None) -> Iterator[Kept]:
    """The month in a store of this test's own, on each database."""
    now = [NOW]
    app = make_app(
        tmp_path / "store",
        clock=lambda: now[0],
        database_url=database_url,
        accept_replayed=True,
    )
    custody = app.state.custody
    custody.enrol(pushed_month.agent.id, ["taipei"], pushed_month.agent.signing_key.public)
    with serving(app) as url:
        deliver(pushed_month, url)
        custody.index.catch_up()
        now[0] = AFTER
        yield Kept(pushed_month, custody, url, now)
