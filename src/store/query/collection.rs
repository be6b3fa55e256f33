//! The lists of everything: all processes, awards, contracts, bids, items, organisations, filtered, in
//! an order, in pages.
//!
//! A list tells which terms its rows answer themselves (the rest is asked of their process) and which
//! columns it is ordered by: see the files of the aggregates. Each order is an index of (column, id),
//! each filter has one of its own; `tests/store/plans.rs` holds both databases to that.

use sea_orm::{
    Condition, DbBackend,
    sea_query::{Expr, Func, Query},
};
use serde::Serialize;

use super::filter::{Filter, Term, TermOf, between, expression, one_of, worth};
use crate::store::{
    Database, StoreError,
    database::first,
    page::{self, Ordering, Page, PageRequest, Position, SortKey},
    row::{Row, Table},
    words,
};

/// An order of a list; rows without a key come last, equal ones are ordered by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Order {
    /// What rows are ordered by.
    pub by: By,
    /// Greatest first.
    pub descending: bool,
}

/// What rows are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum By {
    /// The date: of the latest release, of a bid or award, of a contract's signature, of an item's process.
    Date,
    /// The amount. The filter must name one currency.
    Amount,
    /// The words of the title, description or name ([`words::sort_key`]).
    Title,
    /// The number of bids of a process.
    Bids,
    /// The ocid of a process.
    Ocid,
}

/// A list of everything in a table.
#[derive(Debug)]
pub struct Collection {
    /// The table.
    pub table: &'static Table,
    /// What a term demands of a row; `None` where it is a matter of the row's process.
    pub(super) term: TermOf,
    /// The column of an order and whether it can be null; `None` where the list has no such order.
    pub(super) column: fn(By) -> Option<(&'static str, bool)>,
    /// What a row has in that column.
    pub(super) key: fn(&Row, By) -> SortKey,
}

impl Collection {
    /// Where a row stands in an order.
    pub fn position(&self, row: &Row, by: By) -> Position {
        let id = self.table.column("id").map_or(0, |column| row.integer(column));
        Position { key: (self.key)(row, by), id }
    }
}

/// One page of a list.
pub async fn page(
    collection: &Collection,
    database: &Database,
    filter: &Filter,
    order: Order,
    request: &PageRequest,
) -> Result<Page, StoreError> {
    let (condition, ordering) = (condition(collection, database, filter), ordering(collection, order)?);
    page::fetch(database, collection.table, &condition, ordering, request).await
}

/// How many rows match.
pub async fn count(collection: &Collection, database: &Database, filter: &Filter) -> Result<i64, StoreError> {
    let mut select = Query::select();
    select.expr(Func::count(Expr::col("id"))).from(collection.table.name);
    select.cond_where(condition(collection, database, filter));
    let statement = database.backend().build(&select);
    Ok(database.fetch_statement(statement, first).await?.first().copied().unwrap_or(0))
}

/// How the database reads a page: the lines of its plan.
pub async fn plan(
    collection: &Collection,
    database: &Database,
    filter: &Filter,
    order: Order,
    request: &PageRequest,
) -> Result<Vec<String>, StoreError> {
    let backend = database.backend();
    let (condition, ordering) = (condition(collection, database, filter), ordering(collection, order)?);
    let Some(mut statement) = page::page_statement(backend, collection.table, &condition, ordering, request)
    else {
        return Ok(Vec::new());
    };
    let sqlite = backend == DbBackend::Sqlite;
    let explain = if sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
    statement.sql = format!("{explain} {}", statement.sql);
    let line = |cells: &mut crate::store::cells::Cells<'_>| {
        if sqlite {
            let _: [i32; 3] = [cells.take()?, cells.take()?, cells.take()?];
        }
        cells.take::<String>()
    };
    database.fetch_statement(statement, line).await
}

/// What a filter demands of the rows of a list.
pub(super) fn condition(collection: &Collection, database: &Database, filter: &Filter) -> Condition {
    match filter {
        Filter::All(parts) if parts.is_empty() => Condition::all(),
        filter => Condition::all().add(expression(collection.term, filter, database.backend())),
    }
}

fn ordering(collection: &Collection, order: Order) -> Result<Ordering, StoreError> {
    let Order { by, descending } = order;
    let column = (collection.column)(by);
    let (column, nullable) = column
        .ok_or_else(|| StoreError::Corrupt(format!("{} have no order by {by:?}", collection.table.name)))?;
    Ok(Ordering { column, nullable, descending })
}

/// A text's place in an order.
pub(super) fn words_key(text: Option<&str>) -> SortKey {
    SortKey::Text(text.map(words::sort_key))
}

/// What bids, awards and contracts tell of themselves alike; `date` is the column that dates them. `None`
/// for what each tells in its own way, or not at all.
pub(super) fn own(term: &Term, date: &'static str, backend: DbBackend) -> Option<Expr> {
    Some(match term {
        Term::Dataset(ids) => one_of("dataset_id", ids),
        Term::Status(codes) => one_of("status", codes),
        Term::Amount(range) => worth(VALUE, range, backend),
        Term::Date(range) => between(date, range, backend),
        _ => return None,
    })
}

/// The columns of a value.
pub(super) const VALUE: [&str; 2] = ["value_amount", "value_currency"];
