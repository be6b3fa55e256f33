//! What an answer cost: the same tariff, over the rows that were really returned.
//!
//! Fields are grouped by their name in the answer as execution does, so that what was asked for twice
//! counts once. A field that is null returned nothing and costs nothing.

use async_graphql::{Name, Value as ConstValue, indexmap::IndexMap};

use super::{
    TOTAL,
    formula::{Field, Set, Step},
    replay::Inputs,
};

/// The cost of what an operation answered.
pub(in crate::graphql) fn actual(inputs: Inputs<'_>, data: &ConstValue) -> u64 {
    inputs.root().map_or(0, |set| Walk { inputs }.within(data, &[set]).once)
}

/// What a selection cost.
#[derive(Clone, Copy, Default)]
struct Spent {
    once: u64,
    /// Rows of the page that is being selected from, and what they cost.
    rows: u64,
    per_row: u64,
}

/// The fields of a selection by their name in the answer.
type Fields<'a> = IndexMap<&'a Name, Vec<&'a Field>>;

struct Walk<'a> {
    inputs: Inputs<'a>,
}

impl<'a> Walk<'a> {
    /// What a value cost inside: an object, or the objects of a list one after the other.
    fn within(&self, value: &ConstValue, sets: &[&'a Set]) -> Spent {
        let fields = self.inputs.merged(sets).fields;
        if fields.is_empty() { Spent::default() } else { self.value(value, &fields) }
    }

    fn value(&self, value: &ConstValue, fields: &Fields<'a>) -> Spent {
        match value {
            ConstValue::List(values) => {
                values.iter().map(|value| self.value(value, fields)).fold(Spent::default(), Spent::beside)
            }
            ConstValue::Object(object) => fields
                .iter()
                .filter_map(|(key, fields)| Some(self.field(object.get(*key)?, fields)))
                .fold(Spent::default(), Spent::beside),
            _ => Spent::default(),
        }
    }

    fn field(&self, value: &ConstValue, fields: &[&'a Field]) -> Spent {
        let Some(field) = fields.first().filter(|_| *value != ConstValue::Null) else {
            return Spent::default();
        };
        let sets: Vec<&Set> = fields.iter().map(|field| &field.inner).collect();
        let inner = self.within(value, &sets);
        let once = match &field.step {
            Step::Own => inner.once,
            Step::Related => inner.once.saturating_add(1),
            Step::Total => TOTAL,
            Step::Aggregate(_) => inner.once.saturating_add(TOTAL),
            Step::Each(length) => inner.once.saturating_add(self.inputs.length(length)),
            Step::Sized(_) => inner.once.saturating_add(rows(value)).saturating_add(1),
            Step::Page(_) => {
                let rows = inner.rows.saturating_add(inner.per_row);
                inner.once.saturating_add(rows).saturating_add(1)
            }
            Step::Through => return inner,
            Step::Rows => return Spent { once: 0, rows: rows(value), per_row: inner.once },
        };
        Spent { once: once.saturating_add(self.inputs.search(&field.search)), ..Spent::default() }
    }
}

impl Spent {
    fn beside(self, other: Self) -> Self {
        Self {
            once: self.once.saturating_add(other.once),
            // `nodes` and `edges` are the same rows.
            rows: self.rows.max(other.rows),
            per_row: self.per_row.saturating_add(other.per_row),
        }
    }
}

/// The rows of a list, or the one row.
fn rows(value: &ConstValue) -> u64 {
    match value {
        ConstValue::List(values) => values.iter().filter(|value| **value != ConstValue::Null).count() as u64,
        _ => 1,
    }
}
