//! Reads rows by position, the same way from both databases.
//!
//! Reading by position over a constant `SELECT` list is what keeps hot reads cheap: no column is looked
//! up by name. SQLite keeps times as milliseconds and amounts as ordered texts ([`super::amount`]);
//! PostgreSQL has types for both. Only this module knows the difference when reading.

use chrono::DateTime;
use rust_decimal::Decimal;
use sea_orm::{DbErr, EntityTrait, IdenStatic, Iterable};
use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};

use super::amount;
use crate::ocds::model::Time;

/// A row of one table, read by position in the order of the entity's columns.
pub trait Row: Sized + Send + Sync {
    /// The table.
    type Entity: EntityTrait;

    /// Reads every column, in order.
    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr>;

    /// The columns as a `SELECT` list, each prefixed with `alias`.
    fn columns(alias: &str) -> String {
        let column = |column: <Self::Entity as EntityTrait>::Column| format!("{alias}.{}", column.as_str());
        <Self::Entity as EntityTrait>::Column::iter().map(column).collect::<Vec<_>>().join(", ")
    }
}

/// The cells of one row, taken from left to right.
pub struct Cells<'a> {
    row: BackendRow<'a>,
    next: usize,
}

#[derive(Clone, Copy)]
enum BackendRow<'a> {
    Postgres(&'a PgRow),
    Sqlite(&'a SqliteRow),
}

impl<'a> Cells<'a> {
    /// Starts at the first column of a row of PostgreSQL.
    pub(super) fn postgres(row: &'a PgRow) -> Self {
        Self { row: BackendRow::Postgres(row), next: 0 }
    }

    /// Starts at the first column of a row of SQLite.
    pub(super) fn sqlite(row: &'a SqliteRow) -> Self {
        Self { row: BackendRow::Sqlite(row), next: 0 }
    }

    /// Takes the next cell.
    pub fn take<T: Cell>(&mut self) -> Result<T, DbErr> {
        let index = self.next;
        self.next += 1;
        let value = match self.row {
            BackendRow::Postgres(row) => T::from_postgres(row, index),
            BackendRow::Sqlite(row) => T::from_sqlite(row, index),
        };
        value.map_err(|error| DbErr::Type(format!("column {index}: {error}")))
    }
}

/// A type that a cell can hold.
pub trait Cell: Sized {
    /// Reads it from a PostgreSQL row.
    fn from_postgres(row: &PgRow, index: usize) -> Result<Self, sqlx::Error>;
    /// Reads it from a SQLite row.
    fn from_sqlite(row: &SqliteRow, index: usize) -> Result<Self, sqlx::Error>;
}

macro_rules! same_on_both {
    ($($type:ty),+) => { $(
        impl Cell for $type {
            fn from_postgres(row: &PgRow, index: usize) -> Result<Self, sqlx::Error> {
                row.try_get(index)
            }
            fn from_sqlite(row: &SqliteRow, index: usize) -> Result<Self, sqlx::Error> {
                row.try_get(index)
            }
        }
    )+ };
}

same_on_both!(i32, i64, bool, String, Vec<u8>, Option<i32>, Option<i64>, Option<String>);

impl Cell for Option<Time> {
    fn from_postgres(row: &PgRow, index: usize) -> Result<Self, sqlx::Error> {
        row.try_get(index)
    }

    fn from_sqlite(row: &SqliteRow, index: usize) -> Result<Self, sqlx::Error> {
        let millis: Option<i64> = row.try_get(index)?;
        Ok(millis.and_then(DateTime::from_timestamp_millis))
    }
}

impl Cell for Time {
    fn from_postgres(row: &PgRow, index: usize) -> Result<Self, sqlx::Error> {
        row.try_get(index)
    }

    fn from_sqlite(row: &SqliteRow, index: usize) -> Result<Self, sqlx::Error> {
        Option::<Time>::from_sqlite(row, index)?.ok_or_else(|| unreadable(index, "a time in milliseconds"))
    }
}

impl Cell for Option<Decimal> {
    fn from_postgres(row: &PgRow, index: usize) -> Result<Self, sqlx::Error> {
        row.try_get::<Option<Decimal>, _>(index).map(|amount| amount.map(|amount| amount.normalize()))
    }

    fn from_sqlite(row: &SqliteRow, index: usize) -> Result<Self, sqlx::Error> {
        let text: Option<&str> = row.try_get(index)?;
        text.map(|text| amount::decode(text).ok_or_else(|| unreadable(index, "an amount"))).transpose()
    }
}

fn unreadable(index: usize, expected: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: index.to_string(), source: format!("not {expected}").into() }
}
