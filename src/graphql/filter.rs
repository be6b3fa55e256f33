//! Filters: what all of them have in common, and how they become what the store knows.
//!
//! Each list has an input type of its own, which names its parts one by one ([`FilterInput::read`]) and
//! combines filters of its own kind with `and`, `or` and `not`. A part that is not given, or is null,
//! demands nothing. How large and how nested a filter may be is checked once for all of them.

use async_graphql::{ID, InputObject};

use super::{
    codelist::{self, ProcurementCategory, ProcurementMethod},
    error::Error,
    id,
    scalars::{DateTime, Decimal},
};
use crate::{
    ocds::codelist as ocds,
    store::{
        id::{self as store_id, Kind},
        query::filter::{AmountRange, Filter, Term, TimeRange},
        words::Search,
    },
};

/// How deep `and`, `or` and `not` may lie in each other.
const MOST_NESTING: usize = 5;
/// How many values and words a filter may have in all.
pub(super) const MOST_TERMS: usize = 100;
/// How many filters may lie in a filter. One that demands nothing counts too: it is a part of the statement like any
/// other.
const MOST_FILTERS: usize = 200;

/// Values in one currency.
#[derive(Clone, Debug, InputObject)]
#[graphql(name = "ValueRange")]
pub(super) struct ValueInput {
    /// The currency, as it is published: mostly its ISO 4217 code.
    currency: String,
    /// The least value, itself included. Without it there is no least.
    min: Option<Decimal>,
    /// The greatest value, itself included. Without it there is no greatest.
    max: Option<Decimal>,
}

/// A range of time that includes its first moment and excludes its last. Without either, any moment.
#[derive(Clone, Copy, Debug, InputObject)]
#[graphql(name = "DateRange")]
pub(super) struct DateInput {
    /// The first moment. Without it there is no first.
    from: Option<DateTime>,
    /// The moment behind the last. Without it there is no last.
    before: Option<DateTime>,
}

/// What is asked of the process, whatever the list: put into the filter of each list.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ProcessParts {
    /// Takes what is in one of these datasets, by name.
    dataset: Option<Vec<String>>,
    /// Takes what one of these organisations buys, by global id.
    buyer: Option<Vec<ID>>,
    /// Takes what one of these organisations manages the purchase of, by global id.
    procuring_entity: Option<Vec<ID>>,
    /// Takes what is tendered by one of these methods.
    method: Option<Vec<ProcurementMethod>>,
    /// Takes what is tendered mainly in one of these categories.
    category: Option<Vec<ProcurementCategory>>,
}

/// What is asked of the process of a row whose own texts are not searched: its words, and the rest.
#[derive(Clone, Debug, InputObject)]
pub(super) struct SearchedParts {
    /// Takes those of processes in which all these words occur, the last one as a beginning: in titles,
    /// descriptions and the names of the parties, whatever their case and diacritics. A text without a
    /// letter or digit demands nothing.
    search: Option<String>,
    #[graphql(flatten)]
    process: ProcessParts,
}

/// A filter as the schema has it.
pub(super) trait FilterInput: Sized {
    /// Adds what it demands of a row itself to `terms`; returns the filters within it.
    fn read(self, terms: &mut Terms) -> Result<Combined<Self>, Error>;
}

/// The filters within a filter.
pub(super) struct Combined<F> {
    pub(super) and: Option<Vec<F>>,
    pub(super) or: Option<Vec<F>>,
    pub(super) not: Option<Box<F>>,
}

/// The demands of a filter, and how many values and words, and how many filters inside it, it has so far.
#[derive(Default)]
pub(super) struct Terms {
    demands: Vec<Filter>,
    count: usize,
    filters: usize,
}

/// The filter as the store knows it; all rows when there is none.
pub(super) fn stored<F: FilterInput>(filter: Option<F>) -> Result<Filter, Error> {
    let mut terms = Terms::default();
    let stored = filter.map(|filter| terms.all(filter, 0)).transpose()?.unwrap_or_default();
    terms.check_count()?;
    Ok(stored)
}

