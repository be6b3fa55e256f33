//! Puts a request's variables into a formula: page sizes, conditions, the lengths of lists, words.

use async_graphql::{Name, ServerError, Value as ConstValue, Variables};

use super::{
    TOTAL,
    formula::{Condition, Field, Formulas, Length, Number, Search, Set, Size, Step},
    search_words,
};
use crate::graphql::page::PageSizes;

/// What an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graphql) struct Estimate {
    pub(in crate::graphql) depth: u32,
    pub(in crate::graphql) cost: u64,
}

/// An operation's formula and what a request puts into it.
#[derive(Clone, Copy)]
pub(in crate::graphql) struct Inputs<'a> {
    pub(in crate::graphql) pages: PageSizes,
    pub(in crate::graphql) formulas: &'a Formulas,
    /// The operation's name in its document.
    pub(in crate::graphql) name: Option<&'a str>,
    /// The variables of the operation, defaults among them.
    pub(in crate::graphql) variables: &'a Variables,
}

/// The price of a selection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Price {
    /// To be paid once.
    pub(super) once: u64,
    /// To be paid for every row of the page that is being selected from.
    pub(super) per_row: u64,
    /// Levels of fields.
    pub(super) depth: u32,
}

/// A page size that is no Int, and where it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wide {
    pub(super) field: Name,
    pub(super) argument: &'static str,
    pub(super) given: String,
}

/// Prices an operation. A page size that is no Int is refused: it could only wrap.
pub(in crate::graphql) fn estimate(inputs: Inputs<'_>) -> Result<Estimate, ServerError> {
    let mut replay = Replay::new(inputs);
    let price = replay.whole();
    match replay.wide {
        Some(wide) => Err(wide.refuse(inputs.pages.most)),
        None => Ok(Estimate { depth: price.depth, cost: price.once }),
    }
}

impl<'a> Inputs<'a> {
    pub(super) fn root(&self) -> Option<&'a Set> {
        self.formulas.operation(self.name)
    }

    /// True when `@skip` or `@include` takes a part away.
    pub(super) fn left_out(&self, conditions: &[Condition]) -> bool {
        conditions.iter().any(|condition| {
            let value = self.variables.get(&condition.variable);
            matches!(value, Some(ConstValue::Boolean(value)) if *value == condition.left_out)
        })
    }

    /// What the words of a search cost.
    pub(super) fn search(&self, search: &Search) -> u64 {
        let texts = search.texts.iter().filter_map(|name| self.variables.get(name)).map(text_words);
        let filters = search.filters.iter().filter_map(|name| self.variables.get(name)).map(filter_words);
        texts.chain(filters).fold(search.words, u64::saturating_add).saturating_mul(TOTAL)
    }

    pub(super) fn length(&self, length: &Length) -> u64 {
        let list = match length {
            Length::Fixed(length) => return *length,
            Length::Variable(name) => self.variables.get(name),
            Length::Within(name, list) => match self.variables.get(name) {
                Some(ConstValue::Object(fields)) => fields.get(*list),
                _ => None,
            },
        };
        if let Some(ConstValue::List(values)) = list { values.len() as u64 } else { 1 }
    }
}

/// One run of a formula.
pub(super) struct Replay<'a> {
    inputs: Inputs<'a>,
    /// The first page size that is no Int.
    wide: Option<Wide>,
}

impl<'a> Replay<'a> {
    pub(super) fn new(inputs: Inputs<'a>) -> Self {
        Self { inputs, wide: None }
    }

    fn whole(&mut self) -> Price {
        self.inputs.root().map_or_else(Price::default, |set| self.sets(&[set]))
    }

