//! The store on both databases.

mod assam;
mod cancel;
mod change_log;
mod plans;
pub(crate) mod process;
mod recomputed;
mod retention;
mod timed;
