//! Reads the cells of a database row by position, the same way from both databases.
//!
//! A statement's `SELECT` list is constant, so no column is looked up by name. SQLite stores times as
//! milliseconds and amounts as ordered texts ([`super::amount`]); PostgreSQL has types for both. Only this
//! module knows the difference when reading.

use chrono::DateTime;
use rust_decimal::Decimal;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type, postgres::PgRow, sqlite::SqliteRow};

use super::{StoreError, amount};
use crate::ocds::model::Time;

/// The cells of one row, taken from left to right.
pub(crate) struct Cells<'a> {
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
    pub(crate) fn take<T: FromCell>(&mut self) -> Result<T, StoreError> {
        let index = self.advance();
        let value = match self.row {
            BackendRow::Postgres(row) => T::from_postgres(row, index),
            BackendRow::Sqlite(row) => T::from_sqlite(row, index),
        };
        value.map_err(|error| unreadable_column(index, &error))
    }

    /// Takes the next cell without copying it: a text or bytes in the row's own memory.
    pub(super) fn borrow<T>(&mut self) -> Result<Option<&'a T>, StoreError>
    where
        T: ?Sized,
        &'a T: Decode<'a, Postgres> + Type<Postgres> + Decode<'a, Sqlite> + Type<Sqlite>,
    {
        let index = self.advance();
        let value = match self.row {
            BackendRow::Postgres(row) => row.try_get(index),
            BackendRow::Sqlite(row) => row.try_get(index),
        };
        value.map_err(|error| unreadable_column(index, &error))
    }

    fn advance(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }
}

fn unreadable_column(index: usize, error: &sqlx::Error) -> StoreError {
    StoreError::Corrupt(format!("column {index}: {error}"))
}

/// A type that a cell can be read as.
pub trait FromCell: Sized {
    /// Reads it from a PostgreSQL row.
    fn from_postgres(row: &PgRow, index: usize) -> Result<Self, sqlx::Error>;
    /// Reads it from a SQLite row.
    fn from_sqlite(row: &SqliteRow, index: usize) -> Result<Self, sqlx::Error>;
}

macro_rules! same_on_both {
    ($($type:ty),+) => { $(
        impl FromCell for $type {
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

impl FromCell for Option<Time> {
    fn from_postgres(row: &PgRow, index: usize) -> Result<Self, sqlx::Error> {
        row.try_get(index)
    }

    fn from_sqlite(row: &SqliteRow, index: usize) -> Result<Self, sqlx::Error> {
        let millis: Option<i64> = row.try_get(index)?;
        Ok(millis.and_then(DateTime::from_timestamp_millis))
    }
}

impl FromCell for Time {
    fn from_postgres(row: &PgRow, index: usize) -> Result<Self, sqlx::Error> {
        row.try_get(index)
    }

    fn from_sqlite(row: &SqliteRow, index: usize) -> Result<Self, sqlx::Error> {
        Option::<Time>::from_sqlite(row, index)?.ok_or_else(|| unreadable(index, "a time in milliseconds"))
    }
}

impl FromCell for Option<Decimal> {
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
