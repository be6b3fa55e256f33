//! The tender of a process. Long texts and rare fields lie in the process's side row.

use async_graphql::{Context, Object};

use super::detail;
use crate::{
    graphql::{
        codelist::{self, ProcurementCategory, ProcurementMethod, TenderStatus},
        connection::{Connection, Edge},
        error::Nullable,
        item::Item,
        list::{self, List},
        organization::{self, Organization},
        page::PageArgs,
        scalars::{self, DateTime, Json},
        value::{self, Money, Period},
    },
    ocds::codelist as ocds,
    store::entity::process,
};

/// The invitation to bid and how bids are judged.
pub(in crate::graphql) struct Tender(pub(super) process::Model);

/// The invitation to bid and how bids are judged.
#[Object]
impl Tender {
    /// The publisher's id. Null when not published.
    async fn local_id(&self) -> Option<&str> {
        self.0.tender_local_id()
    }

    /// Its title. Null when not published.
    async fn title(&self) -> Option<&str> {
        self.0.title()
    }

    /// Its description. Null when not published.
    async fn description(&self, ctx: &Context<'_>) -> Nullable<String> {
        detail(ctx, &self.0, |details| details.description().map(str::to_owned).map(Ok)).await
    }

    /// How far it is. Null when not published.
    async fn status(&self) -> Option<TenderStatus> {
        codelist::code::<ocds::TenderStatus, _>(self.0.status())
    }

    /// The status as published. Null when not published.
    async fn status_text(&self) -> Option<&str> {
        codelist::text(self.0.status(), self.0.status_text())
    }

    /// The status in the publisher's own words. Null when not published.
    async fn status_details(&self, ctx: &Context<'_>) -> Nullable<String> {
        detail(ctx, &self.0, |details| details.status_details().map(str::to_owned).map(Ok)).await
    }

    /// Who manages the process. Null when not published.
    async fn procuring_entity(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        organization::by_id(ctx, self.0.procuring_entity_id()?).await
    }

    /// The estimated value. Null when not published.
    async fn value(&self) -> Option<Money> {
        value::money(self.0.value_amount(), self.0.value_currency())
    }

    /// The least estimated value. Null when not published.
    async fn min_value(&self, ctx: &Context<'_>) -> Nullable<Money> {
        detail(ctx, &self.0, |details| {
            value::money(details.min_value_amount(), details.min_value_currency()).map(Ok)
        })
        .await
    }

    /// How bidders are chosen. Null when not published.
    async fn procurement_method(&self) -> Option<ProcurementMethod> {
        codelist::code::<ocds::ProcurementMethod, _>(self.0.method())
    }

    /// The method as published. Null when not published.
    async fn procurement_method_text(&self) -> Option<&str> {
        codelist::text(self.0.method(), self.0.method_text())
    }

    /// The method in the publisher's own words. Null when not published.
    async fn procurement_method_details(&self) -> Option<&str> {
        self.0.method_details()
    }

    /// Why the method was chosen. Null when not published.
    async fn procurement_method_rationale(&self, ctx: &Context<'_>) -> Nullable<String> {
        detail(ctx, &self.0, |details| details.method_rationale().map(str::to_owned).map(Ok)).await
    }

    /// What kind of thing is mainly bought. Null when not published.
    async fn main_procurement_category(&self) -> Option<ProcurementCategory> {
        codelist::code::<ocds::ProcurementCategory, _>(self.0.category())
    }

    /// The main category as published. Null when not published.
    async fn main_procurement_category_text(&self) -> Option<&str> {
        codelist::text(self.0.category(), self.0.category_text())
    }

    /// Further categories, as published. Null only when they could not be read.
    async fn additional_procurement_categories(&self, ctx: &Context<'_>) -> Nullable<Vec<String>> {
        detail(ctx, &self.0, |details| Some(scalars::texts(details.additional_categories()))).await
    }

    /// How bids are compared. Null when not published.
    async fn award_criteria(&self, ctx: &Context<'_>) -> Nullable<String> {
        detail(ctx, &self.0, |details| details.award_criteria().map(str::to_owned).map(Ok)).await
    }

