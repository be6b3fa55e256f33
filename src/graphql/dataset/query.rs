//! The list of datasets. There are few of them: they are read whole and cut here.

use std::sync::Arc;

use async_graphql::Context;

use super::Dataset;
use crate::{
    graphql::{
        connection::{self, Connection, Edge, wants_rows},
        cursor::Cursor,
        error::Error,
        loading::SharedPage,
        page::{Level, PageArgs, Window},
        scope,
        total::Total,
    },
    store::{
        entity::dataset::Model,
        page::{Page, Position, SortKey},
        row::{Record, Row, Rows},
    },
};

/// The order's name in cursors.
const ORDER: &str = "dataset";

/// One page of the datasets, by name.
pub(in crate::graphql) async fn page(
    ctx: &Context<'_>,
    args: PageArgs,
) -> Result<Connection<Edge<Dataset>>, Error> {
    let window = args.window(scope::services(ctx)?.pages, Level::Root)?;
    let name = |cursor: Option<&str>, argument| {
        cursor.map(|text| Cursor::decode(text, ORDER, argument)).transpose().map(|cursor| cursor?.key)
    };
    let (after, before) =
        (name(window.after.as_deref(), "after")?, name(window.before.as_deref(), "before")?);
    let all: Rows = scope::read(ctx, |relations| &relations.datasets, ()).await?;
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let page = if wants_rows(ctx) {
        cut(&all, after.as_deref(), before.as_deref(), &window)
    } else {
        connection::empty()
    };
    connection::of_page(&page, cursor, Total::Known(total))
}

fn cut(all: &[Row], after: Option<&str>, before: Option<&str>, window: &Window) -> SharedPage {
    let place = |is_before: &dyn Fn(&str) -> bool| {
        all.partition_point(|row| Model::from_row(row.clone()).is_some_and(|row| is_before(row.name())))
    };
    let low = after.map_or(0, |after| place(&|name| name <= after));
    let high = before.map_or(all.len(), |before| place(&|name| name < before)).max(low);
    let size = usize::try_from(window.size).unwrap_or(usize::MAX);
    let (from, to) = if window.backward {
        (low.max(high.saturating_sub(size)), high)
    } else {
        (low, high.min(low.saturating_add(size)))
    };
    Arc::new(Page { rows: all[from..to].to_vec(), has_previous: from > 0, has_next: to < all.len() })
}

fn cursor(row: &Row) -> Cursor {
    let row = Model::from_row(row.clone());
    let (name, id) = row.map_or_else(Default::default, |row| (row.name().to_owned(), row.id()));
    Cursor::at(ORDER, Position { key: SortKey::Text(Some(name)), id })
}
