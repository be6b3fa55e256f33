//! Putting off on SQLite.

use std::{
    fs::{File, TryLockError},
    path::PathBuf,
};

use chrono::Utc;
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};

use super::unless_there;
use crate::store::write::{ChangeKind, table::TABLES};

/// Indexes of some tables (a JSON list) that are not unique: how to drop each, and its definition.
const INDEXES: &str = "SELECT 'DROP INDEX ' || name, sql FROM sqlite_master \
     WHERE type = 'index' AND tbl_name IN (SELECT value FROM json_each($1)) \
     AND sql LIKE 'CREATE INDEX %' ORDER BY tbl_name";

/// Each table of words with the triggers that fill it. Words are gathered anew before the triggers are
/// there again, and in one transaction with them, so that no row is missed or counted twice.
const WORDS: &str = "SELECT group_concat('DROP TRIGGER ' || t.name, '; '), \
     format('INSERT INTO %s (%s) VALUES (''rebuild''); ', w.name, w.name) || group_concat(t.sql, '; ') \
     FROM sqlite_master w JOIN sqlite_master t \
     ON t.type = 'trigger' AND instr(t.sql, 'INSERT INTO ' || w.name || ' (') > 0 \
     WHERE w.type = 'table' AND w.sql LIKE 'CREATE VIRTUAL TABLE % USING fts5 %' GROUP BY w.name";

/// The locked file beside the database. `None` when another process has it.
pub(super) fn lock(pool: &SqlitePool) -> Result<Option<File>, sqlx::Error> {
    let path = PathBuf::from(format!("{}.build", pool.connect_options().get_filename().display()));
    let file = File::create(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Drops the indexes and triggers.
pub(super) async fn put_off(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let tables = TABLES.map(|table| table.layout().name);
    let tables = serde_json::to_string(&tables).unwrap_or_default();
    let mut found: Vec<(String, String)> =
        sqlx::query_as(INDEXES).bind(tables).fetch_all(&mut *transaction).await?;
    found.extend(sqlx::query_as::<_, (String, String)>(WORDS).fetch_all(&mut *transaction).await?);
    for (drop, definition) in found {
        let keep = sqlx::query("INSERT INTO deferred (definition) VALUES ($1)");
        keep.bind(unless_there(&definition)).execute(&mut *transaction).await?;
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Has the change log say that datasets changed: search finds from now on what came in meanwhile.
async fn tell(transaction: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO changes (at, kind, dataset_id, process_id, ocid, paths, tags) \
         SELECT $1, $2, id, 0, '', '[]', '[]' FROM datasets";
    let query = sqlx::query(sql).bind(Utc::now().timestamp_millis()).bind(ChangeKind::Dataset.as_str());
    query.execute(transaction).await.map(drop)
}

/// Builds what stands first in the table. False when nothing does.
pub(super) async fn build_next(pool: &SqlitePool) -> Result<bool, sqlx::Error> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let next = "SELECT position, definition FROM deferred ORDER BY position LIMIT 1";
    let next: Option<(i64, String)> = sqlx::query_as(next).fetch_optional(&mut *transaction).await?;
    let Some((position, definition)) = next else { return Ok(false) };
    if definition.starts_with("INSERT INTO ") {
        tell(&mut transaction).await?;
    }
    sqlx::raw_sql(AssertSqlSafe(definition)).execute(&mut *transaction).await?;
    let done = "DELETE FROM deferred WHERE position = $1";
    sqlx::query(done).bind(position).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(true)
}
