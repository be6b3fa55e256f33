//! Putting off on PostgreSQL.

use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use super::unless_there;
use crate::store::write::table::TABLES;

/// Identifies the duty to build among advisory locks: the bytes of `build`.
const LOCK: i64 = 0x0062_7569_6c64;

/// The indexes of some tables that are not unique, as far as this user owns them.
const INDEXES: &str = "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) \
     FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid \
     WHERE t.relnamespace = current_schema()::regnamespace AND t.relname = ANY($1) \
     AND NOT i.indisunique AND pg_has_role(t.relowner, 'USAGE') ORDER BY t.relname";

/// A session that has the lock. `None` when another one keeps it: after a moment, because the server takes one
/// to notice that a killed program is gone.
pub(super) async fn lock(pool: &PgPool) -> Result<Option<PgConnection>, sqlx::Error> {
    let mut session = pool.acquire().await?.detach();
    sqlx::query("SET lock_timeout = '2s'").execute(&mut session).await?;
    match sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut session).await {
        Ok(_) => {}
        Err(error) if is_lock_timeout(&error) => return Ok(None),
        Err(error) => return Err(error),
    }
    // An index takes as long as the table is large, and waits for whoever writes to it.
    sqlx::raw_sql("SET lock_timeout = 0; SET statement_timeout = 0").execute(&mut session).await?;
    Ok(Some(session))
}

/// Drops the indexes. False, and nothing is dropped, where a query keeps one of them in use: a wait that
/// long would end in a deadlock if that query came to need another of them.
pub(super) async fn put_off(session: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let mut transaction = session.begin().await?;
    sqlx::query("SET LOCAL lock_timeout = '300ms'").execute(&mut *transaction).await?;
    let tables = TABLES.map(|table| table.layout().name);
    let indexes: Vec<(String, String)> =
        sqlx::query_as(INDEXES).bind(&tables[..]).fetch_all(&mut *transaction).await?;
    let (names, definitions): (Vec<_>, Vec<_>) =
        indexes.into_iter().map(|(name, definition)| (name, unless_there(&definition))).unzip();
    if names.is_empty() {
        return Ok(false);
    }
    let keep = "INSERT INTO deferred (definition) SELECT unnest($1)";
    sqlx::query(keep).bind(definitions).execute(&mut *transaction).await?;
    let drop = format!("DROP INDEX {}", names.join(", "));
    match sqlx::query(AssertSqlSafe(drop)).execute(&mut *transaction).await {
        Ok(_) => transaction.commit().await.map(|()| true),
        Err(error) if is_lock_timeout(&error) => transaction.rollback().await.map(|()| false),
        Err(error) => Err(error),
    }
}

/// Builds what stands first in the table. False when nothing does.
pub(super) async fn build_next(session: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let mut transaction = session.begin().await?;
    let next = "SELECT position, definition FROM deferred ORDER BY position LIMIT 1";
    let next: Option<(i64, String)> = sqlx::query_as(next).fetch_optional(&mut *transaction).await?;
    let Some((position, definition)) = next else { return Ok(false) };
    sqlx::raw_sql(AssertSqlSafe(definition)).execute(&mut *transaction).await?;
    let done = "DELETE FROM deferred WHERE position = $1";
    sqlx::query(done).bind(position).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(true)
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    // lock_not_available (PostgreSQL, appendix A)
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("55P03"))
}
