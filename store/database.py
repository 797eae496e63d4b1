"""The store's one truth about state: SQLite in its folder, or PostgreSQL 15 and newer.

One writer at a time on both, so that the log has one order and no gaps: SQLite's write lock, an
advisory lock on PostgreSQL. A commit survives power loss: what that takes is set on every
connection and read back. SQLAlchemy Core; the tables stand in `store/schema.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError

from evidence.errors import ConfigurationError, EnvironmentProblem
from store.schema import HEAD

T = TypeVar("T")
_Write = Callable[[Any], Any]
POSTGRESQL_AT_LEAST = 150000
_WAIT_S = 30
_CONNECTIONS = 10
_AT_ONCE = 500
_FULL = 2
_SQLITE_WANTED = {
    "journal_mode": "wal",
    "synchronous": _FULL,
    "foreign_keys": 1,
    # Or an INSERT OR REPLACE would remove the old row without asking its trigger.
    "recursive_triggers": 1,
}
_POSTGRESQL_WANTED = {"fsync": "on", "full_page_writes": "on", "server_encoding": "UTF8"}
# Locks of the whole database, by numbers of our own: one writes, one serves, one migrates.
_WRITING, _SERVING = 0x65766964, 0x65766965


class Database:
    """Safe to use from several threads. `url` is None for SQLite in a file of its own."""

    def __init__(self, path: Path, url: str | None = None) -> None:
        """Open or make the database, and bring it to the newest schema.

        Raises EnvironmentProblem `env_database` when it is away or cannot be durable, and
        ConfigurationError when the address cannot be read.
        """
        self._writing = threading.Lock()
        self._serving: Connection | None = None
        self._holds = False
        self.engine, self._writer = (
            _sqlite(path) if url is None else _postgresql(url) for _ in range(2)
        )
        self.name = str(path) if url is None else self.engine.url.render_as_string()
        try:
            self._migrate()
        except OperationalError as error:
            self._dispose()
            raise EnvironmentProblem(
                f"{self.name}: {_first_line(error)}", code="env_database"
            ) from None
        except BaseException:
            self._dispose()
            raise

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """The one write transaction: on disk when the block ends, undone when it raises.

        Never within another one, nor within `reading`, of the same thread.
        """
        with self._writing, self._writer.connect() as rows:
            rows = rows.execution_options(evidence_writes=True)
            with rows.begin():
                if not self.is_sqlite:
                    rows.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITING})")
                yield rows

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A view of the database as it stands now, the same for the whole block."""
        with self.engine.connect() as rows:
            if not self.is_sqlite:
                rows = rows.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with rows.begin():
                yield rows

    def hold(self) -> None:
        """Serve this database alone. Raises EnvironmentProblem `env_in_use`; SQLite's folder has
        a lock of its own."""
        if self.is_sqlite:
            return
        self.let_go()
        self._holds = True
        serving = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        got = serving.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _SERVING})
        if not got:
            serving.close()
            raise in_use(self.name)
        self._serving = serving

    def keep_holding(self) -> None:
        """Hold it again if the server was restarted meanwhile: the lock went with the connection.
        Raises as `hold` does, or DBAPIError while the server is away."""
        if not self._holds:
            return
        if self._serving is not None:
            try:
                self._serving.execute(text("SELECT 1"))
                return
            except DBAPIError:
                pass  # another connection would be made in its place, and would not have the lock
        self.hold()

    def let_go(self) -> None:
        """End what `hold` began."""
        self._holds = False
        if self._serving is not None:
            with suppress(SQLAlchemyError):  # it may be gone already
                # The server notices only later that a connection is gone, and its lock with it.
                self._serving.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _SERVING})
            self._serving.invalidate()
            self._serving.close()
            self._serving = None

    def close(self) -> None:
        self.let_go()
        self._dispose()

    def _dispose(self) -> None:
        self.engine.dispose()
        self._writer.dispose()

    def _migrate(self) -> None:
        with self.reading() as rows:
            found = _version(rows)
        if found == HEAD:
            return
        with self.transaction() as rows:
            found = _version(rows)  # another process may have been faster
            if found is not None and int(found) > int(HEAD):
                raise EnvironmentProblem(
                    f"{self.name} was written by a newer evidence-store (schema {found})",
                    code="env_database",
                    next_step="install that version again, or restore an older backup",
                )
            _upgrade(rows)


def in_use(name: str) -> EnvironmentProblem:
    """What whoever wants a store for itself is told while another process serves it."""
    return EnvironmentProblem(
        f"another evidence-store serves {name}",
        code="env_in_use",
        next_step="stop that one first (systemctl stop evidence-store)",
    )


