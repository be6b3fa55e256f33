-- Text is compared by code point (SQLite's default), so that both databases order alike.
-- Times are milliseconds since 1970 in UTC; amounts are texts that order as their numbers do (src/store/amount.rs).
-- Ids are derived from the data (see src/store/id.rs): the same in every database and after every import.
-- The rows of a process are written and removed only together (src/store/write): no foreign keys from them.

CREATE TABLE datasets (
    id                 INTEGER PRIMARY KEY,
    name               TEXT NOT NULL UNIQUE,
    publisher_name     TEXT,
    publisher_uri      TEXT,
    license            TEXT,
    publication_policy TEXT,
    published          INTEGER,
    first_date         INTEGER,
    last_date          INTEGER,
    processes          INTEGER NOT NULL DEFAULT 0,
    releases           INTEGER NOT NULL DEFAULT 0,
    organizations      INTEGER NOT NULL DEFAULT 0,
    bids               INTEGER NOT NULL DEFAULT 0,
    awards             INTEGER NOT NULL DEFAULT 0,
    contracts          INTEGER NOT NULL DEFAULT 0,
    last_import        INTEGER
);

-- The hot row of a process: what lists show and filter by. The rest is in process_details.
CREATE TABLE processes (
    id                    INTEGER PRIMARY KEY,
    dataset_id            INTEGER NOT NULL REFERENCES datasets (id),
    ocid                  TEXT NOT NULL,
    date                  INTEGER,
    initiation_type       TEXT,
    language              TEXT,
    buyer_id              INTEGER,
    procuring_entity_id   INTEGER,
    tender_local_id       TEXT,
    title                 TEXT,
    status                TEXT,
    status_text           TEXT,
    method                TEXT,
    method_text           TEXT,
    method_details        TEXT,
    category              TEXT,
    category_text         TEXT,
    value_amount          TEXT,
    value_currency        TEXT,
    date_published        INTEGER,
    tender_start          INTEGER,
    tender_end            INTEGER,
    tender_max_extent     INTEGER,
    tender_days           INTEGER,
    number_of_tenderers   INTEGER,
    party_count           INTEGER NOT NULL,
    tenderer_count        INTEGER NOT NULL,
    item_count            INTEGER NOT NULL,
    document_count        INTEGER NOT NULL,
    bid_count             INTEGER NOT NULL,
    award_count           INTEGER NOT NULL,
    contract_count        INTEGER NOT NULL,
    release_count         INTEGER NOT NULL
);
CREATE INDEX processes_ocid ON processes (ocid, id);
CREATE UNIQUE INDEX processes_dataset_ocid ON processes (dataset_id, ocid);
CREATE INDEX processes_date ON processes (date, id);
CREATE INDEX processes_dataset_date ON processes (dataset_id, date, id);
CREATE INDEX processes_buyer_date ON processes (buyer_id, date, id);
CREATE INDEX processes_status_date ON processes (status, date, id);
CREATE INDEX processes_method_date ON processes (method, date, id);
CREATE INDEX processes_category_date ON processes (category, date, id);
CREATE INDEX processes_open ON processes (date, id) WHERE status = 'active';

-- Long texts, JSON and rarely read columns of a process: one row each.
CREATE TABLE process_details (
    process_id                INTEGER PRIMARY KEY,
    description               TEXT,
    status_details            TEXT,
    method_rationale          TEXT,
    additional_categories     TEXT,
    award_criteria            TEXT,
    award_criteria_details    TEXT,
    eligibility_criteria      TEXT,
    submission_methods        TEXT,
    submission_method_details TEXT,
    min_value_amount          TEXT,
    min_value_currency        TEXT,
    enquiry_start             INTEGER,
    enquiry_end               INTEGER,
    enquiry_max_extent        INTEGER,
    enquiry_days              INTEGER,
    award_start               INTEGER,
    award_end                 INTEGER,
    award_max_extent          INTEGER,
    award_days                INTEGER,
    contract_start            INTEGER,
    contract_end              INTEGER,
    contract_max_extent       INTEGER,
    contract_days             INTEGER,
    planning                  TEXT,
    milestones                TEXT,
    amendments                TEXT,
    lots                      TEXT,
    bid_statistics            TEXT,
    related_processes         TEXT
);

-- `completeness` ranks the mentions of an organisation: the greatest one is kept (src/store/write/organization.rs).
CREATE TABLE organizations (
    id                     INTEGER PRIMARY KEY,
    dataset_id             INTEGER NOT NULL REFERENCES datasets (id),
    name                   TEXT,
    local_id               TEXT,
    identifier_scheme      TEXT,
    identifier_id          TEXT,
    identifier_legal_name  TEXT,
    identifier_uri         TEXT,
    additional_identifiers TEXT,
    street                 TEXT,
    locality               TEXT,
    region                 TEXT,
    postal_code            TEXT,
    country                TEXT,
    contact_name           TEXT,
    contact_email          TEXT,
    contact_telephone      TEXT,
    contact_fax            TEXT,
    contact_url            TEXT,
    completeness           TEXT NOT NULL
);
CREATE INDEX organizations_name ON organizations (name, id);
CREATE INDEX organizations_dataset_name ON organizations (dataset_id, name, id);

-- Lists of a process are keyed by (parent, position), counted from 0 without gaps: a page is a range.

-- `roles` is a set of bits, in the order of the codelist (src/ocds/codelist.rs).
CREATE TABLE parties (
    process_id      INTEGER NOT NULL,
    position        INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    roles           INTEGER NOT NULL,
    other_roles     TEXT,
    PRIMARY KEY (process_id, position)
) WITHOUT ROWID;

CREATE TABLE tenderers (
    process_id      INTEGER NOT NULL,
    position        INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    PRIMARY KEY (process_id, position)
) WITHOUT ROWID;

CREATE TABLE bids (
    process_id     INTEGER NOT NULL,
    position       INTEGER NOT NULL,
    id             INTEGER NOT NULL,
    local_id       TEXT,
    date           INTEGER,
    status         TEXT,
    status_text    TEXT,
    status_details TEXT,
    value_amount   TEXT,
    value_currency TEXT,
    document_count INTEGER NOT NULL,
    PRIMARY KEY (process_id, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX bids_id ON bids (id);

CREATE TABLE bid_tenderers (
    bid_id          INTEGER NOT NULL,
    position        INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    PRIMARY KEY (bid_id, position)
) WITHOUT ROWID;

CREATE TABLE awards (
    process_id          INTEGER NOT NULL,
    position            INTEGER NOT NULL,
    id                  INTEGER NOT NULL,
    local_id            TEXT,
    title               TEXT,
    description         TEXT,
    status              TEXT,
    status_text         TEXT,
    status_details      TEXT,
    date                INTEGER,
    value_amount        TEXT,
    value_currency      TEXT,
    contract_start      INTEGER,
    contract_end        INTEGER,
    contract_max_extent INTEGER,
    contract_days       INTEGER,
    related_bids        TEXT,
    amendments          TEXT,
    item_count          INTEGER NOT NULL,
    document_count      INTEGER NOT NULL,
    PRIMARY KEY (process_id, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX awards_id ON awards (id);

CREATE TABLE award_suppliers (
    award_id        INTEGER NOT NULL,
    position        INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    PRIMARY KEY (award_id, position)
) WITHOUT ROWID;

CREATE TABLE contracts (
    process_id        INTEGER NOT NULL,
    position          INTEGER NOT NULL,
    id                INTEGER NOT NULL,
    local_id          TEXT,
    award_id          INTEGER,
    award_local_id    TEXT,
    title             TEXT,
    description       TEXT,
    status            TEXT,
    status_text       TEXT,
    status_details    TEXT,
    value_amount      TEXT,
    value_currency    TEXT,
    date_signed       INTEGER,
    period_start      INTEGER,
    period_end        INTEGER,
    period_max_extent INTEGER,
    period_days       INTEGER,
    milestones        TEXT,
    amendments        TEXT,
    item_count        INTEGER NOT NULL,
    document_count    INTEGER NOT NULL,
    transaction_count INTEGER NOT NULL,
    PRIMARY KEY (process_id, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX contracts_id ON contracts (id);

-- `parent_id` is the process for the items of its tender, else the award or the contract.
CREATE TABLE items (
    parent_id                  INTEGER NOT NULL,
    position                   INTEGER NOT NULL,
    id                         INTEGER NOT NULL,
    local_id                   TEXT,
    description                TEXT,
    classification_scheme      TEXT,
    classification_id          TEXT,
    classification_description TEXT,
    quantity                   TEXT,
    unit_name                  TEXT,
    unit_value_amount          TEXT,
    unit_value_currency        TEXT,
    PRIMARY KEY (parent_id, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX items_id ON items (id);

-- `parent_id` is the process for documents of planning and tender, else the bid, award or contract.
CREATE TABLE documents (
    parent_id      INTEGER NOT NULL,
    position       INTEGER NOT NULL,
    id             INTEGER NOT NULL,
    stage          TEXT NOT NULL,
    local_id       TEXT,
    document_type  TEXT,
    title          TEXT,
    description    TEXT,
    url            TEXT,
    date_published INTEGER,
    date_modified  INTEGER,
    format         TEXT,
    language       TEXT,
    PRIMARY KEY (parent_id, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX documents_id ON documents (id);

CREATE TABLE transactions (
    contract_id    INTEGER NOT NULL,
    position       INTEGER NOT NULL,
    id             INTEGER NOT NULL,
    local_id       TEXT,
    source         TEXT,
    date           INTEGER,
    value_amount   TEXT,
    value_currency TEXT,
    payer_id       INTEGER,
    payee_id       INTEGER,
    uri            TEXT,
    PRIMARY KEY (contract_id, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX transactions_id ON transactions (id);

-- Each release as published; `body` is its JSON, compressed with Zstandard.
CREATE TABLE releases (
    process_id INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    local_id   TEXT,
    date       INTEGER,
    tags       TEXT,
    body       BLOB NOT NULL,
    PRIMARY KEY (process_id, position)
);
CREATE UNIQUE INDEX releases_id ON releases (id);

-- The change log: appended in the transaction of the write, in the order of commits.
CREATE TABLE changes (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    dataset_id INTEGER NOT NULL,
    process_id INTEGER NOT NULL,
    ocid       TEXT NOT NULL,
    paths      TEXT NOT NULL,
    tags       TEXT NOT NULL
);
