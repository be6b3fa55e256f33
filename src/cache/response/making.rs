//! One of those who ask the same at the same time makes the response, the others wait for it.
//!
//! Who asks for a key that nobody makes gets the [`Making`] of it, and executes. Who comes meanwhile waits.
//! How a making ends decides what those do who waited:
//!
//! - The response was kept: they take it, if it still counts when they wake.
//! - It was overtaken by a write, or its maker was dropped (the client went away): they ask again, and one
//!   of them makes it.
//! - It may not be kept (an error): each of them executes for itself. Were one to lead again, a question
//!   that always fails would be executed one by one, and the last would wait for all.
//!
//! Nobody waits for what is less urgent than he is: its maker may have to wait for long. He makes it himself, and
//! who comes then waits for him. Nobody waits for more than [`MOST_ROUNDS`] makings: writes that come faster than the
//! response can be made must not hold anyone up. A waiter holds nothing, so it can be dropped at any time; a maker
//! that is dropped gives its key back in `drop`. The lock is held for a look at the table only, and a response is
//! kept before its key leaves the table, so that whoever finds no making finds the response.

use std::{collections::hash_map::Entry, sync::Arc};

use bytes::Bytes;
use tokio::sync::watch;

use super::{Key, Responses, stored::Stored};
use crate::cache::Dependencies;

/// Makings that one request waits for at most.
const MOST_ROUNDS: usize = 3;

/// How those who wait learn of the end. A sender that is gone without a word was dropped.
pub(super) type Waiting = watch::Receiver<Option<Ended>>;

/// A making that others may wait for.
pub(super) struct UnderWay {
    /// That of its maker.
    urgency: Urgency,
    waiting: Waiting,
}

/// How urgent it is for one who asks: 0 is the most urgent.
pub type Urgency = u8;

/// What nobody waits for.
pub(super) const NOT_URGENT: Urgency = Urgency::MAX;

/// How a making ended.
#[derive(Clone)]
pub(super) enum Ended {
    Kept(Arc<Stored>),
    Overtaken,
    NotToBeKept,
}

/// The right, and the duty, to make the response of a key. Dropped, it lets another do so.
pub struct Making {
    responses: Arc<Responses>,
    key: Key,
    /// Who waits; `None` when nobody can, as several make it at the same time.
    tell: Option<watch::Sender<Option<Ended>>>,
}

/// What is there to do for who found no response.
pub enum Turn {
    /// Make it.
    Make(Making),
    /// Another has made it.
    Take(Arc<Stored>),
}

impl Responses {
    /// Waits while another makes the response of a key, for whom it is as urgent.
    pub async fn turn(self: &Arc<Self>, key: &Key, urgency: Urgency) -> Turn {
        for _ in 0..MOST_ROUNDS {
            let mut waiting = match self.begin(key, urgency) {
                Ok(making) => return Turn::Make(making),
                Err(Begun::Kept(stored)) => return Turn::Take(stored),
                Err(Begun::UnderWay(waiting)) => waiting,
            };
            let ended = match waiting.wait_for(Option::is_some).await {
                Ok(ended) => ended.clone(),
                Err(_) => None,
            };
            match ended {
                Some(Ended::Kept(stored)) if self.counts(stored.dependencies()) => {
                    return Turn::Take(stored);
                }
                Some(Ended::NotToBeKept) => break,
                Some(Ended::Kept(_) | Ended::Overtaken) | None => {}
            }
        }
        Turn::Make(self.alone(key))
    }

    /// The right to make the response of a key whoever else does; nobody waits for it.
    pub fn alone(self: &Arc<Self>, key: &Key) -> Making {
        Making { responses: self.clone(), key: key.clone(), tell: None }
    }

    /// Begins to make the response of a key, unless somebody just did, or does for whom it is as urgent.
    pub(super) fn begin(self: &Arc<Self>, key: &Key, urgency: Urgency) -> Result<Making, Begun> {
        let mut under_way = self.under_way();
        let entry = match under_way.entry(key.clone()) {
            Entry::Occupied(made) if made.get().urgency <= urgency => {
                return Err(Begun::UnderWay(made.get().waiting.clone()));
            }
            entry => entry,
        };
        if let Some(stored) =
            self.usable(key, self.stale_while_revalidate).filter(|stored| !stored.is_stale())
        {
            return Err(Begun::Kept(stored));
        }
        let (tell, waiting) = watch::channel(None);
        entry.insert_entry(UnderWay { urgency, waiting });
        Ok(Making { responses: self.clone(), key: key.clone(), tell: Some(tell) })
    }

    /// Nobody has to wait for this making any more.
    fn over(&self, key: &Key, tell: &watch::Sender<Option<Ended>>) {
        let mut under_way = self.under_way();
        // A more urgent one may have taken its place.
        if under_way.get(key).is_some_and(|made| made.waiting.same_channel(&tell.subscribe())) {
            under_way.remove(key);
        }
    }
}

/// Why a making did not begin.
pub(super) enum Begun {
    Kept(Arc<Stored>),
    UnderWay(Waiting),
}

impl Making {
    /// The response was made from these; `write` gives its bytes. Tells the response when it was kept.
    pub fn made(
        self,
        dependencies: Dependencies,
        write: impl FnOnce() -> Option<Bytes>,
    ) -> Option<Arc<Stored>> {
        if dependencies.read_at.is_none() {
            self.end(Ended::NotToBeKept);
            return None;
        }
        if !self.responses.counts(&dependencies) {
            self.end(Ended::Overtaken);
            return None;
        }
        let Some(body) = write() else {
            self.end(Ended::NotToBeKept);
            return None;
        };
        let stored = Arc::new(Stored::new(&body, dependencies));
        self.responses.keep(&self.key, stored.clone());
        self.end(Ended::Kept(stored.clone()));
        Some(stored)
    }

    /// There is no response that may be kept.
    pub fn failed(self) {
        self.end(Ended::NotToBeKept);
    }

    fn end(mut self, ended: Ended) {
        if let Some(tell) = self.tell.take() {
            // Out of the table first: who is woken and asks again must not meet this making.
            self.responses.over(&self.key, &tell);
            tell.send_replace(Some(ended));
        }
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if let Some(tell) = self.tell.take() {
            self.responses.over(&self.key, &tell);
            drop(tell);
        }
    }
}
