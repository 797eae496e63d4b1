"""The store's database: one schema on SQLite and PostgreSQL, durable, insert-only, migrated."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, LargeBinary, Table, Text, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from evidence.clock import stamp
from evidence.errors import ConfigurationError, EnvironmentProblem
from evidence.seal import SigningKey
from store import leaves, schema
from store.custody import Custody
from store.database import Database, insert_missing
from store.fsck import fsck
from store.schema import HEAD, INSERT_ONLY, agent, leaf, metadata
from tests.fixtures_bundle import AT, MakeBundle
from tests.fixtures_database import Postgres
from tests.fixtures_store import StoreClient, served_store

ROOT = Path(__file__).resolve().parent.parent
SCHEMA_1 = Path(__file__).parent / "store_schema_1.sql"


# The schema


def test_the_migrations_end_at_the_tables_of_the_schema(database: Database) -> None:
    with database.reading() as rows:
        context = MigrationContext.configure(rows, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD


def test_the_migrations_are_one_line_that_ends_at_the_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "store" / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [HEAD]
    walked = [one.revision for one in scripts.walk_revisions()]
    assert walked == [str(number) for number in range(int(HEAD), 0, -1)]


def test_every_time_is_a_moment_and_comes_back_as_one(database: Database) -> None:
    for table in metadata.tables.values():
        for column in table.columns:
            assert isinstance(column.type, schema.Moment) == column.name.endswith("_at"), column
    with database.transaction() as rows:
        rows.execute(insert(agent).values(id="a", enrolled_at=AT))
    with database.reading() as rows:
        assert rows.scalar(select(agent.c.enrolled_at)) == AT
        assert rows.scalar(text("SELECT enrolled_at FROM agent")) == stamp(AT)


def test_text_is_in_the_order_of_python_s_own(database: Database) -> None:
    names = ["a", "B", "b", "-", "Z", "é", "臺", "_", "a-b", "ab"]
    with database.transaction() as rows:
        rows.execute(insert(agent), [{"id": name, "enrolled_at": AT} for name in names])
    with database.reading() as rows:
        assert list(rows.scalars(select(agent.c.id).order_by(agent.c.id))) == sorted(names)


# Insert-only


VALUES = {schema.Moment: AT, LargeBinary: b"x", Text: "x"}


def fill(rows: Connection, table: Table) -> None:
    """One row in the table, and before it in those it refers to."""
    for key in table.foreign_keys:
        fill(rows, key.column.table)
    row = {one.name: VALUES.get(type(one.type), 0) for one in table.columns}
    insert_missing(rows, table, **row)


@pytest.mark.parametrize("table", INSERT_ONLY)
def test_rows_of_evidence_stay_as_they_were_written(database: Database, table: str) -> None:
    with database.transaction() as rows:
        fill(rows, metadata.tables[table])
    column = metadata.tables[table].primary_key.columns[0].name
    wrong = [f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"]
    wrong += [] if database.is_sqlite else [f"TRUNCATE {table} CASCADE"]
    for sql in wrong:
        with pytest.raises(IntegrityError, match="insert-only"), database.transaction() as rows:
            rows.execute(text(sql))


def test_a_row_is_not_replaced_either(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db")
    with database.transaction() as rows:
        fill(rows, schema.statement_blob)
    with pytest.raises(IntegrityError, match="insert-only"), database.transaction() as rows:
        rows.execute(text("INSERT OR REPLACE INTO blob VALUES ('x', 2, 'now')"))
    database.close()


def test_the_log_has_no_gaps_and_no_second_entry_in_a_place(database: Database) -> None:
    with database.transaction() as rows:
        fill(rows, schema.statement_blob)
    for position in (0, 2, 7, -1):
        with pytest.raises(IntegrityError), database.transaction() as rows:
            rows.execute(insert(leaf).values(position=position, hash=b"", peaks=b"", entry=""))


def test_a_row_that_is_there_is_told_from_one_that_is_new(database: Database) -> None:
    with database.transaction() as rows:
        assert insert_missing(rows, agent, id="a", enrolled_at=AT)
        assert not insert_missing(rows, agent, id="a", enrolled_at=AT)


# Transactions


def test_what_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(ValueError), database.transaction() as rows:
        rows.execute(insert(agent).values(id="a", enrolled_at=AT))
        raise ValueError
    with database.reading() as rows:
        assert rows.scalar(select(agent.c.id)) is None


def test_one_writes_at_a_time_and_readers_do_not_wait(
    database: Database, database_url: str | None, tmp_path: Path
) -> None:
    """From two processes' point of view: each has its own connections and its own thread lock."""
    other = Database(tmp_path / "store.db", database_url)
    order: list[str] = []
    began = threading.Event()

    def write() -> None:
        began.set()
        with other.transaction() as rows:
            order.append("second begins")
            assert rows.scalar(select(agent.c.id)) == "a"

    with database.transaction() as rows:
        second = threading.Thread(target=write)
        second.start()
        began.wait()
        rows.execute(insert(agent).values(id="a", enrolled_at=AT))
        with other.reading() as reader:
            assert reader.scalar(select(agent.c.id)) is None
        second.join(0.3)
        order.append("first ends")
    second.join()
    assert order == ["first ends", "second begins"]
    other.close()