    /// More on how bids are compared. Null when not published.
    async fn award_criteria_details(&self, ctx: &Context<'_>) -> Nullable<String> {
        detail(ctx, &self.0, |details| details.award_criteria_details().map(str::to_owned).map(Ok)).await
    }

    /// Who may bid. Null when not published.
    async fn eligibility_criteria(&self, ctx: &Context<'_>) -> Nullable<String> {
        detail(ctx, &self.0, |details| details.eligibility_criteria().map(str::to_owned).map(Ok)).await
    }

    /// How bids are submitted, as published. Null only when it could not be read.
    async fn submission_method(&self, ctx: &Context<'_>) -> Nullable<Vec<String>> {
        detail(ctx, &self.0, |details| Some(scalars::texts(details.submission_methods()))).await
    }

    /// More on how bids are submitted. Null when not published.
    async fn submission_method_details(&self, ctx: &Context<'_>) -> Nullable<String> {
        detail(ctx, &self.0, |details| details.submission_method_details().map(str::to_owned).map(Ok)).await
    }

    /// When it was published. Null when not published.
    async fn date_published(&self) -> Option<DateTime> {
        value::moment(self.0.date_published())
    }

    /// When bids can be submitted. Null when not published.
    async fn tender_period(&self) -> Option<Period> {
        let row = &self.0;
        value::period(row.tender_start(), row.tender_end(), row.tender_max_extent(), row.tender_days())
    }

    /// When questions can be asked. Null when not published.
    async fn enquiry_period(&self, ctx: &Context<'_>) -> Nullable<Period> {
        detail(ctx, &self.0, |row| {
            value::period(
                row.enquiry_start(),
                row.enquiry_end(),
                row.enquiry_max_extent(),
                row.enquiry_days(),
            )
            .map(Ok)
        })
        .await
    }

    /// When the award is planned. Null when not published.
    async fn award_period(&self, ctx: &Context<'_>) -> Nullable<Period> {
        detail(ctx, &self.0, |row| {
            value::period(row.award_start(), row.award_end(), row.award_max_extent(), row.award_days())
                .map(Ok)
        })
        .await
    }

    /// When the contract is planned to run. Null when not published.
    async fn contract_period(&self, ctx: &Context<'_>) -> Nullable<Period> {
        detail(ctx, &self.0, |row| {
            value::period(
                row.contract_start(),
                row.contract_end(),
                row.contract_max_extent(),
                row.contract_days(),
            )
            .map(Ok)
        })
        .await
    }

    /// The number of tenderers as published, which may differ from the list. Null when not published.
    async fn number_of_tenderers(&self) -> Option<i32> {
        self.0.number_of_tenderers()
    }

    /// Who submitted bids, each once. Null only when it could not be read.
    async fn tenderers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Takes this many rows from the start; at most 100, 5 by default.")] first: Option<
            i64,
        >,
        #[graphql(desc = "Takes rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Takes this many rows from the end; at most 100.")] last: Option<i64>,
        #[graphql(desc = "Takes rows before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Edge<Organization>>> {
        let list = List { parent: self.0.id(), process: self.0.id(), count: self.0.tenderer_count() };
        Some(list::page(ctx, PageArgs { first, after, last, before }, list).await)
    }

    /// What is to be bought. Null only when it could not be read.
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
        let list = List { parent: self.0.id(), process: self.0.id(), count: self.0.item_count() };
        Some(list::page(ctx, PageArgs { first, after, last, before }, list).await)
    }

    /// Its milestones, as published. Null when there are none.
    async fn milestones(&self, ctx: &Context<'_>) -> Nullable<Json> {
        detail(ctx, &self.0, |details| scalars::json(details.milestones())).await
    }

    /// Its amendments, as published. Null when there are none.
    async fn amendments(&self, ctx: &Context<'_>) -> Nullable<Json> {
        detail(ctx, &self.0, |details| scalars::json(details.amendments())).await
    }

    /// Its lots, as published. Null when there are none.
    async fn lots(&self, ctx: &Context<'_>) -> Nullable<Json> {
        detail(ctx, &self.0, |details| scalars::json(details.lots())).await
    }
}
