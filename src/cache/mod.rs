//! Caching: what was read is kept, and never used once a write has touched it.
//!
//! ```text
//! resolver → the request's own slots (loader) → memory (L1) → Redis (L2) → one SQL statement for what is left
//! ```
//!
//! A batch function of the loader is put behind the tiers by [`Cached`]; everything a resolver reads comes by
//! that one path. What counts is decided in one place, the [`Ledger`], for values in memory, in Redis and for
//! whole responses: a value is kept with what it depends on ([`Tag`]) and the sequence of the change log it
//! was read at, and is compared with the marks of writes each time it is used.
//!
//! Absent values are cached too (negative caching); errors are not.

mod bounded;
mod cached;
mod claims;
mod dependencies;
mod entry;
mod lease;
mod ledger;
mod memory;
pub mod policy;
mod record;
mod refresh;
#[cfg(test)]
mod resident;
pub mod response;
pub mod shared;
mod tag;
mod tiers;

pub use bounded::BoundedCache;
pub use cached::{Cached, Relation, StoredKey, Tagged};
pub use dependencies::Dependencies;
pub use entry::{Cacheable, Entry, Found, Tags, Tier};
pub use ledger::Ledger;
pub use tag::{Slot, Tag};
pub use tiers::{Capacity, Figures, Tiers};
