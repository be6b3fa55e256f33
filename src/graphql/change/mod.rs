//! Changes of contracting processes: what the change log says of them, to those who poll and to those who
//! subscribe.

mod log;
mod query;
mod subscription;

pub(super) use log::{Log, LogName, encode};
pub(super) use query::{ProcessChangeConnection, page};
pub(super) use subscription::{Batch, Missed, Policy, Subscription, Turn, Wish};

use std::sync::Arc;

use async_graphql::{Context, Enum, Object};

use super::{
    dataset::{self, Dataset},
    error::Nullable,
    process::{self, ContractingProcess},
    scalars::DateTime,
};
use crate::store::{
    query::changes::{ChangedProcess, Entry},
    write,
};

/// One change of one process.
#[derive(Clone)]
pub(super) struct ProcessChange {
    pub(super) log: LogName,
    pub(super) entry: Arc<Entry>,
}

/// What happened to a process. Of several things the weightiest is told: `CANCELLED`, then
/// `CONTRACT_SIGNED`, then `AWARDED`.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(name = "ChangeKind")]
pub(super) enum Kind {
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

impl From<write::ChangeKind> for Kind {
    fn from(kind: write::ChangeKind) -> Self {
        match kind {
            write::ChangeKind::Created => Self::Created,
            // The entries of datasets, and those for caches, are no changes of processes: they are never shown.
            write::ChangeKind::Updated | write::ChangeKind::Dataset | write::ChangeKind::Invalidated => {
                Self::Updated
            }
            write::ChangeKind::Awarded => Self::Awarded,
            write::ChangeKind::ContractSigned => Self::ContractSigned,
            write::ChangeKind::Cancelled => Self::Cancelled,
            write::ChangeKind::Removed => Self::Removed,
        }
    }
}

impl ProcessChange {
    fn changed(&self) -> Option<&ChangedProcess> {
        self.entry.process.as_ref()
    }
}

/// One change of one contracting process, as it was committed.
#[Object]
impl ProcessChange {
    /// Where the change stands: the value for `after` to go on behind it.
    async fn cursor(&self) -> String {
        encode(&self.log, self.entry.sequence)
    }

    /// When it was committed, by the clock of whoever did.
    async fn at(&self) -> DateTime {
        DateTime(self.entry.at)
    }

    /// What happened.
    async fn kind(&self) -> Kind {
        self.changed().map_or(Kind::Updated, |process| process.kind.into())
    }

    /// The open contracting id of the process.
    async fn ocid(&self) -> &str {
        self.changed().map_or("", |process| &process.ocid)
    }

    /// The paths of what changed, as they are called in the process's compiled release, such as
    /// `awards/0/status`. Empty when all of it did.
    async fn paths(&self) -> &[String] {
        self.changed().map_or(&[], |process| &process.paths)
    }

    /// The dataset of the process. Null when it is gone, or could not be read.
    async fn dataset(&self, ctx: &Context<'_>) -> Nullable<Dataset> {
        dataset::by_id(ctx, self.entry.dataset).await
    }

    /// The process as it is now: at least as new as this change, and newer when it has changed again. Null when
    /// it is gone, or could not be read.
    async fn process(&self, ctx: &Context<'_>) -> Nullable<ContractingProcess> {
        process::by_id(ctx, self.changed()?.id).await
    }
}
