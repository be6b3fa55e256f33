//! The change log: what was written, in the order of commits.
//!
//! A reader that has seen sequence N has seen every lower one. On SQLite this holds because there is one
//! writer. PostgreSQL hands out sequence numbers when a row is inserted, not when it is committed, so a
//! lower number could become visible after a higher one; appending therefore takes an advisory lock
//! that is held until the transaction ends (the server releases it after the commit is visible). It is
//! taken last, just before the commit, so that writers overlap in all but their last step.
//!
//! What must stay true: whatever changes what is served has an entry that names all it touches, in its own
//! transaction. Caches drop what they hold by nothing else. Only old entries are removed
//! ([`super::retention`]), the newest never: those who follow the log know by it where they are
//! ([`crate::store::query::changes`]).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{cell::Cell, rows::Rows, table::Table};

/// What happened, to a process or to a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ChangeKind {
    /// The process was not there before.
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
    /// Not a process but the dataset itself changed: what is said of its publisher, its counts, or all of it
    /// was removed. Its entries have process 0, which no process has, and no ocid.
    Dataset,
    /// Nothing changed that Farol knows of, but what caches hold of it is to be dropped: whoever runs the server
    /// wants it so. Its entries are for caches only.
    Invalidated,
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
            Self::Dataset => "dataset",
            Self::Invalidated => "invalidated",
        }
    }

    /// The kind of this name in the table; `None` for one that is not known.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [
            Self::Created,
            Self::Updated,
            Self::Awarded,
            Self::ContractSigned,
            Self::Cancelled,
            Self::Removed,
            Self::Dataset,
            Self::Invalidated,
        ];
        all.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// An entry to be appended.
#[derive(Clone, Debug)]
pub struct NewChange {
    /// What happened.
    pub kind: ChangeKind,
    /// The dataset's id.
    pub dataset: i64,
    /// The process's id; 0 where the dataset itself changed.
    pub process: i64,
    /// The process's ocid; empty where the dataset itself changed.
    pub ocid: String,
    /// The paths that changed; empty when everything did.
    pub paths: Vec<String>,
    /// What was touched besides the dataset's row: `process:ID`, `organization:ID` for each organisation
    /// that the process named before or names now, or `dataset:ID` for more than can be named.
    pub tags: Vec<String>,
}

/// What caches are to drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalidated {
    /// All that they hold.
    Everything,
    /// What was read of a process.
    Process {
        /// Its dataset.
        dataset: i64,
        /// Its id.
        process: i64,
        /// Its ocid.
        ocid: String,
    },
    /// What was read of an organisation, its lists and sums too.
    Organization(i64),
}

impl From<Invalidated> for NewChange {
    fn from(what: Invalidated) -> Self {
        let (dataset, process, ocid, tag) = match what {
            Invalidated::Everything => (0, 0, String::new(), "everything".to_owned()),
            Invalidated::Process { dataset, process, ocid } => {
                (dataset, process, ocid, format!("process:{process}"))
            }
            Invalidated::Organization(id) => (0, 0, String::new(), format!("organization:{id}")),
        };
        Self { kind: ChangeKind::Invalidated, dataset, process, ocid, paths: vec![], tags: vec![tag] }
    }
}

impl NewChange {
    /// A dataset's own row changed.
    pub(super) fn of_dataset(dataset: i64) -> Self {
        let (process, ocid, paths, tags) = (0, String::new(), vec![], vec![]);
        Self { kind: ChangeKind::Dataset, dataset, process, ocid, paths, tags }
    }

    /// A dataset is gone with everything in it.
    pub(super) fn of_whole_dataset(dataset: i64) -> Self {
        Self { tags: vec![format!("dataset:{dataset}")], ..Self::of_dataset(dataset) }
    }
}

/// Adds entries to the rows of a transaction.
pub(super) fn encode<'a>(
    rows: &mut Rows,
    at: DateTime<Utc>,
    changes: impl IntoIterator<Item = &'a NewChange>,
) {
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
