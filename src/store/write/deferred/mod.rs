//! Indexes that a large first import puts off, and builds in one go when it ends.
//!
//! Keeping an index in order costs a search for every row that is added; building it afterwards costs one
//! sort. So an import into an empty database drops what it does not need itself: the indexes of Farol's
//! tables that are not unique, and on SQLite the triggers that keep the words of texts. Unique ones stay:
//! they guard the data, and an import looks up by them. Definitions are those of the database itself.
//!
//! What must stay true: what is dropped stands in the table `deferred` from the transaction that drops it
//! to the one that builds it, so that a killed import never leaves a database without its indexes. One
//! farol at a time holds the duty to build, by a lock that ends with its process. Whoever opens the
//! database, or ends an import, builds what nobody has the duty to ([`build_left`]). Until then queries are
//! slow, and on SQLite a search does not find what came in.

mod postgres;
mod sqlite;

use std::fs::File;

use sqlx::{PgConnection, SqlitePool};

use crate::store::{Database, StoreError, database::Writer};

/// The duty to build what was put off. Dropped without [`build`](Self::build), it falls to whoever opens the
/// database next.
pub struct Deferred {
    holder: Holder,
    timeout_ms: u64,
}

/// Who holds the lock, and builds.
enum Holder {
    /// A session of its own: its advisory lock ends with it.
    Postgres(PgConnection),
    Sqlite(SqlitePool, #[expect(dead_code, reason = "locked while it is open")] File),
}

impl Deferred {
    /// Puts off what an import can do without. `None` where something is in the way: another farol that
    /// does so, or on PostgreSQL a long query; the import then goes on as any other.
    pub async fn put_off(database: &Database) -> Result<Option<Self>, StoreError> {
        let Some(mut deferred) = Self::take(database).await? else { return Ok(None) };
        let done = match &mut deferred.holder {
            Holder::Postgres(connection) => postgres::put_off(connection).await,
            Holder::Sqlite(pool, _) => sqlite::put_off(pool).await.map(|()| true),
        };
        let done = done.map_err(|error| deferred.refused(&error))?;
        Ok(done.then_some(deferred))
    }

    /// Builds what was put off, each index in a transaction: what is built stays when this is killed.
    pub async fn build(mut self) -> Result<(), StoreError> {
        while match &mut self.holder {
            Holder::Postgres(connection) => postgres::build_next(connection).await,
            Holder::Sqlite(pool, _) => sqlite::build_next(pool).await,
        }
        .map_err(|error| self.refused(&error))?
        {}
        Ok(())
    }

    /// Takes the duty, unless another farol has it.
    async fn take(database: &Database) -> Result<Option<Self>, StoreError> {
        let timeout_ms = database.timeout_ms();
        let holder = match database.writer() {
            Writer::Postgres(pool, _) => {
                postgres::lock(pool).await.map(|session| session.map(Holder::Postgres))
            }
            Writer::Sqlite(pool) => {
                sqlite::lock(pool).map(|file| file.map(|file| Holder::Sqlite(pool.clone(), file)))
            }
        };
        let holder = holder.map_err(|error| StoreError::from_sqlx(&error, timeout_ms))?;
        Ok(holder.map(|holder| Self { holder, timeout_ms }))
    }

    fn refused(&self, error: &sqlx::Error) -> StoreError {
        StoreError::from_sqlx(error, self.timeout_ms)
    }
}

/// Whether the database holds no process: an import into it may put off what it does not need.
pub async fn is_worth_it(database: &Database) -> Result<bool, StoreError> {
    const EMPTY: &str = "SELECT NOT EXISTS (SELECT 1 FROM processes)";
    ask(database, EMPTY).await
}

/// Builds what an import left that was killed. Where another farol has the duty to, nothing is done.
pub async fn build_left(database: &Database) -> Result<(), StoreError> {
    const LEFT: &str = "SELECT EXISTS (SELECT 1 FROM deferred)";
    if !ask(database, LEFT).await? {
        return Ok(());
    }
    let Some(deferred) = Deferred::take(database).await? else {
        tracing::warn!("another farol fills the database: queries are slow until it has built the indexes");
        return Ok(());
    };
    tracing::warn!("an import did not end: building the indexes it had put off");
    deferred.build().await
}

async fn ask(database: &Database, question: &'static str) -> Result<bool, StoreError> {
    let answer = match database.writer() {
        Writer::Postgres(pool, _) => sqlx::query_scalar(question).fetch_one(pool).await,
        Writer::Sqlite(pool) => sqlx::query_scalar(question).fetch_one(pool).await,
    };
    answer.map_err(|error| StoreError::from_sqlx(&error, database.timeout_ms()))
}

/// A definition that does no harm where someone was faster and made the index by hand.
fn unless_there(definition: &str) -> String {
    let definition = definition.replacen("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS ", 1);
    definition.replace("CREATE TRIGGER ", "CREATE TRIGGER IF NOT EXISTS ")
}
