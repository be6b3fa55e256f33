//! The admission queue: so many are executed at a time, and a bounded number waits for a place.
//!
//! The state is behind one lock, which is held for a few steps and never while anyone waits. Whoever leaves a
//! place hands it on himself: under the lock he takes out who is next and tells him. What must stay true:
//!
//! - There is never a free place while someone waits, and never more in places than there are.
//! - A waiter leaves the queue at once when he is dropped (his client went away) or his time is over; a place
//!   that was handed to him in the same moment goes to the next.
//! - Whoever waits hears for certain: a place, or that he has to go.

mod line;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use self::line::Line;

/// How many, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct QueueOptions {
    /// How many are executed at a time; at least 1.
    pub executing: usize,
    /// How many may wait.
    pub queued: usize,
    /// How long one may wait.
    pub deadline: Duration,
}

/// The importance of what is to be executed, the highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// What those ask for who run the server.
    Admin,
    /// Writes.
    Mutation,
    /// What someone waits for at a screen.
    Interactive,
    /// Batches, and what is heavy and asked for by nobody known.
    Background,
}

/// The queue. Clones share it.
#[derive(Clone, Debug)]
pub struct Queue(Arc<Parts>);

/// A place among those that are executed, until it is dropped.
pub struct Place {
    queue: Arc<Parts>,
    since: Instant,
    waited: Duration,
}

/// Why there was no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; try again in {} ms", retry_after.as_millis())]
pub struct Shed {
    /// What happened.
    pub reason: Reason,
    /// How long it was waited for.
    pub waited: Duration,
    /// When it is worth while to try again, guessed from how long places were held lately: from a second to a
    /// minute.
    pub retry_after: Duration,
}

/// What happened to one who got no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// As many waited as may, none of them for less.
    Full,
    /// His time was over before his turn came.
    Expired,
    /// He had to make room for someone of a higher class.
    PushedOut,
}

/// How it goes. Arrays are in the order of [`Class::ALL`] and [`Reason::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueFigures {
    /// Places in use.
    pub executing: usize,
    /// Who waits, by class.
    pub queued: [usize; 4],
    /// Who got a place so far, by class.
    pub admitted: [u64; 4],
    /// Who did not, by class and reason.
    pub shed: [[u64; 3]; 4],
    /// For how long all who got a place have waited, together.
    pub waited: Duration,
}

#[derive(Debug)]
struct Parts {
    options: QueueOptions,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    line: Line<Waiter>,
    figures: QueueFigures,
    last_shed: Option<Instant>,
    /// How long places were held lately, on average.
    held: Duration,
}

#[derive(Debug)]
struct Waiter {
    deadline: Instant,
    answer: oneshot::Sender<Result<(), Reason>>,
}

/// One who waits. Dropping it takes him out of the queue, or hands on the place that he got meanwhile.
struct Waiting<'a> {
    queue: &'a Arc<Parts>,
    class: Class,
    ticket: u64,
    answer: oneshot::Receiver<Result<(), Reason>>,
    heard: bool,
}

impl Class {
    /// All of them, the highest first, which is also the order of figures.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Mutation, Self::Interactive, Self::Background];

    /// The word for it in figures.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Mutation => "mutation",
            Self::Interactive => "interactive",
            Self::Background => "background",
        }
    }
}

impl Reason {
    /// All of them, in the order of figures.
    pub const ALL: [Self; 3] = [Self::Full, Self::Expired, Self::PushedOut];

    /// The word for it in figures.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Expired => "expired",
            Self::PushedOut => "pushed_out",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Full => "too many wait already",
            Self::Expired => "there was no free place in time",
            Self::PushedOut => "something more important took the place in the queue",
        })
    }
}

impl Queue {
    /// An empty queue.
    pub fn new(mut options: QueueOptions) -> Self {
        options.executing = options.executing.max(1);
        Self(Arc::new(Parts { options, state: Mutex::default() }))
    }

