//! A circuit breaker: a service that fails is not asked for a moment, then carefully.
//!
//! Closed, it lets every call through and looks at those that ended within a window; when too large a part of
//! them failed, or lasted too long, it opens. Open, it refuses calls at once. After a pause a few calls at a
//! time are let through as probes; as many successes close it, one failure opens it again. What must stay true:
//!
//! - A call that began before the state changed says nothing of the state after.
//! - A call that is given up says nothing, unless it had lasted too long by then: where callers give up before
//!   the service's own time is over, nothing else would show that it hangs.
//! - The time before the service is asked ([`Permit::waits`]) does not count: to be busy is not to hang.
//! - A probe that is given up makes room for the next, so the breaker never waits for one that is gone.
//!
//! The state is behind a lock, held for a few steps at the beginning and at the end of a call.

mod window;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use self::window::Window;

/// Probes at a time, and successes of them until all calls are let through again.
const PROBES: u32 = 3;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct BreakerOptions {
    /// The name of what is asked, for the log.
    pub name: &'static str,
    /// Calls of so much time are looked at.
    pub window: Duration,
    /// With fewer calls in the window it stays closed.
    pub min_calls: u32,
    /// It opens when so many of a hundred calls failed.
    pub failure_percent: u32,
    /// It opens when so many of a hundred calls were slow.
    pub slow_percent: u32,
    /// A call of so much time is slow.
    pub slow: Duration,
    /// For so long nothing is asked.
    pub pause: Duration,
}

/// The breaker of one service. Clones share it.
#[derive(Clone)]
pub struct Breaker(Option<Arc<Parts>>);

/// What a breaker does with calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// It lets them through.
    Closed,
    /// It lets a few through, to see how they fare.
    HalfOpen,
    /// It refuses them.
    Open,
}

/// A call was refused: the service fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// When it is worth while to try again.
    pub retry_after: Duration,
}

/// A call under way. Dropping it without a word means that it was given up.
#[derive(Debug)]
pub struct Permit {
    breaker: Option<Arc<Parts>>,
    /// `None` while the service is not asked yet.
    since: Option<Instant>,
    round: u64,
}

struct Parts {
    options: BreakerOptions,
    began: Instant,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    /// Counts the changes of phase.
    round: u64,
    window: Window,
    opened: u64,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Closed,
    Open { until: Instant },
    HalfOpen { probing: u32, succeeded: u32 },
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Success,
    Failure,
    GivenUp,
}

impl BreakerState {
    /// All of them, in the order of figures.
    pub const ALL: [Self; 3] = [Self::Closed, Self::HalfOpen, Self::Open];

    /// The word for it in figures and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
        }
    }
}

impl Breaker {
    /// A closed one.
    pub fn new(options: BreakerOptions) -> Self {
        let window = Window::new(options.window);
        let state = State { phase: Phase::Closed, round: 0, window, opened: 0 };
        Self(Some(Arc::new(Parts { options, began: Instant::now(), state: Mutex::new(state) })))
    }

    /// One that never opens.
    pub const fn never() -> Self {
        Self(None)
    }

    /// Asks whether a call may be made; its end is to be told to the permit.
    ///
    /// # Errors
    /// The breaker is open, or half open and probed by others.
    pub fn admit(&self) -> Result<Permit, Open> {
        let now = Instant::now();
        let since = Some(now);
        let Some(parts) = &self.0 else { return Ok(Permit { breaker: None, since, round: 0 }) };
        let round = parts.lock().admit(now, &parts.options)?;
        Ok(Permit { breaker: Some(Arc::clone(parts)), since, round })
    }

