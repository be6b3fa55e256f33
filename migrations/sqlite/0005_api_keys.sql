-- Keys of callers (src/auth/key.rs). A key itself is nowhere: `digest` is its SHA-256. A revoked one stays, so that
-- its name and its last use can be looked up.
CREATE TABLE api_keys (
    id        TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    digest    BLOB NOT NULL,
    scope     TEXT NOT NULL,
    plan      TEXT,
    created   INTEGER NOT NULL,
    last_used INTEGER,
    revoked   INTEGER
) WITHOUT ROWID;
