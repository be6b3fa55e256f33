//! The change log: what was written, in the order of commits.
//!
//! A reader that has seen sequence N has seen every lower one. On SQLite this holds because there is one
//! writer. PostgreSQL hands out sequence numbers when a row is inserted, not when it is committed, so a
//! lower number could become visible after a higher one; appending therefore takes an advisory lock
//! that is held until the transaction ends (the server releases it after the commit is visible). It is
//! taken last, just before the commit, so that writers overlap in all but their last step.

use chrono::{DateTime, Utc};

use super::{cell::Cell, rows::Rows, table::Table};
use crate::store::{Database, StoreError, database::first, entity::change, row::Row};

/// What happened to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It was not there before.
    Created,
    /// It changed in some other way.
    Updated,
    /// It has a new active award.
    Awarded,
    /// It has a newly signed contract.
    ContractSigned,
    /// Its tender was cancelled.
    Cancelled,
    /// It was removed.
    Removed,
}

impl ChangeKind {
    /// The name in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Awarded => "awarded",
            Self::ContractSigned => "contract_signed",
            Self::Cancelled => "cancelled",
            Self::Removed => "removed",
        }
    }
}

/// An entry to be appended.
#[derive(Clone, Debug)]
pub struct NewChange {
    /// What happened.
    pub kind: ChangeKind,
    /// The dataset's id.
    pub dataset: i64,
    /// The process's id.
    pub process: i64,
    /// The process's ocid.
    pub ocid: String,
    /// The paths that changed; empty when everything did.
    pub paths: Vec<String>,
    /// What depends on the process: `process:ID`, `organization:ID`, or `dataset:ID` for very many.
    pub tags: Vec<String>,
}

/// Adds entries to the rows of a transaction.
pub(super) fn encode(rows: &mut Rows, at: DateTime<Utc>, changes: &[NewChange]) {
    for change in changes {
        let paths = serde_json::to_string(&change.paths).unwrap_or_default();
        let tags = serde_json::to_string(&change.tags).unwrap_or_default();
        let row = [
            Cell::Time(at),
            Cell::Text(change.kind.as_str()),
            Cell::BigInt(change.dataset),
            Cell::BigInt(change.process),
            Cell::Text(&change.ocid),
            Cell::Text(&paths),
            Cell::Text(&tags),
        ];
        rows.add(Table::Changes, &row);
    }
}

/// The entries behind a sequence, in order, at most `limit`.
pub async fn after(database: &Database, sequence: i64, limit: u32) -> Result<Vec<change::Model>, StoreError> {
    let columns = change::Model::columns("t");
    let sql = format!("SELECT {columns} FROM changes t WHERE t.sequence > $1 ORDER BY t.sequence LIMIT $2");
    database.rows(&sql, [sequence.into(), i64::from(limit).into()]).await
}

/// The sequence of the newest entry; 0 when the log is empty.
pub async fn head(database: &Database) -> Result<i64, StoreError> {
    let newest = database.fetch("SELECT max(sequence) FROM changes", [], first::<Option<i64>>).await?;
    Ok(newest.first().copied().flatten().unwrap_or(0))
}
