//! Publishing as the engine wants it, over the import.

use futures_util::future::BoxFuture;

use crate::{
    events::Tail,
    graphql::{self, PublishOutcome, Published},
    import::{self, Outcome},
    store::{Database, StoreError},
};

/// Publishes into a database.
pub(super) struct Publishing {
    pub(super) database: Database,
    /// What follows the change log for the caches and for subscriptions.
    pub(super) tail: Tail,
}

impl graphql::Publish for Publishing {
    fn publish<'a>(
        &'a self,
        dataset: &'a str,
        releases: Vec<String>,
    ) -> BoxFuture<'a, Result<Vec<Published>, StoreError>> {
        Box::pin(async move {
            let published = import::publish(&self.database, dataset, releases).await?;
            // So that whoever publishes reads what he wrote. It is written, whatever becomes of this; that the change
            // log could not be read is told in the log.
            let _ = self.tail.catch_up().await;
            Ok(published.into_iter().map(told).collect())
        })
    }
}

fn told(published: import::Published) -> Published {
    let import::Published { ocid, release_id, outcome, issues } = published;
    let outcome = match outcome {
        Outcome::Created => PublishOutcome::Created,
        Outcome::Updated => PublishOutcome::Updated,
        Outcome::Unchanged => PublishOutcome::Unchanged,
        Outcome::Rejected => PublishOutcome::Rejected,
    };
    Published { ocid, release_id, outcome, issues }
}
