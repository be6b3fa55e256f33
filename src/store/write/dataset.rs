//! The rows of datasets: who published, and what is there in numbers.
//!
//! Whatever changes such a row here has the transaction append to the change log; callers need not.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, query::Query};

use super::{
    change_log::NewChange,
    growth::Growth,
    transaction::{Connection, Transaction},
};
use crate::{
    ocds::model::Publisher,
    store::{
        Database, StoreError,
        cells::Cells,
        database::first,
        entity::dataset::Model,
        id,
        row::{Record, Row, RowReader},
    },
};

/// The newest migration that wants something of a release which rows did not hold before it. Rows that were
/// compiled for an earlier one lack it until `farol rebuild` has compiled them anew.
const COMPILED_FOR: i32 = 2;

/// What the long statements here are called where they are timed.
const COUNT: &str = "UPDATE datasets: counted anew";
const GROW: &str = "UPDATE datasets: grown";
const ROW: &str = "SELECT FROM datasets";

/// Makes sure that a dataset is there. Returns its id.
pub async fn ensure(transaction: &mut Transaction, name: &str) -> Result<i64, StoreError> {
    let dataset = id::dataset(name);
    let sql = "INSERT INTO datasets (id, name, compiled_for) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
    let timing = transaction.timing(sql);
    let added = match transaction.connection()? {
        Connection::Postgres(connection) => {
            let query = sqlx::query(sql).bind(dataset).bind(name).bind(COMPILED_FOR);
            query.execute(&mut *connection).await.map(|done| done.rows_affected())
        }
        Connection::Sqlite(connection) => {
            let query = sqlx::query(sql).bind(dataset).bind(name).bind(COMPILED_FOR);
            query.execute(&mut *connection).await.map(|done| done.rows_affected())
        }
    };
    if transaction.told(timing, added)? > 0 {
        transaction.note(NewChange::of_dataset(dataset));
    }
    Ok(dataset)
}

/// Sets what the packages said of the publisher, where they said anything; counts the dataset's rows
/// anew. `imported` is the time of an import and whether it changed something: one that did not keeps
/// the time of the last, if there is one. A row that is then as it was leaves nothing in the change log.
pub async fn refresh(
    transaction: &mut Transaction,
    dataset: i64,
    publisher: &Publisher,
    imported: Option<(DateTime<Utc>, bool)>,
) -> Result<(), StoreError> {
    let before = row(transaction, dataset).await?;
    let at = imported.map(|(at, _)| at);
    let changed = imported.is_some_and(|(_, changed)| changed);
    let timing = transaction.timing(COUNT);
    let done = match transaction.connection()? {
        Connection::Postgres(connection) => {
            let sql = refresh_sql("::timestamptz");
            let query = sqlx::query(AssertSqlSafe(sql)).bind(dataset);
            let query = query.bind(&publisher.name).bind(&publisher.uri).bind(&publisher.license);
            let query = query.bind(&publisher.publication_policy).bind(publisher.published);
            let query = query.bind(at).bind(changed);
            query.execute(&mut *connection).await.map(drop)
        }
        Connection::Sqlite(connection) => {
            let millis = |time: Option<DateTime<Utc>>| time.map(|time| time.timestamp_millis());
            let query = sqlx::query(AssertSqlSafe(refresh_sql(""))).bind(dataset);
            let query = query.bind(&publisher.name).bind(&publisher.uri).bind(&publisher.license);
            let query = query.bind(&publisher.publication_policy);
            let query = query.bind(millis(publisher.published)).bind(millis(at)).bind(changed);
            query.execute(&mut *connection).await.map(drop)
        }
    };
    transaction.told(timing, done)?;
    if row(transaction, dataset).await? != before {
        transaction.note(NewChange::of_dataset(dataset));
    }
    Ok(())
}

/// Adds to the counts of a dataset what was written to it at a time, and sets what the releases said of the
/// publisher. Nothing is counted anew: what this takes does not grow with the dataset. Its first and last date
/// are the ends of an index.
pub async fn grow(
    transaction: &mut Transaction,
    dataset: i64,
    publisher: &Publisher,
    at: DateTime<Utc>,
    growth: Growth,
) -> Result<(), StoreError> {
    let Growth { tally, organizations } = growth;
    let added = [tally.processes, tally.releases, tally.bids, tally.awards, tally.contracts, organizations];
    let timing = transaction.timing(GROW);
    let done = match transaction.connection()? {
        Connection::Postgres(connection) => {
            let query = sqlx::query(AssertSqlSafe(grow_sql("::timestamptz"))).bind(dataset);
            let query = query.bind(&publisher.name).bind(&publisher.uri).bind(&publisher.license);
            let query = query.bind(&publisher.publication_policy).bind(publisher.published).bind(at);
            let query = added.into_iter().fold(query, Query::bind);
            query.execute(&mut *connection).await.map(drop)
        }
        Connection::Sqlite(connection) => {
            let date = publisher.published.map(|time| time.timestamp_millis());
            let query = sqlx::query(AssertSqlSafe(grow_sql(""))).bind(dataset);
            let query = query.bind(&publisher.name).bind(&publisher.uri).bind(&publisher.license);
            let query = query.bind(&publisher.publication_policy).bind(date).bind(at.timestamp_millis());
            let query = added.into_iter().fold(query, Query::bind);
            query.execute(&mut *connection).await.map(drop)
        }
    };
    transaction.told(timing, done)?;
    transaction.note(NewChange::of_dataset(dataset));
    Ok(())
}

