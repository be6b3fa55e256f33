//! Awards.

mod filter;

pub(super) use filter::{AwardFilter, AwardOrder};

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::{
    cache_control::{MAX_AGE, cache_control},
    codelist::{self, AwardStatus},
    collection::CollectionNode,
    connection::{Connection, Edge, View},
    document::Document,
    error::Nullable,
    id,
    item::Item,
    list::{self, List, ListNode, ValuedNode},
    loading::{ById, ByRange, Collection, PartOf, Relations},
    organization::{self, Organization},
    page::PageArgs,
    process::{self, ContractingProcess},
    scalars::{self, DateTime, Json},
    scope,
    value::{self, Money, Period},
};
use crate::{
    ocds::codelist as ocds,
    store::{entity::award, id::Kind, query::totals::Totals},
};

/// A decision to buy from one or more suppliers.
pub(super) struct Award(pub(super) award::Model);

/// A decision to buy from one or more suppliers.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl Award {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Award, self.0.id())
    }

    /// The publisher's id, which may repeat. Null when not published.
    async fn local_id(&self) -> Option<&str> {
        self.0.local_id()
    }

    /// Its title. Null when not published.
    async fn title(&self) -> Option<&str> {
        self.0.title()
    }

    /// Its description. Null when not published.
    async fn description(&self) -> Option<&str> {
        self.0.description()
    }

    /// How far it is. Null when not published.
    async fn status(&self) -> Option<AwardStatus> {
        codelist::code::<ocds::AwardStatus, _>(self.0.status())
    }

    /// The status as published. Null when not published.
    async fn status_text(&self) -> Option<&str> {
        codelist::text(self.0.status(), self.0.status_text())
    }

    /// The status in the publisher's own words. Null when not published.
    async fn status_details(&self) -> Option<&str> {
        self.0.status_details()
    }

    /// When it was decided. Null when not published.
    async fn date(&self) -> Option<DateTime> {
        value::moment(self.0.date())
    }

    /// Its value. Null when not published.
    async fn value(&self) -> Option<Money> {
        value::money(self.0.value_amount(), self.0.value_currency())
    }

    /// When the contract is to run. Null when not published.
    async fn contract_period(&self) -> Option<Period> {
        let row = &self.0;
        value::period(
            row.contract_start(),
            row.contract_end(),
            row.contract_max_extent(),
            row.contract_days(),
        )
    }

    /// To whom it went, in the publisher's order. Null only when they could not be read.
    async fn suppliers(&self, ctx: &Context<'_>) -> Nullable<Vec<Organization>> {
        let part = PartOf { process: self.0.process_id(), id: self.0.id() };
        Some(organization::list(scope::load(ctx, |relations| &relations.award_suppliers, part).await))
    }

    /// What is awarded. Null only when it could not be read.
    async fn items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 5 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Edge<Item>>> {
        let list = List { parent: self.0.id(), process: self.0.process_id(), count: self.0.item_count() };
        Some(list::page(ctx, PageArgs { first, after, last, before }, list).await)
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

    /// The publisher's ids of the bids it rests on. Null only when they could not be read.
    async fn related_bids(&self) -> Nullable<Vec<String>> {
        Some(scalars::texts(self.0.related_bids()))
    }

    /// Its amendments, as published. Null when there are none.
    async fn amendments(&self) -> Nullable<Json> {
        scalars::json(self.0.amendments())
    }

    /// The process it belongs to. Null only when it could not be read.
    async fn process(&self, ctx: &Context<'_>) -> Nullable<ContractingProcess> {
        process::by_id(ctx, self.0.process_id()).await
    }
}

impl CollectionNode for Award {
    type Filter = AwardFilter;
    type Order = AwardOrder;

    fn collection(relations: &Relations) -> &Collection {
        &relations.all_awards
    }
}

impl View for Award {
    type Row = award::Model;

    fn of(row: Self::Row) -> Self {
        Self(row)
    }
}

impl ListNode for Award {
    fn relation(relations: &Relations) -> &ByRange {
        &relations.awards
    }
}

impl ValuedNode for Award {
    fn worths(relations: &Relations) -> &ById<Arc<Totals>> {
        &relations.award_worths
    }
}