    /// Waits for a place. Dropping the future leaves the queue.
    pub async fn enter(&self, class: Class) -> Result<Place, Shed> {
        let queue = &self.0;
        let since = Instant::now();
        let mut waiting = {
            let mut state = queue.lock();
            // Where someone waits there is no free place.
            if state.figures.executing < queue.options.executing {
                state.figures.executing += 1;
                state.figures.admitted[class as usize] += 1;
                return Ok(Place { queue: Arc::clone(queue), since, waited: Duration::ZERO });
            }
            if state.line.len() >= queue.options.queued && !state.push_out(class) {
                return Err(queue.shed(&mut state, class, Reason::Full, Duration::ZERO));
            }
            let (answer, heard) = oneshot::channel();
            let ticket = state.line.push(class, Waiter { deadline: since + queue.options.deadline, answer });
            Waiting { queue, class, ticket, answer: heard, heard: false }
        };
        // The sender is gone only when it has told, or the time is over.
        let answer = timeout_at(since + queue.options.deadline, &mut waiting.answer).await;
        let waited = since.elapsed();
        let mut state = queue.lock();
        match waiting.outcome(&mut state, answer.ok().and_then(Result::ok)) {
            Ok(()) => {
                state.figures.admitted[class as usize] += 1;
                state.figures.waited += waited;
                Ok(Place { queue: Arc::clone(queue), since: since + waited, waited })
            }
            Err(reason) => Err(queue.shed(&mut state, class, reason, waited)),
        }
    }

    /// Whether any was sent away so short a time ago.
    pub fn shed_within(&self, time: Duration) -> bool {
        self.0.lock().last_shed.is_some_and(|last| last.elapsed() < time)
    }

    /// How long one may wait at most.
    pub fn deadline(&self) -> Duration {
        self.0.options.deadline
    }

    /// How it goes.
    pub fn figures(&self) -> QueueFigures {
        let state = self.0.lock();
        QueueFigures { queued: state.line.lengths(), ..state.figures }
    }
}

impl Parts {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shed(&self, state: &mut State, class: Class, reason: Reason, waited: Duration) -> Shed {
        state.figures.shed[class as usize][reason as usize] += 1;
        state.last_shed = Some(Instant::now());
        let ahead = u32::try_from(state.line.len() + 1).unwrap_or(u32::MAX);
        let places = u32::try_from(self.options.executing).unwrap_or(u32::MAX);
        let retry_after = (state.held.saturating_mul(ahead) / places).clamp(SOON, LATE);
        Shed { reason, waited, retry_after }
    }
}

/// The earliest that anyone is told to try again, and the latest.
const SOON: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_mins(1);

impl State {
    /// Makes room for one of `class`, if someone of a lower one waits.
    fn push_out(&mut self, class: Class) -> bool {
        let Some((_, waiter)) = self.line.push_out(class) else { return false };
        // He leaves by himself if he is going just now.
        let _ = waiter.answer.send(Err(Reason::PushedOut));
        true
    }

    /// Gives a place that is free to the next whose time is not over, or to nobody.
    fn hand_on(&mut self, now: Instant) {
        while let Some((_, waiter)) = self.line.next() {
            let answer = if waiter.deadline > now { Ok(()) } else { Err(Reason::Expired) };
            if waiter.answer.send(answer).is_ok() && answer.is_ok() {
                return;
            }
        }
        self.figures.executing -= 1;
    }
}

impl Waiting<'_> {
    /// What became of him: what he heard, or what he was told at the last moment, or nothing: then he leaves.
    fn outcome(&mut self, state: &mut State, heard: Option<Result<(), Reason>>) -> Result<(), Reason> {
        self.heard = true;
        if let Some(outcome) = heard {
            return outcome;
        }
        if state.line.leave(self.class, self.ticket).is_some() {
            return Err(Reason::Expired);
        }
        self.answer.try_recv().unwrap_or(Err(Reason::Expired))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.heard {
            return;
        }
        let mut state = self.queue.lock();
        let left = state.line.leave(self.class, self.ticket).is_some();
        if !left && self.answer.try_recv() == Ok(Ok(())) {
            state.hand_on(Instant::now());
        }
    }
}

impl Place {
    /// How long it was waited for.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut state = self.queue.lock();
        // An eighth of the newest each time: the last dozen or two count.
        state.held = (state.held * 7 + (now - self.since)) / 8;
        state.hand_on(now);
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Place").field("waited", &self.waited).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
