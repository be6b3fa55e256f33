//! While the log is not followed, and after it was lost: nothing that was kept before is answered again.

use farol::graphql::{Engine, Limits};
use serde_json::{Value, json};

use super::{
    node::{Keeping, Node, ask, text},
    releases,
};
use crate::support::{RedisServer, TestDatabase, on_both_databases};

on_both_databases!(a_database_that_was_restored_is_read_anew);

const COUNT: &str = "{ processes { totalCount nodes { ocid tender { title } } } }";

async fn import(data: &TestDatabase, ocid: &str) {
    let release = json!({
        "ocid": ocid, "id": "1", "date": "2024-01-01T00:00:00Z", "tag": ["tender"],
        "tender": { "id": "t", "title": "Before" },
    });
    releases::import(&data.open().await, "left", &[release]).await;
}

/// On SQLite nothing wakes the follower, which would open what this closes.
#[tokio::test]
async fn while_the_log_is_not_followed_nothing_is_kept() {
    let data = TestDatabase::sqlite().await;
    let redis = RedisServer::start().await;
    let node =
        Node::start(&data, Keeping { redis: Some(&redis), responses: true, ..Keeping::default() }).await;
    for ocid in ["ocds-1", "ocds-2"] {
        node.text(COUNT).await;
        node.ledger.close();
        import(&data, ocid).await;
        for _ in 0..2 {
            let answer = node.ask(COUNT, Value::Null).await;
            assert!(answer.stats.database.statements > 0);
            assert!(text(&answer).contains(ocid), "{}", text(&answer));
        }
        node.tail.catch_up().await.unwrap();
        assert!(node.text(COUNT).await.contains(ocid));
    }
    node.until("what is read is kept again", async |node| {
        node.ask(COUNT, Value::Null).await.stats.database.statements == 0
    })
    .await;
}

/// The newest entries of the log are gone, and what they told of was never so.
async fn a_database_that_was_restored_is_read_anew(data: TestDatabase) {
    let redis = RedisServer::start().await;
    let node =
        Node::start(&data, Keeping { redis: Some(&redis), responses: true, ..Keeping::default() }).await;
    for ocid in ["ocds-1", "ocds-2"] {
        import(&data, ocid).await;
        node.tail.catch_up().await.unwrap();
        assert!(node.text(COUNT).await.contains("Before"));
    }
    data.execute("DELETE FROM changes WHERE sequence > 2".to_owned()).await;
    data.execute("UPDATE processes SET title = 'After'".to_owned()).await;
    node.tail.catch_up().await.unwrap();
    let plain = Engine::new(data.open().await, Limits::default());
    let expected = text(&ask(&plain, COUNT, Value::Null).await);
    assert!(expected.contains("After") && !expected.contains("Before"), "{expected}");
    assert_eq!(node.text(COUNT).await, expected);
}
