//! How much is done at a time.

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    http::upgrade,
    support::{
        TestDatabase, listen, on_both_databases,
        site::{Answer, Site, answer, error, titled},
    },
};

on_both_databases!(what_has_no_place_waits_or_hears_no_at_once);

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn query(text: &str) -> Value {
    json!({ "query": text })
}

/// Waits until the metrics have a line.
pub(super) async fn until(site: &Site, line: &str) {
    let seen = async {
        let metrics = format!("http://{}/metrics", site.address);
        while !reqwest::get(&metrics).await.unwrap().text().await.unwrap().lines().any(|told| told == line) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("it never was so that {line}"));
}

fn ask(site: &Site, text: &str) -> JoinHandle<Answer> {
    tokio::spawn(answer(site.post(&query(text))))
}

async fn what_has_no_place_waits_or_hears_no_at_once(data: TestDatabase) {
    let token = ["--publish-token", crate::support::site::TOKEN];
    let places = ["--admission-max-executing", "1", "--admission-max-queued", "1"];
    let patience = ["--admission-queue-timeout-ms", "30000", "--graphql-execution-timeout-ms", "60000"];
    let site = Site::open_with(data, &[&token[..], &places, &patience].concat()).await;
    site.publish("d", &[titled("a", 1, "Road")]).await;
    let known = "{ datasets { nodes { name } } }";
    site.ask(known).await;
    site.data.slow_down("processes").await;

    let first = ask(&site, "{ processes { nodes { ocid } } }");
    until(&site, "farol_admission_executing 1").await;
    let second = ask(&site, "{ processes { nodes { id } } }");
    until(&site, "farol_admission_queued{class=\"interactive\"} 1").await;
    let third = answer(site.post(&query("{ processes { nodes { date } } }"))).await;
    assert_eq!((third.status.as_u16(), error(&third.body).0), (503, "OVERLOADED"));
    assert!(third.headers.contains_key("retry-after"));
    assert_eq!(site.ask(known).await["datasets"]["nodes"][0]["name"], "d", "what is kept never waits");

    // Clients that go away leave their places, and no statement behind.
    first.abort();
    until(&site, "farol_admission_queued{class=\"interactive\"} 0").await;
    second.abort();
    until(&site, "farol_admission_executing 0").await;
    until(&site, "farol_db_pool_connections{state=\"in_use\"} 0").await;
    site.close().await;
}

#[tokio::test]
async fn what_waited_too_long_is_not_executed() {
    let (lines, _guard) = listen("farol::access=info");
    let token = ["--publish-token", crate::support::site::TOKEN];
    let places = ["--admission-max-executing", "1", "--admission-queue-timeout-ms", "50"];
    let patience = ["--graphql-execution-timeout-ms", "60000"];
    let site =
        Site::open_with(TestDatabase::sqlite().await, &[&token[..], &places, &patience].concat()).await;
    site.publish("d", &[titled("a", 1, "Road")]).await;
    site.data.slow_down("processes").await;
    let first = ask(&site, "query Slow { processes { nodes { ocid } } }");
    until(&site, "farol_admission_executing 1").await;
    let told = answer(site.post(&query("{ datasets { nodes { name } } }"))).await;
    assert_eq!((told.status.as_u16(), error(&told.body).0), (503, "OVERLOADED"));
    until(&site, "farol_admission_shed_total{class=\"interactive\",reason=\"expired\"} 1").await;
    // By events it is as much the server's fault, whatever the status.
    let by_events = site.post(&query("{ datasets { nodes { id } } }")).header("accept", "text/event-stream");
    assert_eq!(by_events.send().await.unwrap().status(), 200);
    until(&site, "farol_requests_total{status=\"503\"} 2").await;
    until(&site, "farol_request_duration_seconds_count{outcome=\"failed\"} 2").await;
    first.abort();
    until(&site, "farol_requests_total{status=\"499\"} 1").await;
    let left: Vec<_> = lines.read().into_iter().filter(|line| line["status"] == 499).collect();
    assert_eq!((&left[0]["operation"], &left[0]["kind"]), (&json!("Slow"), &json!("query")));
    assert!(left[0]["cost"].as_u64().is_some_and(|cost| cost > 1), "who went away has wanted it: {left:?}");
    until(&site, "farol_admission_executing 0").await;
    site.close().await;
}

/// The door is shut before anything is read: what comes then is refused whatever it is.
#[tokio::test]
async fn the_house_holds_so_many() {
    let (lines, _guard) = listen("farol::access=info");
    let token = ["--publish-token", crate::support::site::TOKEN];
    let house = ["--admission-max-in-flight", "1", "--graphql-execution-timeout-ms", "60000"];
    let told = ["--admission-unready-when-shedding", "true"];
    let site = Site::open_with(TestDatabase::sqlite().await, &[&token[..], &house, &told].concat()).await;
    site.publish("d", &[titled("a", 1, "Road")]).await;
    site.data.slow_down("processes").await;
    let headers = "Sec-WebSocket-Protocol: graphql-transport-ws\r\n";
    let mut socket = upgrade::Client::open_at(site.address, headers).await;
    socket.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(socket.message().await["type"], "connection_ack");
    let first = ask(&site, "{ processes { nodes { ocid } } }");
    until(&site, "farol_admission_executing 1").await;
    let told = answer(Client::new().put(site.url()).body("nonsense")).await;
    assert_eq!((told.status.as_u16(), error(&told.body).0), (503, "OVERLOADED"));
    assert_eq!(told.headers["retry-after"], "1");
    socket.say(&json!({ "type": "subscribe", "id": "a", "payload": query("{ __typename }") })).await;
    assert_eq!(socket.message().await["payload"][0]["extensions"]["code"], "OVERLOADED");
    until(&site, "farol_requests_total{status=\"503\"} 2").await;
    assert!(lines.read().iter().all(|line| line["status"] == 200), "a flood is to be no flood of lines");
    let live = reqwest::get(format!("http://{}/health/live", site.address)).await.unwrap();
    assert_eq!(live.status(), 200, "whoever looks after the server is not kept out");
    for (path, status) in [("ready", 503), ("detailed", 200)] {
        let told = answer(Client::new().get(format!("http://{}/health/{path}", site.address))).await;
        assert_eq!((told.status.as_u16(), &told.body["status"]), (status, &json!("shedding")), "{path}");
    }
    first.abort();
    until(&site, "farol_admission_in_flight 0").await;
    assert_eq!(answer(site.post(&query("{ __typename }"))).await.status, 200);
    site.close().await;
}