/// The row as it is served.
async fn row(transaction: &mut Transaction, dataset: i64) -> Result<Option<Row>, StoreError> {
    let mut reader = RowReader::new(Model::TABLE);
    let sql =
        AssertSqlSafe(format!("SELECT {} FROM datasets t WHERE t.id = $1", Model::TABLE.select_list("t")));
    let timing = transaction.timing(ROW);
    let row = match transaction.connection()? {
        Connection::Postgres(connection) => {
            let row = sqlx::query(sql).bind(dataset).fetch_optional(&mut *connection).await;
            row.map(|row| row.map(|row| reader.read(&mut Cells::postgres(&row))))
        }
        Connection::Sqlite(connection) => {
            let row = sqlx::query(sql).bind(dataset).fetch_optional(&mut *connection).await;
            row.map(|row| row.map(|row| reader.read(&mut Cells::sqlite(&row))))
        }
    };
    let row = transaction.told(timing, row)?;
    row.transpose().map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Notes that all rows of a dataset were compiled anew. Nothing that is served depends on it.
pub async fn set_compiled(transaction: &mut Transaction, dataset: i64) -> Result<(), StoreError> {
    let sql = "UPDATE datasets SET compiled_for = $2 WHERE id = $1";
    let timing = transaction.timing(sql);
    let noted = match transaction.connection()? {
        Connection::Postgres(connection) => {
            sqlx::query(sql).bind(dataset).bind(COMPILED_FOR).execute(&mut *connection).await.map(drop)
        }
        Connection::Sqlite(connection) => {
            sqlx::query(sql).bind(dataset).bind(COMPILED_FOR).execute(&mut *connection).await.map(drop)
        }
    };
    transaction.told(timing, noted)
}

/// The names of the datasets that need `farol rebuild`: search does not find them, and orders and filters
/// miss some of their rows.
pub async fn to_rebuild(database: &Database) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT name FROM datasets WHERE compiled_for < $1 ORDER BY name";
    database.fetch(sql, [COMPILED_FOR.into()], first::<String>).await
}

/// Removes a dataset's own row and its organisations, once its processes are gone.
pub async fn remove(transaction: &mut Transaction, dataset: i64) -> Result<(), StoreError> {
    for sql in ["DELETE FROM organizations WHERE dataset_id = $1", "DELETE FROM datasets WHERE id = $1"] {
        let timing = transaction.timing(sql);
        let removed = match transaction.connection()? {
            Connection::Postgres(connection) => {
                sqlx::query(sql).bind(dataset).execute(&mut *connection).await.map(drop)
            }
            Connection::Sqlite(connection) => {
                sqlx::query(sql).bind(dataset).execute(&mut *connection).await.map(drop)
            }
        };
        transaction.told(timing, removed)?;
    }
    transaction.note(NewChange::of_whole_dataset(dataset));
    Ok(())
}

/// The next processes of a dataset in the order of their ids, behind `after`: id and ocid.
pub async fn processes(
    database: &Database,
    dataset: i64,
    after: i64,
    limit: u32,
) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = "SELECT id, ocid FROM processes WHERE dataset_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    let values = [dataset.into(), after.into(), i64::from(limit).into()];
    database.fetch(sql, values, |cells| Ok((cells.take()?, cells.take()?))).await
}

fn refresh_sql(time: &str) -> String {
    let of_processes =
        |aggregate: &str| format!("(SELECT {aggregate} FROM processes WHERE dataset_id = datasets.id)");
    format!(
        "UPDATE datasets SET {}, {}, \
         last_import = CASE WHEN $8 THEN $7{time} ELSE coalesce(last_import, $7{time}) END, \
         processes = {}, releases = {}, bids = {}, awards = {}, contracts = {}, \
         organizations = (SELECT count(*) FROM organizations WHERE dataset_id = datasets.id) WHERE id = $1",
        said(time),
        DATES,
        of_processes("count(*)"),
        of_processes("coalesce(sum(release_count), 0)"),
        of_processes("coalesce(sum(bid_count), 0)"),
        of_processes("coalesce(sum(award_count), 0)"),
        of_processes("coalesce(sum(contract_count), 0)"),
    )
}

fn grow_sql(time: &str) -> String {
    format!(
        "UPDATE datasets SET {}, {DATES}, last_import = $7{time}, \
         processes = processes + $8, releases = releases + $9, bids = bids + $10, awards = awards + $11, \
         contracts = contracts + $12, organizations = organizations + $13 WHERE id = $1",
        said(time),
    )
}

/// Sets what was said of the publisher. A package that was published before the one known adds only what is
/// missing.
fn said(time: &str) -> String {
    let said = |(column, said): (&str, &str)| {
        format!(
            "{column} = CASE WHEN published > $6{time} THEN coalesce({column}, {said}) \
             ELSE coalesce({said}, {column}) END"
        )
    };
    let published = format!("$6{time}");
    let columns = [
        ("publisher_name", "$2"),
        ("publisher_uri", "$3"),
        ("license", "$4"),
        ("publication_policy", "$5"),
        ("published", &published),
    ];
    columns.map(said).join(", ")
}

/// Sets the dates, which are the ends of an index.
const DATES: &str = "first_date = (SELECT min(date) FROM processes WHERE dataset_id = datasets.id), \
     last_date = (SELECT max(date) FROM processes WHERE dataset_id = datasets.id)";
