//! Writing to PostgreSQL: COPY in its binary format.

use sqlx::{AssertSqlSafe, FromRow, PgConnection, postgres::PgRow};

use super::{
    cell::Buffer,
    table::{Table, parts},
};

/// Identifies the change log among advisory locks: the bytes of `farol`.
const CHANGE_LOG_LOCK: i64 = 0x66_61_72_6f_6c;

/// Runs `select` over the rows whose last column named is one of `ids`.
pub(super) async fn select<T>(
    connection: &mut PgConnection,
    select: &'static str,
    ids: &[i64],
) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    sqlx::query_as(AssertSqlSafe(format!("{select} = ANY($1)"))).bind(ids).fetch_all(connection).await
}

pub(super) async fn remove(
    connection: &mut PgConnection,
    removal: &'static str,
    processes: &[i64],
) -> Result<(), sqlx::Error> {
    let sql = removal.replace("{keys}", "(SELECT unnest($1::bigint[]))");
    sqlx::query(AssertSqlSafe(sql)).bind(processes).execute(connection).await.map(drop)
}

/// The rows that `removal` would remove, as texts.
pub(super) async fn rows(
    connection: &mut PgConnection,
    removal: &'static str,
    processes: &[i64],
) -> Result<Vec<(String,)>, sqlx::Error> {
    let (table, condition) = parts(removal);
    let condition = condition.replace("{keys}", "(SELECT unnest($1::bigint[]))");
    let sql = format!("SELECT t::text FROM {table} t WHERE {condition}");
    sqlx::query_as(AssertSqlSafe(sql)).bind(processes).fetch_all(connection).await
}

pub(super) async fn lock_change_log(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(CHANGE_LOG_LOCK).execute(connection).await.map(drop)
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    table: Table,
    buffer: &Buffer,
) -> Result<(), sqlx::Error> {
    if table == Table::Organizations {
        return upsert_organizations(connection, buffer).await;
    }
    copy(connection, table.layout().name, table, buffer).await
}

/// COPY cannot update, so mentions go through a temporary table.
async fn upsert_organizations(connection: &mut PgConnection, buffer: &Buffer) -> Result<(), sqlx::Error> {
    const INCOMING: &str = "incoming_organizations";
    let create =
        format!("CREATE TEMPORARY TABLE IF NOT EXISTS {INCOMING} (LIKE organizations) ON COMMIT DELETE ROWS");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut *connection).await?;
    copy(connection, INCOMING, Table::Organizations, buffer).await?;
    let columns = &Table::Organizations.layout().columns;
    let updates: Vec<String> =
        columns.iter().skip(1).map(|column| format!("{column} = excluded.{column}")).collect();
    let upsert = format!(
        "INSERT INTO organizations SELECT * FROM {INCOMING} ORDER BY id ON CONFLICT (id) DO UPDATE SET {} \
         WHERE excluded.completeness > organizations.completeness",
        updates.join(", ")
    );
    sqlx::query(AssertSqlSafe(upsert)).execute(&mut *connection).await.map(drop)
}

async fn copy(
    connection: &mut PgConnection,
    target: &str,
    table: Table,
    buffer: &Buffer,
) -> Result<(), sqlx::Error> {
    /// Signature, flags, length of the header's extension.
    const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
    /// A tuple of -1 fields ends the data.
    const TRAILER: &[u8] = &(-1_i16).to_be_bytes();
    let Buffer::Copy(tuples) = buffer else {
        return Err(sqlx::Error::Protocol("rows encoded for another database".to_owned()));
    };
    let columns = table.layout().columns.join(", ");
    let statement = format!("COPY {target} ({columns}) FROM STDIN WITH (FORMAT binary)");
    let mut sink = connection.copy_in_raw(&statement).await?;
    sink.send(HEADER).await?;
    sink.send(tuples.as_slice()).await?;
    sink.send(TRAILER).await?;
    sink.finish().await.map(drop)
}
