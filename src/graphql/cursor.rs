//! Cursors: where a row stands in its list, as an opaque text.
//!
//! A cursor is base64url over `VERSION|LIST|NUMBER` or `VERSION|LIST|NUMBER|KEY`. In a list kept by
//! position the number is the position; in an ordered one it is the row's id, and the key is what the
//! order sorts by (absent for a null). `LIST` names the list or the order, so that a cursor of another
//! is refused instead of misread: `AwardEdge`, or `award.date` (see the orders of each aggregate). A cursor
//! by value has the amount only, for the filter names the currency. Clients keep cursors: a change of the
//! format raises the version.

use std::borrow::Cow;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use chrono::Datelike;
use rust_decimal::Decimal;

use super::error::Error;
use crate::{
    error::quoted,
    ocds::model::Time,
    store::page::{Position, SortKey},
};

const VERSION: &str = "1";
/// What cursors of the change log are named; their key stands for the database.
pub(super) const CHANGES: &str = "changes";

/// A decoded cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The list or order it belongs to.
    pub(super) list: Cow<'static, str>,
    /// The row's position or id.
    pub(super) number: i64,
    /// The row's sort key.
    pub(super) key: Option<String>,
}

impl Cursor {
    /// The cursor of a row in an order.
    pub(super) fn at(order: &'static str, position: Position) -> Self {
        let key = match position.key {
            SortKey::Time(time) => time.map(|time| time.timestamp_millis().to_string()),
            SortKey::Text(text) => text,
            SortKey::Amount(amount) => amount.map(|amount| amount.to_string()),
            SortKey::Count(count) => Some(count.to_string()),
        };
        Self { list: order.into(), number: position.id, key }
    }

    /// The cursor of a place in a change log.
    pub(super) fn of_change(log: &str, place: i64) -> Self {
        Self { list: CHANGES.into(), number: place, key: Some(log.to_owned()) }
    }

    /// The text for clients.
    pub(super) fn encode(&self) -> String {
        let plain = match &self.key {
            Some(key) => format!("{VERSION}|{}|{}|{key}", self.list, self.number),
            None => format!("{VERSION}|{}|{}", self.list, self.number),
        };
        BASE64_URL_SAFE_NO_PAD.encode(plain)
    }

    /// Reads a cursor of a list or order; `argument` is where it was given.
    pub(super) fn decode(text: &str, list: &str, argument: &str) -> Result<Self, Error> {
        let refuse = |why: &str| {
            Error::BadInput(format!(
                "{argument} is not a cursor of this list: {why}; take one from pageInfo or edges"
            ))
        };
        let plain = BASE64_URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let plain = plain.ok_or_else(|| refuse(&format!("{} cannot be read", quoted(text, 40))))?;
        let mut parts = plain.splitn(4, '|');
        let (version, found, number) = (parts.next(), parts.next(), parts.next());
        let number = number.and_then(|number| number.parse().ok());
        let (Some(VERSION), Some(found), Some(number)) = (version, found, number) else {
            return Err(refuse(&format!("{} cannot be read", quoted(text, 40))));
        };
        if found != list {
            return Err(refuse("it comes from another list or order"));
        }
        Ok(Self { list: list.to_owned().into(), number, key: parts.next().map(str::to_owned) })
    }

    /// The position in an order by time.
    pub(super) fn by_time(self) -> Result<Position, Error> {
        // A moment that PostgreSQL cannot hold must not reach it.
        let known = |moment: &Time| (0..10_000).contains(&moment.year());
        let read = |text: &str| text.parse().ok().and_then(Time::from_timestamp_millis).filter(known);
        let key = self.key.as_ref().map(|_| self.parsed("a moment", read)).transpose()?;
        Ok(Position { key: SortKey::Time(key), id: self.number })
    }

    /// The position in an order by amount.
    pub(super) fn by_amount(self) -> Result<Position, Error> {
        let amount = self.parsed("an amount", |text| Decimal::from_str_exact(text).ok())?;
        Ok(Position { key: SortKey::Amount(Some(amount)), id: self.number })
    }

    /// The position in an order by a count.
    pub(super) fn by_count(self) -> Result<Position, Error> {
        let count = self.parsed("a number", |text| text.parse().ok())?;
        Ok(Position { key: SortKey::Count(count), id: self.number })
    }

    /// The key of an order that has one for every row.
    fn parsed<T>(&self, what: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
        let text = self.key.as_deref().unwrap_or_default();
        read(text).ok_or_else(|| {
            Error::BadInput(format!(
                "{} in a cursor is not {what}; take the cursor from pageInfo or edges",
                quoted(text, 40)
            ))
        })
    }

    /// The position in an order by text.
    pub(super) fn by_text(self) -> Position {
        Position { key: SortKey::Text(self.key), id: self.number }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_is_pinned_because_clients_keep_it() {
        let cursor = Cursor { list: "date".into(), number: 7, key: Some("1700000000000".to_owned()) };
        assert_eq!(cursor.encode(), "MXxkYXRlfDd8MTcwMDAwMDAwMDAwMA");
    }

    #[test]
    fn another_lists_cursor_is_refused() {
        let cursor = Cursor { list: "ocid".into(), number: 7, key: None }.encode();
        let error = Cursor::decode(&cursor, "date", "after").unwrap_err().to_string();
        assert!(error.starts_with("after is not a cursor of this list: it comes from another"), "{error}");
    }

    proptest! {
        #[test]
        fn cursors_round_trip(number in any::<i64>(), key in proptest::option::of(".*")) {
            let cursor = Cursor { list: "ocid".into(), number, key };
            prop_assert_eq!(Cursor::decode(&cursor.encode(), "ocid", "after").unwrap(), cursor);
        }

        #[test]
        fn other_texts_are_refused(text in ".*") {
            prop_assert!(Cursor::decode(&text, "ocid", "after").is_err());
        }
    }
}