impl Terms {
    /// Reads a filter that lies in `nesting` others.
    fn all<F: FilterInput>(&mut self, filter: F, nesting: usize) -> Result<Filter, Error> {
        if nesting > MOST_NESTING {
            return Err(Error::BadInput(format!(
                "and, or and not lie {nesting} deep in the filter, {MOST_NESTING} at most: write it flatter"
            )));
        }
        let outer = std::mem::take(&mut self.demands);
        let Combined { and, or, not } = filter.read(self)?;
        let mut demands = std::mem::replace(&mut self.demands, outer);
        let inner = nesting + 1;
        let given = and.as_ref().map_or(0, Vec::len) + or.as_ref().map_or(0, Vec::len);
        self.filters = self.filters.saturating_add(given + usize::from(not.is_some()));
        if self.filters > MOST_FILTERS {
            let (found, most) = (self.filters, MOST_FILTERS);
            return Err(Error::BadInput(format!(
                "the filter has {found} filters or more inside and, or and not, {most} at most: split it over several \
                 requests"
            )));
        }
        for part in and.into_iter().flatten() {
            demands.push(self.all(part, inner)?);
        }
        if let Some(parts) = or {
            let parts = parts.into_iter().map(|part| self.all(part, inner));
            demands.push(Filter::Any(parts.collect::<Result<_, _>>()?));
        }
        if let Some(part) = not {
            demands.push(Filter::Not(Box::new(self.all(*part, inner)?)));
        }
        Ok(Filter::All(demands))
    }

    fn check_count(&self) -> Result<(), Error> {
        let Self { count, .. } = self;
        if *count > MOST_TERMS {
            return Err(Error::BadInput(format!(
                "the filter has {count} values and words of search, {MOST_TERMS} at most: split it over several requests"
            )));
        }
        Ok(())
    }

    fn add(&mut self, count: usize, term: Term) {
        // A list without values counts too: it is a demand like any other.
        self.count += count.max(1);
        self.demands.push(Filter::Is(term));
    }

    /// What is asked of the process.
    pub(super) fn process(&mut self, parts: ProcessParts) -> Result<(), Error> {
        self.datasets(parts.dataset);
        self.organizations(parts.buyer, Term::Buyer)?;
        self.organizations(parts.procuring_entity, Term::ProcuringEntity)?;
        self.codes::<_, ocds::ProcurementMethod>(parts.method, Term::Method);
        self.codes::<_, ocds::ProcurementCategory>(parts.category, Term::Category);
        Ok(())
    }

    /// What is asked of the process, its words included.
    pub(super) fn searched(&mut self, parts: SearchedParts) -> Result<(), Error> {
        self.search(parts.search);
        self.process(parts.process)
    }

    /// Words. Without any, nothing is demanded.
    pub(super) fn search(&mut self, text: Option<String>) {
        if let Some(search) = text.map(|text| Search::new(&text)).filter(|search| !search.is_empty()) {
            self.add(search.words(), Term::Search(search));
        }
    }

    /// Datasets by name.
    pub(super) fn datasets(&mut self, names: Option<Vec<String>>) {
        if let Some(names) = names {
            let ids = names.iter().map(|name| store_id::dataset(name)).collect();
            self.add(names.len(), Term::Dataset(ids));
        }
    }

    /// Organisations by global id.
    pub(super) fn organizations(
        &mut self,
        ids: Option<Vec<ID>>,
        term: fn(Vec<i64>) -> Term,
    ) -> Result<(), Error> {
        if let Some(ids) = ids {
            let decoded = ids.iter().map(|id| id::decode_as(Kind::Organization, id));
            self.add(ids.len(), term(decoded.collect::<Result<_, _>>()?));
        }
        Ok(())
    }

    /// Codes of a closed list.
    pub(super) fn codes<E, C: ocds::Codelist + From<E>>(
        &mut self,
        values: Option<Vec<E>>,
        term: fn(Vec<&'static str>) -> Term,
    ) {
        if let Some(codes) = codelist::codes::<E, C>(values) {
            self.add(codes.len(), term(codes));
        }
    }

    /// Beginnings of an item's classification.
    pub(super) fn classification(&mut self, prefixes: Option<Vec<String>>) {
        if let Some(prefixes) = prefixes {
            self.count += prefixes.len().max(1);
            let begins = |prefix: String| Filter::Is(Term::Classification(prefix));
            self.demands.push(Filter::Any(prefixes.into_iter().map(begins).collect()));
        }
    }

    /// Values in one currency.
    pub(super) fn value(&mut self, range: Option<ValueInput>) -> Result<(), Error> {
        let Some(ValueInput { currency, min, max }) = range else { return Ok(()) };
        let (min, max) = (min.map(|min| min.0), max.map(|max| max.0));
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            return Err(Error::BadInput(format!(
                "value.min is {min} and value.max {max}: the least cannot be more than the greatest"
            )));
        }
        self.add(1, Term::Amount(AmountRange { currency, min, max }));
        Ok(())
    }

    /// A range of time.
    pub(super) fn dates(&mut self, range: Option<DateInput>, term: fn(TimeRange) -> Term) {
        if let Some(DateInput { from, before }) = range {
            let range =
                TimeRange { from: from.map(|moment| moment.0), before: before.map(|moment| moment.0) };
            self.add(1, term(range));
        }
    }
}
