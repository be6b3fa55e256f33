//! One transaction's connection to PostgreSQL.
//!
//! Dropped before its commit (the client went away, a limit of time passed, something failed), its statement is
//! cancelled and it is rolled back before the pool has the connection back. The pool alone would wait for the
//! statement, without limit: for one that waits for an import's lock, until that ends; and as there are few
//! connections that write, two callers who gave up would keep everyone from writing.

use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Row, pool::PoolConnection};
use tokio::{runtime::Handle, time::timeout};

use crate::store::control::{Control, RECOVERY};

/// How long a transaction waits for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// No longer than for a connection, and no statement of it takes longer than one may: someone waits for it,
    /// and others for its connection.
    Request,
    /// As long as it takes: an import's.
    Unlimited,
}

pub(super) struct Session {
    /// Gone once it has ended.
    connection: Option<PoolConnection<Postgres>>,
    /// What serves the connection, once it said so and as long as it is there. Another server could have given the
    /// number to somebody else.
    process: Option<i32>,
    control: Control,
}

impl Session {
    /// Begins a transaction, with the limits that its patience sets.
    pub(super) async fn begin(
        pool: &PgPool,
        control: &Control,
        patience: Patience,
    ) -> Result<Self, sqlx::Error> {
        let connection = Some(pool.acquire().await?);
        let mut session = Self { connection, process: None, control: control.clone() };
        let limit = match patience {
            Patience::Request => {
                let most = u128::from(i32::MAX.unsigned_abs());
                let wait = pool.options().get_acquire_timeout().as_millis().clamp(1, most);
                format!("SET LOCAL lock_timeout = {wait}")
            }
            Patience::Unlimited => "SET LOCAL statement_timeout = 0".to_owned(),
        };
        // Together: each would be a round trip of its own.
        let begin = AssertSqlSafe(format!("BEGIN; {limit}; SELECT pg_backend_pid()"));
        let row = sqlx::raw_sql(begin).fetch_one(session.connection()?).await?;
        session.process = Some(row.try_get(0)?);
        Ok(session)
    }

    pub(super) fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// A statement has failed. Where it was not the database that said so, the connection is lost: it is closed.
    pub(super) fn failed(&mut self, error: &sqlx::Error) {
        if !matches!(error, sqlx::Error::Database(_)) {
            self.process = None;
        }
    }

    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        let done = sqlx::raw_sql("COMMIT").execute(self.connection()?).await;
        done.inspect_err(|error| self.failed(error))?;
        // The pool has it back.
        drop(self.connection.take());
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // Without a runtime the process is ending, and its connections with it.
        match (self.process, Handle::try_current()) {
            // Whoever closes the pool waits for this: it has the connection.
            (Some(process), Ok(runtime)) => {
                runtime.spawn(recover(connection, process, self.control.clone()));
            }
            _ => drop(connection.detach()),
        }
    }
}

/// Ends what a connection does for a transaction that nobody waits for. One that does not come back in time is
/// closed, for the pool would wait for it.
async fn recover(mut connection: PoolConnection<Postgres>, process: i32, control: Control) {
    let ended = timeout(RECOVERY, async {
        control.cancel(process).await?;
        Control::settle(&mut connection).await?;
        sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.map(drop)
    });
    match ended.await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => tracing::warn!(%error, "a transaction given up could not be rolled back"),
        Err(_) => tracing::warn!("a transaction given up was not over {RECOVERY:?} after it was cancelled"),
    }
    drop(connection.detach());
}
