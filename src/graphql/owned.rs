//! Pages of the lists that organisations have, newest first: for all organisations of a level at once.

use std::sync::Arc;

use async_graphql::Context;

use super::{
    collection::{CollectionNode, ListOrder},
    connection::{self, Connection, Edge, ValuedConnection, wants_rows},
    error::Error,
    page::{Level, PageArgs, Window},
    relations::{OwnedRelations, Relations, SharedPage},
    scope,
    total::{Total, Worth},
};
use crate::store::{
    page::{Page, PageRequest},
    query::{
        collection::{By, Collected},
        walk::{OwnedPage, place},
    },
};

/// A list that organisations have.
pub(super) trait OwnedList {
    /// What its rows show.
    type Node: CollectionNode;

    /// What reads it.
    fn relations(relations: &Relations) -> &OwnedRelations<<Self::Node as CollectionNode>::Row>;
}

type Row<L> = <<L as OwnedList>::Node as CollectionNode>::Row;
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
    let page =
        if wants_rows(ctx) { read::<L>(ctx, owner, &window, request).await? } else { connection::empty() };
    let total = Total::Owned(|all| &L::relations(all).counts, owner);
    let worth = Worth::Owned(|all| &L::relations(all).worths, owner);
    let page: Connection<_> = connection::of_page(&page, |row| newest.cursor(row), total);
    Ok(ValuedConnection { page, worth })
}

/// Reads from the end that the window counts from; the other bound is cut off here.
async fn read<L: OwnedList>(
    ctx: &Context<'_>,
    owner: i64,
    window: &Window,
    PageRequest { after, before, .. }: PageRequest,
) -> Result<SharedPage<Row<L>>, Error> {
    let (after, before) = (after.as_ref().map(place), before.as_ref().map(place));
    let (from, until) = if window.backward { (before, after) } else { (after, before) };
    let key = OwnedPage { owner, limit: window.size, backward: window.backward, from };
    let rows = scope::load(ctx, |all| &L::relations(all).pages, key).await?.unwrap_or_default();
    let inside = |row: &Row<L>| {
        let at = place(&row.position(By::Date));
        // Newest first, those without a date last: as `Option` orders, reversed.
        until.is_none_or(|until| if window.backward { at < until } else { at > until })
    };
    let mut rows: Vec<_> = rows.iter().filter(|row| inside(row)).cloned().collect();
    let size = usize::try_from(window.size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    if window.backward {
        rows.reverse();
    }
    let (has_previous, has_next) = if window.backward {
        (more || after.is_some(), before.is_some())
    } else {
        (after.is_some(), more || before.is_some())
    };
    Ok(Arc::new(Page { rows, has_previous, has_next }))
}
