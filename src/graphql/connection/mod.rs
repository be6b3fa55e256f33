//! Connections: one page of a list with its cursors, and what is told of the whole list when it is asked for.
//!
//! A connection is the same type of the schema wherever it stands: one whose rows have a value is a
//! [`ValuedConnection`] everywhere.

mod erased;
mod schema;

use std::{borrow::Cow, sync::Arc};

use async_graphql::{
    Context, ContextSelectionSet, Object, OutputType, Positioned, ServerResult, Value, parser::types::Field,
    registry::Registry,
};

use self::{
    erased::{ConnectionFields, EdgeFields},
    schema::{ConnectionObject, EdgeObject, ValuedConnectionObject},
};

use super::{
    cursor::Cursor,
    error::Error,
    loading::SharedPage,
    page::Window,
    total::{Total, Worth},
};
use crate::store::{
    page::{Page, PageRequest, Position},
    row::{Record, Row},
};

/// What a client sees of the rows of one table.
pub(super) trait View: OutputType {
    /// The row.
    type Row: Record;

    /// The view of a row.
    fn of(row: Self::Row) -> Self;
}

/// A row in a page.
pub(super) trait EdgeType: OutputType {
    /// What the row shows.
    type Node: OutputType;

    /// What the row shows.
    fn node(&self) -> &Self::Node;
}

/// A row in a page that has nothing but its node and cursor.
pub(super) struct Edge<N> {
    pub(super) node: N,
    pub(super) cursor: Cursor,
}

/// One page of a list.
pub(super) struct Connection<E> {
    pub(super) edges: Vec<E>,
    pub(super) info: PageInfo,
    pub(super) total: Total,
}

/// One page of a list whose rows have a value.
pub(super) struct ValuedConnection<E> {
    pub(super) page: Connection<E>,
    pub(super) worth: Worth,
}

/// Where a page lies in its list.
#[derive(Clone, Debug, Default)]
pub(super) struct PageInfo {
    pub(super) has_next_page: bool,
    pub(super) has_previous_page: bool,
    pub(super) start: Option<Cursor>,
    pub(super) end: Option<Cursor>,
}

impl<E: EdgeType> OutputType for Connection<E> {
    fn type_name() -> Cow<'static, str> {
        <ConnectionObject<E> as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        ConnectionObject::<E>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        ConnectionFields::new(<Self as OutputType>::type_name, self, None).resolve(ctx, field).await
    }
}

impl<E: EdgeType> OutputType for ValuedConnection<E> {
    fn type_name() -> Cow<'static, str> {
        <ValuedConnectionObject<E> as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        ValuedConnectionObject::<E>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let name = <Self as OutputType>::type_name;
        ConnectionFields::new(name, &self.page, Some(&self.worth)).resolve(ctx, field).await
    }
}

impl<N: OutputType> OutputType for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        <EdgeObject<N> as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        EdgeObject::<N>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let name = <Self as OutputType>::type_name;
        EdgeFields { name, node: &self.node, cursor: &self.cursor }.resolve(ctx, field).await
    }
}

/// Where a page lies in its list.
#[Object]
impl PageInfo {
    /// Whether rows come behind the page. When paging backward, whether `before` was given.
    async fn has_next_page(&self) -> bool {
        self.has_next_page
    }

    /// Whether rows come before the page. When paging forward, whether `after` was given.
    async fn has_previous_page(&self) -> bool {
        self.has_previous_page
    }

    /// The cursor of the first row; null when the page is empty.
    async fn start_cursor(&self) -> Option<String> {
        self.start.as_ref().map(Cursor::encode)
    }

    /// The cursor of the last row: the value for `after` on the next page. Null when the page is empty.
    async fn end_cursor(&self) -> Option<String> {
        self.end.as_ref().map(Cursor::encode)
    }
}

impl<N: OutputType> EdgeType for Edge<N> {
    type Node = N;

    fn node(&self) -> &N {
        &self.node
    }
}

/// A row that a relation answered, as a row of its table.
pub(super) fn record<R: Record>(row: &Row) -> Result<R, Error> {
    let other = || Error::Internal(format!("a row is not of the table {}", R::TABLE.name));
    R::from_row(row.clone()).ok_or_else(other)
}

/// The view of a row that a relation answered.
pub(super) fn view<V: View>(row: &Row) -> Result<V, Error> {
    record(row).map(V::of)
}

/// The connection of a keyset page.
pub(super) fn of_page<N: View>(
    page: &Page,
    cursor: impl Fn(&Row) -> Cursor,
    total: Total,
) -> Result<Connection<Edge<N>>, Error> {
    let info = PageInfo {
        has_next_page: page.has_next,
        has_previous_page: page.has_previous,
        start: page.rows.first().map(&cursor),
        end: page.rows.last().map(&cursor),
    };
    let edge = |row: &Row| Ok(Edge { node: view(row)?, cursor: cursor(row) });
    let edges = page.rows.iter().map(edge).collect::<Result<_, Error>>()?;
    Ok(Connection { edges, info, total })
}

/// True when the operation selects rows of the connection that is being resolved, and not its length
/// alone: nothing is read that nobody asked for.
pub(super) fn wants_rows(ctx: &Context<'_>) -> bool {
    let ahead = ctx.look_ahead();
    ["edges", "nodes", "pageInfo"].iter().any(|field| ahead.field(field).exists())
}

/// The page that a window asks the store for; `position` reads a cursor given in an argument.
pub(super) fn request(
    window: &Window,
    position: impl Fn(&str, &str) -> Result<Position, Error>,
) -> Result<PageRequest, Error> {
    let read = |cursor: &Option<String>, argument| {
        cursor.as_deref().map(|text| position(text, argument)).transpose()
    };
    Ok(PageRequest {
        limit: window.size,
        backward: window.backward,
        after: read(&window.after, "after")?,
        before: read(&window.before, "before")?,
    })
}

/// The page of which nobody asked to see anything.
pub(super) fn empty() -> SharedPage {
    Arc::new(Page { rows: Vec::new(), has_previous: false, has_next: false })
}
