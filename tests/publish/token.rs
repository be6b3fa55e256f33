//! Who may publish.

use reqwest::Client;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{
    TestDatabase,
    site::{PUBLISH, Site, TOKEN, answer, error, request, titled},
};

#[tokio::test]
async fn without_the_token_nothing_is_published_and_queries_are_answered() {
    let site = Site::open(TestDatabase::sqlite().await).await;
    let told = answer(site.post(&request("d", &[titled("a", 1, "Road")]))).await;
    assert_eq!((told.status.as_u16(), &told.body["data"]), (200, &json!({ "publishReleases": null })));
    let (code, message) = error(&told.body);
    assert_eq!(code, "FORBIDDEN");
    assert!(message.contains("Authorization: Bearer"), "{message}");
    // What is meant for a proxy is none of ours.
    let other =
        site.post(&json!({ "query": "{ processes { totalCount } }" })).basic_auth("user", Some("word"));
    assert_eq!(answer(other).await.body["data"]["processes"]["totalCount"], 0);
    site.close().await;
}

#[tokio::test]
async fn a_wrong_token_is_refused_whatever_is_asked() {
    let site = Site::open(TestDatabase::sqlite().await).await;
    for token in ["", "a-token-for-the-test", "a-token-for-the-tests2", "A-TOKEN-FOR-THE-TESTS"] {
        let query = site.post(&json!({ "query": "{ __typename }" }));
        let read = Client::new().get(format!("{}?query={{__typename}}", site.url()));
        for request in [query, read] {
            let told = answer(request.header("authorization", format!("Bearer {token}"))).await;
            assert_eq!(told.status, 401, "{token:?}");
            assert_eq!(told.headers["www-authenticate"], "Bearer realm=\"farol\", error=\"invalid_token\"");
            assert_eq!(error(&told.body).0, "UNAUTHENTICATED");
            assert!(!told.body.to_string().contains(TOKEN));
        }
    }
    let right = site.post(&json!({ "query": "{ __typename }" })).bearer_auth(TOKEN);
    assert_eq!(answer(right).await.body, json!({ "data": { "__typename": "Query" } }));
    site.close().await;
}

#[tokio::test]
async fn where_there_is_no_token_nobody_publishes() {
    let site = Site::open_with(TestDatabase::sqlite().await, &[]).await;
    let told = answer(site.post(&request("d", &[titled("a", 1, "Road")]))).await;
    assert_eq!(error(&told.body).0, "FORBIDDEN");
    let told = answer(site.post(&request("d", &[titled("a", 1, "Road")])).bearer_auth(TOKEN)).await;
    assert_eq!((told.status.as_u16(), error(&told.body).0), (401, "UNAUTHENTICATED"));
    site.close().await;
}

#[tokio::test]
async fn nothing_is_published_by_get() {
    let site = Site::open(TestDatabase::sqlite().await).await;
    let variables = request("d", &[titled("a", 1, "Road")])["variables"].to_string();
    let read = Client::new().get(site.url()).query(&[("query", PUBLISH), ("variables", &variables)]);
    let told = answer(read.bearer_auth(TOKEN)).await;
    assert_eq!((told.status.as_u16(), error(&told.body).0), (405, "METHOD_NOT_ALLOWED"));
    site.close().await;
}

/// Who calls and how much he may send is decided from the head: the body of these requests never comes.
#[tokio::test]
async fn a_request_is_judged_by_its_head() {
    let site = Site::open(TestDatabase::sqlite().await).await;
    for (authorization, length, expected) in [
        ("Bearer another-token-of-some-length", 10, "HTTP/1.1 401 "),
        ("Bearer another-token-of-some-length", 4_000_000, "HTTP/1.1 401 "),
        ("Basic eDp5", 2_000_000, "HTTP/1.1 413 "),
        (concat!("Bearer ", "a-token-for-the-tests"), 6_000_000, "HTTP/1.1 413 "),
    ] {
        let mut socket = TcpStream::connect(site.address).await.unwrap();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: farol\r\nContent-Type: application/json\r\n\
             Authorization: {authorization}\r\nContent-Length: {length}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut begin = [0; 13];
        socket.read_exact(&mut begin).await.unwrap();
        assert_eq!(std::str::from_utf8(&begin).unwrap(), expected, "{authorization} {length}");
    }
    site.close().await;
}
