//! Subscriptions to changes, over the engine.

mod browser;
mod cursors;
mod killed;
mod order;
mod polling;
mod resolved;
mod sharing;
mod slow;
mod world;
