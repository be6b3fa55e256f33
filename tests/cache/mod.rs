//! Caches.

mod away;
mod redis;
