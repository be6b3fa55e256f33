//! The change log, followed.

mod away;
mod faults;
mod figures;
mod nodes;
mod order;
mod relay;
mod retention;
mod stream;
mod tail;
mod world;
