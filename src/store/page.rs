//! Keyset pages: where a page begins is a row's sort key and id, never a count of rows to skip.
//!
//! Rows are ordered by a column and then by id, both in one direction, nulls last whatever the
//! direction. A list is therefore read as two segments, the rows with a key and then those without,
//! each of them a plain range of the index (column, id), put together in one statement. A cursor stays
//! valid when rows are inserted or removed, its own row included.

use std::fmt;

use chrono::DateTime;
use rust_decimal::Decimal;
use sea_orm::{
    Condition, DbBackend, Order, Statement, Value, Values,
    sea_query::{
        Expr, ExprTrait, PostgresQueryBuilder, Query, QueryBuilder, SelectStatement, SqlWriter,
        SqlWriterValues, SqliteQueryBuilder, UnionType,
    },
};
use serde::{Deserialize, Serialize};

use super::{
    Database, StoreError, amount,
    query::keys,
    row::{Row, RowReader, Table},
};
use crate::ocds::model::Time;

/// Where a row stands in an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Position {
    /// The row's value in the column of the order.
    pub key: SortKey,
    /// The row's id.
    pub id: i64,
}

/// A value rows are ordered by; `None` is a null, which comes last.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum SortKey {
    /// A time.
    Time(Option<Time>),
    /// A text, by code point.
    Text(Option<String>),
    /// An amount.
    Amount(Option<Decimal>),
    /// A count, never null.
    Count(i64),
}

/// Which part of a list to read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct PageRequest {
    /// Rows at most.
    pub limit: u32,
    /// Take the last rows instead of the first.
    pub backward: bool,
    /// Only rows behind this position.
    pub after: Option<Position>,
    /// Only rows before this position.
    pub before: Option<Position>,
}

impl PageRequest {
    /// The memory that it has allocated beside its own size, in bytes.
    pub fn heap_bytes(&self) -> usize {
        let positions = [&self.after, &self.before];
        let texts = positions.into_iter().flatten().map(|position| match &position.key {
            SortKey::Text(Some(text)) => text.capacity(),
            _ => 0,
        });
        texts.sum()
    }
}

/// A part of a list, in the list's order whichever end it was read from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// Whether rows come before. True by assumption when reading forward from a position.
    pub has_previous: bool,
    /// Whether rows come behind. True by assumption when reading backward from a position.
    pub has_next: bool,
}

/// An order of one table: a column, then `id`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ordering {
    /// The column.
    pub(super) column: &'static str,
    /// Whether it can be null.
    pub(super) nullable: bool,
    /// Greatest first.
    pub(super) descending: bool,
}

/// A part of an order, in the order itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Segment {
    Keyed,
    Null,
}

/// Which end of a segment a position cuts off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    After,
    Before,
}

/// Reads one page, by one statement.
pub(super) async fn fetch(
    database: &Database,
    table: &'static Table,
    filter: &Condition,
    order: Ordering,
    request: &PageRequest,
) -> Result<Page, StoreError> {
    let rows = match page_statement(database.backend(), table, filter, order, request) {
        None => Vec::new(),
        Some(statement) => {
            let mut reader = RowReader::new(table);
            database.fetch_statement(statement, |cells| reader.read(cells)).await?
        }
    };
    Ok(trim(rows, request))
}

/// The statement that reads a page; `None` when the positions leave nothing.
pub(super) fn page_statement(
    backend: DbBackend,
    table: &'static Table,
    filter: &Condition,
    order: Ordering,
    request: &PageRequest,
) -> Option<Statement> {
    let segments: &[Segment] =
        if order.nullable { &[Segment::Keyed, Segment::Null] } else { &[Segment::Keyed] };
    let segment = |segment: &Segment| select(backend, table, filter, order, *segment, request);
    let mut segments: Vec<SelectStatement> = segments.iter().filter_map(segment).collect();
    let last = segments.pop()?;
    let select = segments.into_iter().fold(last, |last, segment| join(table, segment, last, order, request));
    Some(statement(backend, &select))
}

/// Both segments as one list. Each stops at the page's length, so that little is sorted.
fn join(
    table: &'static Table,
    keyed: SelectStatement,
    null: SelectStatement,
    order: Ordering,
    request: &PageRequest,
) -> SelectStatement {
    // Named, for PostgreSQL and SQLite order a union by the names of its columns only.
    let ranked = |mut segment: SelectStatement, rank: i32, name: &'static str| {
        segment.expr_as(Expr::col(order.column), KEY);
        let mut ranked = Query::select();
        ranked
            .columns(columns(table))
            .expr_as(Expr::Constant(rank.into()), RANK)
            .column(KEY)
            .from_subquery(segment, name);
        ranked
    };
    let (end, direction) =
        (if request.backward { Order::Desc } else { Order::Asc }, direction(&order, request));
    let mut both = ranked(keyed, 0, "keyed");
    both.union(UnionType::All, ranked(null, 1, "nulls"));
    both.order_by(RANK, end).order_by(KEY, direction.clone()).order_by(ID, direction);
    both.limit(rows_to_read(request));
    both
}

/// Writes limits as numbers, everything else as parameters: for a limit that it does not know PostgreSQL
/// plans anew at each use, which takes longer than to read the page (0.44 ms instead of 0.11 in all).
struct LimitsInline(SqlWriterValues);

impl fmt::Write for LimitsInline {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(text)
    }
}

