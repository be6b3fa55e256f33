//! The door: how many requests are in the house at a time, whatever they do there.
//!
//! It is asked before anything of a request is read, so it must cost next to nothing: one counter, which each
//! request lowers again by dropping its [`Guard`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

/// The door. Clones share it.
#[derive(Clone, Debug)]
pub struct Door(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    most: usize,
    inside: AtomicUsize,
    refused: AtomicU64,
    began: Instant,
    /// When one was last turned away: in milliseconds from the beginning, the first of which is 1. 0 is never.
    last_refused: AtomicU64,
}

/// Stands for one request inside, until it is dropped.
#[derive(Debug)]
pub struct Guard(Arc<Parts>);

/// How it goes at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorFigures {
    /// Requests inside.
    pub inside: usize,
    /// How many there may be.
    pub most: usize,
    /// Requests that were turned away so far.
    pub refused: u64,
}

impl Door {
    /// Lets in so many at a time.
    pub fn new(most: usize) -> Self {
        let [refused, last_refused] = Default::default();
        Self(Arc::new(Parts {
            most,
            inside: AtomicUsize::new(0),
            refused,
            began: Instant::now(),
            last_refused,
        }))
    }

    /// Lets one in, unless the house is full.
    pub fn try_enter(&self) -> Option<Guard> {
        let parts = &self.0;
        let enter = |inside| (inside < parts.most).then_some(inside + 1);
        if parts.inside.fetch_update(Relaxed, Relaxed, enter).is_ok() {
            return Some(Guard(Arc::clone(parts)));
        }
        parts.refused.fetch_add(1, Relaxed);
        let now = u64::try_from(parts.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        parts.last_refused.store(now.saturating_add(1), Relaxed);
        None
    }

    /// Whether any was turned away so short a time ago.
    pub fn refused_within(&self, time: Duration) -> bool {
        let Parts { began, last_refused, .. } = &*self.0;
        let last = last_refused.load(Relaxed).checked_sub(1).map(Duration::from_millis);
        last.is_some_and(|last| began.elapsed().saturating_sub(last) < time)
    }

    /// How it goes.
    pub fn figures(&self) -> DoorFigures {
        let Parts { most, inside, refused, .. } = &*self.0;
        DoorFigures { inside: inside.load(Relaxed), most: *most, refused: refused.load(Relaxed) }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Door, DoorFigures};

    #[tokio::test(start_paused = true)]
    async fn it_is_known_for_how_long_nobody_was_turned_away() {
        let (door, time) = (Door::new(1), Duration::from_secs(5));
        let _inside = door.try_enter().unwrap();
        assert!(!door.refused_within(time), "nobody was yet");
        assert!(door.try_enter().is_none() && door.refused_within(time));
        tokio::time::advance(time).await;
        assert!(!door.refused_within(time));
        assert!(door.try_enter().is_none() && door.refused_within(time));
    }

    #[test]
    fn as_many_as_allowed_are_inside_at_a_time() {
        let door = Door::new(2);
        let first = door.try_enter().unwrap();
        let _second = door.clone().try_enter().unwrap();
        assert!(door.try_enter().is_none());
        drop(first);
        let _third = door.try_enter().unwrap();
        assert_eq!(door.figures(), DoorFigures { inside: 2, most: 2, refused: 1 });
    }

    #[test]
    fn no_race_lets_in_more() {
        let door = Door::new(3);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        let guard = door.try_enter();
                        assert!(door.figures().inside <= 3);
                        drop(guard);
                    }
                });
            }
        });
        assert_eq!(door.figures().inside, 0);
    }
}
