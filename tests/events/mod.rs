//! The change log, followed.

mod away;
mod order;
mod retention;
mod tail;
mod world;
