//! Which rows of a list: a tree of terms, the same for every list.
//!
//! What a list does not know of its own rows is asked of their process: the awards of one buyer are
//! those of the processes that it bought. Terms over the same process are asked by one subquery.
//! A term is true or it is not: what a row does not tell (`NULL`) is not true, and its negation is.

use rust_decimal::Decimal;
use sea_orm::{
    DbBackend, Value,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType},
};
use serde::Serialize;

use super::{keys, process};
use crate::{
    ocds::model::Time,
    store::{
        page::{amount_value, time_value},
        words::Search,
    },
};

/// Which rows of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Filter {
    /// Those of which every part holds; all, when there is none.
    All(Vec<Filter>),
    /// Those of which some part holds; none, when there is none.
    Any(Vec<Filter>),
    /// Those of which the part does not hold.
    Not(Box<Filter>),
    /// Those of which the term holds.
    Is(Term),
}

/// Something that is true of a row, or not. Of a list of values, one must match; an empty list matches
/// nothing. Organisations and datasets are given by their ids, codes as the standard spells them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Term {
    /// Has all these words.
    Search(Search),
    /// Is in one of these datasets.
    Dataset(Vec<i64>),
    /// Is bought by one of these organisations.
    Buyer(Vec<i64>),
    /// Is managed by one of these organisations.
    ProcuringEntity(Vec<i64>),
    /// One of these organisations was awarded.
    Supplier(Vec<i64>),
    /// One of these organisations made a bid, or is listed among the tenderers.
    Tenderer(Vec<i64>),
    /// Has one of these statuses: the tender's for processes, a row's own for bids, awards, contracts.
    Status(Vec<&'static str>),
    /// Has one of these procurement methods.
    Method(Vec<&'static str>),
    /// Has one of these main categories.
    Category(Vec<&'static str>),
    /// An item's classification begins so.
    Classification(String),
    /// Has a value in a currency, within bounds.
    Amount(AmountRange),
    /// Has a date in a range: see each list.
    Date(TimeRange),
    /// Its tender period begins in a range.
    TenderStart(TimeRange),
    /// Its tender period ends in a range.
    TenderEnd(TimeRange),
}

/// Amounts in one currency, bounds included.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct AmountRange {
    /// The currency, as published.
    pub currency: String,
    /// The least.
    pub min: Option<Decimal>,
    /// The greatest.
    pub max: Option<Decimal>,
}

/// A range of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TimeRange {
    /// At this moment or later.
    pub from: Option<Time>,
    /// Before this moment.
    pub before: Option<Time>,
}

impl Default for Filter {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Filter {
    /// The memory that the filter has allocated beside its own size, in bytes.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.capacity() * size_of::<Self>() + parts.iter().map(Self::heap_bytes).sum::<usize>()
            }
            Self::Not(part) => size_of::<Self>() + part.heap_bytes(),
            Self::Is(term) => term.heap_bytes(),
        }
    }
}

impl Term {
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Search(search) => search.heap_bytes(),
            Self::Dataset(ids)
            | Self::Buyer(ids)
            | Self::ProcuringEntity(ids)
            | Self::Supplier(ids)
            | Self::Tenderer(ids) => ids.capacity() * size_of::<i64>(),
            Self::Status(codes) | Self::Method(codes) | Self::Category(codes) => {
                codes.capacity() * size_of::<&str>()
            }
            Self::Classification(prefix) => prefix.capacity(),
            Self::Amount(range) => range.currency.capacity(),
            Self::Date(_) | Self::TenderStart(_) | Self::TenderEnd(_) => 0,
        }
    }
}

/// What a term demands of a row of some table; `None` where it is a matter of the row's process.
pub(super) type TermOf = fn(&Term, DbBackend) -> Option<Expr>;

/// What a filter demands of a row, whose table answers terms by `term_of`.
pub(super) fn expression(term_of: TermOf, filter: &Filter, backend: DbBackend) -> Expr {
    match filter {
        Filter::Is(term) => term_of(term, backend).unwrap_or_else(|| of_process(filter, backend)),
        Filter::Not(part) => not(expression(term_of, part, backend)),
        Filter::All(parts) => {
            let together = parts_of(term_of, parts, backend, Filter::All);
            joined(together, Expr::and).unwrap_or_else(|| constant(true))
        }
        Filter::Any(parts) => {
            let together = parts_of(term_of, parts, backend, Filter::Any);
            joined(together, Expr::or).unwrap_or_else(|| constant(false))
        }
    }
}

/// All demands by one operator, as a balanced tree: the SQL builder and SQLite call themselves for each level of it.
fn joined(mut demands: Vec<Expr>, join: fn(Expr, Expr) -> Expr) -> Option<Expr> {
    while demands.len() > 1 {
        let mut left = demands.into_iter();
        demands = Vec::with_capacity(left.len().div_ceil(2));
        while let Some(one) = left.next() {
            demands.push(match left.next() {
                Some(other) => join(one, other),
                None => one,
            });
        }
    }
    demands.pop()
}

