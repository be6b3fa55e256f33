//! Processes by ocid, in pages, and by buyer.

use std::sync::Arc;

use async_graphql::Context;
use futures_util::future::try_join_all;

use super::{ContractingProcess, ProcessConnection, ProcessFilter, ProcessOrder, connection::Processes};
use crate::{
    graphql::{
        connection::{self, wants_rows},
        error::{Error, Nullable},
        page::{Level, PageArgs, Window},
        relations::PageKey,
        scope,
    },
    ocds::model::Time,
    store::{
        entity::process::Model,
        id,
        page::{Page, PageRequest, SortKey},
        query::{collection::Collected, process::BuyerPage},
    },
};

/// One page of processes.
pub(in crate::graphql) async fn page(
    ctx: &Context<'_>,
    args: PageArgs,
    filter: Option<ProcessFilter>,
    order: ProcessOrder,
) -> Result<ProcessConnection, Error> {
    let window = args.window(scope::services(ctx)?.pages, Level::Root)?;
    let request = connection::request(&window, |text, argument| order.position(text, argument))?;
    let filter = filter.unwrap_or_default().stored()?;
    let page = if wants_rows(ctx) {
        let key = PageKey { filter: filter.clone(), order: order.stored(), request };
        scope::read(ctx, |relations| &relations.all_processes.pages, key).await?
    } else {
        connection::empty()
    };
    let position = |row: &Model| row.position(order.stored().by);
    let (edges, info) = connection::ordered(&page, order.name(), position);
    Ok(ProcessConnection { edges, info, list: Processes::Matching(filter) })
}

/// The process with an ocid; null when there is none. When several datasets hold the ocid and none is
/// named, an error that names them.
pub(in crate::graphql) async fn by_ocid(
    ctx: &Context<'_>,
    ocid: String,
    dataset: Option<String>,
) -> Nullable<ContractingProcess> {
    if let Some(name) = dataset {
        return super::by_id(ctx, id::process(id::dataset(&name), &ocid)).await;
    }
    only_one(ctx, ocid).await.transpose()
}

async fn only_one(ctx: &Context<'_>, ocid: String) -> Result<Option<ContractingProcess>, Error> {
    let found = scope::load(ctx, |relations| &relations.processes_by_ocid, ocid.clone()).await?;
    let found = found.unwrap_or_default();
    if found.len() < 2 {
        return Ok(found.first().cloned().map(ContractingProcess));
    }
    let name = |row: &Arc<Model>| scope::load(ctx, |relations| &relations.dataset, row.dataset_id);
    let datasets = try_join_all(found.iter().map(name)).await?;
    let mut datasets: Vec<String> =
        datasets.into_iter().flatten().map(|dataset| dataset.name.clone()).collect();
    datasets.sort_unstable();
    Err(Error::AmbiguousOcid { ocid, datasets })
}

/// One page of the processes of a buyer, newest first.
pub(in crate::graphql) async fn of_buyer(
    ctx: &Context<'_>,
    args: PageArgs,
    buyer: i64,
) -> Result<ProcessConnection, Error> {
    const ORDER: ProcessOrder = ProcessOrder::DateDesc;
    let window = args.window(scope::services(ctx)?.pages, Level::Nested)?;
    let request = connection::request(&window, |text, argument| ORDER.position(text, argument))?;
    let page = if wants_rows(ctx) {
        Arc::new(buyer_page(ctx, buyer, &window, &request).await?)
    } else {
        connection::empty()
    };
    let position = |row: &Model| row.position(ORDER.stored().by);
    let (edges, info) = connection::ordered(&page, ORDER.name(), position);
    Ok(ProcessConnection { edges, info, list: Processes::OfBuyer(buyer) })
}

/// Reads from the end that the window counts from; the other bound is cut off here.
async fn buyer_page(
    ctx: &Context<'_>,
    buyer: i64,
    window: &Window,
    request: &PageRequest,
) -> Result<Page<Arc<Model>>, Error> {
    let place = |position: &Option<_>| position.as_ref().map(place);
    let (after, before) = (place(&request.after), place(&request.before));
    let (from, until) = if window.backward { (before, after) } else { (after, before) };
    let key = BuyerPage { buyer, limit: window.size, backward: window.backward, from };
    let rows = scope::load(ctx, |relations| &relations.buyer_pages, key).await?.unwrap_or_default();
    let inside = |row: &Model| match until {
        None => true,
        // Newest first, those without a date last: as `Option` orders, reversed.
        Some(until) if window.backward => (row.date, row.id) < until,
        Some(until) => (row.date, row.id) > until,
    };
    let mut rows: Vec<_> = rows.iter().filter(|row| inside(row)).cloned().collect();
    let size = usize::try_from(window.size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    if window.backward {
        rows.reverse();
        return Ok(Page { rows, has_previous: more || after.is_some(), has_next: before.is_some() });
    }
    Ok(Page { rows, has_previous: after.is_some(), has_next: more || before.is_some() })
}

/// A position as the buyers' lists know it.
fn place(position: &crate::store::page::Position) -> (Option<Time>, i64) {
    match &position.key {
        SortKey::Time(time) => (*time, position.id),
        _ => (None, position.id),
    }
}
