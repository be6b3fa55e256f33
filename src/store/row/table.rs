//! The description of a table: its name and its columns, from which its rows are read and written.

use super::{Row, Value};
use crate::store::entity;

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its number in the bytes of its rows, its place in [`entity::TABLES`]; below 256.
    pub number: u8,
    /// Its name in the database.
    pub name: &'static str,
    /// Its columns, in the order of every `SELECT`.
    pub columns: &'static [Column],
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the database.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it can be `NULL`.
    pub nullable: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An integer of 32 bits.
    Int,
    /// An integer of 64 bits.
    BigInt,
    /// A text.
    Text,
    /// A moment: `timestamptz` on PostgreSQL, milliseconds since 1970 on SQLite.
    Time,
    /// An exact decimal number: `numeric` on PostgreSQL, an ordered text on SQLite.
    Amount,
    /// Bytes.
    Bytes,
    /// The words of a text, in the form that each database searches. Written, never read as a column.
    Terms,
}

/// A row whose table is known: the accessors of its columns.
pub trait Record: Clone + Send + Sync + 'static {
    /// The table.
    const TABLE: &'static Table;

    /// Takes a row of this table; `None` for one of another.
    fn from_row(row: Row) -> Option<Self>;

    /// The row.
    fn row(&self) -> &Row;
}

impl Table {
    /// The table with a number.
    pub(super) fn by_number(number: u8) -> Option<&'static Self> {
        entity::TABLES.get(usize::from(number)).copied()
    }

    /// The columns as a `SELECT` list, each prefixed with `alias`.
    pub fn select_list(&self, alias: &str) -> String {
        let columns = self.columns.iter().map(|column| format!("{alias}.{}", column.name));
        columns.collect::<Vec<_>>().join(", ")
    }

    /// The place of a column.
    pub(in crate::store) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

impl Column {
    /// A column whose values are of type `V`.
    pub const fn of<V: Value>(name: &'static str) -> Self {
        Self { name, kind: V::KIND, nullable: V::NULLABLE }
    }
}

/// Describes a table: `NUMBER "name" { column: Type, … }`. Makes the record `Model` with an accessor for each
/// column, in the order of the columns in every `SELECT`.
macro_rules! table {
    ($(#[$doc:meta])* $number:literal $name:literal { $($column:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Model($crate::store::row::Row);

        #[expect(non_camel_case_types, reason = "variants are the columns, numbered by the compiler")]
        #[derive(Clone, Copy)]
        enum Position { $($column),+ }

        impl Model {
            $(
                pub fn $column(&self) -> <$type as $crate::store::row::Value>::Decoded<'_> {
                    <$type as $crate::store::row::Value>::decode(self.0.value(Position::$column as usize))
                }
            )+
        }

        impl $crate::store::row::Record for Model {
            const TABLE: &'static $crate::store::row::Table = &$crate::store::row::Table {
                number: $number,
                name: $name,
                columns: &[$($crate::store::row::Column::of::<$type>(stringify!($column))),+],
            };

            fn from_row(row: $crate::store::row::Row) -> Option<Self> {
                row.is_of($number).then_some(Self(row))
            }

            fn row(&self) -> &$crate::store::row::Row {
                &self.0
            }
        }
    };
}

pub(in crate::store) use table;
