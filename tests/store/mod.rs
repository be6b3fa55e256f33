//! The store on both databases.

mod change_log;
pub(crate) mod process;
