//! The cells that rows of several tables have.

use std::collections::HashMap;

use crate::{
    ocds::{
        codelist::Codelist,
        model::{Coded, Money, Period},
    },
    store::{
        id::{self, Kind},
        write::cell::Cell,
    },
};

/// The ids of the rows of a list: by the publisher's id and its occurrence, else by position.
pub(super) fn listed_ids<T>(
    kind: Kind,
    parent: i64,
    list: &[T],
    local_id: impl Fn(&T) -> Option<&str>,
) -> Vec<i64> {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let mut derive = |(position, row)| match local_id(row) {
        Some(local_id) => {
            let occurrence = seen.entry(local_id).and_modify(|earlier| *earlier += 1).or_insert(0);
            id::listed(kind, parent, local_id, *occurrence)
        }
        // No publisher's id contains U+0000 and a position.
        None => id::listed(kind, parent, &format!("\0{position}"), 0),
    };
    list.iter().enumerate().map(&mut derive).collect()
}

pub(super) fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// The code, and the text where it says more than the code.
pub(super) fn coded<C: Codelist>(coded: Option<&Coded<C>>) -> [Cell<'_>; 2] {
    let Some(Coded { code, text }) = coded else { return [Cell::Null, Cell::Null] };
    let text = if text == code.as_str() { Cell::Null } else { Cell::Text(text) };
    [Cell::Text(code.as_str()), text]
}

pub(super) fn money(money: Option<&Money>) -> [Cell<'_>; 2] {
    money.map_or([Cell::Null; 2], |money| [money.amount.into(), money.currency.as_ref().into()])
}

pub(super) fn period(period: Option<&Period>) -> [Cell<'_>; 4] {
    period.map_or([Cell::Null; 4], |period| {
        [period.start.into(), period.end.into(), period.max_extent.into(), period.duration_in_days.into()]
    })
}

/// A JSON list of texts; nothing for an empty list.
pub(super) fn json_list(texts: &[String]) -> Option<String> {
    if texts.is_empty() { None } else { serde_json::to_string(texts).ok() }
}
