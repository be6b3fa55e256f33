//! A page in a browser that receives changes.

use std::time::Duration;

use tempfile::TempDir;

use super::world::append;
use crate::support::{Running, TestDatabase, node};

#[tokio::test]
async fn graphiql_shows_changes_as_they_are_committed() {
    let (data, directory) = (TestDatabase::sqlite().await, TempDir::new().unwrap());
    let server = Running::start(directory.path(), &["serve", "--database-url", &data.url]);
    let base = server.endpoint.trim_end_matches("graphql").to_owned();
    let page = tokio::spawn(async move { node::run("node", "browser/subscription.mjs", &[&base]).await });
    let store = data.open().await;
    for process in 1.. {
        append(&store, [process]).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        if page.is_finished() {
            break;
        }
    }
    page.await.unwrap();
}
