-- The tables of the first stores, as that program made them.
BEGIN;
CREATE TABLE agent (
    id TEXT PRIMARY KEY,
    enrolled_at TEXT NOT NULL
) STRICT;
CREATE TABLE agent_site (
    agent TEXT NOT NULL REFERENCES agent,
    site TEXT NOT NULL,
    PRIMARY KEY (agent, site)
) STRICT;
CREATE TABLE agent_key (
    keyid TEXT PRIMARY KEY,
    agent TEXT NOT NULL REFERENCES agent,
    raw BLOB NOT NULL,
    enrolled_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT;
CREATE TABLE blob (
    digest TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    stored_at TEXT NOT NULL
) STRICT;
CREATE TABLE blob_owner (
    digest TEXT NOT NULL REFERENCES blob,
    agent TEXT NOT NULL REFERENCES agent,
    PRIMARY KEY (digest, agent)
) STRICT;
CREATE TABLE leaf (
    position INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    peaks BLOB NOT NULL,
    entry TEXT NOT NULL
) STRICT;
CREATE TABLE statement (
    digest TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    agent TEXT NOT NULL REFERENCES agent,
    position INTEGER NOT NULL UNIQUE REFERENCES leaf,
    receipt BLOB NOT NULL
) STRICT;
CREATE INDEX statement_of_agent ON statement (agent, kind, position);
CREATE TABLE statement_blob (
    statement TEXT NOT NULL REFERENCES statement,
    blob TEXT NOT NULL REFERENCES blob,
    PRIMARY KEY (statement, blob)
) STRICT;
CREATE TRIGGER leaf_is_dense BEFORE INSERT ON leaf
    WHEN NEW.position != (SELECT coalesce(max(position) + 1, 0) FROM leaf)
    BEGIN SELECT raise(ABORT, 'the log has no gaps'); END;
CREATE TRIGGER blob_stays BEFORE DELETE ON blob BEGIN SELECT raise(ABORT, 'blob is insert-only'); END;
CREATE TRIGGER blob_owner_stays BEFORE DELETE ON blob_owner BEGIN SELECT raise(ABORT, 'blob_owner is insert-only'); END;
CREATE TRIGGER leaf_stays BEFORE DELETE ON leaf BEGIN SELECT raise(ABORT, 'leaf is insert-only'); END;
CREATE TRIGGER statement_stays BEFORE DELETE ON statement BEGIN SELECT raise(ABORT, 'statement is insert-only'); END;
CREATE TRIGGER statement_blob_stays BEFORE DELETE ON statement_blob BEGIN SELECT raise(ABORT, 'statement_blob is insert-only'); END;
PRAGMA user_version = 1;
COMMIT;
