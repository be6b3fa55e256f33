//! How much each caller may ask.

use serde_json::{Value, json};

use super::admission::until;
use crate::{
    http::upgrade::Client,
    support::{
        TestDatabase, listen,
        site::{Site, answer, error},
    },
};

/// Requests come so slowly again that a test sees none.
const SLOWLY: [&str; 2] = ["--rate-limit-requests-per-minute", "1"];

async fn site(settings: &[&str]) -> Site {
    Site::open_limited(TestDatabase::sqlite().await, &[&SLOWLY, settings].concat()).await
}

fn query(text: &str) -> Value {
    json!({ "query": text })
}

#[tokio::test]
async fn who_has_used_up_his_requests_hears_when_he_may_send_more() {
    let site = site(&["--rate-limit-burst", "3", "--http-trusted-proxies", "127.0.0.1"]).await;
    let ask = |address: &'static str| {
        let request = site.post(&query("{ __typename }")).header("x-forwarded-for", address);
        async move { answer(request).await }
    };
    for left in ["2", "1", "0"] {
        let told = ask("192.0.2.1").await;
        assert_eq!((told.status.as_u16(), &told.body["data"]["__typename"]), (200, &json!("Query")));
        assert_eq!(told.headers["ratelimit-limit"], "3");
        assert_eq!(told.headers["ratelimit-remaining"], left);
    }
    let told = ask("192.0.2.1").await;
    assert_eq!((told.status.as_u16(), error(&told.body).0), (429, "RATE_LIMITED"));
    let wait: u64 = told.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(told.body["errors"][0]["extensions"]["retryAfter"], wait);
    assert_eq!(told.headers["ratelimit-remaining"], "0");
    let reset: u64 = told.headers["ratelimit-reset"].to_str().unwrap().parse().unwrap();
    assert!((121..=180).contains(&reset), "three come back in three minutes: {reset}");
    // Whatever is wrong with a request, it counts as one.
    assert_eq!(answer(site.post(&json!(7)).header("x-forwarded-for", "192.0.2.1")).await.status, 429);
    assert_eq!(ask("192.0.2.2").await.status, 200, "others are not held to it");
    assert_eq!(ask("2001:db8:0:1::1").await.headers["ratelimit-remaining"], "2");
    assert_eq!(ask("2001:db8:0:1::2").await.headers["ratelimit-remaining"], "1", "a /64 is one caller");
    site.close().await;
}

/// What is charged is the estimate, what stays charged is what it cost, and what is kept costs nothing.
#[tokio::test]
async fn operations_are_charged_what_they_cost() {
    let site = site(&[
        "--rate-limit-burst",
        "100",
        "--graphql-max-cost",
        "100",
        "--rate-limit-cost-per-minute",
        "1",
        "--rate-limit-cost-burst",
        "100",
    ])
    .await;
    let page = |first: u32| query(&format!("{{ processes(first: {first}) {{ nodes {{ ocid }} }} }}"));
    let left = async |body: Value| {
        let told = answer(site.post(&body)).await;
        assert_eq!(told.status, 200, "{}", told.body);
        told.headers.get("ratelimit-cost-remaining").map(|left| left.to_str().unwrap().to_owned())
    };
    assert_eq!(
        left(page(20)).await.as_deref(),
        Some("99"),
        "1 and 20 rows were charged, and no row was there"
    );
    assert_eq!(left(page(21)).await.as_deref(), Some("98"));
    assert_eq!(left(page(20)).await, None, "it is kept");
    let validate = site.post(&page(30)).header("graphql-cost", "validate");
    assert_eq!(answer(validate).await.headers.get("ratelimit-cost-remaining"), None, "nothing is executed");

    let told = answer(site.post(&page(99))).await;
    assert_eq!((told.status.as_u16(), error(&told.body).0), (429, "RATE_LIMITED"));
    let extensions = &told.body["errors"][0]["extensions"];
    assert_eq!((&extensions["cost"], &extensions["limit"]), (&json!(100), &json!(100)));
    assert_eq!(extensions["remaining"], 98);
    assert_eq!(told.headers["retry-after"], extensions["retryAfter"].to_string());
    assert_eq!(told.headers["ratelimit-cost-remaining"], "98");
    assert_eq!(told.headers["ratelimit-remaining"], "95");
    site.close().await;
}

