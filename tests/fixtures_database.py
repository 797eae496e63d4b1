"""The store's databases: SQLite, and a real PostgreSQL on a socket of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from store.database import Database
from tests.conftest import ADMIN_PATH

# A hundred small databases that are thrown away within minutes: there is nothing to vacuum.
_SHORT_LIVED = ("-c", "autovacuum=off", "-c", "jit=off")


@dataclass
class Postgres:
    """A PostgreSQL server over a folder of its own; it listens on a socket in it alone."""

    folder: Path
    user: str | None
    process: subprocess.Popen[bytes] | None = None
    numbers: Iterator[int] = field(default_factory=count)
    template: str | None = None

    def start(self) -> None:
        socket = ("-k", str(self.folder), "-h", "")
        self.process = self._run("postgres", "-D", "data", *socket, *_SHORT_LIVED)
        while self._run("pg_isready", "-q", "-h", str(self.folder)).wait():
            assert self.process.poll() is None, "PostgreSQL did not start"
            time.sleep(0.05)

    def stop(self, *, at_once: bool = False) -> None:
        """End it as its administrator would; `at_once` as a crash would."""
        assert self.process is not None
        # SIGINT is its fast shutdown, SIGQUIT one without a checkpoint.
        self.process.send_signal(3 if at_once else 2)
        self.process.wait()

    def make(self) -> None:
        options = ("-A", "trust", "-U", "evidence", "-E", "UTF8", "--locale=C.UTF-8")
        assert self._run("initdb", "-D", "data", *options).wait() == 0

    def url(self, name: str) -> str:
        return f"postgresql://evidence@/{name}?host={self.folder}"

    def fresh(self) -> str:
        """The address of a new, empty database."""
        return self.url(self._create("template1"))

    def migrated(self) -> str:
        """The address of a new database of the newest schema, as the store made the first one:
        to copy it takes a fraction of the time that migrations take."""
        if self.template is None:
            self.template = self._create("template1")
            Database(self.folder, self.url(self.template)).close()
        return self.url(self._create(self.template))

    def copy_of(self, url: str) -> str:
        """The address of a new database with what another holds, which nobody may be using."""
        name = make_url(url).database
        assert name is not None
        return self.url(self._create(name))

    def _create(self, template: str) -> str:
        name = f"test_{next(self.numbers)}"
        administrator = create_engine(
            self.url("postgres").replace("://", "+psycopg://", 1), isolation_level="AUTOCOMMIT"
        )
        with administrator.connect() as rows:
            rows.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        administrator.dispose()
        return name

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        path = shutil.which(program, path=ADMIN_PATH)
        assert path is not None
        return subprocess.Popen(
            [path, *arguments],
            cwd=self.folder,
            user=self.user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole run. It refuses to be root, whose alone pytest's folders are."""
    folder = Path(tempfile.mkdtemp(prefix="evidence-postgres-"))
    user = "postgres" if getpass.getuser() == "root" and os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    server = Postgres(folder, user)
    server.make()
    server.start()
    yield server
    server.stop(at_once=True)  # what it holds is thrown away: nothing has to reach the disk
    shutil.rmtree(folder)


@cache
def _sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "store.db")
        Database(path).close()
        return path.read_bytes()


def lay_migrated(state: Path) -> Path:
    """A store's folder with a SQLite database of the newest schema, as the store made the first
    one, unless there is one. Returns the folder."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = state / "store.db"
    if not path.exists():
        path.write_bytes(_sqlite())
    return state


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.part("postgres"))])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """What the store is told of its database: None for SQLite in its folder, or an address.

    Either has the newest schema and nothing else; SQLite's lies in `store` here.
    """
    if request.param == "sqlite":
        lay_migrated(tmp_path / "store")
        return None
    server: Postgres = request.getfixturevalue("postgres")
    return server.migrated()


@pytest.fixture
def database(tmp_path: Path, database_url: str | None) -> Iterator[Database]:
    """An empty database of the newest schema."""
    opened = Database(lay_migrated(tmp_path) / "store.db", database_url)
    yield opened
    opened.close()