def test_a_reader_sees_one_state(database: Database) -> None:
    with database.reading() as reader:
        assert reader.scalar(select(agent.c.id)) is None
        with database.transaction() as rows:
            rows.execute(insert(agent).values(id="a", enrolled_at=AT))
        assert reader.scalar(select(agent.c.id)) is None
    with database.reading() as reader:
        assert reader.scalar(select(agent.c.id)) == "a"


def test_a_reader_cannot_write_on_postgresql(database: Database) -> None:
    if database.is_sqlite:
        return
    with pytest.raises(DBAPIError, match="read-only"), database.reading() as rows:
        rows.execute(insert(agent).values(id="a", enrolled_at=AT))


# Durable, or not at all


def test_each_sqlite_connection_syncs_its_commits(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db")
    with database.reading() as first, database.reading() as second:
        for rows in (first, second):
            assert rows.scalar(text("PRAGMA synchronous")) == 2
            assert rows.scalar(text("PRAGMA journal_mode")) == "wal"
            assert rows.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()


@pytest.mark.part("postgres")
def test_each_postgresql_connection_syncs_its_commits(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.fresh()
    administrator = Database(tmp_path, url)
    with administrator.transaction() as rows:
        name = url.partition("@/")[2].partition("?")[0]
        rows.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    administrator.close()
    database = Database(tmp_path, url)
    with database.reading() as rows:
        assert rows.scalar(text("SHOW synchronous_commit")) == "on"
    database.close()


@pytest.mark.part("postgres")
def test_two_stores_do_not_serve_one_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.fresh()
    with (
        served_store(tmp_path / "one", database_url=url),
        pytest.raises(EnvironmentProblem, match="another evidence-store"),
        served_store(tmp_path / "two", database_url=url),
    ):
        pass
    with served_store(tmp_path / "two", database_url=url):
        pass


def test_what_wants_a_store_for_itself_is_refused_while_it_serves(
    tmp_path: Path, database_url: str | None
) -> None:
    custody = Custody(tmp_path / "store", lambda: AT, database_url=database_url)
    with (
        served_store(tmp_path / "store", database_url=database_url),
        pytest.raises(EnvironmentProblem, match="another evidence-store"),
        custody.alone(),
    ):
        pass
    with custody.alone():
        assert custody.index.rebuild() == 0
    custody.close()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://evidence:hunter2@db/evidence", "secret_inline"),
        ("mysql://db/evidence", "config_syntax"),
        ("here and there", "config_syntax"),
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(
    tmp_path: Path, url: str, code: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Database(tmp_path, url)
    assert caught.value.code == code
    assert "hunter2" not in str(caught.value)


def test_a_database_that_is_away_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        Database(tmp_path, f"postgresql://evidence@/evidence?host={tmp_path}")
    assert caught.value.code == "env_database"
    assert "\n" not in caught.value.message


# From one schema to the next


def test_a_newer_database_is_not_touched(
    database: Database, database_url: str | None, tmp_path: Path
) -> None:
    with database.transaction() as rows:
        rows.execute(text("UPDATE alembic_version SET version_num = '99'"))
    with pytest.raises(EnvironmentProblem, match="newer"):
        Database(tmp_path / "store.db", database_url)


def test_a_program_that_knew_no_migrations_refuses_what_they_made(tmp_path: Path) -> None:
    Database(tmp_path / "store.db").close()
    with sqlite3.connect(tmp_path / "store.db") as rows:
        (version,) = rows.execute("PRAGMA user_version").fetchone()
    rows.close()
    assert version == int(HEAD) > 1


def test_a_store_of_schema_1_keeps_all_it_had(
    tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey
) -> None:
    """Every row of a store of today, put into tables as the first program made them."""
    today, state = tmp_path / "today", tmp_path / "store"
    bundles = [make_bundle(number) for number in range(3)]
    with served_store(today) as served:
        served.custody.enrol("agent-1", ["main"], signing_key.public)
        client = StoreClient(served.url, signing_key)
        receipts = [client.put_bundle(bundle).content for bundle in bundles]
    rows_of = put_back_to_schema_1(today, state)
    with served_store(state) as served:
        client = StoreClient(served.url, signing_key)
        again = [client.put_bundle(bundle) for bundle in bundles]
        assert [answer.content for answer in again] == receipts
        assert {answer.status_code for answer in again} == {200}
        assert client.put_bundle(make_bundle(4)).status_code == 201
        assert list(fsck(served.custody)) == []
        with served.custody.database.reading() as rows:
            context = MigrationContext.configure(rows, opts={"compare_type": True})
            # The place is SQLite's own number of the row, which is never null, said or not.
            different = [one[0][:4] for one in compare_metadata(context, metadata)]
            assert different == [("modify_nullable", None, "leaf", "position")]
            for table, before in rows_of.items():
                found = [tuple(one) for one in rows.execute(text(f"SELECT * FROM {table}"))]
                assert set(before) <= set(found), table
        with pytest.raises(IntegrityError), served.custody.database.transaction() as rows:
            rows.execute(update(leaf).values(entry=""))


def put_back_to_schema_1(today: Path, state: Path) -> dict[str, list[tuple[object, ...]]]:
    """The store of `today` in `state`, its database as the first program would have left it."""
    today.rename(state)
    new, old = state / "store.db", state / "old.db"
    with sqlite3.connect(old) as rows:
        rows.executescript(SCHEMA_1.read_text())
        rows.execute("ATTACH ? AS today", (str(new),))
        tables = [
            name
            for (name,) in rows.execute("SELECT name FROM main.sqlite_master WHERE type='table'")
        ]
        for table in tables:
            rows.execute(f"INSERT INTO main.{table} SELECT * FROM today.{table}")
        kept = {table: rows.execute(f"SELECT * FROM main.{table}").fetchall() for table in tables}
    rows.close()
    assert all(kept.values()), "nothing is proven of a table without rows"
    for file in state.glob("store.db*"):
        file.unlink()
    old.rename(new)
    return kept


def test_an_upgrade_that_is_cut_short_never_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(tmp_path / "store.db") as rows:
        rows.executescript(SCHEMA_1.read_text())
        before = rows.execute("SELECT name, sql FROM sqlite_master").fetchall()
    rows.close()
    monkeypatch.setattr("store.migrations.triggers.op.execute", cut)
    with pytest.raises(InterruptedError):
        Database(tmp_path / "store.db")
    with sqlite3.connect(tmp_path / "store.db") as rows:
        assert rows.execute("SELECT name, sql FROM sqlite_master").fetchall() == before
    rows.close()


def cut(*_: object) -> None:
    raise InterruptedError


def test_a_state_folder_serves_either_database(
    tmp_path: Path, database_url: str | None, signing_key: SigningKey
) -> None:
    custody = Custody(tmp_path / "store", lambda: AT, database_url=database_url)
    custody.enrol("agent-1", ["main"], signing_key.public)
    with custody.database.reading() as rows:
        assert leaves.frontier(rows).size == 1
    assert (tmp_path / "store" / "store.db").exists() == (database_url is None)
    custody.close()
