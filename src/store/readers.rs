//! The connections that read, and the end of statements that nobody waits for any more.
//!
//! One connection runs one statement at a time. Whoever drops a read before its answer came (a client
//! that went away, a limit of time) leaves a statement running: here it is cancelled in the database,
//! and only then is its connection given to others. PostgreSQL cancels by [`super::control`]; SQLite asks
//! a flag of the connection every few steps. A pool of sqlx knows neither; it also asks each connection
//! that comes back whether it lives, which is one more round trip per statement.
//!
//! A permit stands for a connection, idle, in use or being recovered, so that there are never more than
//! allowed. The lock of the idle ones is held for a push or a pop.

use std::{
    collections::VecDeque,
    fmt, io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use sea_orm::Values;
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection,
    postgres::PgRow,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};
use tokio_util::task::TaskTracker;

use super::{
    cells::Cells,
    control::{Control, IDLE, RECOVERY},
};
use crate::telemetry::figures::Pool;

/// How often a SQLite statement looks whether it should stop, in steps of SQLite's machine: some ten
/// times a millisecond.
const SQLITE_STEPS: i32 = 2_000;

/// The connections that read. Clones share them.
#[derive(Clone)]
pub(super) struct Readers(Arc<Shared>);

/// What a statement answered.
pub(super) enum Rows {
    Postgres(Vec<PgRow>),
    Sqlite(Vec<SqliteRow>),
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Postgres(rows) => rows.len(),
            Self::Sqlite(rows) => rows.len(),
        }
    }

    /// The cells of the row at an index below [`Self::len`].
    pub(super) fn cells(&self, index: usize) -> Cells<'_> {
        match self {
            Self::Postgres(rows) => Cells::postgres(&rows[index]),
            Self::Sqlite(rows) => Cells::sqlite(&rows[index]),
        }
    }
}

/// Where connections come from.
#[derive(Clone)]
pub(super) enum Source {
    Postgres(Control),
    Sqlite(Box<SqliteConnectOptions>),
}

struct Shared {
    source: Source,
    most: u32,
    acquire_timeout: Duration,
    permits: Arc<Semaphore>,
    /// Statements that wait for a permit.
    waiting: AtomicU64,
    /// The latest used comes last, and is taken first: its memory is warm, and the others can rest.
    idle: Mutex<VecDeque<(Reader, Instant)>>,
    /// Recoveries under way.
    recoveries: TaskTracker,
}

/// A connection, and by what its statement is cancelled.
enum Reader {
    Postgres { connection: PgConnection, process: i32, control: Control },
    Sqlite { connection: SqliteConnection, stop: Arc<AtomicBool> },
}

/// The right to a connection, before it is there.
pub(super) struct Place(OwnedSemaphorePermit);

/// A connection in use. Dropping it before [`Lease::give_back`] cancels its statement.
struct Lease {
    reader: Option<Reader>,
    permit: Option<OwnedSemaphorePermit>,
    shared: Arc<Shared>,
}

/// Counted as waiting until it is dropped: when it has a permit, or gives up.
struct Waiting<'a>(&'a AtomicU64);

impl Readers {
    /// Opens the first connection, so that a database that is not there is known at once.
    pub(super) async fn connect(
        source: Source,
        most: u32,
        acquire_timeout: Duration,
    ) -> Result<Self, sqlx::Error> {
        let readers = Self::of(source, most, acquire_timeout);
        let first = readers.0.connect().await?;
        readers.0.keep(first);
        Ok(readers)
    }

    /// One connection to the same database beside these, opened when it is needed.
    pub(super) fn beside(&self) -> Self {
        Self::of(self.0.source.clone(), 1, self.0.acquire_timeout)
    }

    fn of(source: Source, most: u32, acquire_timeout: Duration) -> Self {
        Self(Arc::new(Shared {
            source,
            most,
            acquire_timeout,
            permits: Arc::new(Semaphore::new(most as usize)),
            waiting: AtomicU64::new(0),
            idle: Mutex::default(),
            recoveries: TaskTracker::new(),
        }))
    }

    /// Waits until a connection is free. [`sqlx::Error::PoolTimedOut`] says that none was in time: those who
    /// have them are slow, or too many, and the database may do well.
    pub(super) async fn place(&self) -> Result<Place, sqlx::Error> {
        let shared = &self.0;
        if let Ok(permit) = shared.permits.clone().try_acquire_owned() {
            return Ok(Place(permit));
        }
        let _waiting = Waiting::count(&shared.waiting);
        let permit = timeout(shared.acquire_timeout, shared.permits.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| sqlx::Error::PoolTimedOut)?;
        permit.map(Place).map_err(|_| sqlx::Error::PoolClosed)
    }

    /// Runs a statement. Dropping the future cancels it.
    pub(super) async fn run(&self, place: Place, sql: Arc<str>, values: Values) -> Result<Rows, sqlx::Error> {
        let mut lease = self.lease(place).await?;
        let answer = match &mut lease.reader {
            Some(reader) => reader.run(sql, values).await,
            None => Err(sqlx::Error::PoolClosed),
        };
        lease.give_back(&answer);
        answer
    }

    /// Waits for the statements under way, then closes every connection.
    pub(super) async fn close(&self) {
        let shared = &self.0;
        // Fails only when closed before: then nothing is left to wait for.
        let _ = shared.permits.acquire_many(shared.most).await;
        shared.permits.close();
        shared.recoveries.close();
        shared.recoveries.wait().await;
        let idle = std::mem::take(&mut *shared.idle());
        for (reader, _) in idle {
            reader.close().await;
        }
    }

