//! Releases: what was published, as it was published.

pub(super) mod loader;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use super::{
    batches::{PartOf, Ranges},
    cache_control::{MAX_AGE, cache_control},
    error::Nullable,
    id,
    list::ListNode,
    process::{self, ContractingProcess},
    relations::{ByRange, Relations},
    scalars::{DateTime, Json},
    scope, value,
};
use crate::store::{entity::release, id::Kind};

/// A publication about a process at one moment.
pub(super) struct Release(pub(super) Arc<release::Model>);

/// A publication about a process at one moment.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl Release {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Release, self.0.id)
    }

    /// The publisher's id. Null when not published.
    async fn local_id(&self) -> Option<&String> {
        self.0.local_id.as_ref()
    }

    /// When it was made. Null when not published.
    async fn date(&self) -> Option<DateTime> {
        value::moment(self.0.date)
    }

    /// What it is about, such as `tender` or `awardUpdate`.
    async fn tags(&self) -> Vec<&str> {
        self.0.tags.as_deref().map(|tags| tags.split(',').collect()).unwrap_or_default()
    }

    /// The whole release as it was published. Null only when it could not be read.
    async fn body(&self, ctx: &Context<'_>) -> Nullable<Json> {
        let part = PartOf { process: self.0.process_id, id: self.0.id };
        let body = scope::load(ctx, |relations| &relations.release_bodies, part).await;
        body.and_then(|body| body.map(|text| Json::stored(text.to_string())).transpose()).transpose()
    }

    /// The process it tells of. Null only when it could not be read.
    async fn process(&self, ctx: &Context<'_>) -> Nullable<ContractingProcess> {
        process::by_id(ctx, self.0.process_id).await
    }
}

impl From<Arc<release::Model>> for Release {
    fn from(row: Arc<release::Model>) -> Self {
        Self(row)
    }
}

impl ListNode for Release {
    type Row = release::Model;

    fn relation(relations: &Relations) -> &ByRange<Ranges<Self::Row>> {
        &relations.releases
    }
}
