//! Subscriptions to changes, over the engine.

mod cursors;
mod order;
mod polling;
mod sharing;
mod slow;
mod world;
