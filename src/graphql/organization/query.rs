//! Pages of organisations.

use async_graphql::Context;

use super::{Organization, OrganizationFilter, OrganizationOrder, loader::OrganizationPage};
use crate::{
    graphql::{
        connection::{self, Connection, Edge, Total, wants_rows},
        cursor::Cursor,
        error::Error,
        page::{Level, PageArgs},
        scope,
    },
    store::query::organization,
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
        let descending = order == OrganizationOrder::NameDesc;
        let key = OrganizationPage { filter: filter.clone(), descending, request };
        scope::read(ctx, |relations| &relations.organization_page, key).await?
    } else {
        connection::empty()
    };
    let (edges, info) = connection::ordered(&page, ORDER, organization::position);
    Ok(Connection { edges, info, total: Total::Organizations(filter) })
}
