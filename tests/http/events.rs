//! `/graphql` by server-sent events: operations with one answer, and what is refused.

use super::app::{App, answer, assert_refused};

const EVENTS: &str = "text/event-stream";
const ANSWERED: &str =
    "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata:\n\n";

#[tokio::test]
async fn a_query_is_answered_by_its_result_and_the_end() {
    let app = App::start().await;
    let posted = answer(app.query("{ __typename }").header("accept", EVENTS)).await;
    assert_eq!((posted.status.as_u16(), posted.text.as_str()), (200, ANSWERED));
    assert_eq!(posted.header("content-type"), "text/event-stream; charset=utf-8");
    assert_eq!(posted.header("cache-control"), "no-store");
    assert_eq!(posted.header("x-accel-buffering"), "no");
    assert!(!posted.header("x-request-id").is_empty());

    let url = "/graphql?query=%7B__typename%7D";
    assert_eq!(answer(app.get(url).header("accept", EVENTS)).await.text, ANSWERED);
    // Who likes JSON as much gets JSON; and nothing is streamed to who asks for the head only.
    let both = answer(app.get(url).header("accept", "application/json, text/event-stream")).await;
    assert_eq!(both.text, "{\"data\":{\"__typename\":\"Query\"}}");
    let head = answer(app.request("HEAD", url).header("accept", EVENTS)).await;
    assert_refused_without_body(&head, 406);
    let figures = app.metrics.render();
    assert!(figures.contains("farol_requests_total{status=\"200\"} 3"), "{figures}");
    assert!(figures.contains("farol_http_requests_in_flight 0"), "{figures}");
}

fn assert_refused_without_body(answer: &super::app::Answer, status: u16) {
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (status, ""));
}

#[tokio::test]
async fn nothing_is_packed_for_nobody_should_wait_for_a_part() {
    let app = App::start().await;
    let large = app.query("{ __schema { types { name fields { name } } } }").header("accept", EVENTS);
    let told = answer(large.header("accept-encoding", "gzip, br")).await;
    assert!(told.text.len() > 5_000);
    assert_eq!(told.header("content-encoding"), "");
}

#[tokio::test]
async fn what_graphql_refuses_is_an_event_and_what_http_refuses_is_not() {
    let app = App::start().await;
    for query in ["{", "{ nothing }", "query ($n: Int!) { process(ocid: $n) { id } }"] {
        let told = answer(app.query(query).header("accept", EVENTS)).await;
        assert_eq!(told.status, 200, "{query}");
        assert!(told.text.starts_with("event: next\ndata: {\"errors\":[{"), "{}", told.text);
        assert!(!told.text.contains("\"data\":"), "{}", told.text);
        assert!(told.text.ends_with("}\n\nevent: complete\ndata:\n\n"), "{}", told.text);
    }
    let untyped = answer(app.post("{ __typename }").header("accept", EVENTS)).await;
    assert_refused(&untyped, 415, "UNSUPPORTED_MEDIA_TYPE");
    assert!(untyped.header("accept-encoding").contains("gzip"));
    let batch = app.post("[{\"query\":\"{a}\"}]").header("content-type", "application/json");
    assert_refused(&answer(batch.header("accept", EVENTS)).await, 400, "BAD_REQUEST");
    let put = answer(app.request("PUT", "/graphql").header("accept", EVENTS)).await;
    assert_refused(&put, 405, "METHOD_NOT_ALLOWED");
    assert_eq!(put.header("allow"), "GET, HEAD, POST, OPTIONS");
    let other_site = app.get("/graphql?query=%7B__typename%7D").header("accept", EVENTS);
    let refused = answer(other_site.header("sec-fetch-site", "cross-site")).await;
    assert_refused(&refused, 403, "CROSS_SITE_REQUEST");
}
