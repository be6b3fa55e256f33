//! What the subscriptions of a process did.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::telemetry::live::Subscriptions;

/// Counts them.
#[derive(Default)]
pub(super) struct Counters {
    began: AtomicU64,
    ended: AtomicU64,
    encodings: AtomicU64,
    deliveries: AtomicU64,
    missed: AtomicU64,
    disconnected: AtomicU64,
}

impl Counters {
    pub(super) fn began(&self) {
        self.began.fetch_add(1, Relaxed);
    }

    pub(super) fn ended(&self) {
        self.ended.fetch_add(1, Relaxed);
    }

    pub(super) fn encoded(&self) {
        self.encodings.fetch_add(1, Relaxed);
    }

    pub(super) fn delivered(&self) {
        self.deliveries.fetch_add(1, Relaxed);
    }

    pub(super) fn missed(&self, changes: u64) {
        self.missed.fetch_add(changes, Relaxed);
    }

    pub(super) fn disconnected(&self) {
        self.disconnected.fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self, channels: u64) -> Subscriptions {
        // The ended first: one that ends meanwhile still counts as being there.
        let ended = self.ended.load(Relaxed);
        Subscriptions {
            channels,
            subscribers: self.began.load(Relaxed).saturating_sub(ended),
            encodings: self.encodings.load(Relaxed),
            deliveries: self.deliveries.load(Relaxed),
            missed: self.missed.load(Relaxed),
            disconnected: self.disconnected.load(Relaxed),
        }
    }
}
