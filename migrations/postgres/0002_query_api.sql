-- What filters, orders, search and totals need. Rows imported before have none of it until
-- `farol rebuild` has compiled them anew.

-- The migration whose columns all rows of a dataset were compiled for (src/store/write/dataset.rs).
ALTER TABLE datasets ADD COLUMN compiled_for INTEGER NOT NULL DEFAULT 1;

-- `title_key`, `description_key`, `name_key`: where a text stands in an order (src/store/words.rs).
ALTER TABLE processes ADD COLUMN title_key TEXT COLLATE "C";
CREATE INDEX processes_title ON processes (title_key, id);
CREATE INDEX processes_bids ON processes (bid_count, id);
CREATE INDEX processes_value ON processes (value_currency, value_amount, id) WHERE value_amount IS NOT NULL;
CREATE INDEX processes_procuring_entity_date ON processes (procuring_entity_id, date, id);
CREATE INDEX processes_tender_start ON processes (tender_start, id);
CREATE INDEX processes_tender_end ON processes (tender_end, id);

ALTER TABLE organizations ADD COLUMN name_key TEXT COLLATE "C";
ALTER TABLE organizations ADD COLUMN terms TSVECTOR;
DROP INDEX organizations_name;
DROP INDEX organizations_dataset_name;
-- An organisation is written anew by any mention that comes now.
UPDATE organizations SET completeness = '';
CREATE INDEX organizations_name ON organizations (name_key, id);
CREATE INDEX organizations_dataset_name ON organizations (dataset_id, name_key, id);
CREATE INDEX organizations_terms ON organizations USING gin (terms);

-- Bids, awards, contracts and items are lists of their own too: each knows its dataset.
ALTER TABLE bids ADD COLUMN dataset_id BIGINT NOT NULL DEFAULT 0;
CREATE INDEX bids_date ON bids (date, id);
CREATE INDEX bids_dataset_date ON bids (dataset_id, date, id);
CREATE INDEX bids_status_date ON bids (status, date, id);
CREATE INDEX bids_value ON bids (value_currency, value_amount, id) WHERE value_amount IS NOT NULL;

ALTER TABLE awards ADD COLUMN dataset_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE awards ADD COLUMN title_key TEXT COLLATE "C";
CREATE INDEX awards_date ON awards (date, id);
CREATE INDEX awards_dataset_date ON awards (dataset_id, date, id);
CREATE INDEX awards_status_date ON awards (status, date, id);
CREATE INDEX awards_title ON awards (title_key, id);
CREATE INDEX awards_value ON awards (value_currency, value_amount, id) WHERE value_amount IS NOT NULL;

ALTER TABLE contracts ADD COLUMN dataset_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE contracts ADD COLUMN title_key TEXT COLLATE "C";
CREATE INDEX contracts_date ON contracts (date_signed, id);
CREATE INDEX contracts_dataset_date ON contracts (dataset_id, date_signed, id);
CREATE INDEX contracts_status_date ON contracts (status, date_signed, id);
CREATE INDEX contracts_title ON contracts (title_key, id);
CREATE INDEX contracts_value ON contracts (value_currency, value_amount, id) WHERE value_amount IS NOT NULL;

-- `date` is that of the process.
ALTER TABLE items ADD COLUMN process_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN dataset_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN date TIMESTAMPTZ;
ALTER TABLE items ADD COLUMN description_key TEXT COLLATE "C";
CREATE INDEX items_date ON items (date, id);
CREATE INDEX items_dataset_date ON items (dataset_id, date, id);
CREATE INDEX items_description ON items (description_key, id);
CREATE INDEX items_classification ON items (classification_id, process_id);
CREATE INDEX items_process ON items (process_id);
CREATE INDEX items_value ON items (unit_value_currency, unit_value_amount, id) WHERE unit_value_amount IS NOT NULL;

-- An organisation's bids, awards and contracts by date are a range of one index: `date` is that of the
-- bid, award or contract.
ALTER TABLE bid_tenderers ADD COLUMN process_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bid_tenderers ADD COLUMN date TIMESTAMPTZ;
CREATE INDEX bid_tenderers_organization ON bid_tenderers (organization_id, date, bid_id);

ALTER TABLE award_suppliers ADD COLUMN process_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE award_suppliers ADD COLUMN date TIMESTAMPTZ;
CREATE INDEX award_suppliers_organization ON award_suppliers (organization_id, date, award_id);

-- The suppliers of a contract are those of its award.
CREATE TABLE contract_suppliers (
    contract_id     BIGINT NOT NULL,
    position        INTEGER NOT NULL,
    organization_id BIGINT NOT NULL,
    process_id      BIGINT NOT NULL,
    date            TIMESTAMPTZ,
    PRIMARY KEY (contract_id, position)
);
CREATE INDEX contract_suppliers_organization ON contract_suppliers (organization_id, date, contract_id);

CREATE INDEX tenderers_organization ON tenderers (organization_id, process_id);

-- The words of a process's and of an item's texts. New words gather in a list of the index, which an
-- import empties when it is done.
CREATE TABLE process_search (
    process_id BIGINT PRIMARY KEY,
    terms      TSVECTOR NOT NULL
);
CREATE INDEX process_search_terms ON process_search USING gin (terms) WITH (gin_pending_list_limit = 65536);

CREATE TABLE item_search (
    item_id BIGINT PRIMARY KEY,
    terms   TSVECTOR NOT NULL
);
CREATE INDEX item_search_terms ON item_search USING gin (terms) WITH (gin_pending_list_limit = 65536);

-- Indexes that an import has put off: whoever opens the database next builds them (src/store/write/deferred).
CREATE TABLE deferred (
    position   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    definition TEXT NOT NULL
);
