//! What an operation costs and how deep it is, before any work starts.
//!
//! A part of the same row costs nothing, another row or an unpaged list 1, a page 1 + rows × (1 + what
//! a row selects), a release that is published 1 and what is selected of it, what is told of a whole list 10, an aggregate 10 + rows × what a row selects, and each
//! word of a text search 10. Introspection costs nothing and is no level: `guard` bounds it. Documents
//! come here measured by `guard`: they are small, and no fragment spreads itself.
//!
//! In reading order: `formula` is compiled once per document and kept with it; `merged` expands fragments and
//! merges fields as execution does; `replay` puts a request's variables into it; `refusal` says what is beyond the limits; `actual` prices what was answered.
//! Arithmetic saturates throughout.

mod actual;
mod formula;
mod merged;
mod refusal;
mod replay;

use async_graphql::{Name, Value, indexmap::IndexMap};

use super::{filter::MOST_TERMS, validation::MAX_TEXT_BYTES};
use crate::store::words;

pub(super) use actual::actual;
pub(super) use formula::Formulas;
pub(super) use refusal::{Most, check, too_much_together};
pub(super) use replay::{Estimate, Inputs, estimate};

/// What a client is told of the cost; `actual` where something was executed.
pub(super) fn report(estimate: Estimate, actual: Option<u64>, maximum: u64) -> Value {
    let mut report = IndexMap::from([
        (Name::new("estimated"), Value::from(estimate.cost)),
        (Name::new("maximum"), Value::from(maximum)),
        (Name::new("depth"), Value::from(estimate.depth)),
    ]);
    if let Some(actual) = actual {
        report.shift_insert(1, Name::new("actual"), Value::from(actual));
    }
    Value::Object(report)
}

/// The cost of counting a list or of its sums, of an aggregate, and of each word of a text search.
const TOTAL: u64 = 10;

/// The words of the text of a search. A text that will be refused, because it is too long or has too many words, is
/// not read to its end.
fn search_words(text: &str) -> u64 {
    if text.len() > MAX_TEXT_BYTES { 0 } else { words::count(text, MOST_TERMS as u64 + 1) }
}

#[cfg(test)]
mod tests;