def insert_missing(rows: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless there is one of its keys. True when it was new."""
    wanted = _unless_there(rows.dialect.name, table).values(**values)
    return rows.execute(wanted.returning(*table.primary_key)).first() is not None


def insert_all_missing(rows: Connection, table: Table, values: Sequence[dict[str, Any]]) -> None:
    """Insert those rows whose keys are not there; all of them name the same columns."""
    _insert(rows, table, values, " ON CONFLICT DO NOTHING")


def insert_all(rows: Connection, table: Table, values: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all name the same columns."""
    _insert(rows, table, values, "")


def _insert(rows: Connection, table: Table, values: Sequence[dict[str, Any]], end: str) -> None:
    """Rows as the driver takes them: SQLAlchemy's way to it costs more than the rows. PostgreSQL
    takes them as columns, all in one message."""
    if not values:
        return
    statement, written = _inserting(rows.dialect, table, tuple(values[0]))
    columns = [[write(one[name]) for one in values] for name, write in written]
    given: Any = tuple(columns)
    if rows.dialect.name == "sqlite":
        given = list(zip(*columns, strict=True))
    rows.exec_driver_sql(statement + end, given)


@lru_cache(256)
def _inserting(
    dialect: Dialect, table: Table, names: tuple[str, ...]
) -> tuple[str, list[tuple[str, _Write]]]:
    """The statement that inserts rows, and how each value is written."""
    of = [table.c[name].type for name in names]
    into = f'INSERT INTO "{table.name}" (' + ", ".join(f'"{name}"' for name in names) + ")"
    if dialect.name == "sqlite":
        rows = f"VALUES ({', '.join('?' * len(names))})"
    else:
        arrays = (f"%s::{dialect.type_compiler_instance.process(one).split()[0]}[]" for one in of)
        rows = f"SELECT * FROM unnest({', '.join(arrays)})"
    written: list[tuple[str, _Write]] = [
        (name, one.bind_processor(dialect) or _as_it_is)
        for name, one in zip(names, of, strict=True)
    ]
    return f"{into} {rows}", written


def _as_it_is(value: Any) -> Any:
    return value


def batched(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values, so many at a time as one question to the database may name."""
    for at in range(0, len(values), _AT_ONCE):
        yield values[at : at + _AT_ONCE]


@cache
def _unless_there(dialect: str, table: Table) -> Any:
    """Built once: a statement costs more to write than to ask."""
    of = sqlite if dialect == "sqlite" else postgresql
    return of.insert(table).on_conflict_do_nothing()


def _version(rows: Connection) -> str | None:
    """The schema a database has; None for one that is empty."""
    tables = inspect(rows).get_table_names()
    if "alembic_version" in tables:
        found: str | None = rows.scalar(text("SELECT version_num FROM alembic_version"))
        return found
    return "1" if "leaf" in tables else None


def _upgrade(rows: Connection) -> None:
    # Here, because it takes longer to load than opening a database does.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = rows
    if _version(rows) == "1":
        command.stamp(config, "1")
    command.upgrade(config, HEAD)
    if rows.dialect.name == "sqlite":
        # What programs looked at that knew no migrations: they are to refuse it.
        rows.execute(text(f"PRAGMA user_version = {int(HEAD)}"))


def _sqlite(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        pool_size=_CONNECTIONS,
        max_overflow=-1,
        # The driver is to begin nothing by itself: it would begin reading, and find at the first
        # write that another connection was faster.
        connect_args={"timeout": _WAIT_S, "isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def durable(connection: Any, _: object) -> None:
        for name, value in _SQLITE_WANTED.items():
            connection.execute(f"PRAGMA {name} = {value}")
            (found,) = connection.execute(f"PRAGMA {name}").fetchone()
            if found != value:
                raise EnvironmentProblem(
                    f"{path}: {name} is {found!r} and cannot be made {value!r}",
                    code="env_database",
                    next_step="keep the state on a local file system, not on NFS",
                )

    @event.listens_for(engine, "begin")
    def begin(rows: Connection) -> None:
        writes = rows.get_execution_options().get("evidence_writes")
        rows.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError(
            "the database's address cannot be read",
            code="config_syntax",
            next_step="write postgresql://user@host/name",
        ) from None
    if parsed.get_backend_name() != "postgresql":
        raise ConfigurationError(
            f"{parsed.drivername} is no database of this store",
            code="config_syntax",
            next_step="write postgresql://user@host/name, or leave it out for SQLite",
        )
    if parsed.password is not None:
        raise ConfigurationError(
            "the database's password stands in its address",
            code="secret_inline",
            next_step="take it out; put it into a file that PGPASSFILE names, or use peer"
            " authentication over the socket",
        )
    try:
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=_CONNECTIONS,
            max_overflow=-1,
            connect_args={"connect_timeout": _WAIT_S, "options": "-c synchronous_commit=on"},
        )
    except ModuleNotFoundError:
        raise EnvironmentProblem(
            "PostgreSQL's driver is not installed",
            code="env_database",
            next_step="pip install 'evidence-agent[production]'",
        ) from None

    @event.listens_for(engine, "connect")
    def durable(connection: Any, _: object) -> None:
        if connection.info.server_version < POSTGRESQL_AT_LEAST:
            raise EnvironmentProblem(
                f"PostgreSQL is {connection.info.server_version // 10000}, and 15 is the least",
                code="env_database",
            )
        for name, value in _POSTGRESQL_WANTED.items():
            with connection.cursor() as cursor:
                (found,) = cursor.execute(f"SHOW {name}").fetchone()
            if found != value:
                raise EnvironmentProblem(
                    f"PostgreSQL's {name} is {found}, and has to be {value}",
                    code="env_database",
                    next_step="without it a power cut takes what was acknowledged",
                )
        connection.rollback()

    return engine


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).splitlines()[0]
