//! What can go wrong in the store, by whose move comes next.

use std::time::Duration;

use sqlx::{error::DatabaseError, sqlite::SqliteError};

/// Classes of errors by which PostgreSQL says that it cannot: 08, connection exceptions; 53, it has too little of
/// something (connections, memory, room on its disk), but for 53400, a limit that a statement has met; 57P, it goes down or comes up; 58, an error of its system.
/// Not XX, its own defects and damaged data: the statement brings those about, and others are answered.
const FAILURES: [&str; 4] = ["08", "53", "57P", "58"];

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
            // Protocol: the other end breaks off, or says what no database says.
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::PoolClosed => Self::Unavailable(error.to_string()),
            sqlx::Error::PoolTimedOut => Self::Busy("no connection was free in time".to_owned()),
            sqlx::Error::Database(error) => Self::from_database(&**error, limit_ms),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Corrupt(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }

    /// Sorts what the database says itself, by its code.
    fn from_database(error: &dyn DatabaseError, limit_ms: u64) -> Self {
        let message = error.message().to_owned();
        if let Some(code) = sqlite_code(error) {
            return match code {
                // SQLITE_BUSY
                5 => Self::Busy("another program has been writing for too long".to_owned()),
                // SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN
                10 | 13 | 14 => Self::Unavailable(message),
                _ => Self::Database(message),
            };
        }
        match error.code().as_deref().unwrap_or_default() {
            // query_canceled: the statement timeout (PostgreSQL, appendix A)
            "57014" => Self::Timeout { limit_ms },
            // lock_not_available
            "55P03" => Self::Busy("another writer was in the way for too long".to_owned()),
            "53400" => Self::Database(message),
            code if FAILURES.iter().any(|class| code.starts_with(class)) => Self::Unavailable(message),
            _ => Self::Database(message),
        }
    }

    /// Whether it says that the database fails, and not only that it refused what was asked.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Timeout { .. })
    }
}

/// SQLite's code of an error, in none of its kinds; `None` for an error of PostgreSQL.
fn sqlite_code(error: &dyn DatabaseError) -> Option<u32> {
    error.try_downcast_ref::<SqliteError>()?;
    let code: u32 = error.code()?.parse().ok()?;
    Some(code & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_talk_that_breaks_off_is_a_failure() {
        for error in [sqlx::Error::Protocol("unexpected message".to_owned()), sqlx::Error::WorkerCrashed] {
            assert!(StoreError::from_sqlx(&error, 1).is_failure(), "{error}");
        }
    }
}
