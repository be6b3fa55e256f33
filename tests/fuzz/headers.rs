//! Headers: whatever clients and proxies write, the answer is one of HTTP and GraphQL, and the server lives.

use std::time::Duration;

use proptest::{collection::vec, prelude::*, sample::select};
use reqwest::{
    Client,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;

use super::{faultless, fuzz};
use crate::http::app::App;

const NAMES: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "cookie",
    "forwarded",
    "graphql-cache",
    "graphql-cost",
    "if-match",
    "if-none-match",
    "last-event-id",
    "origin",
    "prefer",
    "range",
    "sec-fetch-site",
    "traceparent",
    "x-api-key",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
];

const PIECES: &[&str] = &[
    "*/*",
    "application/json",
    "application/*",
    "application/graphql-response+json",
    "text/event-stream",
    "text/html",
    ";q=",
    "; charset=",
    "utf-8",
    "utf-16",
    "0",
    "1",
    "0.5",
    "1e9",
    "-1",
    "NaN",
    ",",
    ";",
    "=",
    "\"",
    "\\",
    " ",
    "\t",
    "gzip",
    "br",
    "zstd",
    "deflate",
    "identity",
    "for=",
    "by=",
    "unknown",
    "_hidden",
    "192.0.2.1",
    "[2001:db8::1]",
    "2001:db8::1",
    ":80",
    ":99999",
    "256.1.1.1",
    "Bearer ",
    "Basic ",
    "null",
    "report",
    "validate",
    "bypass",
    "W/",
    "*",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "http://",
    "example.org",
    "no-cache",
    "max-age=",
    "é",
];

fn any_value() -> impl Strategy<Value = Vec<u8>> {
    let pieces = vec(select(PIECES), 0..8).prop_map(|pieces| pieces.concat().into_bytes());
    prop_oneof![6 => pieces, 1 => vec(any::<u8>(), 0..40), 1 => (select(PIECES), 1..400_usize).prop_map(|(piece, times)| piece.repeat(times).into_bytes())]
}

/// Headers that a client can send at all.
fn any_headers() -> impl Strategy<Value = HeaderMap> {
    vec((select(NAMES), any_value()), 0..6).prop_map(|headers| {
        let mut sent = HeaderMap::new();
        sent.insert("content-type", HeaderValue::from_static("application/json"));
        for (name, value) in headers {
            let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
            if name == "content-type" {
                sent.insert(HeaderName::from_static(name), value);
            } else {
                sent.append(HeaderName::from_static(name), value);
            }
        }
        sent
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_shows_a_fault() {
    let app = App::start().await;
    let (client, url) = (Client::new(), app.url("/graphql"));
    fuzz("headers", &(any_headers(), any::<bool>()), async |(headers, by_get)| {
        let request = if by_get {
            client.get(format!("{url}?query=%7B__typename%7D"))
        } else {
            client.post(&url).body(r#"{"query":"{__typename}"}"#)
        };
        let answer = request.headers(headers).timeout(Duration::from_secs(20)).send().await;
        let answer = answer.map_err(|error| TestCaseError::fail(format!("no answer: {error:?}")))?;
        let (status, sent) = (answer.status().as_u16(), answer.headers().clone());
        prop_assert!((200..500).contains(&status), "status {status}");
        prop_assert!(sent.contains_key("x-request-id"), "{sent:?}");
        let body = answer
            .bytes()
            .await
            .map_err(|error| TestCaseError::fail(format!("half an answer: {error:?}")))?;
        let text =
            |name: &str| sent.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        if text("content-type").contains("json") && text("content-encoding").is_empty() {
            let body: Value =
                serde_json::from_slice(&body).map_err(|error| TestCaseError::fail(error.to_string()))?;
            // A cost that was only asked for comes alone.
            let whole = body["data"].is_object()
                || body["errors"].is_array()
                || body["extensions"]["cost"].is_object();
            prop_assert!(whole, "{body}");
            faultless(&body["errors"])?;
        }
        Ok(())
    });
    let answer =
        client.post(&url).json(&serde_json::json!({ "query": "{__typename}" })).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), r#"{"data":{"__typename":"Query"}}"#);
}
