//! Pages of the lists that a row has: awards of a process, items of an award.
//!
//! Such a list is kept by position, counted from 0 without gaps, and its length stands in the parent's
//! row. So a page is a range that is known before anything is read: an empty one sends no statement,
//! and the ranges of all parents of a level are read by one.

use std::sync::Arc;

use async_graphql::Context;

use super::{
    connection::{self, Connection, Edge, EdgeType, PageInfo, ValuedConnection, View},
    cursor::Cursor,
    error::Error,
    loading::{ById, ByRange, Relations},
    page::{Level, PageArgs, Window},
    scope,
    total::{Total, Worth},
};
use crate::store::{
    query::{list::Range, totals::Totals},
    row::{Row, Rows},
};

/// A list of one parent.
#[derive(Clone, Copy)]
pub(super) struct List {
    /// The id of the row that has it.
    pub(super) parent: i64,
    /// The process that it is a part of.
    pub(super) process: i64,
    /// How long it is.
    pub(super) count: i32,
}

/// An element of such a list, with how it is read.
pub(super) trait ListEdge: EdgeType + Sized {
    /// The relation that reads it.
    fn relation(relations: &Relations) -> &ByRange;

    /// How many rows of the relation an element is.
    const ROWS: usize;

    /// The view of the rows of an element.
    fn new(rows: &[Row], cursor: Cursor) -> Result<Self, Error>;
}

/// A node that is the view of a listed row: its edge needs nothing more.
pub(super) trait ListNode: View {
    /// The relation that reads it.
    fn relation(relations: &Relations) -> &ByRange;
}

/// A node that has a value.
pub(super) trait ValuedNode: ListNode {
    /// The relation that sums the values of a list.
    fn worths(relations: &Relations) -> &ById<Arc<Totals>>;
}

impl<N: ListNode> ListEdge for Edge<N> {
    const ROWS: usize = 1;

    fn relation(relations: &Relations) -> &ByRange {
        N::relation(relations)
    }

    fn new(rows: &[Row], cursor: Cursor) -> Result<Self, Error> {
        Ok(Self { node: connection::view(row(rows, 0)?)?, cursor })
    }
}

/// One of the rows of an element.
pub(super) fn row(rows: &[Row], index: usize) -> Result<&Row, Error> {
    rows.get(index).ok_or_else(|| Error::Internal("a row of a list is missing".to_owned()))
}

/// One page of a list.
pub(super) async fn page<E: ListEdge>(
    ctx: &Context<'_>,
    args: PageArgs,
    list: List,
) -> Result<Connection<E>, Error> {
    let window = args.window(scope::services(ctx)?.pages, Level::Nested)?;
    let range = range::<E>(&window, list)?;
    let rows = rows(ctx, E::relation, range).await?;
    let edges = (range.from..).zip(rows.chunks(E::ROWS)).map(|(at, rows)| E::new(rows, cursor::<E>(at)));
    let full = range.to > range.from;
    let info = PageInfo {
        has_next_page: range.to < list.count,
        has_previous_page: range.from > 0,
        start: full.then(|| cursor::<E>(range.from)),
        end: full.then(|| cursor::<E>(range.to - 1)),
    };
    Ok(Connection { edges: edges.collect::<Result<_, _>>()?, info, total: Total::Known(list.count.into()) })
}

/// The same of a list whose rows have a value.
pub(super) async fn valued_page<N: ValuedNode>(
    ctx: &Context<'_>,
    args: PageArgs,
    list: List,
) -> Result<ValuedConnection<Edge<N>>, Error> {
    let worth = if list.count == 0 { Worth::Nothing } else { Worth::Owned(N::worths, list.parent) };
    Ok(ValuedConnection { page: page(ctx, args, list).await?, worth })
}

/// The rows of a range, unless only the list's length or the page's place is asked for.
async fn rows(ctx: &Context<'_>, relation: fn(&Relations) -> &ByRange, range: Range) -> Result<Rows, Error> {
    let ahead = ctx.look_ahead();
    let wanted = ahead.field("edges").exists() || ahead.field("nodes").exists();
    if !wanted || range.from >= range.to {
        return Ok(Arc::default());
    }
    Ok(scope::load(ctx, relation, range).await?.unwrap_or_default())
}

/// The positions that a window takes from a list.
fn range<E: ListEdge>(window: &Window, list: List) -> Result<Range, Error> {
    let after = position::<E>(window.after.as_deref(), "after")?;
    let before = position::<E>(window.before.as_deref(), "before")?;
    let low = after.map_or(0, |at| at.saturating_add(1)).clamp(0, list.count);
    let high = before.unwrap_or(list.count).clamp(low, list.count);
    let size = i32::try_from(window.size).unwrap_or(i32::MAX);
    let (from, to) = if window.backward {
        (low.max(high.saturating_sub(size)), high)
    } else {
        (low, high.min(low.saturating_add(size)))
    };
    Ok(Range { parent: list.parent, from, to, process: list.process })
}

fn position<E: ListEdge>(cursor: Option<&str>, argument: &str) -> Result<Option<i32>, Error> {
    let Some(text) = cursor else { return Ok(None) };
    let number = Cursor::decode(text, &E::type_name(), argument)?.number;
    let position = i32::try_from(number).ok().filter(|position| *position >= 0);
    position.map(Some).ok_or_else(|| {
        Error::BadInput(format!("{argument} is not a cursor of this list: no row has position {number}"))
    })
}

fn cursor<E: ListEdge>(position: i32) -> Cursor {
    Cursor { list: E::type_name(), number: position.into(), key: None }
}
