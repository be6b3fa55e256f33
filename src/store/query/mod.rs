//! Reads, one file per aggregate. What a request asks often is constant SQL; pages with filters are built.
//!
//! Functions that serve batches take many keys and send one statement whatever their number.

pub mod dataset;
pub mod keys;
pub mod list;
pub mod organization;
pub mod process;
pub mod release;
pub mod totals;
