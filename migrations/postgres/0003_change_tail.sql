-- Which database this is: caches outside of it are kept apart by this (src/store/query/changes.rs). One row.
CREATE TABLE identity (
    id TEXT COLLATE "C" PRIMARY KEY
);
INSERT INTO identity (id) VALUES (gen_random_uuid()::text);
