//! Caches.

mod redis;
