-- Text is compared by code point (COLLATE "C"), so that both databases order alike.
-- Ids are derived from the data (see src/store/id.rs): the same in every database and after every import.
-- The rows of a process are written and removed only together (src/store/write): no foreign keys from them.

CREATE TABLE datasets (
    id                 BIGINT PRIMARY KEY,
    name               TEXT COLLATE "C" NOT NULL UNIQUE,
    publisher_name     TEXT COLLATE "C",
    publisher_uri      TEXT COLLATE "C",
    license            TEXT COLLATE "C",
    publication_policy TEXT COLLATE "C",
    published          TIMESTAMPTZ,
    first_date         TIMESTAMPTZ,
    last_date          TIMESTAMPTZ,
    processes          BIGINT NOT NULL DEFAULT 0,
    releases           BIGINT NOT NULL DEFAULT 0,
    organizations      BIGINT NOT NULL DEFAULT 0,
    bids               BIGINT NOT NULL DEFAULT 0,
    awards             BIGINT NOT NULL DEFAULT 0,
    contracts          BIGINT NOT NULL DEFAULT 0,
    last_import        TIMESTAMPTZ
);

-- The hot row of a process: what lists show and filter by. The rest is in process_details.
CREATE TABLE processes (
    id                    BIGINT PRIMARY KEY,
    dataset_id            BIGINT NOT NULL REFERENCES datasets (id),
    ocid                  TEXT COLLATE "C" NOT NULL,
    date                  TIMESTAMPTZ,
    initiation_type       TEXT COLLATE "C",
    language              TEXT COLLATE "C",
    buyer_id              BIGINT,
    procuring_entity_id   BIGINT,
    tender_local_id       TEXT COLLATE "C",
    title                 TEXT COLLATE "C",
    status                TEXT COLLATE "C",
    status_text           TEXT COLLATE "C",
    method                TEXT COLLATE "C",
    method_text           TEXT COLLATE "C",
    method_details        TEXT COLLATE "C",
    category              TEXT COLLATE "C",
    category_text         TEXT COLLATE "C",
    value_amount          NUMERIC,
    value_currency        TEXT COLLATE "C",
    date_published        TIMESTAMPTZ,
    tender_start          TIMESTAMPTZ,
    tender_end            TIMESTAMPTZ,
    tender_max_extent     TIMESTAMPTZ,
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
    process_id                BIGINT PRIMARY KEY,
    description               TEXT COLLATE "C",
    status_details            TEXT COLLATE "C",
    method_rationale          TEXT COLLATE "C",
    additional_categories     TEXT COLLATE "C",
    award_criteria            TEXT COLLATE "C",
    award_criteria_details    TEXT COLLATE "C",
    eligibility_criteria      TEXT COLLATE "C",
    submission_methods        TEXT COLLATE "C",
    submission_method_details TEXT COLLATE "C",
    min_value_amount          NUMERIC,
    min_value_currency        TEXT COLLATE "C",
    enquiry_start             TIMESTAMPTZ,
    enquiry_end               TIMESTAMPTZ,
    enquiry_max_extent        TIMESTAMPTZ,
    enquiry_days              INTEGER,
    award_start               TIMESTAMPTZ,
    award_end                 TIMESTAMPTZ,
    award_max_extent          TIMESTAMPTZ,
    award_days                INTEGER,
    contract_start            TIMESTAMPTZ,
    contract_end              TIMESTAMPTZ,
    contract_max_extent       TIMESTAMPTZ,
    contract_days             INTEGER,
    planning                  TEXT COLLATE "C",
    milestones                TEXT COLLATE "C",
    amendments                TEXT COLLATE "C",
    lots                      TEXT COLLATE "C",
    bid_statistics            TEXT COLLATE "C",
    related_processes         TEXT COLLATE "C"
);

