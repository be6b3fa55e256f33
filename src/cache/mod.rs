//! Caching: what was read is kept, and never used once a write has touched it.
//!
//! Three levels share one rule of what counts ([`Ledger`]): values of rows and fields in this process (L1)
//! and in Redis (L2), and whole responses.

mod dependencies;
mod ledger;
pub mod response;
pub mod shared;
mod tag;

pub use dependencies::Dependencies;
pub use ledger::Ledger;
pub use tag::{Slot, Tag};
