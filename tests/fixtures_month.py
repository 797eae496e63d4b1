"""A store with a month in it: the lab's world, judged by an agent and pushed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.config import StoreModel
from agent.push import StoreClient, push
from agent.sealing import Agent
from store.app import make_app
from store.console.guard import Console
from store.custody import Custody
from store.people.settings import Vouchers
from store.serve import serving
from tests.fixtures_database import Postgres
from tests.lab_month import NOW, Month, lab_month

AFTER = NOW + timedelta(days=9)
"""When people answer: the month is over."""


@dataclass
class Kept:
    """A month in a store that is served. `now` is the store's time and can be set."""

    month: Month
    custody: Custody
    console: Console
    url: str
    now: list[datetime]


@pytest.fixture(scope="session")
def pushed_month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    """The month at the agent; made once, because it takes seconds."""
    with lab_month(tmp_path_factory.mktemp("month") / "agent", days=12) as month:
        yield month


def deliver(agent: Agent, url: str, at: datetime = NOW) -> None:
    """Push everything the agent has, as if it had never been pushed."""
    ledger = agent.ledger
    with ledger._writing() as db:
        db.execute("UPDATE bundle SET state = 'spooled', receipt = NULL")
        db.execute("UPDATE record SET state = 'spooled', receipt = NULL")
    client = StoreClient(StoreModel(url=url), agent.signing_key, lambda: at, Path())
    assert not push(ledger, client).refused


@contextmanager
def kept_in(
    state: Path,
    month: Month,
    database_url: str | None = None,
    *,
    full: bool = False,
    port: int = 0,
    vouchers: Vouchers | None = None,
) -> Iterator[Kept]:
    """The month in the store of a folder; `full`: everything is there already; `vouchers` know
    people, too, and send them back to this port."""
    now = [NOW]
    app = make_app(
        state,
        clock=lambda: now[0],
        database_url=database_url,
        accept_replayed=True,
        vouchers=vouchers,
    )
    custody = app.state.custody
    custody.enrol(month.agent.id, ["taipei"], month.agent.signing_key.public)
    with serving(app, port=port) as url:
        if not full:
            deliver(month.agent, url)
        custody.index.catch_up()
        now[0] = AFTER
        yield Kept(month, custody, app.state.console, url, now)


@pytest.fixture(scope="session")
def full_state(pushed_month: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store that has the month; copied, because pushing takes seconds."""
    state = tmp_path_factory.mktemp("full") / "store"
    with kept_in(state, pushed_month):
        pass
    return state


@pytest.fixture
def filled_store(pushed_month: Month, full_state: Path, tmp_path: Path) -> Iterator[Kept]:
    """The month in a store of this test's own, on SQLite."""
    state = tmp_path / "store"
    shutil.copytree(full_state, state)
    with kept_in(state, pushed_month, full=True) as found:
        yield found


@pytest.fixture(scope="session")
def full_postgres(
    pushed_month: Month, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The same with PostgreSQL: the folder, and the database that goes with it."""
    state, url = tmp_path_factory.mktemp("full") / "store", postgres.migrated()
    with kept_in(state, pushed_month, url):
        pass
    return state, url


@pytest.fixture
def kept(
    request: pytest.FixtureRequest, pushed_month: Month, tmp_path: Path, database_url: str | None
) -> Iterator[Kept]:
    """The month in a store of this test's own, on each database."""
    if database_url is None:
        full = request.getfixturevalue("full_state")
    else:
        full, template = request.getfixturevalue("full_postgres")
        database_url = request.getfixturevalue("postgres").copy_of(template)
    state = tmp_path / "store"
    shutil.copytree(full, state, dirs_exist_ok=True)
    with kept_in(state, pushed_month, database_url, full=True) as found:
        yield found
