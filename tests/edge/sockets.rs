//! Connections that stay open: who may open them, and that they end with what was shown.

use std::time::Duration;

use farol::auth::jwt::Algorithm;
use serde_json::{Value, json};

use super::{
    admission::until,
    callers::{key, revoke},
};
use crate::{
    auth::issuer::{AUDIENCE, ISSUER, Issuer, with},
    http::upgrade::Client,
    support::{
        TestDatabase,
        site::{Site, TOKEN, titled},
    },
};

/// A revoked key is known everywhere within ten seconds.
const REVOKED: Duration = Duration::from_secs(10);
const GRAPHQL: &str = "Sec-WebSocket-Protocol: graphql-transport-ws\r\n";
const SUBSCRIPTION: &str = "subscription { processChanges { cursor } }";

async fn acknowledged(site: &Site, headers: &str, payload: &Value) -> Client {
    let mut client = Client::open_at(site.address, &format!("{GRAPHQL}{headers}")).await;
    client.say(&json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(client.message().await, json!({ "type": "connection_ack" }));
    client
}

#[tokio::test]
async fn sockets_and_streams_end_with_the_key_that_opened_them() {
    let data = TestDatabase::sqlite().await;
    let (mine, other) = (key(&data, "read"), key(&data, "read"));
    let site = Site::open_with(data, &[]).await;
    let by_header = acknowledged(&site, &format!("X-API-Key: {mine}\r\n"), &json!({})).await;
    let by_payload = acknowledged(&site, "", &json!({ "Authorization": format!("Bearer {mine}") })).await;
    let mut of_another = acknowledged(&site, "", &json!({ "X-API-Key": other })).await;
    let stream = site.post(&json!({ "query": SUBSCRIPTION })).bearer_auth(&mine);
    let stream = stream.header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(stream.status(), 200);

    revoke(&site.data, &mine);
    let ended = async {
        for client in [by_header, by_payload] {
            let (code, reason) = client.closed().await;
            assert_eq!((code, reason.as_str()), (4403, "what you have shown has expired or was revoked"));
        }
        stream.text().await.unwrap()
    };
    let told = tokio::time::timeout(REVOKED, ended).await.expect("they end within ten seconds");
    assert!(told.contains("UNAUTHENTICATED") && told.contains("event: complete"), "{told}");
    let operation = json!({ "type": "subscribe", "id": "a", "payload": { "query": "{ __typename }" } });
    of_another.say(&operation).await;
    assert_eq!(of_another.message().await["payload"]["data"]["__typename"], "Query");
    drop(of_another);
    site.close().await;
}

#[tokio::test]
async fn a_socket_ends_when_its_token_does() {
    let issuer = Issuer::new(Algorithm::Hs256);
    let settings = [
        ["--auth-jwt-algorithm", "HS256"],
        ["--auth-jwt-secret", &issuer.public],
        ["--auth-jwt-issuer", ISSUER],
        ["--auth-jwt-audience", AUDIENCE],
        ["--auth-jwt-leeway-s", "0"],
    ];
    let site = Site::open_with(TestDatabase::sqlite().await, &settings.concat()).await;
    let ending_in =
        |seconds: i64| issuer.token(&with("exp", json!(chrono::Utc::now().timestamp() + seconds)));
    let token = ending_in(2);
    let client = acknowledged(&site, "", &json!({ "Authorization": format!("Bearer {token}") })).await;
    assert_eq!(client.closed().await.0, 4403);
    let mut late = Client::open_at(site.address, GRAPHQL).await;
    let payload = json!({ "Authorization": format!("Bearer {}", ending_in(-1)) });
    late.say(&json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(late.closed().await.0, 4403);
    site.close().await;
}

#[tokio::test]
async fn a_socket_may_say_later_who_opens_it() {
    let data = TestDatabase::sqlite().await;
    let read = key(&data, "read");
    let site = Site::open_with(data, &["--auth-anonymous", "false"]).await;
    drop(acknowledged(&site, "", &json!({ "x-api-key": read })).await);
    drop(acknowledged(&site, &format!("X-API-Key: {read}\r\n"), &Value::Null).await);
    let mut nobody = Client::open_at(site.address, GRAPHQL).await;
    nobody.say(&json!({ "type": "connection_init" })).await;
    let (code, reason) = nobody.closed().await;
    assert_eq!(code, 4403);
    assert!(reason.contains("auth.anonymous"), "{reason}");
    site.close().await;
}

/// What is executed goes on and ends, though nobody takes the answers that came before.
#[tokio::test]
async fn a_client_that_does_not_read_keeps_no_place() {
    const LARGE: &str =
        "{ __schema { types { name description fields { name description args { name description }
        type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";
    let settings = [
        ["--publish-token", TOKEN],
        ["--admission-max-executing", "1"],
        ["--graphql-execution-timeout-ms", "3000"],
    ];
    let site = Site::open_with(TestDatabase::sqlite().await, &settings.concat()).await;
    site.publish("d", &[titled("a", 1, "Road")]).await;
    site.ask(LARGE).await;
    site.data.slow_down("processes").await;
    let mut client = acknowledged(&site, "", &json!({})).await;
    let operation = |id: usize, query: &str| json!({ "type": "subscribe", "id": id.to_string(), "payload": { "query": query } });
    client.say(&operation(0, "{ processes { nodes { ocid } } }")).await;
    until(&site, "farol_admission_executing 1").await;
    // Many times what fits into the buffers in between.
    for id in 1..99 {
        client.say(&operation(id, LARGE)).await;
    }
    until(&site, "farol_admission_executing 0").await;
    drop(client);
    site.close().await;
}
