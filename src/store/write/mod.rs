//! Writes: whole processes, their organisations and the change log, in one transaction.
//!
//! A process is written by removing all its rows and adding the new ones, so that there is one path for
//! new, changed and rebuilt processes, and no half-written process is ever visible. Every transaction
//! that writes a process or the row of a dataset appends to the change log ([`change_log`]); what reads it
//! (caches, subscriptions) therefore hears of every write, whichever program made it.

pub mod api_key;
mod cell;
pub mod change_log;
pub mod dataset;
pub mod deferred;
mod growth;
mod organization;
mod postgres;
pub mod retention;
mod rows;
mod session;
mod sqlite;
mod table;
mod transaction;

pub use change_log::{ChangeKind, Invalidated, NewChange};
pub use growth::Growth;
pub use rows::{ReleaseRow, Rows};
pub use session::Patience;
pub use transaction::{NamedReleases, StoredRelease, Transaction};

use std::cell::RefCell;

use zstd::bulk::Compressor;

use super::{Database, StoreError, database::Writer};

/// Refreshes the planner's statistics after a large write, and sorts the words it added into their indexes.
pub async fn analyze(database: &Database) -> Result<(), StoreError> {
    let done = match database.writer() {
        Writer::Postgres(pool, _) => postgres::analyze(pool).await,
        Writer::Sqlite(pool) => sqlite::analyze(pool).await,
    };
    done.map_err(|error| StoreError::from_sqlx(&error, database.timeout_ms()))
}

/// Compresses the JSON of a release for [`ReleaseRow::body`].
pub fn compress(json: &[u8]) -> Result<Vec<u8>, StoreError> {
    thread_local! {
        /// Making one takes longer than compressing a release.
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    let compressed = COMPRESSOR.with_borrow_mut(|made| {
        let compressor = match made {
            Some(compressor) => compressor,
            None => made.insert(Compressor::new(1)?),
        };
        compressor.compress(json)
    });
    compressed.map_err(|error| StoreError::Corrupt(format!("a release: {error}")))
}
