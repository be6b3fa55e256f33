//! Contracting processes.

mod filter;
mod matching;
mod query;
mod tender;

pub(super) use filter::{ProcessFilter, ProcessOrder};
pub(super) use matching::{Changed, changed, matching};
pub(super) use query::by_ocid;
pub(super) use tender::Tender;

use async_graphql::{Context, ID, Object};

use super::{
    award::Award,
    bid::Bid,
    cache_control::{MAX_AGE, cache_control},
    collection::CollectionNode,
    connection::{Connection, Edge, ValuedConnection, View},
    contract::Contract,
    dataset::{self, Dataset},
    document::Document,
    error::{Error, Nullable},
    id,
    list::{self, List},
    loading::{Collection, Relations},
    organization::{self, Organization, PartyEdge},
    page::PageArgs,
    release::Release,
    scalars::{self, DateTime, Json},
    scope, value,
};
use crate::store::{
    entity::{process, process_details},
    id::Kind,
};

/// One purchase from its planning to its last payment, compiled from all that was published of it.
pub(super) struct ContractingProcess(pub(super) process::Model);

/// One purchase from its planning to its last payment, compiled from all that was published of it.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl ContractingProcess {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Process, self.0.id())
    }

    /// The open contracting id, unique within its dataset.
    async fn ocid(&self) -> &str {
        self.0.ocid()
    }

    /// The date of its latest release. Null when not published.
    async fn date(&self) -> Option<DateTime> {
        value::moment(self.0.date())
    }

    /// How it began, such as `tender`. Null when not published.
    async fn initiation_type(&self) -> Option<&str> {
        self.0.initiation_type()
    }

    /// The language of its texts. Null when not published.
    async fn language(&self) -> Option<&str> {
        self.0.language()
    }

    /// The dataset it was published in. Null only when it could not be read.
    async fn dataset(&self, ctx: &Context<'_>) -> Nullable<Dataset> {
        dataset::by_id(ctx, self.0.dataset_id()).await
    }

    /// Who buys. Null when not published.
    async fn buyer(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        organization::by_id(ctx, self.0.buyer_id()?).await
    }

    /// The tender. When none was published, its fields are null and its lists are empty.
    async fn tender(&self) -> Tender {
        Tender(self.0.clone())
    }

    /// Every organisation that takes part, each once, with its roles. Null only when it could not be read.
    async fn parties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 5 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<PartyEdge>> {
        let list = List { parent: self.0.id(), process: self.0.id(), count: self.0.party_count() };
        Some(list::page(ctx, PageArgs { first, after, last, before }, list).await)
    }

    /// The bids. Null only when it could not be read.
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
        let list = List { parent: self.0.id(), process: self.0.id(), count: self.0.bid_count() };
        Some(list::valued_page(ctx, PageArgs { first, after, last, before }, list).await)
    }

    /// The awards. Null only when it could not be read.
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
        let list = List { parent: self.0.id(), process: self.0.id(), count: self.0.award_count() };
        Some(list::valued_page(ctx, PageArgs { first, after, last, before }, list).await)
    }

    /// The contracts. Null only when it could not be read.
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
        let list = List { parent: self.0.id(), process: self.0.id(), count: self.0.contract_count() };
        Some(list::valued_page(ctx, PageArgs { first, after, last, before }, list).await)
    }

    /// The documents of its planning and its tender. Null only when it could not be read.
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
        let list = List { parent: self.0.id(), process: self.0.id(), count: self.0.document_count() };
        Some(list::page(ctx, PageArgs { first, after, last, before }, list).await)
    }

    /// What was published of it, oldest first. Null only when it could not be read.
    async fn releases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 5 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Edge<Release>>> {
        let list = List { parent: self.0.id(), process: self.0.id(), count: self.0.release_count() };
        Some(list::page(ctx, PageArgs { first, after, last, before }, list).await)
    }

    /// Its planning and budget, as published. Null when there is none.
    async fn planning(&self, ctx: &Context<'_>) -> Nullable<Json> {
        detail(ctx, &self.0, |details| scalars::json(details.planning())).await
    }

    /// Statistics about the bids, as published. Null when there are none.
    async fn bid_statistics(&self, ctx: &Context<'_>) -> Nullable<Json> {
        detail(ctx, &self.0, |details| scalars::json(details.bid_statistics())).await
    }

    /// Processes it is related to, as published. Null when there are none.
    async fn related_processes(&self, ctx: &Context<'_>) -> Nullable<Json> {
        detail(ctx, &self.0, |details| scalars::json(details.related_processes())).await
    }
}

impl CollectionNode for ContractingProcess {
    type Filter = ProcessFilter;
    type Order = ProcessOrder;

    fn collection(relations: &Relations) -> &Collection {
        &relations.all_processes
    }
}

impl View for ContractingProcess {
    type Row = process::Model;

    fn of(row: Self::Row) -> Self {
        Self(row)
    }
}

/// The process with an id; null when there is none.
pub(super) async fn by_id(ctx: &Context<'_>, id: i64) -> Nullable<ContractingProcess> {
    let row = scope::load(ctx, |relations| &relations.process, id).await;
    row.map(|row| row.map(ContractingProcess)).transpose()
}

/// A value from the side row of a process; all of a request's side rows are one batch.
async fn detail<T>(
    ctx: &Context<'_>,
    process: &process::Model,
    pick: impl FnOnce(&process_details::Model) -> Nullable<T>,
) -> Nullable<T> {
    let details: Result<Option<process_details::Model>, Error> =
        scope::load(ctx, |relations| &relations.details, process.id()).await;
    match details {
        Ok(details) => pick(&details?),
        Err(error) => Some(Err(error)),
    }
}
