//! The root fields. They only list what there is: each delegates to its aggregate.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::{
    award::{Award, AwardFilter, AwardOrder},
    bid::{Bid, BidFilter, BidOrder},
    change::{self, ProcessChangeConnection},
    collection,
    connection::{Connection, Edge, ValuedConnection},
    contract::{Contract, ContractFilter, ContractOrder},
    dataset::{self, Dataset},
    error::Nullable,
    invalidate::{self, InvalidateCachePayload},
    item::{Item, ItemFilter, ItemOrder},
    node::{self, Node},
    organization::{self, Organization, OrganizationFilter, OrganizationOrder},
    page::PageArgs,
    process::{self, ContractingProcess, ProcessFilter, ProcessOrder},
    publish::{self, PublishReleasesInput, PublishReleasesPayload},
    spending::{self, Asked, SpendingFilter, SpendingGroup, SpendingGroupBy, SpendingMeasure},
};

/// Everything that can be asked.
pub(super) struct Query;

/// Everything that can be done.
pub(super) struct Mutation;

/// What the server tells of itself.
#[derive(SimpleObject)]
pub(super) struct ServerInfo {
    /// The server's version.
    version: &'static str,
}

/// Everything that can be asked.
#[Object]
#[expect(clippy::too_many_arguments, reason = "the four page arguments are arguments of the field")]
impl Query {
    /// What has this global id. Null when there is nothing.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id, from a field named `id`.")] id: ID,
    ) -> Nullable<Node> {
        node::by_id(ctx, &id).await
    }

    /// What has these global ids, each in its place, null where there is nothing.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global ids; at most 100.")] ids: Vec<ID>,
    ) -> Nullable<Vec<Nullable<Node>>> {
        Some(node::by_ids(ctx, &ids).await)
    }

    /// The contracting process with an ocid. Null when there is none. When several datasets hold the
    /// ocid and none is named, an error that names them (`AMBIGUOUS_OCID`).
    async fn process(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The open contracting id.")] ocid: String,
        #[graphql(desc = "The name of the dataset; needed only when several hold the ocid.")] dataset: Option<
            String,
        >,
    ) -> Nullable<ContractingProcess> {
        process::by_ocid(ctx, ocid, dataset).await
    }

    /// Contracting processes. Null only when they could not be read.
    async fn processes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all without it.")] filter: Option<ProcessFilter>,
        #[graphql(desc = "In which order.", default_with = "Some(ProcessOrder::default())")] order_by: Option<
            ProcessOrder,
        >,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 20 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<ValuedConnection<Edge<ContractingProcess>>> {
        Some(collection::valued_page(ctx, PageArgs { first, after, last, before }, filter, order_by).await)
    }

    /// Awards of all processes. Null only when they could not be read.
    async fn awards(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all without it.")] filter: Option<AwardFilter>,
        #[graphql(desc = "In which order.", default_with = "Some(AwardOrder::default())")] order_by: Option<
            AwardOrder,
        >,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 20 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<ValuedConnection<Edge<Award>>> {
        Some(collection::valued_page(ctx, PageArgs { first, after, last, before }, filter, order_by).await)
    }

    /// Contracts of all processes. Null only when they could not be read.
    async fn contracts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all without it.")] filter: Option<ContractFilter>,
        #[graphql(desc = "In which order.", default_with = "Some(ContractOrder::default())")]
        order_by: Option<ContractOrder>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 20 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<ValuedConnection<Edge<Contract>>> {
        Some(collection::valued_page(ctx, PageArgs { first, after, last, before }, filter, order_by).await)
    }

    /// Bids of all processes. Null only when they could not be read.
    async fn bids(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all without it.")] filter: Option<BidFilter>,
        #[graphql(desc = "In which order.", default_with = "Some(BidOrder::default())")] order_by: Option<
            BidOrder,
        >,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 20 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<ValuedConnection<Edge<Bid>>> {
        Some(collection::valued_page(ctx, PageArgs { first, after, last, before }, filter, order_by).await)
    }

    /// Items of all tenders, awards and contracts. Null only when they could not be read.
    async fn items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all without it.")] filter: Option<ItemFilter>,
        #[graphql(desc = "In which order.", default_with = "Some(ItemOrder::default())")] order_by: Option<
            ItemOrder,
        >,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 20 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Edge<Item>>> {
        Some(collection::page(ctx, PageArgs { first, after, last, before }, filter, order_by).await)
    }

    /// The organisation with a global id. Null when there is none.
    async fn organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of an organisation.")] id: ID,
    ) -> Nullable<Organization> {
        organization::by_global_id(ctx, &id).await
    }

    /// Organisations. Null only when they could not be read.
    async fn organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all without it.")] filter: Option<OrganizationFilter>,
        #[graphql(desc = "In which order.", default_with = "Some(OrganizationOrder::default())")]
        order_by: Option<OrganizationOrder>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 20 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Edge<Organization>>> {
        Some(collection::page(ctx, PageArgs { first, after, last, before }, filter, order_by).await)
    }

    /// The datasets on this server, by name. Null only when they could not be read.
    async fn datasets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 20 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Edge<Dataset>>> {
        Some(dataset::page(ctx, PageArgs { first, after, last, before }).await)
    }

    /// What was awarded, contracted or tendered, in groups: one for each group and currency, the greatest
    /// sum first where a currency is named, else the greatest count. Sums are exact. Values without an
    /// amount or a currency are left out, cancelled and unsuccessful ones too. Null only when they could
    /// not be summed.
    async fn spending(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What makes a group.")] group_by: SpendingGroupBy,
        #[graphql(desc = "Which values are summed.", default_with = "Some(SpendingMeasure::Awarded)")]
        measure: Option<SpendingMeasure>,
        #[graphql(desc = "Of which rows; all without it.")] filter: Option<SpendingFilter>,
        #[graphql(desc = "In this currency only, as it is published: mostly its ISO 4217 code.")]
        currency: Option<String>,
        #[graphql(desc = "Takes this many groups from the start; at most 1000, 20 by default.")]
        first: Option<i64>,
    ) -> Nullable<Vec<SpendingGroup>> {
        let measure = measure.unwrap_or(SpendingMeasure::Awarded);
        Some(spending::groups(ctx, Asked { group_by, measure, filter, currency, first }).await)
    }

    /// The changes of contracting processes, the oldest first, as `processChanges` tells them: for clients that
    /// poll. Null only when they could not be read.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Of processes that match this now; of one that is gone only the dataset is known. All \
                          without it."
        )]
        filter: Option<ProcessFilter>,
        #[graphql(desc = "Takes this many changes; at most 100, 20 by default.")] first: Option<i64>,
        #[graphql(desc = "Takes changes behind this cursor; from the oldest that is kept without it.")]
        after: Option<String>,
    ) -> Nullable<ProcessChangeConnection> {
        change::page(ctx, after, first, filter).await
    }

    /// What the server tells of itself.
    async fn server_info(&self) -> ServerInfo {
        ServerInfo { version: env!("CARGO_PKG_VERSION") }
    }
}

/// Everything that can be done.
#[Object]
impl Mutation {
    /// Publishes releases: each is merged with what is stored of its process, and told what became of it. All
    /// that are stored are stored together. A release that is there already, by its ocid and id, changes
    /// nothing, so that whoever got no answer can publish again. Needs the scope `publish` (else `FORBIDDEN`). Null
    /// only when nothing could be published.
    async fn publish_releases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The releases, and where they go.")] input: PublishReleasesInput,
    ) -> Nullable<PublishReleasesPayload> {
        Some(publish::publish(ctx, input).await)
    }

    /// Has every server forget what it keeps of these, its own and what is in Redis: for rows that were written
    /// by something else than Farol. Needs the scope `admin` (else `FORBIDDEN`). Null only when nothing
    /// was dropped.
    async fn invalidate_cache(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "What is to be forgotten, at most 100: global ids of processes, with all that was read of them, \
                          and of organisations, with their lists and sums; `*` for everything, which the id of a \
                          dataset stands for, too."
        )]
        tags: Vec<String>,
    ) -> Nullable<InvalidateCachePayload> {
        Some(invalidate::invalidate(ctx, tags).await)
    }
}
