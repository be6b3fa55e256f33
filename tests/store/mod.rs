//! The store on both databases.

mod change_log;
mod process;
