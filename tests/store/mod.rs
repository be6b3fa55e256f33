//! The store on both databases.

mod assam;
mod change_log;
mod plans;
mod process;
mod recomputed;
