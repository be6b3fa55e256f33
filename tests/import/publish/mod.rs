//! Publishing: what is told of each release, and that the import and it leave the same.

mod agree;
mod outcomes;
mod together;

use farol::import::{self, Outcome, Published};
use serde_json::Value;

use super::desk::Desk;

impl Desk {
    /// Publishes values.
    async fn publish(&self, dataset: &str, values: &[Value]) -> Vec<Published> {
        self.publish_texts(dataset, values.iter().map(Value::to_string).collect()).await
    }

    async fn publish_texts(&self, dataset: &str, texts: Vec<String>) -> Vec<Published> {
        import::publish(&self.store, dataset, texts).await.unwrap()
    }
}

fn outcomes(published: &[Published]) -> Vec<Outcome> {
    published.iter().map(|published| published.outcome).collect()
}

/// Kinds and paths of the issues of each release.
fn issues(published: &[Published]) -> Vec<Vec<(&'static str, &str)>> {
    published
        .iter()
        .map(|published| {
            published.issues.iter().map(|issue| (issue.kind.as_str(), issue.path.as_str())).collect()
        })
        .collect()
}
