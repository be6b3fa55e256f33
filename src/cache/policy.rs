//! How each kind of value is kept: the one table.

use std::time::Duration;

/// How values of a kind are kept. All of them are dropped by the writes that touch what they depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether Redis keeps them too.
    pub shared: bool,
    /// Whether what is asked for often is loaded anew before it is too old, so that nobody waits.
    pub early: bool,
    /// Whether of all nodes one loads while the others wait for it a while: for what costs the database far
    /// more than asking Redis twice.
    pub one_node: bool,
}

/// Rows by their ids, parts of the lists of a process, pages of the lists of an organisation.
pub const ROWS: Policy = Policy { shared: true, early: true, one_node: false };

/// What is computed over many rows: pages and lengths and sums of root lists, searches, `spending`, an
/// organisation's totals.
pub const FIELDS: Policy = Policy { shared: true, early: true, one_node: true };

/// The published JSON of releases: large, seldom asked for, and one row each.
pub const BODIES: Policy = Policy { shared: false, early: false, one_node: false };

/// How long values are kept at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// In the memory of a process.
    pub memory: Duration,
    /// In Redis.
    pub shared: Duration,
}

/// How long values are kept in memory by default, in seconds.
pub const LIFETIME_SECONDS: u64 = 300;

impl Default for Lifetimes {
    fn default() -> Self {
        Self { memory: Duration::from_secs(LIFETIME_SECONDS), shared: Duration::from_hours(1) }
    }
}
