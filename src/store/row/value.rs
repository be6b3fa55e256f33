//! The values of columns: how each kind is read from the database, kept as bytes, and decoded.

use std::{fmt::Debug, str};

use chrono::DateTime;
use rust_decimal::Decimal;

use super::Kind;
use crate::{
    ocds::model::Time,
    store::{StoreError, cells::Cells},
};

/// A text, as the type of a column.
#[derive(Debug)]
pub struct Text;

/// Bytes, as the type of a column.
#[derive(Debug)]
pub struct Bytes;

/// The type of a column, and what its values decode to.
pub trait Value {
    /// How the column is stored.
    const KIND: Kind;
    /// Whether it can be `NULL`.
    const NULLABLE: bool = false;
    /// A decoded value.
    type Decoded<'a>;

    /// Decodes a value; `None` is `NULL`, which a column that is not nullable never has.
    fn decode(bytes: Option<&[u8]>) -> Self::Decoded<'_>;
}

impl Value for i64 {
    const KIND: Kind = Kind::BigInt;
    type Decoded<'a> = Self;

    fn decode(bytes: Option<&[u8]>) -> Self {
        integer(bytes.unwrap_or_default())
    }
}

impl Value for i32 {
    const KIND: Kind = Kind::Int;
    type Decoded<'a> = Self;

    fn decode(bytes: Option<&[u8]>) -> Self {
        // Only what was read as an `i32` is stored in such a column.
        Self::try_from(integer(bytes.unwrap_or_default())).unwrap_or_default()
    }
}

impl Value for Text {
    const KIND: Kind = Kind::Text;
    type Decoded<'a> = &'a str;

    fn decode(bytes: Option<&[u8]>) -> &str {
        bytes.and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl Value for Bytes {
    const KIND: Kind = Kind::Bytes;
    type Decoded<'a> = &'a [u8];

    fn decode(bytes: Option<&[u8]>) -> &[u8] {
        bytes.unwrap_or_default()
    }
}

impl Value for Time {
    const KIND: Kind = Kind::Time;
    type Decoded<'a> = Self;

    fn decode(bytes: Option<&[u8]>) -> Self {
        DateTime::from_timestamp_micros(integer(bytes.unwrap_or_default())).unwrap_or_default()
    }
}

impl Value for Decimal {
    const KIND: Kind = Kind::Amount;
    type Decoded<'a> = Self;

    fn decode(bytes: Option<&[u8]>) -> Self {
        bytes.and_then(amount).unwrap_or_default()
    }
}

impl<V: Value> Value for Option<V> {
    const KIND: Kind = V::KIND;
    const NULLABLE: bool = true;
    type Decoded<'a> = Option<V::Decoded<'a>>;

    fn decode(bytes: Option<&[u8]>) -> Self::Decoded<'_> {
        bytes.map(|bytes| V::decode(Some(bytes)))
    }
}

/// Appends the value of the next cell; false, and nothing is appended, for `NULL`.
pub(super) fn take(kind: Kind, cells: &mut Cells<'_>, values: &mut Vec<u8>) -> Result<bool, StoreError> {
    let taken = match kind {
        Kind::Int => cells.take::<Option<i32>>()?.map(|value| push(i64::from(value), values)),
        Kind::BigInt => cells.take::<Option<i64>>()?.map(|value| push(value, values)),
        Kind::Text => cells.borrow::<str>()?.map(|text| values.extend_from_slice(text.as_bytes())),
        Kind::Time => cells.take::<Option<Time>>()?.map(|time| push(time.timestamp_micros(), values)),
        Kind::Amount => cells.take::<Option<Decimal>>()?.map(|amount| {
            values.push(u8::try_from(amount.scale()).unwrap_or_default());
            let coefficient = amount.mantissa().to_le_bytes();
            values.extend_from_slice(significant(&coefficient));
        }),
        Kind::Bytes | Kind::Terms => cells.borrow::<[u8]>()?.map(|bytes| values.extend_from_slice(bytes)),
    };
    Ok(taken.is_some())
}

/// Whether these bytes are a value of this kind.
pub(super) fn is_readable(kind: Kind, bytes: &[u8]) -> bool {
    match kind {
        Kind::Int => bytes.len() <= size_of::<i32>(),
        Kind::BigInt => bytes.len() <= size_of::<i64>(),
        Kind::Text => str::from_utf8(bytes).is_ok(),
        Kind::Time => {
            bytes.len() <= size_of::<i64>() && DateTime::from_timestamp_micros(integer(bytes)).is_some()
        }
        Kind::Amount => amount(bytes).is_some(),
        Kind::Bytes | Kind::Terms => true,
    }
}

/// A value as a person can read it.
pub(super) fn shown(kind: Kind, bytes: Option<&[u8]>) -> Box<dyn Debug + '_> {
    let Some(value) = bytes else { return Box::new(None::<()>) };
    match kind {
        Kind::Int | Kind::BigInt => Box::new(integer(value)),
        Kind::Text => Box::new(Text::decode(bytes)),
        Kind::Time => Box::new(Time::decode(bytes)),
        Kind::Amount => Box::new(Decimal::decode(bytes)),
        Kind::Bytes | Kind::Terms => Box::new(value),
    }
}

/// The integer that these bytes stand for, of at most eight.
#[inline]
pub(super) fn integer(bytes: &[u8]) -> i64 {
    let sign = if bytes.last().is_some_and(|last| last & 0x80 != 0) { 0xFF } else { 0 };
    let mut whole = [sign; size_of::<i64>()];
    whole.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    i64::from_le_bytes(whole)
}

fn push(value: i64, values: &mut Vec<u8>) {
    values.extend_from_slice(significant(&value.to_le_bytes()));
}

/// The bytes of an integer without those that only repeat its sign: none for 0.
fn significant(bytes: &[u8]) -> &[u8] {
    let mut length = bytes.len();
    while let Some(last) = length.checked_sub(1) {
        let negative = last.checked_sub(1).is_some_and(|before| bytes[before] & 0x80 != 0);
        if bytes[last] != if negative { 0xFF } else { 0 } {
            break;
        }
        length = last;
    }
    &bytes[..length]
}

fn amount(bytes: &[u8]) -> Option<Decimal> {
    let (scale, coefficient) = bytes.split_first()?;
    let sign = if coefficient.last().is_some_and(|last| last & 0x80 != 0) { 0xFF } else { 0 };
    let mut whole = [sign; size_of::<i128>()];
    whole.get_mut(..coefficient.len())?.copy_from_slice(coefficient);
    Decimal::try_from_i128_with_scale(i128::from_le_bytes(whole), (*scale).into()).ok()
}
