//! The tables, one per file: the shape of a row and its columns.
//!
//! Rows are read by position through [`crate::store::row::Row`], never by SeaORM's own finders: on
//! SQLite times and amounts are encoded (see [`crate::store::row::Cell`]). The order of the fields is
//! the order of the columns in every `SELECT`.
//! Rows are never sent to clients: the views in `graphql` decide what is shown.

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