-- `completeness` ranks the mentions of an organisation: the greatest one is kept (src/store/write/organization.rs).
CREATE TABLE organizations (
    id                     BIGINT PRIMARY KEY,
    dataset_id             BIGINT NOT NULL REFERENCES datasets (id),
    name                   TEXT COLLATE "C",
    local_id               TEXT COLLATE "C",
    identifier_scheme      TEXT COLLATE "C",
    identifier_id          TEXT COLLATE "C",
    identifier_legal_name  TEXT COLLATE "C",
    identifier_uri         TEXT COLLATE "C",
    additional_identifiers TEXT COLLATE "C",
    street                 TEXT COLLATE "C",
    locality               TEXT COLLATE "C",
    region                 TEXT COLLATE "C",
    postal_code            TEXT COLLATE "C",
    country                TEXT COLLATE "C",
    contact_name           TEXT COLLATE "C",
    contact_email          TEXT COLLATE "C",
    contact_telephone      TEXT COLLATE "C",
    contact_fax            TEXT COLLATE "C",
    contact_url            TEXT COLLATE "C",
    completeness           TEXT COLLATE "C" NOT NULL
);
CREATE INDEX organizations_name ON organizations (name, id);
CREATE INDEX organizations_dataset_name ON organizations (dataset_id, name, id);

-- Lists of a process are keyed by (parent, position), counted from 0 without gaps: a page is a range.

-- `roles` is a set of bits, in the order of the codelist (src/ocds/codelist.rs).
CREATE TABLE parties (
    process_id      BIGINT NOT NULL,
    position        INTEGER NOT NULL,
    organization_id BIGINT NOT NULL,
    roles           INTEGER NOT NULL,
    other_roles     TEXT COLLATE "C",
    PRIMARY KEY (process_id, position)
);

CREATE TABLE tenderers (
    process_id      BIGINT NOT NULL,
    position        INTEGER NOT NULL,
    organization_id BIGINT NOT NULL,
    PRIMARY KEY (process_id, position)
);

CREATE TABLE bids (
    process_id     BIGINT NOT NULL,
    position       INTEGER NOT NULL,
    id             BIGINT NOT NULL,
    local_id       TEXT COLLATE "C",
    date           TIMESTAMPTZ,
    status         TEXT COLLATE "C",
    status_text    TEXT COLLATE "C",
    status_details TEXT COLLATE "C",
    value_amount   NUMERIC,
    value_currency TEXT COLLATE "C",
    document_count INTEGER NOT NULL,
    PRIMARY KEY (process_id, position)
);
CREATE UNIQUE INDEX bids_id ON bids (id);

CREATE TABLE bid_tenderers (
    bid_id          BIGINT NOT NULL,
    position        INTEGER NOT NULL,
    organization_id BIGINT NOT NULL,
    PRIMARY KEY (bid_id, position)
);

CREATE TABLE awards (
    process_id          BIGINT NOT NULL,
    position            INTEGER NOT NULL,
    id                  BIGINT NOT NULL,
    local_id            TEXT COLLATE "C",
    title               TEXT COLLATE "C",
    description         TEXT COLLATE "C",
    status              TEXT COLLATE "C",
    status_text         TEXT COLLATE "C",
    status_details      TEXT COLLATE "C",
    date                TIMESTAMPTZ,
    value_amount        NUMERIC,
    value_currency      TEXT COLLATE "C",
    contract_start      TIMESTAMPTZ,
    contract_end        TIMESTAMPTZ,
    contract_max_extent TIMESTAMPTZ,
    contract_days       INTEGER,
    related_bids        TEXT COLLATE "C",
    amendments          TEXT COLLATE "C",
    item_count          INTEGER NOT NULL,
    document_count      INTEGER NOT NULL,
    PRIMARY KEY (process_id, position)
);
CREATE UNIQUE INDEX awards_id ON awards (id);

CREATE TABLE award_suppliers (
    award_id        BIGINT NOT NULL,
    position        INTEGER NOT NULL,
    organization_id BIGINT NOT NULL,
    PRIMARY KEY (award_id, position)
);

