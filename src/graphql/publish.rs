//! The mutation that publishes releases.
//!
//! How releases are stored is not GraphQL's to know: whoever builds the engine brings it ([`Publish`]). What is
//! to be expected of a release (it is stored, it was there, it is rejected) is data; an error is what keeps the
//! whole call from being done.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object};
use futures_util::future::BoxFuture;

use super::{
    access,
    error::{Error, Nullable},
    process::{self, ContractingProcess},
    scalars::Json,
    scope,
};
use crate::{
    auth::Scope,
    error::quoted,
    ocds::issue::{self, LONGEST_KEY},
    store::{StoreError, id},
};

/// Releases in one call at most.
pub(super) const MOST_RELEASES: usize = 500;

/// What stores releases.
pub trait Publish: Send + Sync {
    /// Stores the releases, each a JSON text, in the dataset of this name, and tells of each what became of it,
    /// in their order. When it returns, what was stored is seen by whoever reads. Dropped, it has stored all
    /// or nothing.
    fn publish<'a>(
        &'a self,
        dataset: &'a str,
        releases: Vec<String>,
    ) -> BoxFuture<'a, Result<Vec<Published>, StoreError>>;
}

/// What became of a release.
#[derive(Clone, Debug)]
pub struct Published {
    /// The ocid that it names, if it can be read.
    pub ocid: Option<String>,
    /// The publisher's id of it, if it can be read.
    pub release_id: Option<String>,
    /// What became of it.
    pub outcome: PublishOutcome,
    /// What is wrong with it.
    pub issues: issue::Issues,
}

/// What became of a release.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
pub enum PublishOutcome {
    /// It is stored; its process was not there before.
    Created,
    /// It is stored; its process was there and is compiled anew.
    Updated,
    /// It was there already, the same text or the same JSON value: nothing was done.
    Unchanged,
    /// It is not stored; the issues say why.
    Rejected,
}

/// What stores, for the resolver of the mutation; `None` where publishing is switched off.
pub(super) struct Publishing(pub(super) Option<Arc<dyn Publish>>);

/// The releases to publish.
#[derive(InputObject)]
pub(super) struct PublishReleasesInput {
    /// The name of the dataset they go into; it is created when it is not there.
    dataset: String,
    /// The releases; at most 500. Each is a release as a JSON object, or a string that holds its JSON text:
    /// numbers keep every digit only in a text, for those of an object are read as 64-bit numbers. A release
    /// needs an `ocid`, and an `id` that no other release of its process has. Packages and records are rejected:
    /// publish the releases in them.
    releases: Vec<Json>,
}

/// What became of the releases.
pub(super) struct PublishReleasesPayload {
    dataset: i64,
    published: Vec<Published>,
}

/// What became of a release.
pub(super) struct PublishedRelease<'a> {
    dataset: i64,
    published: &'a Published,
}

/// Something in a release that could not be read as it was meant.
pub(super) struct PublishIssue<'a>(&'a issue::Issue);

/// What became of the releases.
#[Object]
impl PublishReleasesPayload {
    /// What became of each release, in the order given.
    async fn results(&self) -> Vec<PublishedRelease<'_>> {
        let dataset = self.dataset;
        self.published.iter().map(|published| PublishedRelease { dataset, published }).collect()
    }

    /// How many were stored of processes that were not there before.
    async fn created_count(&self) -> i64 {
        self.count(PublishOutcome::Created)
    }

    /// How many were stored of processes that were there.
    async fn updated_count(&self) -> i64 {
        self.count(PublishOutcome::Updated)
    }

    /// How many were there already.
    async fn unchanged_count(&self) -> i64 {
        self.count(PublishOutcome::Unchanged)
    }

    /// How many were rejected.
    async fn rejected_count(&self) -> i64 {
        self.count(PublishOutcome::Rejected)
    }
}

/// What became of a release.
#[Object]
impl PublishedRelease<'_> {
    /// The open contracting id that it names. Null when it cannot be read.
    async fn ocid(&self) -> Option<&str> {
        self.published.ocid.as_deref()
    }

    /// The publisher's id of it. Null when it cannot be read.
    async fn release_id(&self) -> Option<&str> {
        self.published.release_id.as_deref()
    }

    /// What became of it.
    async fn outcome(&self) -> PublishOutcome {
        self.published.outcome
    }

    /// Why it was rejected; of a release that is stored, what in it could not be read as it was meant.
    async fn issues(&self) -> Vec<PublishIssue<'_>> {
        self.published.issues.iter().map(PublishIssue).collect()
    }

    /// Its process as it is now. Null when there is none.
    async fn process(&self, ctx: &Context<'_>) -> Nullable<ContractingProcess> {
        let ocid = self.published.ocid.as_deref()?;
        process::by_id(ctx, id::process(self.dataset, ocid)).await
    }
}

/// Something in a release that could not be read as it was meant.
#[Object]
impl PublishIssue<'_> {
    /// What kind of issue it is, as reports of the import name it: `missing_ocid`. The names are stable.
    async fn kind(&self) -> &'static str {
        self.0.kind.as_str()
    }

    /// Where in the release: `awards[3].date`. Empty for the whole of it.
    async fn path(&self) -> &String {
        &self.0.path
    }

    /// The value as published, shortened. Empty when the issue is of none.
    async fn value(&self) -> &String {
        &self.0.value
    }

    /// What is wrong and what was done about it, for people.
    async fn message(&self) -> &String {
        &self.0.message
    }
}

impl PublishReleasesPayload {
    fn count(&self, outcome: PublishOutcome) -> i64 {
        let of = self.published.iter().filter(|published| published.outcome == outcome);
        i64::try_from(of.count()).unwrap_or(i64::MAX)
    }
}

/// Publishes for those who may.
pub(super) async fn publish(
    ctx: &Context<'_>,
    input: PublishReleasesInput,
) -> Result<PublishReleasesPayload, Error> {
    access::require(ctx, Scope::Publish, "publishReleases")?;
    let Publishing(service) = ctx.data().map_err(|error| Error::Internal(error.message))?;
    let Some(service) = service else {
        return Err(Error::Forbidden("this server does not publish".to_owned()));
    };
    let PublishReleasesInput { dataset, releases } = input;
    check(&dataset, releases.len())?;
    let texts = releases.into_iter().map(Json::into_text).collect::<Result<_, _>>()?;
    let published = service.publish(&dataset, texts).await?;
    // An earlier mutation of the same operation may have read what is another thing now.
    scope::forget(ctx)?;
    Ok(PublishReleasesPayload { dataset: id::dataset(&dataset), published })
}

fn check(dataset: &str, releases: usize) -> Result<(), Error> {
    let long = dataset.chars().nth(LONGEST_KEY).is_some();
    if long || dataset.trim() != dataset || dataset.is_empty() || dataset.contains(char::is_control) {
        return Err(Error::BadInput(format!(
            "input.dataset is {}; a name has 1 to {LONGEST_KEY} characters, none of them a control character, \
             and no blank at either end",
            quoted(dataset, 80)
        )));
    }
    if releases > MOST_RELEASES {
        return Err(Error::BadInput(format!(
            "input.releases has {releases} releases, {MOST_RELEASES} at most; publish the others in another call"
        )));
    }
    Ok(())
}
