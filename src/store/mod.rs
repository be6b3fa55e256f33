//! The database: tables, reads and writes. The only module that names `sea_orm` and `sqlx`.
//!
//! In reading order: [`entity`] has the tables; [`query`] reads them, [`write`](mod@write) writes whole
//! processes and the change log in one transaction; [`page`] turns keyset pages into conditions, [`words`]
//! reads texts for search; `database` and `readers` have the connections, `control` ends what nobody waits
//! for, [`notify`] tells at once of what was appended to the change log.
//! Both databases give the same rows in the same order: text by code point, nulls last, times in UTC,
//! amounts exact.

pub mod amount;
mod cells;
mod control;
mod database;
pub mod entity;
mod error;
pub mod id;
pub mod migrate;
pub mod notify;
pub mod page;
pub mod query;
mod readers;
pub mod row;
pub mod words;
pub mod write;

pub use database::{Database, Options};
pub use error::StoreError;
pub use sea_orm::DbBackend as Backend;
