-- Entries of the change log up to this one were removed, and none behind it (src/store/write/retention.rs).
ALTER TABLE identity ADD COLUMN log_removed_through BIGINT NOT NULL DEFAULT 0;
