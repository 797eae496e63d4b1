"""How a store's database gets from one schema to the next (Alembic), on SQLite and PostgreSQL.

A migration is one file `versions/vN.py`, N counting up, and is never edited once it is on the
main branch. A new one: write `vN.py` after the pattern of the newest, change `store/schema.py`
to what it makes, and set `HEAD` there. `tests/test_store_database.py` compares the two.
"""
