//! Writing to PostgreSQL: one statement for all rows of a table.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{
    AssertSqlSafe, Encode, FromRow, PgConnection, PgPool, Postgres, SqlSafeStr, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgRow, PgTypeInfo},
};

use super::{
    cell::{Buffer, Column},
    table::{Layout, TABLES, Table, parts},
};
use crate::store::{notify::CHANNEL, row::Kind};

/// Identifies the change log among advisory locks: the bytes of `farol`.
const CHANGE_LOG_LOCK: i64 = 0x66_61_72_6f_6c;

/// Takes a lock that ends with the transaction.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";

/// Tells those who listen, once the transaction is committed.
pub(super) const NOTIFY: &str = "SELECT pg_notify($1, '')";

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

/// Runs `select`, in which `{keys}` stands for the set of `ids`.
pub(super) async fn select_by<T>(
    connection: &mut PgConnection,
    select: &'static str,
    ids: &[i64],
) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let sql = select.replace("{keys}", "(SELECT unnest($1::bigint[]))");
    sqlx::query_as(AssertSqlSafe(sql)).bind(ids).fetch_all(connection).await
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
    sqlx::query(LOCK).bind(CHANGE_LOG_LOCK).execute(connection).await.map(drop)
}

/// Tells those who listen, once the transaction is committed.
pub(super) async fn notify(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(NOTIFY).bind(CHANNEL).execute(connection).await.map(drop)
}

/// Keeps other writers of the dataset waiting until this transaction ends: two that came with the same process at
/// once would both find it missing.
pub(super) async fn lock_dataset(connection: &mut PgConnection, dataset: i64) -> Result<(), sqlx::Error> {
    sqlx::query(LOCK).bind(dataset).execute(connection).await.map(drop)
}

/// Words that came lately wait in a list of their index, which is emptied first, while nobody can drop the
/// index. Only the owner of a table may do either, so another user's tables are left out.
pub(super) async fn analyze(pool: &PgPool) -> Result<(), sqlx::Error> {
    const HOLD: &str = "LOCK TABLE process_search, item_search, organizations IN SHARE UPDATE EXCLUSIVE MODE";
    const LISTS: &str = "SELECT gin_clean_pending_list(i.indexrelid) FROM pg_index i \
         JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam \
         WHERE a.amname = 'gin' AND pg_has_role(c.relowner, 'USAGE') AND i.indrelid = \
         ANY (ARRAY['process_search'::regclass, 'item_search'::regclass, 'organizations'::regclass])";
    let mut transaction = pool.begin().await?;
    for sql in ["SET LOCAL statement_timeout = 0", HOLD, LISTS] {
        sqlx::query(sql).execute(&mut *transaction).await?;
    }
    let analyze = format!("ANALYZE {}", TABLES.map(|table| table.layout().name).join(", "));
    sqlx::query(AssertSqlSafe(analyze)).execute(&mut *transaction).await?;
    transaction.commit().await
}

/// Adds rows by one statement that takes an array for each column. COPY would need less of the server,
/// but sqlx 0.9 leaves Nagle's algorithm on, and each COPY then waits for a delayed acknowledgement:
/// 40 ms for each table of each transaction.
pub(super) async fn insert(
    connection: &mut PgConnection,
    table: Table,
    buffer: &Buffer,
) -> Result<(), sqlx::Error> {
    let Buffer::Columns { rows, columns } = buffer else {
        return Err(sqlx::Error::Encode("rows encoded for another database".into()));
    };
    let mut query = sqlx::query(AssertSqlSafe(INSERTS[table as usize].as_str()).into_sql_str());
    for (kind, column) in table.layout().kinds.iter().zip(columns) {
        query = query.bind(Array { kind: *kind, rows: *rows, column });
    }
    query.execute(connection).await.map(drop)
}

static INSERTS: LazyLock<Vec<String>> = LazyLock::new(|| TABLES.map(insert_sql).into());

fn insert_sql(table: Table) -> String {
    let Layout { name, columns, kinds } = table.layout();
    let arrays = kinds.iter().enumerate().map(|(index, kind)| {
        let rows = format!("unnest(${}::{}[])", index + 1, kind.name());
        if *kind == Kind::Terms { format!("array_to_tsvector(string_to_array({rows}, ' '))") } else { rows }
    });
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    format!("INSERT INTO {name} ({}) SELECT {arrays}{}", columns.join(", "), table.on_conflict())
}

/// A column as a parameter: PostgreSQL's binary array (`array_recv` in the server's
/// `utils/adt/arrayfuncs.c`).
struct Array<'a> {
    kind: Kind,
    rows: usize,
    column: &'a Column,
}

impl Type<Postgres> for Array<'_> {
    /// Of most columns; [`Encode::produces`] says it of each.
    fn type_info() -> PgTypeInfo {
        <Vec<String> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Array<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let (element, _) = self.kind.types();
        let rows = i32::try_from(self.rows)?;
        for word in [1, i32::from(self.column.nulls), element, rows, 1] {
            buffer.extend_from_slice(&word.to_be_bytes());
        }
        buffer.extend_from_slice(&self.column.elements);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.kind.types().1)
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Int => "integer",
            Self::BigInt => "bigint",
            Self::Text | Self::Terms => "text",
            Self::Time => "timestamptz",
            Self::Amount => "numeric",
            Self::Bytes => "bytea",
        }
    }

    /// The type's number in the server's `pg_type.dat`, and that of its arrays.
    fn types(self) -> (i32, PgTypeInfo) {
        match self {
            Self::Int => (23, <Vec<i32> as Type<Postgres>>::type_info()),
            Self::BigInt => (20, <Vec<i64> as Type<Postgres>>::type_info()),
            Self::Text | Self::Terms => (25, <Vec<String> as Type<Postgres>>::type_info()),
            Self::Time => (1184, <Vec<DateTime<Utc>> as Type<Postgres>>::type_info()),
            Self::Amount => (1700, <Vec<Decimal> as Type<Postgres>>::type_info()),
            Self::Bytes => (17, <Vec<Vec<u8>> as Type<Postgres>>::type_info()),
        }
    }
}
