//! The store on both databases.

mod assam;
mod cancel;
mod change_log;
mod plans;
mod process;
mod recomputed;
