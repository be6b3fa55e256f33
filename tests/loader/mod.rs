//! The batching engine, told by what batch functions see and what loads answer.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

pub(crate) mod adapters;
mod alike;
mod drive;
mod gather;
mod merge;
mod schedules;
mod script;
mod trees;
