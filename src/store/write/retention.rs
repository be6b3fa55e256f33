//! Removes old entries of the change log.
//!
//! What must stay true: what is left is the end of the log without a gap, and the newest entry is in it; an
//! entry is gone if and only if its sequence is not above the number in `identity`, written by the transaction
//! that removed it. So whoever was at entry N can go on if that number is at most N
//! ([`removed_through`](crate::store::query::changes::removed_through)). Several nodes may do this at once:
//! entries never change, so that all come to the same end.

use chrono::{DateTime, TimeDelta, Utc};

use super::transaction::{Connection, Transaction};
use crate::{
    ocds::model::Time,
    store::{Database, StoreError},
};

/// Entries removed in one transaction, so that other writers need not wait long.
const BATCH: usize = 1000;

/// How long an entry stays once another has come behind it. Whoever follows the log reads the entry again at
/// which it stands, and has by then gone on to the next one.
const SETTLED: TimeDelta = TimeDelta::minutes(1);

/// Removes the entries at the beginning of the log that are older than `keep` now. Returns how many those were.
/// By whose clock an entry is younger, it and all behind it stay.
pub async fn remove_old(database: &Database, now: DateTime<Utc>, keep: TimeDelta) -> Result<u64, StoreError> {
    let horizon = now.checked_sub_signed(keep).unwrap_or_default();
    let (mut removed, mut through) = (0, 0);
    loop {
        let page = first(database, through).await?;
        let old = page.windows(2).take_while(|pair| pair[0].1 < horizon && pair[1].1 < now - SETTLED);
        let Some(last) = old.map(|pair| pair[0].0).last() else { return Ok(removed) };
        through = last;
        removed += remove_through(database, through).await?;
    }
}

/// The first entries behind one that was removed, in order: sequence and time.
async fn first(database: &Database, removed: i64) -> Result<Vec<(i64, Time)>, StoreError> {
    const SQL: &str = "SELECT sequence, at FROM changes WHERE sequence > $1 ORDER BY sequence LIMIT $2";
    let limit = i64::try_from(BATCH + 1).unwrap_or(i64::MAX);
    database.fetch(SQL, [removed.into(), limit.into()], |cells| Ok((cells.take()?, cells.take()?))).await
}

async fn remove_through(database: &Database, through: i64) -> Result<u64, StoreError> {
    const REMOVE: &str = "DELETE FROM changes WHERE sequence <= $1";
    const NOTE: &str = "UPDATE identity SET log_removed_through = $1 WHERE log_removed_through < $1";
    let mut transaction = Transaction::begin(database).await?;
    let timing = transaction.timing(NOTE);
    let noted = match transaction.connection()? {
        Connection::Postgres(connection) => {
            sqlx::query(NOTE).bind(through).execute(connection).await.map(drop)
        }
        Connection::Sqlite(connection) => sqlx::query(NOTE).bind(through).execute(connection).await.map(drop),
    };
    transaction.told(timing, noted)?;
    let timing = transaction.timing(REMOVE);
    let removed = match transaction.connection()? {
        Connection::Postgres(connection) => {
            let removed = sqlx::query(REMOVE).bind(through).execute(connection).await;
            removed.map(|done| done.rows_affected())
        }
        Connection::Sqlite(connection) => {
            let removed = sqlx::query(REMOVE).bind(through).execute(connection).await;
            removed.map(|done| done.rows_affected())
        }
    };
    let removed = transaction.told(timing, removed)?;
    transaction.commit(Utc::now(), &[]).await?;
    Ok(removed)
}