    /// The connections now.
    pub(super) fn pool(&self) -> Pool {
        let shared = &self.0;
        let free = shared.permits.available_permits() as u64;
        Pool {
            idle: shared.idle().len() as u64,
            in_use: u64::from(shared.most).saturating_sub(free),
            most: u64::from(shared.most),
            waiting: shared.waiting.load(Ordering::Relaxed),
        }
    }

    /// The connection used last, or a new one.
    async fn lease(&self, Place(permit): Place) -> Result<Lease, sqlx::Error> {
        let shared = &self.0;
        let reader = match shared.warm() {
            Some(reader) => reader,
            None => shared.connect().await?,
        };
        Ok(Lease { reader: Some(reader), permit: Some(permit), shared: shared.clone() })
    }
}

impl<'a> Waiting<'a> {
    fn count(waiting: &'a AtomicU64) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Readers {
    /// Says nothing of the source: it may hold a password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Readers").field("most", &self.0.most).finish_non_exhaustive()
    }
}

impl Shared {
    async fn connect(&self) -> Result<Reader, sqlx::Error> {
        let connecting = async {
            match &self.source {
                Source::Postgres(control) => Reader::postgres(control).await,
                Source::Sqlite(options) => Reader::sqlite(options).await,
            }
        };
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "it gave no connection in time");
        timeout(self.acquire_timeout, connecting).await.map_err(late)?
    }

    /// The connection used last, if one is idle. Where it was for too long, all go: the others are older still, and
    /// whoever used one that a firewall has forgotten would wait for his limit.
    fn warm(&self) -> Option<Reader> {
        let mut idle = self.idle();
        let (reader, since) = idle.pop_back()?;
        if since.elapsed() <= IDLE {
            return Some(reader);
        }
        let old = std::mem::take(&mut *idle);
        drop(idle);
        drop((reader, old));
        None
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<(Reader, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a connection for the next statement; lets go of one that was idle for too long.
    fn keep(&self, reader: Reader) {
        let now = Instant::now();
        let mut idle = self.idle();
        idle.push_back((reader, now));
        let old =
            if idle.front().is_some_and(|(_, since)| now - *since > IDLE) { idle.pop_front() } else { None };
        drop(idle);
        drop(old);
    }

    /// Ends the statement of a reader that nobody waits for, and keeps the connection if it still lives.
    async fn recover(&self, mut reader: Reader) {
        let recovered = timeout(RECOVERY, async {
            reader.cancel().await?;
            reader.settle().await
        });
        match recovered.await {
            Ok(Ok(())) => self.keep(reader),
            Ok(Err(error)) => tracing::warn!(%error, "a statement given up could not be cancelled"),
            Err(_) => tracing::warn!("a statement given up was not over {RECOVERY:?} after it was cancelled"),
        }
    }
}

impl Reader {
    async fn postgres(control: &Control) -> Result<Self, sqlx::Error> {
        let mut connection = PgConnection::connect_with(control.options()).await?;
        let process = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
        Ok(Self::Postgres { connection, process, control: control.clone() })
    }

    async fn sqlite(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let mut connection = SqliteConnection::connect_with(options).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        let go_on = move || !asked.load(Ordering::Relaxed);
        connection.lock_handle().await?.set_progress_handler(SQLITE_STEPS, go_on);
        Ok(Self::Sqlite { connection, stop })
    }

    async fn run(&mut self, sql: Arc<str>, values: Values) -> Result<Rows, sqlx::Error> {
        let values = SqlxValues(values);
        // Statements are written by the store; what comes from clients is in the values.
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Postgres { connection, .. } => {
                sqlx::query_with(sql, values).fetch_all(connection).await.map(Rows::Postgres)
            }
            Self::Sqlite { connection, .. } => {
                sqlx::query_with(sql, values).fetch_all(connection).await.map(Rows::Sqlite)
            }
        }
    }

    async fn cancel(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite { stop, .. } => {
                stop.store(true, Ordering::Relaxed);
                Ok(())
            }
            Self::Postgres { process, control, .. } => control.cancel(*process).await,
        }
    }

    /// Waits until the cancelled statement is over. A cancellation that came too late for it has passed
    /// by then: PostgreSQL drops one that finds it idle.
    async fn settle(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgres { connection, .. } => Control::settle(connection).await,
            Self::Sqlite { connection, stop } => {
                connection.ping().await?;
                stop.store(false, Ordering::Relaxed);
                Ok(())
            }
        }
    }

    async fn close(self) {
        // Gone already is as good as closed.
        let _ = match self {
            Self::Postgres { connection, .. } => connection.close().await,
            Self::Sqlite { connection, .. } => connection.close().await,
        };
    }
}

impl Lease {
    /// Keeps the connection unless the answer says that it is broken; then those that are idle go too,
    /// for what broke one has mostly broken all.
    fn give_back(mut self, answer: &Result<Rows, sqlx::Error>) {
        let Some(reader) = self.reader.take() else { return };
        match answer {
            Ok(_) => self.shared.keep(reader),
            Err(sqlx::Error::Database(error)) if !is_fatal(error.code().as_deref()) => {
                self.shared.keep(reader);
            }
            Err(_) => {
                let idle = std::mem::take(&mut *self.shared.idle());
                drop(idle);
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let (Some(reader), Some(permit)) = (self.reader.take(), self.permit.take()) else { return };
        let shared = self.shared.clone();
        // Without a runtime the process is ending, and its connections with it.
        if Handle::try_current().is_ok() {
            self.shared.recoveries.spawn(async move {
                shared.recover(reader).await;
                drop(permit);
            });
        }
    }
}

/// Classes of errors after which PostgreSQL hangs up: 08, connection exceptions, and 57P, the server goes
/// down or comes up.
fn is_fatal(code: Option<&str>) -> bool {
    code.is_some_and(|code| code.starts_with("08") || code.starts_with("57P"))
}
