//! Jobs: what the server does by itself from time to time.
//!
//! Each looks at how things are and does what is missing, so that it does not matter how often it runs, on how
//! many nodes, or where it was interrupted. Whoever starts one owns its task.

pub mod retention;