    /// What it does with calls. One whose pause is over counts as half open: the next call is a probe.
    pub fn state(&self) -> BreakerState {
        let Some(parts) = &self.0 else { return BreakerState::Closed };
        match parts.lock().phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open { until } if until > Instant::now() => BreakerState::Open,
            Phase::Open { .. } | Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// How often it opened so far.
    pub fn opened(&self) -> u64 {
        self.0.as_ref().map_or(0, |parts| parts.lock().opened)
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_ref().map(|parts| parts.options.name);
        out.debug_struct("Breaker").field("name", &name).field("state", &self.state()).finish()
    }
}

impl Permit {
    /// The call succeeded: the service answered, if only to refuse what was asked.
    pub fn succeeded(mut self) {
        self.end(End::Success);
    }

    /// The call failed: the service did not answer, or said that it cannot.
    pub fn failed(mut self) {
        self.end(End::Failure);
    }

    /// The call says nothing of the service, however long it lasted.
    pub fn withdrawn(mut self) {
        self.since = None;
    }

    /// The service is not asked yet: given up before [`begins`](Self::begins), the call says nothing of it.
    pub fn waits(&mut self) {
        self.since = None;
    }

    /// The service is asked from now on.
    pub fn begins(&mut self) {
        self.since = Some(Instant::now());
    }

    fn end(&mut self, end: End) {
        if let Some(parts) = self.breaker.take() {
            let now = Instant::now();
            let slow = self.since.is_some_and(|since| now - since >= parts.options.slow);
            let mut state = parts.lock();
            if state.round == self.round {
                state.ended(now, now - parts.began, end, slow, &parts.options);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.end(End::GivenUp);
    }
}

impl Parts {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.options.name)
    }
}

impl State {
    /// Lets a call through, or not; the round that it belongs to.
    fn admit(&mut self, now: Instant, options: &BreakerOptions) -> Result<u64, Open> {
        if let Phase::Open { until } = self.phase {
            if until > now {
                return Err(Open { retry_after: until - now });
            }
            self.turn(Phase::HalfOpen { probing: 0, succeeded: 0 });
        }
        if let Phase::HalfOpen { probing, .. } = &mut self.phase {
            // Those that succeeded hold no place: one that hangs must not keep the others out.
            if *probing >= PROBES {
                return Err(Open { retry_after: options.pause });
            }
            *probing += 1;
        }
        Ok(self.round)
    }

    /// A call of this round ended.
    fn ended(&mut self, now: Instant, at: Duration, end: End, slow: bool, options: &BreakerOptions) {
        let bad = end == End::Failure || slow;
        match &mut self.phase {
            Phase::Closed if end == End::GivenUp && !slow => {}
            Phase::Closed => {
                self.window.record(at, end == End::Failure, slow);
                let tally = self.window.tally(at);
                let reached = |part: u32, percent: u32| {
                    u64::from(part) * 100 >= u64::from(tally.calls) * u64::from(percent)
                };
                if tally.calls >= options.min_calls
                    && (reached(tally.failed, options.failure_percent)
                        || reached(tally.slow, options.slow_percent))
                {
                    let (calls, failed, slow) = (tally.calls, tally.failed, tally.slow);
                    let name = options.name;
                    tracing::warn!(
                        calls,
                        failed,
                        slow,
                        "the {name} fails or hangs; it is not asked for a moment"
                    );
                    self.open(now, options);
                }
            }
            Phase::HalfOpen { .. } if bad => self.open(now, options),
            Phase::HalfOpen { probing, succeeded } => {
                *probing -= 1;
                *succeeded += u32::from(end == End::Success);
                if *succeeded >= PROBES {
                    tracing::info!("the {} answers again", options.name);
                    self.window.clear();
                    self.turn(Phase::Closed);
                }
            }
            // No call is of a round in which none was let through.
            Phase::Open { .. } => {}
        }
    }

    fn open(&mut self, now: Instant, options: &BreakerOptions) {
        self.opened += 1;
        self.turn(Phase::Open { until: now + options.pause });
    }

    fn turn(&mut self, phase: Phase) {
        self.phase = phase;
        self.round += 1;
    }
}

#[cfg(test)]
mod tests;
