//! Releases: what was published, as it was published.

use async_graphql::{Context, ID, Object};

use super::{
    cache_control::{MAX_AGE, cache_control},
    connection::View,
    error::Nullable,
    id,
    list::ListNode,
    loading::{ByRange, PartOf, Relations},
    process::{self, ContractingProcess},
    scalars::{DateTime, Json},
    scope, value,
};
use crate::store::{entity::release, id::Kind};

/// A publication about a process at one moment.
pub(super) struct Release(pub(super) release::Model);

/// A publication about a process at one moment.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl Release {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Release, self.0.id())
    }

    /// The publisher's id. Null when not published.
    async fn local_id(&self) -> Option<&str> {
        self.0.local_id()
    }

    /// When it was made. Null when not published.
    async fn date(&self) -> Option<DateTime> {
        value::moment(self.0.date())
    }

    /// What it is about, such as `tender` or `awardUpdate`.
    async fn tags(&self) -> Vec<&str> {
        self.0.tags().map(|tags| tags.split(',').collect()).unwrap_or_default()
    }

    /// The whole release as it was published. Null only when it could not be read.
    async fn body(&self, ctx: &Context<'_>) -> Nullable<Json> {
        let part = PartOf { process: self.0.process_id(), id: self.0.id() };
        let body = scope::load(ctx, |relations| &relations.release_bodies, part).await;
        body.and_then(|body| body.map(|text| Json::stored(text.to_string())).transpose()).transpose()
    }

    /// The process it tells of. Null only when it could not be read.
    async fn process(&self, ctx: &Context<'_>) -> Nullable<ContractingProcess> {
        process::by_id(ctx, self.0.process_id()).await
    }
}

impl View for Release {
    type Row = release::Model;

    fn of(row: Self::Row) -> Self {
        Self(row)
    }
}

impl ListNode for Release {
    fn relation(relations: &Relations) -> &ByRange {
        &relations.releases
    }
}
