-- Which database this is: caches outside of it are kept apart by this (src/store/query/changes.rs). One row.
CREATE TABLE identity (
    id TEXT PRIMARY KEY
) WITHOUT ROWID;
INSERT INTO identity (id) VALUES (lower(hex(randomblob(16))));
