//! The caches by themselves: what counts, what is loaded how often, and what no order of events can do.

mod away;
mod interleavings;
mod redis;
mod tiers;
pub(crate) mod world;
