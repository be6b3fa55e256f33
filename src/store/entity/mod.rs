//! The tables, one per file: the columns of a row, in the order of every `SELECT`.
//!
//! A table is described once, by the macro `table!`; its rows are bytes
//! ([`crate::store::row`]). Rows are never sent to clients: the views in `graphql` decide what is shown.

#![expect(missing_docs, reason = "columns are named by the standard and described by the views in graphql")]

pub mod api_key;
pub mod award;
pub mod award_supplier;
pub mod bid;
pub mod bid_tenderer;
pub mod change;
pub mod contract;
pub mod contract_supplier;
pub mod dataset;
pub mod document;
pub mod item;
pub mod organization;
pub mod party;
pub mod process;
pub mod process_details;
pub mod release;
pub mod tenderer;
pub mod transaction;

use crate::store::row::{Record, Table};

/// Every table, each at its number. The numbers are in the bytes of rows, and so in Redis.
pub static TABLES: [&Table; 17] = [
    process::Model::TABLE,
    process_details::Model::TABLE,
    organization::Model::TABLE,
    party::Model::TABLE,
    tenderer::Model::TABLE,
    bid::Model::TABLE,
    bid_tenderer::Model::TABLE,
    award::Model::TABLE,
    award_supplier::Model::TABLE,
    contract::Model::TABLE,
    contract_supplier::Model::TABLE,
    item::Model::TABLE,
    document::Model::TABLE,
    transaction::Model::TABLE,
    release::Model::TABLE,
    change::Model::TABLE,
    dataset::Model::TABLE,
];