    /// The price of the selection sets of one object.
    fn sets(&mut self, sets: &[&'a Set]) -> Price {
        let inputs = self.inputs;
        let leaf = |is_there: bool| Price { depth: u32::from(is_there), ..Price::default() };
        if let [set] = sets
            && set.is_flat
        {
            let parts = set.parts.iter().filter(|part| !inputs.left_out(&part.conditions));
            let fields = parts.filter_map(|part| part.what.field());
            return fields
                .fold(leaf(set.leaf.is_some()), |sum, field| sum.beside(self.merged_field(&[field])));
        }
        let merged = inputs.merged(sets);
        let fields = merged.fields.values();
        fields.fold(leaf(merged.leaf.is_some()), |sum, fields| sum.beside(self.field(fields)))
    }

    /// The price of the fields of one response key: those on one type are executed once.
    pub(super) fn field(&mut self, fields: &[&'a Field]) -> Price {
        let (mut price, mut rest) = (Price::default(), fields.to_vec());
        while let Some(first) = rest.first() {
            let (same, others): (Vec<_>, Vec<_>) = rest.iter().partition(|field| field.on == first.on);
            price = price.beside(self.merged_field(&same));
            rest = others;
        }
        price
    }

    fn merged_field(&mut self, fields: &[&'a Field]) -> Price {
        let Some(field) = fields.first().copied() else { return Price::default() };
        let inner = self.sets(&fields.iter().map(|field| &field.inner).collect::<Vec<_>>());
        let level = Price { depth: inner.depth.saturating_add(1), ..Price::default() };
        let price = match &field.step {
            Step::Own => Price { once: inner.once, ..level },
            Step::Related => Price { once: inner.once.saturating_add(1), ..level },
            Step::Total => Price { once: TOTAL, ..level },
            Step::Through => inner,
            Step::Rows => Price { once: 0, per_row: inner.once, depth: inner.depth },
            Step::Sized(length) => Price { once: page(self.inputs.length(length), inner.once), ..level },
            Step::Each(length) => {
                let each = inner.once.saturating_add(1);
                Price { once: self.inputs.length(length).saturating_mul(each), ..level }
            }
            Step::Page(size) => {
                let rows = page(self.rows(field, size), inner.per_row);
                Price { once: rows.saturating_add(inner.once), ..level }
            }
            Step::Aggregate(size) => {
                let first = self.number(field, "first", &size.first);
                let rows = self.inputs.pages.priced_groups(first).saturating_mul(inner.once);
                Price { once: rows.saturating_add(TOTAL), ..level }
            }
        };
        Price { once: price.once.saturating_add(self.inputs.search(&field.search)), ..price }
    }

    /// The rows that a page has at most.
    fn rows(&mut self, field: &Field, size: &Size) -> u64 {
        let first = self.number(field, "first", &size.first);
        let last = self.number(field, "last", &size.last);
        self.inputs.pages.priced(size.level, first, last)
    }

    fn number(&mut self, field: &Field, argument: &'static str, number: &Number) -> Option<i64> {
        let found;
        let number = match number {
            Number::Variable(name) => {
                found = Number::of(self.inputs.variables.get(name));
                &found
            }
            Number::Entry(name, entry) => {
                found = match self.inputs.variables.get(name) {
                    Some(ConstValue::Object(entries)) => Number::of(entries.get(*entry)),
                    _ => Number::Absent,
                };
                &found
            }
            number => number,
        };
        match number {
            Number::Fixed(number) => Some(*number),
            Number::Wide(given) => {
                let field = field.key.clone();
                self.wide.get_or_insert(Wide { field, argument, given: given.clone() });
                Some(i64::MAX)
            }
            Number::Absent | Number::Variable(_) | Number::Entry(..) => None,
        }
    }
}

impl Price {
    fn beside(self, other: Self) -> Self {
        Self {
            once: self.once.saturating_add(other.once),
            per_row: self.per_row.saturating_add(other.per_row),
            depth: self.depth.max(other.depth),
        }
    }
}

/// 1 + rows × (1 + what a row selects).
fn page(rows: u64, per_row: u64) -> u64 {
    rows.saturating_mul(per_row.saturating_add(1)).saturating_add(1)
}

fn text_words(text: &ConstValue) -> u64 {
    if let ConstValue::String(text) = text { search_words(text) } else { 0 }
}

/// The words that a filter given as a variable searches for.
fn filter_words(filter: &ConstValue) -> u64 {
    match filter {
        ConstValue::List(filters) => filters.iter().map(filter_words).fold(0, u64::saturating_add),
        ConstValue::Object(fields) => fields
            .iter()
            .map(|(name, value)| if name == "search" { text_words(value) } else { filter_words(value) })
            .fold(0, u64::saturating_add),
        _ => 0,
    }
}
