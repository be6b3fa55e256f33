//! A database as text, the same from both kinds: every row of every table, in one order.

use std::collections::BTreeMap;

use farol::{config::Backend, store::amount};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};

use crate::support::TestDatabase;

/// The rows of each table. Those of the change log are in its order, all others sorted. What it says of datasets
/// is left out: it depends on how often an import ran.
pub(super) type Dump = BTreeMap<&'static str, Vec<String>>;

/// The schema in PostgreSQL's words, which say what each column holds.
const SCHEMA: &str = concat!(
    include_str!("../../migrations/postgres/0001_first_light.sql"),
    include_str!("../../migrations/postgres/0002_query_api.sql"),
    include_str!("../../migrations/postgres/0003_change_tail.sql"),
    include_str!("../../migrations/postgres/0004_log_retention.sql"),
);

/// What depends on when and how often an import ran: times of the import, and sequence numbers, of
/// which PostgreSQL uses up some in a transaction that fails.
const LEFT_OUT: [&str; 3] = ["last_import", "at", "sequence"];

/// Reads everything.
pub(super) async fn dump(database: &TestDatabase) -> Dump {
    let mut dump = Dump::new();
    for (table, columns) in tables() {
        dump.insert(table, rows(database, table, &columns).await);
    }
    dump
}

/// Tells which rows differ, a few of them, rather than showing both databases.
pub(super) fn assert_same(left: &Dump, right: &Dump) {
    for (table, rows) in left {
        let other = &right[table];
        let gone: Vec<_> = rows.iter().filter(|row| !other.contains(row)).take(3).collect();
        let new: Vec<_> = other.iter().filter(|row| !rows.contains(row)).take(3).collect();
        assert!(gone.is_empty() && new.is_empty(), "{table}: only left {gone:#?}, only right {new:#?}");
        assert!(rows == other, "{table}: {} and {} rows, or another order", rows.len(), other.len());
    }
}

async fn rows(database: &TestDatabase, table: &str, columns: &[(&'static str, &'static str)]) -> Vec<String> {
    let texts: Vec<String> =
        columns.iter().map(|(name, kind)| text_of(database.backend, name, kind)).collect();
    let order = if table == "changes" { " WHERE kind <> 'dataset' ORDER BY sequence" } else { "" };
    let sql = AssertSqlSafe(format!("SELECT {} FROM {table}{order}", texts.join(", ")));
    let mut rows: Vec<String> = match database.backend {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| line(columns, |index| row.get(index), amount_of_text)).collect()
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.unwrap();
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| line(columns, |index| row.get(index), str::to_owned)).collect()
        }
    };
    if order.is_empty() {
        rows.sort_unstable();
    }
    rows
}

fn line(
    columns: &[(&str, &str)],
    cell: impl Fn(usize) -> Option<String>,
    amount: impl Fn(&str) -> String,
) -> String {
    let cells = columns.iter().enumerate().filter_map(|(index, (name, kind))| {
        let text = cell(index)?;
        let text = if *kind == "NUMERIC" { amount(&text) } else { text };
        Some(format!("{name}={text}"))
    });
    cells.collect::<Vec<_>>().join(" · ")
}

fn amount_of_text(text: &str) -> String {
    amount::decode(text).unwrap_or_else(|| panic!("not an amount: {text}")).to_string()
}

/// An expression for a column's text: times in milliseconds, amounts without trailing zeros.
fn text_of(backend: Backend, name: &str, kind: &str) -> String {
    match (backend, kind) {
        (Backend::Sqlite, "BYTEA") => format!("hex({name})"),
        (Backend::Sqlite, _) => format!("CAST({name} AS TEXT)"),
        (Backend::Postgres, "BYTEA") => format!("upper(encode({name}, 'hex'))"),
        (Backend::Postgres, "TIMESTAMPTZ") => format!("(extract(epoch FROM {name}) * 1000)::bigint::text"),
        (Backend::Postgres, "NUMERIC") => format!("trim_scale({name})::text"),
        (Backend::Postgres, "TSVECTOR") => format!("array_to_string(tsvector_to_array({name}), ' ')"),
        (Backend::Postgres, _) => format!("{name}::text"),
    }
}

/// Every table with its columns and their types, but that of what is put off (there is nothing of it when an
/// import has ended, `super::bulk`) and the identity, which every database has of its own.
fn tables() -> BTreeMap<&'static str, Vec<(&'static str, &'static str)>> {
    let mut tables = BTreeMap::new();
    for definition in SCHEMA.split("CREATE TABLE ").skip(1) {
        let (name, body) = definition.split_once(" (\n").unwrap();
        let lines = body.lines().take_while(|line| line.starts_with("    "));
        let columns = lines.filter_map(|line| {
            let mut words = line.split([' ', ',']).filter(|word| !word.is_empty());
            let (name, kind) = (words.next()?, words.next()?);
            (name != "PRIMARY" && !LEFT_OUT.contains(&name)).then_some((name, kind))
        });
        tables.insert(name, columns.collect::<Vec<_>>());
    }
    for addition in SCHEMA.split("ALTER TABLE ").skip(1) {
        let mut words = addition.split([' ', ';', '\n']);
        let (table, _, column, name, kind) =
            (words.next().unwrap(), words.next(), words.next(), words.next(), words.next());
        if column == Some("COLUMN") && kind.is_some_and(|kind| kind != "SET") {
            tables.get_mut(table).unwrap().push((name.unwrap(), kind.unwrap()));
        }
    }
    for left_out in ["deferred", "identity"] {
        tables.remove(left_out).expect("the table is there");
    }
    assert_eq!(tables.len(), 19, "every table is read: {:?}", tables.keys());
    tables
}
