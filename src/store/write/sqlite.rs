//! Writing to SQLite: prepared statements of many rows.
//!
//! Every statement is a trip to the connection's thread, so rows go in packs; the sizes are few, so that
//! all statements stay prepared.

use std::{collections::HashMap, sync::LazyLock};

use sqlx::{AssertSqlSafe, FromRow, SqlSafeStr, SqliteConnection, SqlitePool, sqlite::SqliteRow};

use super::{
    cell::{Buffer, SqliteValue},
    table::{TABLES, Table, parts},
};

/// Rows per statement, from large to small.
const PACKS: [usize; 3] = [64, 8, 1];

/// Runs `select` over the rows whose last column named is one of `ids`.
pub(super) async fn select<T>(
    connection: &mut SqliteConnection,
    select: &'static str,
    ids: &[i64],
) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    let sql = format!("{select} IN (SELECT value FROM json_each($1))");
    sqlx::query_as(AssertSqlSafe(sql)).bind(json(ids)).fetch_all(connection).await
}

/// Runs `select`, in which `{keys}` stands for the set of `ids`.
pub(super) async fn select_by<T>(
    connection: &mut SqliteConnection,
    select: &'static str,
    ids: &[i64],
) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    let sql = select.replace("{keys}", "(SELECT value FROM json_each($1))");
    sqlx::query_as(AssertSqlSafe(sql)).bind(json(ids)).fetch_all(connection).await
}

pub(super) async fn remove(
    connection: &mut SqliteConnection,
    removal: &'static str,
    processes: &[i64],
) -> Result<(), sqlx::Error> {
    let sql = removal.replace("{keys}", "(SELECT value FROM json_each($1))");
    sqlx::query(AssertSqlSafe(sql)).bind(json(processes)).execute(connection).await.map(drop)
}

/// The rows that `removal` would remove, as texts.
pub(super) async fn rows(
    connection: &mut SqliteConnection,
    removal: &'static str,
    processes: &[i64],
) -> Result<Vec<(String,)>, sqlx::Error> {
    let (name, condition) = parts(removal);
    let condition = condition.replace("{keys}", "(SELECT value FROM json_each($1))");
    let columns = TABLES.iter().find(|table| table.layout().name == name).map_or(vec![], |table| {
        table.layout().columns.iter().map(|column| format!("quote(t.{column})")).collect()
    });
    let sql = format!("SELECT {} FROM {name} t WHERE {condition}", columns.join(" || ',' || "));
    sqlx::query_as(AssertSqlSafe(sql)).bind(json(processes)).fetch_all(connection).await
}

/// Refreshes the planner's statistics, and has it never skip over the first column of an index: for rows
/// without a date it took the index by dataset and date instead of the one by date, and sorted them all.
pub(super) async fn analyze(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let sql = "ANALYZE; UPDATE sqlite_stat1 SET stat = stat || ' noskipscan'; ANALYZE sqlite_schema";
    sqlx::raw_sql(sql).execute(pool).await.map(drop)
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    table: Table,
    buffer: Buffer,
) -> Result<(), sqlx::Error> {
    let Buffer::Values(values) = buffer else {
        return Err(sqlx::Error::Encode("rows encoded for another database".into()));
    };
    let width = table.layout().columns.len();
    let mut values = values.into_iter();
    for pack in PACKS {
        let sql = &INSERTS[&(table as usize, pack)];
        while values.len() >= width * pack {
            let mut query = sqlx::query(AssertSqlSafe(sql.as_str()).into_sql_str());
            for value in values.by_ref().take(width * pack) {
                query = match value {
                    SqliteValue::Null => query.bind(None::<i64>),
                    SqliteValue::Integer(value) => query.bind(value),
                    SqliteValue::Text(text) => query.bind(text),
                    SqliteValue::Blob(bytes) => query.bind(bytes),
                };
            }
            query.execute(&mut *connection).await?;
        }
    }
    Ok(())
}

static INSERTS: LazyLock<HashMap<(usize, usize), String>> = LazyLock::new(|| {
    let keys = TABLES.iter().flat_map(|table| PACKS.map(|pack| (*table, pack)));
    keys.map(|(table, pack)| ((table as usize, pack), insert_sql(table, pack))).collect()
});

fn insert_sql(table: Table, rows: usize) -> String {
    let layout = table.layout();
    let row = format!("({})", vec!["?"; layout.columns.len()].join(", "));
    format!(
        "INSERT INTO {} ({}) VALUES {}{}",
        layout.name,
        layout.columns.join(", "),
        vec![row; rows].join(", "),
        table.on_conflict()
    )
}

fn json(ids: &[i64]) -> String {
    serde_json::to_string(ids).unwrap_or_default()
}
