//! Connections: one writer and many readers.
//!
//! SQLite has one writer connection and read-only readers, in WAL mode, so that reads never wait for a
//! write. PostgreSQL has a pool for writes and readers beside it. Readers are [`super::readers`]; their
//! statements are counted in the running request's meter ([`crate::telemetry::meter`]).

use std::{str::FromStr, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sea_orm::{DbBackend, Statement, Value, Values};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use tracing::Instrument;

use super::{
    StoreError,
    cells::{Cells, FromCell},
    control::Control,
    readers::{Readers, Rows, Source},
    row::{Row, RowReader, Table},
};
use crate::{
    limit::{Breaker, Permit},
    telemetry::{figures::Pool, statements::Statements, traces},
};

/// Connections that write to PostgreSQL. An import has one transaction at a time, and so has each call that
/// publishes; those of one dataset wait for each other anyway.
const POSTGRES_WRITERS: u32 = 2;

/// How to connect.
#[derive(Clone, Debug)]
pub struct Options {
    /// `sqlite://PATH` or a PostgreSQL URL with its `sslmode`. May carry a password.
    pub url: SecretString,
    /// Connections that read, at most.
    pub max_connections: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
    /// What keeps from asking a database that fails.
    pub breaker: Breaker,
}

/// The open database. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Database {
    readers: Readers,
    writer: Writer,
    statement_timeout: Duration,
    statements: Statements,
    breaker: Breaker,
}

/// The connections that writes take.
#[derive(Clone, Debug)]
pub(super) enum Writer {
    /// PostgreSQL: a small pool, and what cancels.
    Postgres(PgPool, Control),
    /// SQLite: a pool of exactly one connection.
    Sqlite(SqlitePool),
}

