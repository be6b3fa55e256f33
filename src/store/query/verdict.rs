//! Whether a process matches a filter, judged without the database from what is known of it.
//!
//! What must stay true: a verdict is the one that the database would give of the same rows
//! (`Filtered for process::Model`), on SQLite and on PostgreSQL alike. So times count by the millisecond,
//! amounts by all their digits, texts by their code points, and a term over what is not known is not true.

use super::{
    filter::{AmountRange, Filter, Term, TimeRange},
    keys,
};
use crate::{ocds::model::Time, store::entity::process::Model};

/// What is known of a process. What a filter does not need ([`Filter::needs`]) may be left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The dataset that the process is in. Of one that was removed, the dataset that it was in: all that is
    /// still known of it.
    pub dataset: i64,
    /// Its row.
    pub row: Option<&'a Model>,
    /// The organisations that were awarded, in the order of their ids.
    pub suppliers: &'a [i64],
    /// The organisations that made a bid or are listed as tenderers, in the order of their ids.
    pub tenderers: &'a [i64],
    /// The classifications of its items, in their order.
    pub classifications: &'a [String],
    /// Its words, as [`super::facts::words`] gives them.
    pub words: &'a str,
}

/// What has to be read of a process to judge it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// Its row.
    Row,
    /// Who was awarded.
    Suppliers,
    /// Who made a bid or is listed as a tenderer.
    Tenderers,
    /// The classifications of its items.
    Classifications,
    /// Its words.
    Words,
}

impl Filter {
    /// Whether some term speaks of it. Nothing has to be read for a filter that takes everything, or that
    /// speaks of datasets only.
    pub fn needs(&self, need: Need) -> bool {
        match self {
            Self::Is(term) => term.need() == Some(need),
            Self::Not(part) => part.needs(need),
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.needs(need)),
        }
    }

    /// Whether it takes a process.
    pub fn matches(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Is(term) => term.holds(facts),
            Self::Not(part) => !part.matches(facts),
            Self::All(parts) => parts.iter().all(|part| part.matches(facts)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(facts)),
        }
    }
}

impl Term {
    fn need(&self) -> Option<Need> {
        Some(match self {
            Self::Dataset(_) => return None,
            Self::Search(_) => Need::Words,
            Self::Supplier(_) => Need::Suppliers,
            Self::Tenderer(_) => Need::Tenderers,
            Self::Classification(_) => Need::Classifications,
            Self::Buyer(_)
            | Self::ProcuringEntity(_)
            | Self::Status(_)
            | Self::Method(_)
            | Self::Category(_)
            | Self::Amount(_)
            | Self::Date(_)
            | Self::TenderStart(_)
            | Self::TenderEnd(_) => Need::Row,
        })
    }

    fn holds(&self, facts: &Facts<'_>) -> bool {
        let row = facts.row;
        match self {
            Self::Search(search) => search.is_in(facts.words),
            Self::Dataset(ids) => ids.contains(&facts.dataset),
            Self::Buyer(ids) => one_of(row.and_then(Model::buyer_id), ids),
            Self::ProcuringEntity(ids) => one_of(row.and_then(Model::procuring_entity_id), ids),
            Self::Supplier(ids) => share(facts.suppliers, ids),
            Self::Tenderer(ids) => share(facts.tenderers, ids),
            Self::Status(codes) => one_of(row.and_then(Model::status), codes),
            Self::Method(codes) => one_of(row.and_then(Model::method), codes),
            Self::Category(codes) => one_of(row.and_then(Model::category), codes),
            Self::Classification(prefix) => begins(facts.classifications, prefix),
            Self::Amount(range) => row.is_some_and(|row| worth(row, range)),
            Self::Date(range) => between(row.and_then(Model::date), range),
            Self::TenderStart(range) => between(row.and_then(Model::tender_start), range),
            Self::TenderEnd(range) => between(row.and_then(Model::tender_end), range),
        }
    }
}

fn one_of<V: PartialEq>(value: Option<V>, values: &[V]) -> bool {
    value.is_some_and(|value| values.contains(&value))
}

/// Whether one of these organisations is among those named.
fn share(named: &[i64], organizations: &[i64]) -> bool {
    organizations.iter().any(|id| named.binary_search(id).is_ok())
}

/// Whether one of the texts begins with `prefix`.
fn begins(sorted: &[String], prefix: &str) -> bool {
    let prefix = keys::text(prefix);
    let first = sorted.partition_point(|text| text.as_str() < prefix.as_ref());
    sorted.get(first).is_some_and(|text| text.starts_with(prefix.as_ref()))
}

fn worth(row: &Model, range: &AmountRange) -> bool {
    let AmountRange { currency, min, max } = range;
    row.value_currency() == Some(keys::text(currency).as_ref())
        && row
            .value_amount()
            .is_some_and(|amount| min.is_none_or(|min| amount >= min) && max.is_none_or(|max| amount <= max))
}

fn between(moment: Option<Time>, range: &TimeRange) -> bool {
    let [moment, from, before] =
        [moment, range.from, range.before].map(|time| time.map(|time| time.timestamp_millis()));
    moment.is_some_and(|moment| {
        from.is_none_or(|from| moment >= from) && before.is_none_or(|before| moment < before)
    })
}
