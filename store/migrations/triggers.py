"""The triggers of both databases that migrations put on tables. What is here stays as it is:
migrations that have run were made with it."""

from __future__ import annotations

from alembic import op


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def make_functions() -> None:
    """PostgreSQL's triggers call functions; SQLite's say themselves what they do."""
    if not on_postgresql():
        return
    op.execute(
        "CREATE FUNCTION evidence_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME"
        " USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE FUNCTION evidence_refuse_gap() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN IF NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM leaf) THEN"
        " RAISE EXCEPTION 'the log has no gaps'"
        " USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )


def keep_dense() -> None:
    """Each leaf takes the place after the last one."""
    if on_postgresql():
        op.execute(
            "CREATE TRIGGER leaf_is_dense BEFORE INSERT ON leaf"
            " FOR EACH ROW EXECUTE FUNCTION evidence_refuse_gap()"
        )
        return
    op.execute(
        "CREATE TRIGGER leaf_is_dense BEFORE INSERT ON leaf"
        " WHEN NEW.position != (SELECT coalesce(max(position) + 1, 0) FROM leaf)"
        " BEGIN SELECT raise(ABORT, 'the log has no gaps'); END"
    )


def refuse_delete(table: str) -> None:
    """Rows stay. On PostgreSQL nor can the table be emptied at once."""
    if on_postgresql():
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION evidence_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION evidence_refuse_change()"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table}"
        f" BEGIN SELECT raise(ABORT, '{table} is insert-only'); END"
    )


def refuse_update(table: str) -> None:
    """Rows stay as they were written."""
    if on_postgresql():
        op.execute(
            f"CREATE TRIGGER {table}_is_as_written BEFORE UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION evidence_refuse_change()"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_is_as_written BEFORE UPDATE ON {table}"
        f" BEGIN SELECT raise(ABORT, '{table} is insert-only'); END"
    )


def insert_only(*tables: str) -> None:
    """Rows of these tables are never changed and never removed."""
    for table in tables:
        refuse_delete(table)
        refuse_update(table)
