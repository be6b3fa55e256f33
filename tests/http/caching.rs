//! What caches outside are told, and what the server keeps itself.

use farol::cache::{Slot, Tag};
use reqwest::RequestBuilder;
use serde_json::json;

use super::app::{Answer, App, answer};
use crate::graphql::fixture;

const OCIDS: &str = "{ processes(first: 3) { nodes { ocid } } }";
const PROMISE: &str = "public, max-age=10, stale-while-revalidate=30";

async fn loaded() -> App {
    let app = App::start().await;
    fixture::load(&app.data.open().await).await;
    app
}

fn ocids(app: &App, method: &str) -> RequestBuilder {
    app.request(method, "/graphql").query(&[("query", OCIDS)])
}

/// A write that touches everything.
fn write(app: &App) {
    let sequence = app.ledger.position().unwrap() + 1;
    app.ledger.mark(sequence, [Slot::of(Tag::Anything)]);
    app.ledger.advance(sequence);
}

fn told(answer: &Answer) -> [&str; 3] {
    ["cache-control", "age", "x-farol-cache"].map(|name| answer.header(name))
}

#[tokio::test]
async fn an_answer_by_url_has_a_name_and_a_promise() {
    let app = loaded().await;
    let made = answer(ocids(&app, "GET")).await;
    assert_eq!(told(&made), [PROMISE, "0", "fields; hits=0, misses=1"]);
    assert_eq!(made.header("vary"), "accept, accept-encoding, graphql-cost, graphql-cache");
    let tag = made.header("etag");
    assert!(tag.starts_with("W/\"") && tag.len() > 20, "{tag}");

    let kept = answer(ocids(&app, "GET")).await;
    assert_eq!(told(&kept), [PROMISE, "0", "response; age=0"]);
    assert_eq!((kept.header("etag"), &kept.text), (tag, &made.text));
    // Another operation by POST shares what is kept, and is nothing that others may keep.
    let posted = answer(app.query(OCIDS)).await;
    assert_eq!(told(&posted), ["no-store", "", "response; age=0"]);
    assert_eq!((posted.header("etag"), &posted.text), ("", &made.text));

    write(&app);
    let anew = answer(ocids(&app, "GET")).await;
    assert_eq!(told(&anew), [PROMISE, "0", "fields; hits=0, misses=1"]);
    assert_eq!(anew.header("etag"), tag, "the name of the same bytes");
}

#[tokio::test]
async fn what_was_posted_is_found_by_url() {
    let app = loaded().await;
    let posted = answer(app.query(OCIDS)).await;
    assert_eq!(told(&posted), ["no-store", "", "fields; hits=0, misses=1"]);
    assert_eq!(told(&answer(ocids(&app, "GET")).await), [PROMISE, "0", "response; age=0"]);
}

#[tokio::test]
async fn a_client_that_has_it_gets_no_body() {
    let app = loaded().await;
    let tag = answer(ocids(&app, "GET")).await.header("etag").to_owned();
    let strong = tag.trim_start_matches("W/").to_owned();
    for method in ["GET", "HEAD"] {
        for known in [tag.clone(), strong.clone(), format!("\"x,y\" , {strong}"), "*".to_owned()] {
            let same = answer(ocids(&app, method).header("if-none-match", &known)).await;
            assert_eq!((same.status.as_u16(), same.text.as_str()), (304, ""), "{method} {known}");
            assert_eq!(told(&same), [PROMISE, "0", "response; age=0"]);
            assert_eq!(same.header("etag"), tag);
            assert_eq!(same.header("vary"), "accept, accept-encoding, graphql-cost, graphql-cache");
            assert!(!same.header("date").is_empty());
            assert_eq!((same.header("content-type"), same.header("content-encoding")), ("", ""));
        }
        let other = answer(ocids(&app, method).header("if-none-match", "\"other\"")).await;
        assert_eq!(other.status, 200);
    }
    // One that was just made has its name too.
    write(&app);
    let made = answer(ocids(&app, "GET").header("if-none-match", &tag)).await;
    assert_eq!((made.status.as_u16(), told(&made)[2]), (304, "fields; hits=0, misses=1"));
    let posted = answer(app.query(OCIDS).header("if-none-match", &tag)).await;
    assert_eq!(posted.status, 200, "a POST is no question whether anything changed");
}