#[tokio::test]
async fn operations_of_a_batch_count_like_requests() {
    let site = site(&["--rate-limit-burst", "5"]).await;
    let batch = |size| Value::Array(vec![query("{ __typename }"); size]);
    let told = answer(site.post(&batch(4))).await;
    assert_eq!((told.status.as_u16(), told.body.as_array().unwrap().len()), (200, 4));
    assert_eq!(told.headers["ratelimit-remaining"], "1");
    let told = answer(site.post(&batch(3))).await;
    assert_eq!((told.status.as_u16(), error(&told.body).0), (429, "RATE_LIMITED"));
    assert_eq!(told.headers["ratelimit-remaining"], "0", "it came, and was counted for one");
    assert!(told.headers.contains_key("retry-after"));
    site.close().await;
}

#[tokio::test]
async fn operations_over_a_socket_count_like_requests() {
    let site = site(&["--rate-limit-burst", "3"]).await;
    let headers = "Sec-WebSocket-Protocol: graphql-transport-ws\r\n";
    let mut client = Client::open_at(site.address, headers).await;
    client.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(client.message().await["type"], "connection_ack");
    for id in ["a", "b", "c"] {
        let payload = query("{ __typename }");
        client.say(&json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }
    let mut told = Vec::new();
    while told.len() < 5 {
        told.push(client.message().await);
    }
    let refused: Vec<_> = told.iter().filter(|message| message["type"] == "error").collect();
    assert_eq!(refused.len(), 1, "the upgrade was one, and two operations: {told:?}");
    assert_eq!(refused[0]["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    until(&site, "farol_requests_total{status=\"429\"} 1").await;
    let told = answer(site.post(&query("{ __typename }"))).await;
    assert_eq!(told.status, 429, "requests have no bucket of their own");
    drop(client);
    site.close().await;
}

#[tokio::test]
async fn a_subscription_by_events_is_told_as_it_is_charged() {
    let (lines, _guard) = listen("farol::access=info");
    let costs = ["--rate-limit-cost-per-minute", "1", "--rate-limit-cost-burst", "1000"];
    let site = site(&[&["--rate-limit-burst", "3"][..], &costs].concat()).await;
    let asked = site.post(&query("subscription Changes { processChanges { changes { ocid } cursor } }"));
    let stream = asked.header("accept", "text/event-stream").send().await.unwrap();
    let left: u64 = stream.headers()["ratelimit-cost-remaining"].to_str().unwrap().parse().unwrap();
    assert!(left < 1000, "{left}");
    drop(stream);
    let refused = answer(site.post(&json!([])).header("accept", "text/event-stream")).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.headers["ratelimit-remaining"]),
        (400, &"1".parse().unwrap())
    );
    let written = lines.read();
    let [line, _] = &written[..] else { panic!("two lines, not {written:?}") };
    assert_eq!((&line["operation"], &line["kind"]), (&json!("Changes"), &json!("subscription")));
    assert_eq!(line["cost"], 1000 - left);
    until(&site, "farol_operation_cost_count 1").await;
    site.close().await;
}

#[tokio::test]
async fn a_batch_is_told_by_all_of_its_operations() {
    let (lines, _guard) = listen("farol::access=info");
    let costs =
        ["--graphql-max-cost", "100", "--rate-limit-cost-per-minute", "1", "--rate-limit-cost-burst", "100"];
    let site = site(&[&["--rate-limit-burst", "4"][..], &costs].concat()).await;
    let page = query("{ processes(first: 20) { nodes { ocid } } }");
    let mutation = query("mutation { invalidateCache(tags: [\"*\"]) { tags } }");
    let told = answer(site.post(&json!([page, mutation]))).await;
    let left = &told.headers["ratelimit-cost-remaining"];
    assert_eq!(left, "99", "of 21 units 20 came back, for no row was there; the mutation cost none");
    until(&site, "farol_operation_actual_cost_count 1").await;
    let unread = answer(site.post(&json!([query("{"), query("}")]))).await;
    assert_eq!(unread.status, 200);
    assert_eq!(lines.read()[1]["cost"], Value::Null, "nothing of it could be read");
    until(&site, "farol_operation_cost_count 1").await;
    site.close().await;
}

#[tokio::test]
async fn who_guesses_at_the_details_is_counted() {
    let site = site(&["--rate-limit-burst", "2"]).await;
    let ask = || reqwest::Client::new().get(format!("http://{}/health/detailed", site.address));
    let guess = || answer(ask().header("x-forwarded-for", "192.0.2.1").header("x-api-key", "guessed"));
    for status in [403, 403, 429] {
        assert_eq!(guess().await.status, status);
    }
    assert!(guess().await.headers.contains_key("retry-after"));
    assert_eq!(answer(ask()).await.status, 200, "whoever is on this machine shows nothing");
    site.close().await;
}
