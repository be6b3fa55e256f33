//! The cells of rows to be written, and buffers that hold them as each database takes them in bulk.
//!
//! PostgreSQL gets arrays in its binary format, one for each column: the server parses nothing and bytes
//! travel as they are. SQLite gets bound values.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sea_orm::DbBackend;

use crate::store::{amount, query::keys::text as as_stored};

/// A cell of a row to be written. Integers are typed: PostgreSQL takes four or eight bytes, as the column
/// says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Null,
    Int(i32),
    BigInt(i64),
    Text(&'a str),
    Time(DateTime<Utc>),
    Amount(Decimal),
    Bytes(&'a [u8]),
}

impl From<i32> for Cell<'_> {
    fn from(value: i32) -> Self {
        Self::Int(value)
    }
}

impl From<i64> for Cell<'_> {
    fn from(value: i64) -> Self {
        Self::BigInt(value)
    }
}

impl From<DateTime<Utc>> for Cell<'_> {
    fn from(value: DateTime<Utc>) -> Self {
        Self::Time(value)
    }
}

impl From<Decimal> for Cell<'_> {
    fn from(value: Decimal) -> Self {
        Self::Amount(value)
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Rows of one table.
#[derive(Clone, Debug)]
pub(super) enum Buffer {
    /// The elements of each column.
    Columns { rows: usize, columns: Vec<Column> },
    /// Values, row after row.
    Values(Vec<SqliteValue>),
}

/// The elements of a PostgreSQL array, each with its length before it; -1 stands for null.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    pub(super) elements: Vec<u8>,
    pub(super) nulls: bool,
}

/// A value to bind on SQLite.
#[derive(Clone, Debug)]
pub(super) enum SqliteValue {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Buffer {
    pub(super) fn new(backend: DbBackend) -> Self {
        match backend {
            DbBackend::Sqlite => Self::Values(Vec::new()),
            _ => Self::Columns { rows: 0, columns: Vec::new() },
        }
    }

    /// Takes the rows; none remain.
    pub(super) fn take(&mut self) -> Self {
        let empty = match self {
            Self::Columns { .. } => Self::Columns { rows: 0, columns: Vec::new() },
            Self::Values(_) => Self::Values(Vec::new()),
        };
        std::mem::replace(self, empty)
    }

    /// How many rows there are of so many columns.
    pub(super) fn rows(&self, width: usize) -> usize {
        match self {
            Self::Columns { rows, .. } => *rows,
            Self::Values(values) => values.len() / width,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Columns { rows, .. } => *rows == 0,
            Self::Values(values) => values.is_empty(),
        }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: &[Cell<'_>]) {
        match self {
            Self::Columns { rows, columns } => {
                *rows += 1;
                columns.resize_with(row.len(), Column::default);
                row.iter().zip(columns).for_each(|(cell, column)| column.push(*cell));
            }
            Self::Values(values) => values.extend(row.iter().map(|cell| sqlite_value(*cell))),
        }
    }
}

impl Column {
    fn push(&mut self, cell: Cell<'_>) {
        let elements = &mut self.elements;
        match cell {
            Cell::Null => {
                self.nulls = true;
                elements.extend_from_slice(&(-1_i32).to_be_bytes());
            }
            Cell::Int(value) => put_element(elements, &value.to_be_bytes()),
            Cell::BigInt(value) => put_element(elements, &value.to_be_bytes()),
            Cell::Text(text) => put_element(elements, as_stored(text).as_bytes()),
            Cell::Time(time) => put_element(elements, &micros_since_2000(time).to_be_bytes()),
            Cell::Amount(amount) => put_element(elements, &numeric(amount)),
            Cell::Bytes(value) => put_element(elements, value),
        }
    }
}

fn sqlite_value(cell: Cell<'_>) -> SqliteValue {
    match cell {
        Cell::Null => SqliteValue::Null,
        Cell::Int(value) => SqliteValue::Integer(value.into()),
        Cell::BigInt(value) => SqliteValue::Integer(value),
        Cell::Text(text) => SqliteValue::Text(as_stored(text).into_owned()),
        Cell::Time(time) => SqliteValue::Integer(time.timestamp_millis()),
        Cell::Amount(amount) => SqliteValue::Text(amount::encode(amount)),
        Cell::Bytes(bytes) => SqliteValue::Blob(bytes.to_vec()),
    }
}

fn put_i16(bytes: &mut Vec<u8>, value: usize) {
    bytes.extend_from_slice(&i16::try_from(value).unwrap_or(i16::MAX).to_be_bytes());
}

fn put_element(bytes: &mut Vec<u8>, value: &[u8]) {
    bytes.extend_from_slice(&i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
    bytes.extend_from_slice(value);
}

/// PostgreSQL counts time from 2000-01-01. Like SQLite, Farol keeps milliseconds.
fn micros_since_2000(time: DateTime<Utc>) -> i64 {
    const UNIX_2000_MILLIS: i64 = 946_684_800_000;
    (time.timestamp_millis() - UNIX_2000_MILLIS) * 1000
}

/// PostgreSQL's NUMERIC: digits to the base of 10,000, the first one's weight, sign and scale
/// (`numeric_send` in the server's `utils/adt/numeric.c`).
fn numeric(amount: Decimal) -> Vec<u8> {
    const POSITIVE: u16 = 0x0000;
    const NEGATIVE: u16 = 0x4000;
    let amount = amount.normalize();
    let text = amount.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let padded_whole = format!("{:0>width$}", whole, width = whole.len().div_ceil(4) * 4);
    let padded_fraction = format!("{:0<width$}", fraction, width = fraction.len().div_ceil(4) * 4);
    let digits: Vec<u16> = [padded_whole.as_bytes(), padded_fraction.as_bytes()]
        .concat()
        .chunks(4)
        .map(|four| four.iter().fold(0, |value, digit| value * 10 + u16::from(digit - b'0')))
        .collect();
    let negative = amount.is_sign_negative() && !amount.is_zero();
    let mut bytes = Vec::with_capacity(8 + digits.len() * 2);
    put_i16(&mut bytes, digits.len());
    put_i16(&mut bytes, (padded_whole.len() / 4).saturating_sub(1));
    bytes.extend_from_slice(&(if negative { NEGATIVE } else { POSITIVE }).to_be_bytes());
    put_i16(&mut bytes, fraction.len());
    bytes.extend(digits.iter().flat_map(|digit| digit.to_be_bytes()));
    bytes
}
