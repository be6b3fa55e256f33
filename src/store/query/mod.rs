//! Reads, one file per aggregate. What a request asks often is constant SQL; pages with filters are built:
//! [`filter`] turns a tree of terms into a condition, [`collection`] reads the pages of every list. [`verdict`]
//! judges one process by the same tree in memory, from its row and what [`facts`] reads.
//!
//! Functions that serve batches take many keys and send one statement whatever their number.

pub mod api_key;
pub mod award;
pub mod bid;
pub mod by_id;
pub mod changes;
pub mod collection;
pub mod contract;
pub mod dataset;
pub mod dealings;
pub mod facts;
pub mod filter;
pub mod item;
pub mod keys;
pub mod list;
pub mod organization;
pub mod owned;
pub mod process;
pub mod release;
pub mod spending;
pub mod totals;
pub mod verdict;
pub mod walk;