#[tokio::test]
async fn head_has_the_headers_of_get() {
    let app = loaded().await;
    answer(ocids(&app, "GET")).await;
    for encoding in ["identity", "gzip"] {
        let long = "{ __schema { types { name description } } }";
        for query in [OCIDS, long] {
            let ask = |method| app.request(method, "/graphql").query(&[("query", query)]);
            ask("GET").send().await.unwrap();
            let heads = ["GET", "HEAD"].map(|method| ask(method).header("accept-encoding", encoding));
            let [get, head] = heads.map(|request| async { request.send().await.unwrap() });
            let (get, head) = (get.await, head.await);
            assert_eq!(get.status(), head.status());
            let names = ["content-type", "content-length", "content-encoding", "etag", "vary"];
            for name in names.into_iter().chain(["cache-control", "age", "x-farol-cache"]) {
                assert_eq!(get.headers().get(name), head.headers().get(name), "{name}, {encoding}");
            }
            assert!(head.bytes().await.unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn nothing_else_may_be_kept_outside() {
    let app = loaded().await;
    let get = |query: &str| app.get("/graphql").query(&[("query", query)]);
    let wrong = "{ node(id: \"nothing\") { id } serverInfo { version } }";
    let batch = json!([{ "query": OCIDS }, { "query": OCIDS }]).to_string();
    for (request, status, source) in [
        (get("{ nothing }"), 200, "none"),
        (get("{ nothing }").header("accept", "application/graphql-response+json"), 400, "none"),
        (get(wrong), 200, "fields; hits=0, misses=0"),
        (get(wrong), 200, "fields; hits=0, misses=0"),
        (get(OCIDS).header("graphql-cost", "report"), 200, "fields; hits=0, misses=1"),
        (get(OCIDS).header("graphql-cost", "validate"), 200, "none"),
        (get("mutation { __typename }"), 405, "none"),
        (get(OCIDS).header("accept", "text/html"), 406, "none"),
        (get(OCIDS).header("sec-fetch-site", "cross-site"), 403, "none"),
        (app.get("/graphql"), 400, "none"),
        (app.request("DELETE", "/graphql"), 405, "none"),
        (app.post("nonsense").header("content-type", "application/json"), 400, "none"),
        (app.post(batch.clone()).header("content-type", "application/json"), 200, "fields; hits=1, misses=0"),
        (app.post(batch).header("content-type", "application/json"), 200, "response; age=0"),
    ] {
        let told_as = format!("{request:?}");
        let answer = answer(request).await;
        assert_eq!(answer.status, status, "{told_as}: {}", answer.text);
        assert_eq!(told(&answer), ["no-store", "", source], "{told_as}");
        assert_eq!(answer.header("etag"), "");
        assert_eq!(answer.header("vary"), "accept, accept-encoding, graphql-cost, graphql-cache");
    }
    app.data.drop_table("processes").await;
    let failed = answer(get("{ processes(first: 2) { nodes { ocid } } }")).await;
    assert_eq!(told(&failed)[0], "no-store", "{}", failed.text);
}

#[tokio::test]
async fn an_answer_is_as_old_as_the_last_look_at_the_change_log() {
    let app = loaded().await;
    app.fall_behind(std::time::Duration::from_secs(7));
    assert_eq!(told(&answer(ocids(&app, "GET")).await)[..2], [PROMISE, "7"]);
    assert_eq!(told(&answer(ocids(&app, "GET")).await)[..2], [PROMISE, "7"]);
}

#[tokio::test]
async fn both_media_types_share_what_is_kept() {
    let app = loaded().await;
    let first = answer(ocids(&app, "GET")).await;
    let other = answer(ocids(&app, "GET").header("accept", "application/graphql-response+json")).await;
    assert_eq!(other.header("content-type"), "application/graphql-response+json; charset=utf-8");
    assert_eq!((told(&other)[2], &other.text), ("response; age=0", &first.text));
}

#[tokio::test]
async fn hits_misses_and_memory_are_counted() {
    let app = loaded().await;
    for _ in 0..3 {
        answer(ocids(&app, "GET")).await;
    }
    let metrics = answer(app.get("/metrics")).await.text;
    for line in
        ["farol_cache_hits_total{level=\"response\"} 2", "farol_cache_misses_total{level=\"response\"} 1"]
    {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    let bytes = metrics.lines().find_map(|line| line.strip_prefix("farol_cache_bytes{level=\"response\"} "));
    assert!(bytes.unwrap().parse::<u64>().unwrap() > 100, "{metrics}");
}