impl Database {
    /// Connects. A SQLite file is created when it is missing; its schema is not (see [`super::migrate`]).
    pub async fn connect(options: &Options) -> Result<Self, StoreError> {
        let url = options.url.expose_secret();
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Self::connect_sqlite(url, options).await,
            Some("postgres" | "postgresql") => Self::connect_postgres(url, options).await,
            Some(scheme) => Err(StoreError::Url(format!("the scheme {scheme:?} is not known"))),
            None => Err(StoreError::Url("there is no scheme".to_owned())),
        }
    }

    async fn connect_postgres(url: &str, options: &Options) -> Result<Self, StoreError> {
        // The parser's message could repeat the URL, and so a password.
        let connect = PgConnectOptions::from_str(url)
            .map_err(|_| StoreError::Url("the PostgreSQL URL cannot be read".to_owned()))?
            .application_name("farol")
            .statement_cache_capacity(256)
            .options([("statement_timeout", options.statement_timeout.as_millis().to_string())]);
        let server = format!("{}:{}", connect.get_host(), connect.get_port());
        let unavailable = |error: sqlx::Error| StoreError::Unavailable(format!("{server}: {error}"));
        let control = Control::new(connect.clone());
        let source = Source::Postgres(control.clone());
        let readers = Readers::connect(source, options.max_connections, options.acquire_timeout);
        let readers = readers.await.map_err(unavailable)?;
        let writers = PgPoolOptions::new()
            .max_connections(POSTGRES_WRITERS)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .connect_lazy_with(connect);
        Ok(Self {
            readers,
            writer: Writer::Postgres(writers, control),
            statement_timeout: options.statement_timeout,
            statements: Statements::default(),
            breaker: options.breaker.clone(),
        })
    }

    async fn connect_sqlite(url: &str, options: &Options) -> Result<Self, StoreError> {
        let connect = SqliteConnectOptions::from_str(url)
            .map_err(|error| StoreError::Url(error.to_string()))?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(options.acquire_timeout)
            .foreign_keys(true)
            .pragma("mmap_size", "1073741824")
            .pragma("wal_autocheckpoint", "16384")
            .statement_cache_capacity(256);
        let file = connect.get_filename().display().to_string();
        let unavailable = |error: sqlx::Error| StoreError::Unavailable(format!("{file}: {error}"));
        // The writer goes first: it creates the file and sets WAL, which readers cannot. It maps nothing: an
        // import goes over the whole file, and what is mapped counts as memory in use.
        let writer = connect.clone().create_if_missing(true);
        let writer = writer.pragma("cache_size", "-65536").pragma("mmap_size", "0");
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false);
        let writer = pool.connect_with(writer).await.map_err(unavailable)?;
        let source = Source::Sqlite(Box::new(connect.read_only(true).pragma("cache_size", "-8192")));
        let readers = Readers::connect(source, options.max_connections, options.acquire_timeout);
        Ok(Self {
            readers: readers.await.map_err(unavailable)?,
            writer: Writer::Sqlite(writer),
            statement_timeout: options.statement_timeout,
            statements: Statements::default(),
            breaker: options.breaker.clone(),
        })
    }

    /// The same database, whose statements are timed there.
    #[must_use]
    pub fn timed(&self, statements: Statements) -> Self {
        Self { statements, ..self.clone() }
    }

    /// The connections that read, now.
    pub fn pool(&self) -> Pool {
        self.readers.pool()
    }

    /// Which database this is.
    pub fn backend(&self) -> DbBackend {
        match self.writer {
            Writer::Postgres(..) => DbBackend::Postgres,
            Writer::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    /// Answers when the database does: for readiness.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let one = self.fetch("SELECT 1", [], first::<i32>).await?;
        if one == [1] { Ok(()) } else { Err(StoreError::Corrupt(format!("SELECT 1 gave {one:?}"))) }
    }

    /// Closes all connections. Waits for those in use. The writer goes last: on SQLite only it can fold
    /// the write-ahead log into the file. On PostgreSQL the connection that cancels does, for those that
    /// write may be about to be given back.
    pub async fn close(self) {
        self.readers.close().await;
        match &self.writer {
            Writer::Postgres(pool, control) => {
                pool.close().await;
                control.close().await;
            }
            Writer::Sqlite(pool) => pool.close().await,
        }
    }

    /// The same database with a reading connection of its own, opened when it is needed: for a task that
    /// must not wait behind requests. It ends by [`close_readers`](Self::close_readers).
    #[must_use]
    pub fn with_own_reader(&self) -> Self {
        Self { readers: self.readers.beside(), ..self.clone() }
    }

    /// The same database, asked even while the breaker keeps requests from it: for a task that asks little, gives up
    /// by itself, and must not stop because requests are too many. What it finds is not told to the breaker.
    #[must_use]
    pub fn without_breaker(&self) -> Self {
        Self { breaker: Breaker::never(), ..self.clone() }
    }

    /// Closes the connections that read. Waits for those in use.
    pub async fn close_readers(&self) {
        self.readers.close().await;
    }

    /// What keeps from asking this database while it fails.
    pub fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Asks whether the database may be asked.
    pub(super) fn admit(&self) -> Result<Permit, StoreError> {
        self.breaker.admit().map_err(|open| StoreError::BreakerOpen { retry_after: open.retry_after })
    }

    pub(super) fn statements(&self) -> &Statements {
        &self.statements
    }

    pub(super) fn writer(&self) -> &Writer {
        &self.writer
    }

    pub(super) fn timeout_ms(&self) -> u64 {
        u64::try_from(self.statement_timeout.as_millis()).unwrap_or(u64::MAX)
    }

    /// Runs a constant statement and reads each row with `decode`.
    pub(super) async fn fetch<T>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
        decode: impl FnMut(&mut Cells<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.fetch_statement(Statement::from_sql_and_values(self.backend(), sql, values), decode).await
    }

    /// Runs a constant statement that selects the columns of one table.
    pub(super) async fn rows(
        &self,
        table: &'static Table,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut reader = RowReader::new(table);
        self.fetch(sql, values, |cells| reader.read(cells)).await
    }

    /// Runs a statement and reads each row with `decode`. See [`Self::answer`].
    pub(super) async fn fetch_statement<T>(
        &self,
        statement: Statement,
        mut decode: impl FnMut(&mut Cells<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.answer(statement).await?;
        let mut decoded = Vec::with_capacity(rows.len());
        for index in 0..rows.len() {
            decoded.push(decode(&mut rows.cells(index))?);
        }
        Ok(decoded)
    }

    /// Runs a statement. Dropping the future cancels it. It is not run while the breaker is open; what the
    /// database refuses is no failure of it, and neither is the wait for one of our connections. One boxed
    /// future a statement, so that every caller's own future is small and compiled once.
    fn answer(&self, statement: Statement) -> BoxFuture<'_, Result<Rows, StoreError>> {
        Box::pin(async move {
            let mut permit = self.admit()?;
            let Statement { sql, values, .. } = statement;
            let sql: Arc<str> = sql.into();
            let timing = self.statements.begin(sql.clone());
            let span = traces::statement(&sql);
            let values = values.unwrap_or(Values(Vec::new()));
            let rows = self.run(&mut permit, sql, values).instrument(span).await;
            timing.ended(rows.is_ok());
            match &rows {
                Err(StoreError::Busy(_)) => permit.withdrawn(),
                Err(error) if error.is_failure() => permit.failed(),
                _ => permit.succeeded(),
            }
            rows
        })
    }

    /// Runs a statement once a connection is free; only then is the database asked.
    async fn run(&self, permit: &mut Permit, sql: Arc<str>, values: Values) -> Result<Rows, StoreError> {
        let refused = |error: sqlx::Error| StoreError::from_sqlx(&error, self.timeout_ms());
        permit.waits();
        let place = self.readers.place().await.map_err(refused)?;
        permit.begins();
        // PostgreSQL ends a late statement itself; SQLite's is cancelled by being dropped.
        let limit = self.statement_timeout + Duration::from_secs(1);
        match tokio::time::timeout(limit, self.readers.run(place, sql, values)).await {
            Ok(answer) => answer.map_err(refused),
            Err(_) => Err(StoreError::Timeout { limit_ms: self.timeout_ms() }),
        }
    }
}

/// Reads a row of one column.
pub(super) fn first<T: FromCell>(cells: &mut Cells<'_>) -> Result<T, StoreError> {
    cells.take()
}
