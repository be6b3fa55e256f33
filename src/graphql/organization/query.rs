//! Pages of organisations.

use async_graphql::Context;

use super::{Organization, OrganizationFilter, OrganizationOrder};
use crate::{
    graphql::{
        connection::{self, Connection, Edge, Total, wants_rows},
        cursor::Cursor,
        error::Error,
        page::{Level, PageArgs},
        relations::PageKey,
        scope,
    },
    store::{
        entity::organization::Model,
        query::collection::{By, Collected, Order},
    },
};

/// The order's name in cursors.
const ORDER: &str = "name";

/// One page of organisations.
pub(in crate::graphql) async fn page(
    ctx: &Context<'_>,
    args: PageArgs,
    filter: Option<OrganizationFilter>,
    order: OrganizationOrder,
) -> Result<Connection<Edge<Organization>>, Error> {
    let window = args.window(scope::services(ctx)?.pages, Level::Root)?;
    let request =
        connection::request(&window, |text, argument| Ok(Cursor::decode(text, ORDER, argument)?.by_text()))?;
    let filter = filter.unwrap_or_default().stored();
    let page = if wants_rows(ctx) {
        let order = Order { by: By::Title, descending: order == OrganizationOrder::NameDesc };
        let key = PageKey { filter: filter.clone(), order, request };
        scope::read(ctx, |relations| &relations.all_organizations.pages, key).await?
    } else {
        connection::empty()
    };
    let (edges, info) = connection::ordered(&page, ORDER, |row: &Model| row.position(By::Title));
    Ok(Connection { edges, info, total: Total::Organizations(filter) })
}