/// The demands of each part, those on the process gathered into one.
fn parts_of(
    term_of: TermOf,
    parts: &[Filter],
    backend: DbBackend,
    gather: fn(Vec<Filter>) -> Filter,
) -> Vec<Expr> {
    let (outer, own): (Vec<&Filter>, Vec<&Filter>) =
        parts.iter().partition(|part| is_of_process(term_of, part, backend));
    let mut demands: Vec<Expr> = own.iter().map(|part| expression(term_of, part, backend)).collect();
    if !outer.is_empty() {
        demands.push(of_process(&gather(outer.into_iter().cloned().collect()), backend));
    }
    demands
}

/// Whether a filter that has terms speaks of nothing but the row's process.
fn is_of_process(term_of: TermOf, filter: &Filter, backend: DbBackend) -> bool {
    match filter {
        Filter::Is(term) => term_of(term, backend).is_none(),
        Filter::Not(part) => is_of_process(term_of, part, backend),
        Filter::All(parts) | Filter::Any(parts) => {
            !parts.is_empty() && parts.iter().all(|part| is_of_process(term_of, part, backend))
        }
    }
}

fn of_process(filter: &Filter, backend: DbBackend) -> Expr {
    let mut processes = Query::select();
    processes.column("id").from("processes");
    processes.and_where(expression(process::COLLECTION.term, filter, backend));
    Expr::col("process_id").in_subquery(processes)
}

/// True where `demand` is false or unknown.
fn not(demand: Expr) -> Expr {
    demand.is_not(constant(true))
}

pub(super) fn constant(value: bool) -> Expr {
    Expr::Constant(Value::Bool(Some(value)))
}

/// A column that holds one of these values.
pub(super) fn one_of<V: Into<Value> + Clone>(column: &'static str, values: &[V]) -> Expr {
    match values {
        [] => constant(false),
        // Equality with one value keeps the index's order; a list of one does not on every plan.
        [only] => Expr::col(column).eq(Expr::val(only.clone())),
        values => Expr::col(column).is_in(values.iter().cloned().map(Expr::val)),
    }
}

/// Ids that `table` gives in `column` for one of these organisations.
pub(super) fn named_by(column: &'static str, table: &'static str, organizations: &[i64]) -> SelectStatement {
    let mut ids = Query::select();
    ids.column(column).from(table).and_where(one_of("organization_id", organizations));
    ids
}

/// Whether a process is one of those that some of these organisations bid for.
pub(super) fn tendered_by(organizations: &[i64]) -> SelectStatement {
    let mut ids = named_by("process_id", "bid_tenderers", organizations);
    ids.union(UnionType::All, named_by("process_id", "tenderers", organizations));
    ids
}

/// A time in a range.
pub(super) fn between(column: &'static str, range: &TimeRange, backend: DbBackend) -> Expr {
    let column = || Expr::col(column);
    let from = range.from.map(|moment| column().gte(Expr::val(time_value(backend, moment))));
    let before = range.before.map(|moment| column().lt(Expr::val(time_value(backend, moment))));
    from.into_iter().chain(before).reduce(Expr::and).unwrap_or_else(|| column().is_not_null())
}

/// A value in a currency and within bounds. Without an amount there is none.
pub(super) fn worth([amount, currency]: [&'static str; 2], range: &AmountRange, backend: DbBackend) -> Expr {
    let is =
        Expr::col(currency).eq(keys::text(&range.currency).into_owned()).and(Expr::col(amount).is_not_null());
    let bound = |value: Decimal| Expr::val(amount_value(backend, value));
    let min = range.min.map(|min| Expr::col(amount).gte(bound(min)));
    let max = range.max.map(|max| Expr::col(amount).lte(bound(max)));
    min.into_iter().chain(max).fold(is, Expr::and)
}

/// A text that begins with `prefix`, as a range of the column's index.
pub(super) fn begins(column: &'static str, prefix: &str) -> Expr {
    let prefix = keys::text(prefix);
    let from = Expr::col(column).gte(prefix.as_ref());
    match behind(&prefix) {
        Some(end) => from.and(Expr::col(column).lt(end)),
        None => from,
    }
}

/// The least text greater than all that begin with `prefix`.
fn behind(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// Rows whose words lie in `table`, beside their id in `column`.
pub(super) fn found_in(
    table: &'static str,
    column: &'static str,
    search: &Search,
    backend: DbBackend,
) -> Expr {
    if search.is_empty() {
        return constant(true);
    }
    let mut ids = Query::select();
    match backend {
        DbBackend::Sqlite => {
            let numbers = Expr::cust_with_values(
                format!("number IN (SELECT rowid FROM {table}_words WHERE {table}_words MATCH ?)"),
                [search.fts5()],
            );
            ids.column(column).from(table).and_where(numbers);
        }
        _ => {
            ids.column(column).from(table).and_where(matches(search));
        }
    }
    Expr::col("id").in_subquery(ids)
}

/// PostgreSQL: the words of the row's own column.
pub(super) fn matches(search: &Search) -> Expr {
    Expr::cust_with_values("terms @@ CAST($1 AS tsquery)", [search.tsquery()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_a_prefix_lies_before_its_end() {
        for (prefix, end) in [
            ("72", Some("73")),
            ("a\u{10FFFF}", Some("b")),
            ("\u{D7FF}", Some("\u{E000}")),
            ("\u{10FFFF}", None),
            ("", None),
        ] {
            assert_eq!(behind(prefix).as_deref(), end, "{prefix:?}");
        }
    }
}
