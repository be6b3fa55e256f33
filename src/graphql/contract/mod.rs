//! Contracts and the payments under them.

mod filter;
mod transaction;

pub(super) use filter::{ContractFilter, ContractOrder};
pub(super) use transaction::Transaction;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::{
    award::Award,
    cache_control::{MAX_AGE, cache_control},
    codelist::{self, ContractStatus},
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
    store::{entity::contract, id::Kind, query::totals::Totals},
};

/// A contract that follows from an award.
pub(super) struct Contract(pub(super) contract::Model);

/// A contract that follows from an award.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl Contract {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Contract, self.0.id())
    }

    /// The publisher's id, which may repeat. Null when not published.
    async fn local_id(&self) -> Option<&str> {
        self.0.local_id()
    }

    /// The award it follows from. Null when none is named or the one named was not published.
    async fn award(&self, ctx: &Context<'_>) -> Nullable<Award> {
        let award = scope::load(ctx, |relations| &relations.award, self.0.award_id()?).await;
        award.map(|award| award.map(Award)).transpose()
    }

    /// Who supplies: the suppliers of its award, in the publisher's order. Null only when they could not be
    /// read.
    async fn suppliers(&self, ctx: &Context<'_>) -> Nullable<Vec<Organization>> {
        let part = PartOf { process: self.0.process_id(), id: self.0.id() };
        Some(organization::list(scope::load(ctx, |relations| &relations.contract_suppliers, part).await))
    }

    /// The publisher's id of its award, which may lead nowhere. Null when not published.
    async fn award_local_id(&self) -> Option<&str> {
        self.0.award_local_id()
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
    async fn status(&self) -> Option<ContractStatus> {
        codelist::code::<ocds::ContractStatus, _>(self.0.status())
    }

    /// The status as published. Null when not published.
    async fn status_text(&self) -> Option<&str> {
        codelist::text(self.0.status(), self.0.status_text())
    }

    /// The status in the publisher's own words. Null when not published.
    async fn status_details(&self) -> Option<&str> {
        self.0.status_details()
    }

    /// When it runs. Null when not published.
    async fn period(&self) -> Option<Period> {
        let row = &self.0;
        value::period(row.period_start(), row.period_end(), row.period_max_extent(), row.period_days())
    }

    /// Its value. Null when not published.
    async fn value(&self) -> Option<Money> {
        value::money(self.0.value_amount(), self.0.value_currency())
    }

    /// When it was signed. Null when not published.
    async fn date_signed(&self) -> Option<DateTime> {
        value::moment(self.0.date_signed())
    }

    /// What is bought. Null only when it could not be read.
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

    /// Its documents and those of its implementation. Null only when it could not be read.
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

    /// The payments under it. Null only when it could not be read.
    async fn transactions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 5 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Edge<Transaction>>> {
        let list =
            List { parent: self.0.id(), process: self.0.process_id(), count: self.0.transaction_count() };
        Some(list::page(ctx, PageArgs { first, after, last, before }, list).await)
    }

    /// Milestones of the contract and of its implementation, as published. Null when there are none.
    async fn milestones(&self) -> Nullable<Json> {
        scalars::json(self.0.milestones())
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

impl CollectionNode for Contract {
    type Filter = ContractFilter;
    type Order = ContractOrder;

    fn collection(relations: &Relations) -> &Collection {
        &relations.all_contracts
    }
}

impl View for Contract {
    type Row = contract::Model;

    fn of(row: Self::Row) -> Self {
        Self(row)
    }
}

impl ListNode for Contract {
    fn relation(relations: &Relations) -> &ByRange {
        &relations.contracts
    }
}

impl ValuedNode for Contract {
    fn worths(relations: &Relations) -> &ById<Arc<Totals>> {
        &relations.contract_worths
    }
}
