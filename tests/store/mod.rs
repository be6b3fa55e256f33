//! The store on both databases.

mod cancel;
mod change_log;
mod process;
