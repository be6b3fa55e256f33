//! Datasets.

mod query;

pub(super) use query::page;

use async_graphql::{Context, ID, Object};

use super::{
    cache_control::{MAX_AGE, cache_control},
    connection::View,
    error::Nullable,
    id,
    scalars::DateTime,
    scope, value,
};
use crate::store::{entity::dataset, id::Kind};

/// What one publisher publishes, as it was imported.
pub(super) struct Dataset(pub(super) dataset::Model);

/// Who publishes a dataset.
pub(super) struct Publisher(dataset::Model);

/// What one publisher publishes, as it was imported.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl Dataset {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Dataset, self.0.id())
    }

    /// The name it was imported under, unique on this server.
    async fn name(&self) -> &str {
        self.0.name()
    }

    /// Who publishes it. All fields are null when the publisher does not say.
    async fn publisher(&self) -> Publisher {
        Publisher(self.0.clone())
    }

    /// The licence, as published: read it before using the data. Null when not published.
    async fn license(&self) -> Option<&str> {
        self.0.license()
    }

    /// The publication policy, as published. Null when not published.
    async fn publication_policy(&self) -> Option<&str> {
        self.0.publication_policy()
    }

    /// When the latest package was published. Null when not published.
    async fn published_date(&self) -> Option<DateTime> {
        value::moment(self.0.published())
    }

    /// The date of the earliest process. Null when no process has a date.
    async fn first_date(&self) -> Option<DateTime> {
        value::moment(self.0.first_date())
    }

    /// The date of the latest process. Null when no process has a date.
    async fn last_date(&self) -> Option<DateTime> {
        value::moment(self.0.last_date())
    }

    /// How many contracting processes it has.
    async fn process_count(&self) -> i64 {
        self.0.processes()
    }

    /// How many releases it has.
    async fn release_count(&self) -> i64 {
        self.0.releases()
    }

    /// How many organisations it names.
    async fn organization_count(&self) -> i64 {
        self.0.organizations()
    }

    /// How many bids it has.
    async fn bid_count(&self) -> i64 {
        self.0.bids()
    }

    /// How many awards it has.
    async fn award_count(&self) -> i64 {
        self.0.awards()
    }

    /// How many contracts it has.
    async fn contract_count(&self) -> i64 {
        self.0.contracts()
    }

    /// When it was last imported into or published to. Null before the first import has ended.
    async fn last_import(&self) -> Option<DateTime> {
        value::moment(self.0.last_import())
    }
}

/// Who publishes a dataset.
#[Object]
impl Publisher {
    /// The name. Null when not published.
    async fn name(&self) -> Option<&str> {
        self.0.publisher_name()
    }

    /// Where the publisher is described. Null when not published.
    async fn uri(&self) -> Option<&str> {
        self.0.publisher_uri()
    }
}

impl View for Dataset {
    type Row = dataset::Model;

    fn of(row: Self::Row) -> Self {
        Self(row)
    }
}

/// The dataset with an id; null when there is none.
pub(super) async fn by_id(ctx: &Context<'_>, id: i64) -> Nullable<Dataset> {
    let row = scope::load(ctx, |relations| &relations.dataset, id).await;
    row.map(|row| row.map(Dataset)).transpose()
}
