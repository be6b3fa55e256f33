//! By how much a dataset grows when processes are written: what saves counting it anew.

use super::{rows::Rows, transaction::Transaction};
use crate::{ocds::model::Process, store::StoreError};

/// By how much the counts of a dataset change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    pub(super) tally: Tally,
    pub(super) organizations: i64,
}

/// What a dataset counts of its processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) processes: i64,
    pub(super) releases: i64,
    pub(super) bids: i64,
    pub(super) awards: i64,
    pub(super) contracts: i64,
}

impl Growth {
    /// By how much a dataset grows when `rows` take the place of these stored processes, which are still
    /// there. Organisations stay, so that only those that are new count.
    pub async fn of(
        transaction: &mut Transaction,
        replaced: &[i64],
        rows: &Rows,
    ) -> Result<Self, StoreError> {
        let before = transaction.tally(replaced).await?;
        let named: Vec<i64> = rows.organizations.keys().copied().collect();
        let known = transaction.known_organizations(&named).await?;
        let organizations = count(named.len()) - count(known.len());
        Ok(Self { tally: rows.tally.less(before), organizations })
    }
}

impl Tally {
    pub(super) fn add(&mut self, process: &Process, releases: usize) {
        self.processes += 1;
        self.releases += count(releases);
        self.bids += count(process.bids.len());
        self.awards += count(process.awards.len());
        self.contracts += count(process.contracts.len());
    }

    fn less(self, other: Self) -> Self {
        Self {
            processes: self.processes - other.processes,
            releases: self.releases - other.releases,
            bids: self.bids - other.bids,
            awards: self.awards - other.awards,
            contracts: self.contracts - other.contracts,
        }
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
