//! Counts the SQL statements behind one request.
//!
//! The store records every statement in the meter of the task it runs in. A batch that serves
//! several requests runs under a meter of its own, whose reading is then added to every request
//! that waited for it: each request shows what it needed, and a lone request shows the exact number.
//! A statement counts from its beginning: those that nobody waited for to the end are the ones to hear of.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

tokio::task_local! {
    static CURRENT: Meter;
}

/// A shared counter of statements and of the time they took. Clones count into the same place.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    statements: AtomicU64,
    under_way: AtomicU64,
    database_micros: AtomicU64,
}

/// A statement under way, counted in the meter it began under. Its time is added when it is dropped.
#[derive(Debug)]
pub struct Counted {
    meter: Option<Meter>,
    began: Instant,
}

/// What a meter has counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// SQL statements sent.
    pub statements: u64,
    /// Time spent waiting for the database, summed over statements that may have run side by side.
    pub database_time: Duration,
}

impl Meter {
    /// Runs a future with this meter as the one that statements count into.
    pub async fn measure<F: Future>(&self, future: F) -> F::Output {
        CURRENT.scope(self.clone(), future).await
    }

    /// Adds what another meter counted: a batch's work, to a request that waited for it.
    pub fn add(&self, reading: Reading) {
        let micros = u64::try_from(reading.database_time.as_micros()).unwrap_or(u64::MAX);
        self.0.statements.fetch_add(reading.statements, Ordering::Relaxed);
        self.0.database_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What was counted until now, for one who waits no longer: with the time of statements under way, the first of
    /// which began at `since` or later.
    pub fn read_early(&self, since: Instant) -> Reading {
        let Reading { statements, mut database_time } = self.read();
        if self.0.under_way.load(Ordering::Relaxed) > 0 {
            database_time = database_time.max(since.elapsed());
        }
        Reading { statements, database_time }
    }

    /// What was counted so far.
    pub fn read(&self) -> Reading {
        Reading {
            statements: self.0.statements.load(Ordering::Relaxed),
            database_time: Duration::from_micros(self.0.database_micros.load(Ordering::Relaxed)),
        }
    }
}

impl Counted {
    /// How long it has taken.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some(meter) = &self.meter else { return };
        meter.add(Reading { statements: 0, database_time: self.elapsed() });
        meter.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A statement begins: counts it in the meter of the running future, if there is one.
pub fn begin_statement() -> Counted {
    let meter = CURRENT.try_with(Meter::clone).ok();
    if let Some(meter) = &meter {
        meter.0.statements.fetch_add(1, Ordering::Relaxed);
        meter.0.under_way.fetch_add(1, Ordering::Relaxed);
    }
    Counted { meter, began: Instant::now() }
}

/// Counts a statement that is over in the meter of the running future; without one it does nothing.
pub fn record_statement(database_time: Duration) {
    let _ = CURRENT.try_with(|meter| meter.add(Reading { statements: 1, database_time }));
}
