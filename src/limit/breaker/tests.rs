//! The breaker against a model that keeps every call.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};
use tokio::time::{Instant, advance};

use super::{Breaker, BreakerOptions, BreakerState, Open, PROBES, Permit};

const SECOND: Duration = Duration::from_secs(1);

fn options() -> BreakerOptions {
    BreakerOptions {
        name: "service",
        window: 10 * SECOND,
        min_calls: 4,
        failure_percent: 50,
        slow_percent: 75,
        slow: 5 * SECOND,
        pause: SECOND,
    }
}

fn fail(breaker: &Breaker, times: u32) {
    for _ in 0..times {
        breaker.admit().unwrap().failed();
    }
}

fn succeed(breaker: &Breaker, times: u32) {
    for _ in 0..times {
        breaker.admit().unwrap().succeeded();
    }
}

#[tokio::test(start_paused = true)]
async fn it_opens_at_the_ratio_and_closes_by_probes() {
    let breaker = Breaker::new(options());
    succeed(&breaker, 2);
    fail(&breaker, 1);
    assert_eq!(breaker.state(), BreakerState::Closed, "three calls are too few to judge by");
    fail(&breaker, 1);
    assert_eq!(breaker.state(), BreakerState::Open);
    advance(SECOND / 4).await;
    assert_eq!(breaker.admit().unwrap_err(), Open { retry_after: SECOND * 3 / 4 });
    advance(SECOND * 3 / 4).await;
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    let probes: Vec<Permit> = (0..PROBES).map(|_| breaker.admit().unwrap()).collect();
    assert_eq!(breaker.admit().unwrap_err(), Open { retry_after: SECOND });
    probes.into_iter().for_each(Permit::succeeded);
    assert_eq!((breaker.state(), breaker.opened()), (BreakerState::Closed, 1));
    fail(&breaker, 3);
    assert_eq!(breaker.state(), BreakerState::Closed, "what was before is forgotten");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_opens_it_again_and_one_given_up_makes_room() {
    let breaker = Breaker::new(options());
    fail(&breaker, 4);
    advance(SECOND).await;
    let late = breaker.admit().unwrap();
    for _ in 0..20 {
        drop(breaker.admit().unwrap());
    }
    breaker.admit().unwrap().failed();
    assert_eq!(breaker.state(), BreakerState::Open);
    late.succeeded();
    advance(SECOND).await;
    succeed(&breaker, PROBES - 1);
    assert_eq!(breaker.state(), BreakerState::HalfOpen, "the late one is not of this round");
    succeed(&breaker, 1);
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn calls_that_hang_open_it_even_when_callers_give_up_first() {
    let breaker = Breaker::new(options());
    for hang in [1, 4, 5] {
        let calls: Vec<Permit> = (0..6).map(|_| breaker.admit().unwrap()).collect();
        advance(hang * SECOND).await;
        drop(calls);
        assert_eq!(breaker.state() == BreakerState::Open, hang == 5, "{hang} s");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_older_than_the_window_does_not_count() {
    let breaker = Breaker::new(options());
    fail(&breaker, 3);
    advance(10 * SECOND).await;
    fail(&breaker, 3);
    assert_eq!(breaker.state(), BreakerState::Closed);
    advance(9 * SECOND).await;
    fail(&breaker, 1);
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn one_that_never_opens_counts_nothing() {
    let breaker = Breaker::never();
    fail(&breaker, 100);
    assert_eq!((breaker.state(), breaker.opened()), (BreakerState::Closed, 0));
}

/// The breaker again, with every call kept and no ring: slower, and easier to believe.
struct Model {
    options: BreakerOptions,
    began: Instant,
    open_until: Option<Instant>,
    /// Probes under way and those that succeeded, while half open.
    probes: Option<(u32, u32)>,
    round: u64,
    /// When each call ended, whether it failed and whether it was slow.
    calls: Vec<(Instant, bool, bool)>,
}

impl Model {
    fn admit(&mut self, now: Instant) -> Option<u64> {
        if self.open_until.is_some_and(|until| until > now) {
            return None;
        }
        if self.open_until.take().is_some() {
            self.probes = Some((0, 0));
            self.round += 1;
        }
        if let Some((under_way, _)) = &mut self.probes {
            if *under_way == PROBES {
                return None;
            }
            *under_way += 1;
        }
        Some(self.round)
    }

    /// `failed` is `None` for a call that was given up.
    fn end(&mut self, now: Instant, since: Instant, round: u64, failed: Option<bool>) {
        let slow = now - since >= self.options.slow;
        if round != self.round {
            return;
        }
        let bad = slow || failed == Some(true);
        if let Some((under_way, succeeded)) = &mut self.probes {
            *under_way -= 1;
            *succeeded += u32::from(failed == Some(false) && !bad);
            if *succeeded == PROBES {
                (self.probes, self.calls) = (None, Vec::new());
                self.round += 1;
            } else if bad {
                self.open(now);
            }
        } else if failed.is_some() || slow {
            self.calls.push((now, failed == Some(true), slow));
            // Slices of a second, ten of them with the one that runs.
            let slice = |at: Instant| (at - self.began).as_secs();
            let recent: Vec<_> = self.calls.iter().filter(|call| slice(call.0) + 10 > slice(now)).collect();
            let share = |part: usize, percent: u32| part * 100 >= recent.len() * percent as usize;
            let failed = recent.iter().filter(|call| call.1).count();
            let slow = recent.iter().filter(|call| call.2).count();
            if recent.len() >= self.options.min_calls as usize
                && (share(failed, self.options.failure_percent) || share(slow, self.options.slow_percent))
            {
                self.open(now);
            }
        }
    }

    fn open(&mut self, now: Instant) {
        (self.probes, self.open_until) = (None, Some(now + self.options.pause));
        self.round += 1;
    }

    fn state(&self, now: Instant) -> BreakerState {
        match self.open_until {
            Some(until) if until > now => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
            None if self.probes.is_some() => BreakerState::HalfOpen,
            None => BreakerState::Closed,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Admit,
    End(prop::sample::Index, Option<bool>),
    Wait(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let end = prop::option::weighted(0.8, any::<bool>());
    prop_oneof![
        5 => Just(Step::Admit),
        5 => (any::<prop::sample::Index>(), end).prop_map(|(which, end)| Step::End(which, end)),
        2 => prop_oneof![0..300_u64, 300..6_000_u64].prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn it_does_what_the_model_does(steps in vec(any_step(), 1..200)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let breaker = Breaker::new(options());
            let mut model = Model {
                options: options(), began: Instant::now(), open_until: None, probes: None, round: 0, calls: Vec::new(),
            };
            let mut calls = Vec::new();
            for step in steps {
                let now = Instant::now();
                match step {
                    Step::Admit => {
                        let (permit, round) = (breaker.admit(), model.admit(now));
                        prop_assert_eq!(permit.is_ok(), round.is_some());
                        calls.extend(permit.ok().zip(round).map(|(permit, round)| (permit, now, round)));
                    }
                    Step::End(which, failed) if !calls.is_empty() => {
                        let (permit, since, round) = calls.swap_remove(which.index(calls.len()));
                        match failed {
                            Some(true) => permit.failed(),
                            Some(false) => permit.succeeded(),
                            None => drop(permit),
                        }
                        model.end(now, since, round, failed);
                    }
                    Step::End(..) => {}
                    Step::Wait(time) => advance(Duration::from_millis(time)).await,
                }
                prop_assert_eq!(breaker.state(), model.state(Instant::now()));
            }
            Ok(())
        })?;
    }
}
