//! The caches by themselves: what counts, what is loaded how often, and what no order of events can do.

mod interleavings;
mod tiers;
mod world;
