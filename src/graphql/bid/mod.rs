//! Bids.

mod filter;

pub(super) use filter::{BidFilter, BidOrder};

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::{
    cache_control::{MAX_AGE, cache_control},
    codelist::{self, BidStatus},
    collection::CollectionNode,
    connection::{Connection, Edge, View},
    document::Document,
    error::Nullable,
    id,
    list::{self, List, ListNode, ValuedNode},
    loading::{ById, ByRange, Collection, PartOf, Relations},
    organization::{self, Organization},
    page::PageArgs,
    process::{self, ContractingProcess},
    scalars::DateTime,
    scope,
    value::{self, Money},
};
use crate::{
    ocds::codelist as ocds,
    store::{entity::bid, id::Kind, query::totals::Totals},
};

/// An offer by one or more tenderers.
pub(super) struct Bid(pub(super) bid::Model);

/// An offer by one or more tenderers.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl Bid {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Bid, self.0.id())
    }

    /// The publisher's id, which may repeat. Null when not published.
    async fn local_id(&self) -> Option<&str> {
        self.0.local_id()
    }

    /// When it was received. Null when not published.
    async fn date(&self) -> Option<DateTime> {
        value::moment(self.0.date())
    }

    /// What became of it. Null when not published.
    async fn status(&self) -> Option<BidStatus> {
        codelist::code::<ocds::BidStatus, _>(self.0.status())
    }

    /// The status as published. Null when not published.
    async fn status_text(&self) -> Option<&str> {
        codelist::text(self.0.status(), self.0.status_text())
    }

    /// The status in the publisher's own words. Null when not published.
    async fn status_details(&self) -> Option<&str> {
        self.0.status_details()
    }

    /// Its value. Null when not published.
    async fn value(&self) -> Option<Money> {
        value::money(self.0.value_amount(), self.0.value_currency())
    }

    /// Who made it, in the publisher's order. Null only when they could not be read.
    async fn tenderers(&self, ctx: &Context<'_>) -> Nullable<Vec<Organization>> {
        let part = PartOf { process: self.0.process_id(), id: self.0.id() };
        Some(organization::list(scope::load(ctx, |relations| &relations.bid_tenderers, part).await))
    }

    /// Its documents. Null only when it could not be read.
    async fn documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 5 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Edge<Document>>> {
        let list = List { parent: self.0.id(), process: self.0.process_id(), count: self.0.document_count() };
        Some(list::page(ctx, PageArgs { first, after, last, before }, list).await)
    }

    /// The process it belongs to. Null only when it could not be read.
    async fn process(&self, ctx: &Context<'_>) -> Nullable<ContractingProcess> {
        process::by_id(ctx, self.0.process_id()).await
    }
}

impl CollectionNode for Bid {
    type Filter = BidFilter;
    type Order = BidOrder;

    fn collection(relations: &Relations) -> &Collection {
        &relations.all_bids
    }
}

impl View for Bid {
    type Row = bid::Model;

    fn of(row: Self::Row) -> Self {
        Self(row)
    }
}

impl ListNode for Bid {
    fn relation(relations: &Relations) -> &ByRange {
        &relations.bids
    }
}

impl ValuedNode for Bid {
    fn worths(relations: &Relations) -> &ById<Arc<Totals>> {
        &relations.bid_worths
    }
}
