//! Pages of the lists that organisations have, newest first: for all organisations of a level at once.

use std::sync::Arc;

use async_graphql::Context;

use super::{
    collection::{CollectionNode, ListOrder},
    connection::{self, Connection, Edge, ValuedConnection, wants_rows},
    error::Error,
    loading::{OwnedRelations, Relations, SharedPage, Source},
    page::{Level, PageArgs},
    scope,
    total::{Total, Worth},
};
use crate::store::{
    page::{self, PageRequest},
    query::{
        collection::{By, Collection},
        walk::{OwnedPage, place},
    },
    row::{Row, Rows},
};

/// A list that organisations have.
pub(super) trait OwnedList {
    /// What its rows show.
    type Node: CollectionNode;

    /// What reads it.
    fn relations(relations: &Relations) -> &OwnedRelations;
}

type Order<L> = <<L as OwnedList>::Node as CollectionNode>::Order;

/// One page of the list of an organisation.
pub(super) async fn page<L: OwnedList>(
    ctx: &Context<'_>,
    args: PageArgs,
    owner: i64,
) -> Result<ValuedConnection<Edge<L::Node>>, Error> {
    let window = args.window(scope::services(ctx)?.pages, Level::Nested)?;
    // The default order of what has a date: newest first.
    let newest = Order::<L>::default().sorting();
    let request = connection::request(&window, |text, argument| newest.position(text, argument))?;
    let rows = L::Node::collection(&scope::services(ctx)?.relations).rows;
    let page = if wants_rows(ctx) {
        read(ctx, |all| &L::relations(all).pages, rows, owner, &request).await?
    } else {
        connection::empty()
    };
    let total = Total::Owned(|all| &L::relations(all).counts, owner);
    let worth = Worth::Owned(|all| &L::relations(all).worths, owner);
    let page: Connection<_> = connection::of_page(&page, |row| newest.cursor(rows, row), total)?;
    Ok(ValuedConnection { page, worth })
}

/// Reads from the end that the window counts from; the other bound is cut off here.
async fn read(
    ctx: &Context<'_>,
    pages: fn(&Relations) -> &Source<OwnedPage, Rows>,
    list: &Collection,
    owner: i64,
    request: &PageRequest,
) -> Result<SharedPage, Error> {
    let PageRequest { limit, backward, .. } = *request;
    let (after, before) = (request.after.as_ref().map(place), request.before.as_ref().map(place));
    let (from, until) = if backward { (before, after) } else { (after, before) };
    let key = OwnedPage { owner, limit, backward, from };
    let rows = scope::load(ctx, pages, key).await?.unwrap_or_default();
    let inside = |row: &Row| {
        let at = place(&list.position(row, By::Date));
        // Newest first, those without a date last: as `Option` orders, reversed.
        until.is_none_or(|until| if backward { at < until } else { at > until })
    };
    let rows = rows.iter().filter(|row| inside(row)).cloned().collect();
    Ok(Arc::new(page::trim(rows, request)))
}
