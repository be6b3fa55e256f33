//! Rows as bytes: one type for the rows of every table. A column is decoded when it is asked for.
//!
//! A row is one shared allocation. The loader, the caches, Redis and the resolvers pass the same bytes on, so
//! a table is described once ([`Table`], written by the macro `table!`) and no code is generated per table
//! between the `SELECT` and the accessor of a column.
//!
//! | bytes | content |
//! |---|---|
//! | 0 | the number of the table |
//! | 1 | the number of columns; its highest bit is set when an end takes four bytes, else an end takes two |
//! | 2… | for each column the end of its value, counted from the first value, little endian; the highest bit is set for `NULL` |
//! | … | the values, one after the other |
//!
//! Integers and times (microseconds since 1970, UTC) are in two's complement, little endian, without the bytes
//! that only repeat the sign. An amount is its scale in one byte and its coefficient as an integer. A text is
//! UTF-8.
//!
//! Rows read by another release must not be misread: a change of this layout, or of the columns of a table,
//! is a change of [`cache::shared::FORMAT`](crate::cache::shared::FORMAT).

mod layout;
mod table;
mod value;

pub(in crate::store) use table::table;
pub use table::{Column, Kind, Record, Table};
pub use value::{Bytes, Text, Value};

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use self::layout::{Builder, Layout};
use super::{StoreError, cells::Cells};

/// A row of some table. Clones share its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Row(Arc<[u8]>);

/// The rows of a list, in its order.
pub type Rows = Arc<[Row]>;

/// Reads rows of one table, one after the other, with one buffer.
pub(super) struct RowReader {
    table: &'static Table,
    builder: Builder,
}

impl Row {
    /// The bytes of a column's value; `None` for `NULL`.
    pub(super) fn value(&self, column: usize) -> Option<&[u8]> {
        Layout::of(&self.0)?.value(column)
    }

    /// Whether the row is of the table with this number.
    pub(super) fn is_of(&self, table: u8) -> bool {
        self.0.first() == Some(&table)
    }

    /// The value of a column that holds an integer, in other columns any number; 0 for `NULL`.
    pub(super) fn integer(&self, column: usize) -> i64 {
        value::integer(self.value(column).unwrap_or_default())
    }

    /// The table that the row is of.
    pub fn table(&self) -> Option<&'static Table> {
        Table::by_number(*self.0.first()?)
    }

    /// How many bytes of memory the row takes, the counts of its shared pointer included.
    pub fn size(&self) -> usize {
        self.0.len() + 2 * size_of::<usize>()
    }

    /// Takes bytes for a row if they are one: of a known table, with all its columns, each readable.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let layout = Layout::of(bytes)?;
        let table = Table::by_number(*bytes.first()?)?;
        let readable = layout.is_whole(table.columns.len())
            && table.columns.iter().enumerate().all(|(index, column)| match layout.value(index) {
                Some(value) => value::is_readable(column.kind, value),
                None => column.nullable,
            });
        readable.then(|| Self(bytes.into()))
    }

    /// The row's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl RowReader {
    pub(super) fn new(table: &'static Table) -> Self {
        Self { table, builder: Builder::default() }
    }

    /// Reads the columns of the table from the next cells, in their order.
    pub(super) fn read(&mut self, cells: &mut Cells<'_>) -> Result<Row, StoreError> {
        self.builder.clear();
        for column in self.table.columns {
            let is_null = !value::take(column.kind, cells, &mut self.builder.values)?;
            if is_null && !column.nullable {
                let Table { name, .. } = self.table;
                return Err(StoreError::Corrupt(format!("{name}.{} is NULL", column.name)));
            }
            self.builder.end(is_null);
        }
        Ok(Row(self.builder.finish(self.table.number)))
    }
}

/// Shows the columns with their values, as far as they are of a known table.
impl fmt::Debug for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(table) = self.table() else { return out.write_str("Row of an unknown table") };
        let mut shown = out.debug_struct(table.name);
        for (index, column) in table.columns.iter().enumerate() {
            shown.field(column.name, &value::shown(column.kind, self.value(index)));
        }
        shown.finish()
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        Self::from_bytes(bytes).ok_or_else(|| de::Error::custom("these bytes are not a row"))
    }
}

#[cfg(test)]
mod tests;
