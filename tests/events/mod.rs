//! The change log, followed.

mod away;
mod order;
mod tail;
mod world;
