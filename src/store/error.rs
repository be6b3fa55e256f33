//! What can go wrong in the store, by whose move comes next.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database URL is not one that Farol knows.
    #[error("database.url: {0}; expected sqlite://PATH or postgres://USER@HOST/NAME")]
    Url(String),
    /// The database could not be reached or gave no connection in time.
    #[error("the database cannot be reached: {0} (database.url)")]
    Unavailable(String),
    /// Others are in the way of what was asked, and were for as long as one waits. The database itself does well.
    #[error("the database is busy: {0}; try again")]
    Busy(String),
    /// The database failed or hung lately, and is not asked for a moment.
    #[error(
        "the database failed lately and is not asked for a moment; try again in {} ms",
        retry_after.as_millis()
    )]
    BreakerOpen {
        /// When it is worth while to try again.
        retry_after: Duration,
    },
    /// A statement took longer than `database.statement_timeout_ms`.
    #[error("a database statement took longer than {limit_ms} ms (database.statement_timeout_ms)")]
    Timeout {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// The database's schema is not the one of this program.
    #[error("migrations: {0}")]
    Migration(String),
    /// A stored value cannot be read back.
    #[error("the database holds what Farol did not write: {0}")]
    Corrupt(String),
    /// Anything else the database refused.
    #[error("the database refused a statement: {0}")]
    Database(String),
}

impl StoreError {
    /// Sorts an error of the database. `limit_ms` is the statement timeout in force.
    pub(super) fn from_sqlx(error: &sqlx::Error, limit_ms: u64) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed => Self::Unavailable(error.to_string()),
            sqlx::Error::Database(database) => match database.code().as_deref() {
                // query_canceled: the statement timeout (PostgreSQL, appendix A)
                Some("57014") => Self::Timeout { limit_ms },
                // lock_not_available
                Some("55P03") => Self::Busy("another writer was in the way for too long".to_owned()),
                // SQLITE_BUSY in its kinds: another process has been writing for longer than one waits
                Some("5" | "261" | "517") => Self::Unavailable(database.message().to_owned()),
                // class 08, connection exceptions; 57P01 to 57P03, the server goes down or comes up
                Some(code) if code.starts_with("08") || code.starts_with("57P") => {
                    Self::Unavailable(database.message().to_owned())
                }
                _ => Self::Database(database.message().to_owned()),
            },
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Corrupt(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }

    /// The same for an error that came through SeaORM.
    pub(super) fn from_db(error: &DbErr, limit_ms: u64) -> Self {
        match error {
            DbErr::Conn(RuntimeErr::SqlxError(inner))
            | DbErr::Exec(RuntimeErr::SqlxError(inner))
            | DbErr::Query(RuntimeErr::SqlxError(inner)) => Self::from_sqlx(inner, limit_ms),
            DbErr::ConnectionAcquire(_) => Self::Unavailable(error.to_string()),
            DbErr::Type(message) => Self::Corrupt(message.clone()),
            _ => Self::Database(error.to_string()),
        }
    }

    /// Whether it says that the database fails, and not only that it refused what was asked.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Timeout { .. })
    }
}
