//! Counts the SQL statements behind one request.
//!
//! The store records every statement in the meter of the task it runs in. A batch that serves
//! several requests runs under a meter of its own, whose reading is then added to every request
//! that waited for it: each request shows what it needed, and a lone request shows the exact number.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
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
    database_micros: AtomicU64,
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
    /// Runs a future with this meter as the one that [`record_statement`] counts into.
    pub async fn measure<F: Future>(&self, future: F) -> F::Output {
        CURRENT.scope(self.clone(), future).await
    }

    /// Adds what another meter counted: a batch's work, to a request that waited for it.
    pub fn add(&self, reading: Reading) {
        let micros = u64::try_from(reading.database_time.as_micros()).unwrap_or(u64::MAX);
        self.0.statements.fetch_add(reading.statements, Ordering::Relaxed);
        self.0.database_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn read(&self) -> Reading {
        Reading {
            statements: self.0.statements.load(Ordering::Relaxed),
            database_time: Duration::from_micros(self.0.database_micros.load(Ordering::Relaxed)),
        }
    }
}

/// Counts one statement in the meter of the running future; without one it does nothing.
pub fn record_statement(database_time: Duration) {
    let _ = CURRENT.try_with(|meter| meter.add(Reading { statements: 1, database_time }));
}
