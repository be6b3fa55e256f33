//! Organisations: buyers, suppliers, tenderers and whoever else takes part.

mod dealings;
mod filter;
mod lists;
mod party;

pub(super) use filter::{OrganizationFilter, OrganizationOrder};
pub(super) use party::PartyEdge;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use self::{
    dealings::OrganizationTotals,
    lists::{AwardsWon, BidsMade, Bought, ContractsWon, Managed},
};
use super::{
    award::Award,
    bid::Bid,
    cache_control::{MAX_AGE, cache_control},
    collection::CollectionNode,
    connection::{self, Edge, ValuedConnection, View},
    contract::Contract,
    dataset::{self, Dataset},
    error::{Error, Nullable},
    id,
    loading::{Collection, Relations},
    owned,
    page::PageArgs,
    process::ContractingProcess,
    scalars::{self, Json},
    scope,
    value::{self, Address, ContactPoint, Identifier},
};
use crate::store::{entity::organization, id::Kind, row::Rows};

/// An organisation as one dataset names it.
pub(super) struct Organization(pub(super) organization::Model);

/// An organisation as one dataset names it.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl Organization {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Organization, self.0.id())
    }

    /// Its name. Null when not published.
    async fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// The publisher's id, often valid within one release only. Null when not published.
    async fn local_id(&self) -> Option<&str> {
        self.0.local_id()
    }

    /// Its identifier in a register. Null when not published.
    async fn identifier(&self) -> Option<Identifier> {
        value::identifier(&self.0)
    }

    /// Further identifiers, as published. Null when there are none.
    async fn additional_identifiers(&self) -> Nullable<Json> {
        scalars::json(self.0.additional_identifiers())
    }

    /// Its address. Null when not published.
    async fn address(&self) -> Option<Address> {
        value::address(&self.0)
    }

    /// Whom to ask. Null when not published.
    async fn contact_point(&self) -> Option<ContactPoint> {
        value::contact_point(&self.0)
    }

    /// The dataset that names it. Null only when it could not be read.
    async fn dataset(&self, ctx: &Context<'_>) -> Nullable<Dataset> {
        dataset::by_id(ctx, self.0.dataset_id()).await
    }

    /// The processes in which it is the buyer, newest first. Null only when they could not be read.
    async fn processes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 5 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<ValuedConnection<Edge<ContractingProcess>>> {
        Some(owned::page::<Bought>(ctx, PageArgs { first, after, last, before }, self.0.id()).await)
    }

    /// The processes that it manages as the procuring entity, newest first. Null only when they could not be read.
    async fn processes_as_procuring_entity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 5 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<ValuedConnection<Edge<ContractingProcess>>> {
        Some(owned::page::<Managed>(ctx, PageArgs { first, after, last, before }, self.0.id()).await)
    }

    /// The bids that it made, alone or with others, newest first. Null only when they could not be read.
    async fn bids(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 5 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<ValuedConnection<Edge<Bid>>> {
        Some(owned::page::<BidsMade>(ctx, PageArgs { first, after, last, before }, self.0.id()).await)
    }

    /// The awards that went to it, alone or with others, newest first. Null only when they could not be read.
    async fn awards(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 5 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<ValuedConnection<Edge<Award>>> {
        Some(owned::page::<AwardsWon>(ctx, PageArgs { first, after, last, before }, self.0.id()).await)
    }

    /// The contracts that it supplies under, alone or with others, the latest signed first. Null only when they could not be read.
    async fn contracts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 5 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<ValuedConnection<Edge<Contract>>> {
        Some(owned::page::<ContractsWon>(ctx, PageArgs { first, after, last, before }, self.0.id()).await)
    }

    /// What it bought and sold: one for each currency, in the order of their codes. Null only when it could
    /// not be summed.
    async fn totals(&self, ctx: &Context<'_>) -> Nullable<Vec<OrganizationTotals>> {
        let dealings: Result<Option<Arc<[_]>>, _> =
            scope::load(ctx, |relations| &relations.dealings, self.0.id()).await;
        Some(
            dealings.map(|all| all.iter().flat_map(|all| all.iter()).map(OrganizationTotals::from).collect()),
        )
    }
}

impl CollectionNode for Organization {
    type Filter = OrganizationFilter;
    type Order = OrganizationOrder;

    fn collection(relations: &Relations) -> &Collection {
        &relations.all_organizations
    }
}

impl View for Organization {
    type Row = organization::Model;

    fn of(row: Self::Row) -> Self {
        Self(row)
    }
}

/// The organisation with an id; null when there is none.
pub(super) async fn by_id(ctx: &Context<'_>, id: i64) -> Nullable<Organization> {
    let row = scope::load(ctx, |relations| &relations.organization, id).await;
    row.map(|row| row.map(Organization)).transpose()
}

/// The same by global id, which must be that of an organisation.
pub(super) async fn by_global_id(ctx: &Context<'_>, id: &ID) -> Nullable<Organization> {
    match id::decode_as(Kind::Organization, id) {
        Ok(id) => by_id(ctx, id).await,
        Err(error) => Some(Err(error)),
    }
}

/// The views of a loaded list.
pub(super) fn list(rows: Result<Option<Rows>, Error>) -> Result<Vec<Organization>, Error> {
    rows?.unwrap_or_default().iter().map(connection::view).collect()
}