impl fmt::Display for LimitsInline {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl SqlWriter for LimitsInline {
    fn push_param<T: QueryBuilder>(&mut self, value: Value, builder: &T) {
        match value {
            // Limits are the only unsigned values of a statement.
            Value::BigUnsigned(_) => builder.prepare_constant(&value, &mut self.0),
            value => self.0.push_param(value, builder),
        }
    }

    fn as_writer(&mut self) -> &mut dyn fmt::Write {
        self
    }
}

fn statement(backend: DbBackend, select: &SelectStatement) -> Statement {
    let (sql, values) = match backend {
        DbBackend::Sqlite => collect(select, SqliteQueryBuilder),
        _ => collect(select, PostgresQueryBuilder),
    };
    Statement::from_sql_and_values(backend, sql, values)
}

fn collect(select: &SelectStatement, builder: impl QueryBuilder) -> (String, Values) {
    let (placeholder, numbered) = builder.placeholder();
    let mut writer = LimitsInline(SqlWriterValues::new(placeholder, numbered));
    select.build_collect_into(builder, &mut writer);
    writer.0.into_parts()
}

/// The name of a segment's place in the order.
const RANK: &str = "segment";
/// The name of what rows are ordered by: not always a column that is read.
const KEY: &str = "sort_key";
const ID: &str = "id";

fn columns(table: &'static Table) -> impl Iterator<Item = &'static str> {
    table.columns.iter().map(|column| column.name)
}

/// One more than the page has, to see whether there are more.
fn rows_to_read(request: &PageRequest) -> u64 {
    u64::from(request.limit) + 1
}

fn direction(order: &Ordering, request: &PageRequest) -> Order {
    if order.descending == request.backward { Order::Asc } else { Order::Desc }
}

/// The page of rows that were read from the end that it counts from, but for a row beyond its limit: that
/// one was read only to see whether there are more.
pub fn trim(mut rows: Vec<Row>, request: &PageRequest) -> Page {
    let wanted = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    if request.backward {
        rows.reverse();
        Page { rows, has_previous: more || request.after.is_some(), has_next: request.before.is_some() }
    } else {
        Page { rows, has_previous: request.after.is_some(), has_next: more || request.before.is_some() }
    }
}

/// The statement for one segment; `None` when the positions leave nothing of it.
fn select(
    backend: DbBackend,
    table: &'static Table,
    filter: &Condition,
    order: Ordering,
    segment: Segment,
    request: &PageRequest,
) -> Option<SelectStatement> {
    let mut condition = Condition::all().add(filter.clone());
    if order.nullable {
        condition = condition.add(match segment {
            Segment::Keyed => Expr::col(order.column).is_not_null(),
            Segment::Null => Expr::col(order.column).is_null(),
        });
    }
    for (bound, position) in [(Bound::After, &request.after), (Bound::Before, &request.before)] {
        if let Some(position) = position {
            match cut(backend, order, segment, bound, position) {
                Cut::Nothing => {}
                Cut::All => return None,
                Cut::At(expression) => condition = condition.add(expression),
            }
        }
    }
    let direction = direction(&order, request);
    let mut select = Query::select();
    select.columns(columns(table)).from(table.name).cond_where(condition);
    // Null by null too: PostgreSQL does not see that an index has the rows without a key by their ids.
    if segment == Segment::Keyed || backend == DbBackend::Postgres {
        select.order_by(order.column, direction.clone());
    }
    select.order_by(ID, direction).limit(rows_to_read(request));
    Some(select)
}

/// What a position takes away from a segment.
enum Cut {
    Nothing,
    All,
    At(Expr),
}

fn cut(backend: DbBackend, order: Ordering, segment: Segment, bound: Bound, position: &Position) -> Cut {
    let key = key_value(backend, &position.key);
    let upward = (bound == Bound::After) != order.descending;
    match (segment, key) {
        (Segment::Keyed, Some(key)) => {
            let row = Expr::tuple([Expr::col(order.column), Expr::col(ID)]);
            let at = Expr::tuple([Expr::val(key), Expr::val(position.id)]);
            Cut::At(if upward { row.gt(at) } else { row.lt(at) })
        }
        (Segment::Null, None) => {
            let id = Expr::col(ID);
            Cut::At(if upward { id.gt(position.id) } else { id.lt(position.id) })
        }
        // The position lies in the other segment, which is as a whole before or behind this one.
        (Segment::Keyed, None) if bound == Bound::After => Cut::All,
        (Segment::Null, Some(_)) if bound == Bound::Before => Cut::All,
        _ => Cut::Nothing,
    }
}

fn key_value(backend: DbBackend, key: &SortKey) -> Option<Value> {
    match key {
        SortKey::Time(time) => time.map(|time| time_value(backend, time)),
        SortKey::Text(text) => text.as_deref().map(|text| keys::text(text).into_owned().into()),
        SortKey::Amount(amount) => amount.map(|amount| amount_value(backend, amount)),
        SortKey::Count(count) => Some((*count).into()),
    }
}

/// A time as the database compares it: by the millisecond, as times are stored.
pub(super) fn time_value(backend: DbBackend, time: Time) -> Value {
    let millis = time.timestamp_millis();
    match backend {
        DbBackend::Sqlite => millis.into(),
        _ => DateTime::from_timestamp_millis(millis).unwrap_or(time).into(),
    }
}

/// An amount as the database compares it.
pub(super) fn amount_value(backend: DbBackend, value: Decimal) -> Value {
    match backend {
        DbBackend::Sqlite => amount::encode(value).into(),
        _ => value.into(),
    }
}