CREATE TABLE contracts (
    process_id        BIGINT NOT NULL,
    position          INTEGER NOT NULL,
    id                BIGINT NOT NULL,
    local_id          TEXT COLLATE "C",
    award_id          BIGINT,
    award_local_id    TEXT COLLATE "C",
    title             TEXT COLLATE "C",
    description       TEXT COLLATE "C",
    status            TEXT COLLATE "C",
    status_text       TEXT COLLATE "C",
    status_details    TEXT COLLATE "C",
    value_amount      NUMERIC,
    value_currency    TEXT COLLATE "C",
    date_signed       TIMESTAMPTZ,
    period_start      TIMESTAMPTZ,
    period_end        TIMESTAMPTZ,
    period_max_extent TIMESTAMPTZ,
    period_days       INTEGER,
    milestones        TEXT COLLATE "C",
    amendments        TEXT COLLATE "C",
    item_count        INTEGER NOT NULL,
    document_count    INTEGER NOT NULL,
    transaction_count INTEGER NOT NULL,
    PRIMARY KEY (process_id, position)
);
CREATE UNIQUE INDEX contracts_id ON contracts (id);

-- `parent_id` is the process for the items of its tender, else the award or the contract.
CREATE TABLE items (
    parent_id                  BIGINT NOT NULL,
    position                   INTEGER NOT NULL,
    id                         BIGINT NOT NULL,
    local_id                   TEXT COLLATE "C",
    description                TEXT COLLATE "C",
    classification_scheme      TEXT COLLATE "C",
    classification_id          TEXT COLLATE "C",
    classification_description TEXT COLLATE "C",
    quantity                   NUMERIC,
    unit_name                  TEXT COLLATE "C",
    unit_value_amount          NUMERIC,
    unit_value_currency        TEXT COLLATE "C",
    PRIMARY KEY (parent_id, position)
);
CREATE UNIQUE INDEX items_id ON items (id);

-- `parent_id` is the process for documents of planning and tender, else the bid, award or contract.
CREATE TABLE documents (
    parent_id      BIGINT NOT NULL,
    position       INTEGER NOT NULL,
    id             BIGINT NOT NULL,
    stage          TEXT COLLATE "C" NOT NULL,
    local_id       TEXT COLLATE "C",
    document_type  TEXT COLLATE "C",
    title          TEXT COLLATE "C",
    description    TEXT COLLATE "C",
    url            TEXT COLLATE "C",
    date_published TIMESTAMPTZ,
    date_modified  TIMESTAMPTZ,
    format         TEXT COLLATE "C",
    language       TEXT COLLATE "C",
    PRIMARY KEY (parent_id, position)
);
CREATE UNIQUE INDEX documents_id ON documents (id);

CREATE TABLE transactions (
    contract_id    BIGINT NOT NULL,
    position       INTEGER NOT NULL,
    id             BIGINT NOT NULL,
    local_id       TEXT COLLATE "C",
    source         TEXT COLLATE "C",
    date           TIMESTAMPTZ,
    value_amount   NUMERIC,
    value_currency TEXT COLLATE "C",
    payer_id       BIGINT,
    payee_id       BIGINT,
    uri            TEXT COLLATE "C",
    PRIMARY KEY (contract_id, position)
);
CREATE UNIQUE INDEX transactions_id ON transactions (id);

-- Each release as published; `body` is its JSON, compressed with Zstandard.
CREATE TABLE releases (
    process_id BIGINT NOT NULL,
    position   INTEGER NOT NULL,
    id         BIGINT NOT NULL,
    local_id   TEXT COLLATE "C",
    date       TIMESTAMPTZ,
    tags       TEXT COLLATE "C",
    body       BYTEA NOT NULL,
    PRIMARY KEY (process_id, position)
);
CREATE UNIQUE INDEX releases_id ON releases (id);
ALTER TABLE releases ALTER COLUMN body SET STORAGE EXTERNAL;

-- The change log: appended in the transaction of the write, in the order of commits.
CREATE TABLE changes (
    sequence   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         TIMESTAMPTZ NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    dataset_id BIGINT NOT NULL,
    process_id BIGINT NOT NULL,
    ocid       TEXT COLLATE "C" NOT NULL,
    paths      TEXT COLLATE "C" NOT NULL,
    tags       TEXT COLLATE "C" NOT NULL
);
