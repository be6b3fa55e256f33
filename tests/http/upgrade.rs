//! `/graphql` as a WebSocket: who gets one, what is closed, what the end of the server does to it.

use std::{net::SocketAddr, time::Duration};

use farol::{
    http::{LiveOptions, Options},
    lifecycle::Drained,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::app::{App, PATIENCE, answer, assert_refused, database};
use crate::{
    support::listen,
    ws::frames::{self, Sent},
};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A client that has got its socket.
pub(crate) struct Client {
    stream: TcpStream,
    /// The head of the answer.
    head: String,
}

impl Client {
    /// Opens a socket that speaks GraphQL.
    async fn open(app: &App) -> Self {
        let client = Self::open_with(app, "Sec-WebSocket-Protocol: graphql-transport-ws\r\n").await;
        assert!(client.head.contains("sec-websocket-protocol: graphql-transport-ws"), "{}", client.head);
        client
    }

    /// Opens a socket with other headers.
    pub(super) async fn open_with(app: &App, headers: &str) -> Self {
        Self::open_at(app.address, headers).await
    }

    /// The same at an address.
    pub(crate) async fn open_at(address: SocketAddr, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /graphql HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        Self { stream, head }
    }

    /// Opens a socket on which operations may be sent.
    async fn acknowledged(app: &App) -> Self {
        let mut client = Self::open(app).await;
        client.say(&json!({ "type": "connection_init" })).await;
        assert_eq!(client.message().await, json!({ "type": "connection_ack" }));
        client
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.stream.write_all(&frames::text(&message.to_string())).await.unwrap();
    }

    async fn frame(&mut self) -> Sent {
        let frame =
            timeout(PATIENCE, frames::read(&mut self.stream)).await.expect("the server says something");
        frame.expect("the socket is open")
    }

    pub(crate) async fn message(&mut self) -> Value {
        serde_json::from_slice(&self.frame().await.message()).unwrap()
    }

    /// Waits for a close frame, answers it and waits for the end.
    pub(crate) async fn closed(mut self) -> (u16, String) {
        let frame = self.frame().await;
        let (code, reason) = (frame.code(), String::from_utf8(frame.payload[2..].to_vec()).unwrap());
        self.stream.write_all(&frames::close(code)).await.unwrap();
        assert_eq!(timeout(PATIENCE, self.stream.read_u8()).await.unwrap().ok(), None);
        (code, reason)
    }
}

async fn start(live: LiveOptions) -> App {
    App::start_with(Options { live, ..Options::default() }, database(Ok(()))).await
}

fn subscribe(id: &str, query: &str) -> Value {
    json!({ "type": "subscribe", "id": id, "payload": { "query": query } })
}

/// The request of a client whose answer is no socket.
pub(super) fn ask(app: &App, changed: &[(&'static str, &'static str)]) -> reqwest::RequestBuilder {
    let usual = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", KEY),
        ("sec-websocket-protocol", "graphql-transport-ws"),
    ];
    let mut request = app.get("/graphql");
    for (name, value) in usual.into_iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name))
    {
        request = request.header(name, value);
    }
    changed.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

async fn wait_for(app: &App, line: &str) {
    let seen = async {
        while !app.metrics.render().lines().any(|figure| figure == line) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("{line} is not in\n{}", app.metrics.render()));
}

#[tokio::test]
async fn queries_are_answered_side_by_side_and_large_answers_packed() {
    let app = App::start().await;
    let offer = "Sec-WebSocket-Protocol: foo, graphql-transport-ws\r\n\
                 Sec-WebSocket-Extensions: permessage-deflate\r\n";
    let mut client = Client::open_with(&app, offer).await;
    assert!(client.head.contains("sec-websocket-extensions: permessage-deflate"), "{}", client.head);
    client.say(&json!({ "type": "connection_init", "payload": {} })).await;
    assert_eq!(client.message().await, json!({ "type": "connection_ack" }));
    client.say(&subscribe("a", "{ __typename }")).await;
    let next = json!({ "id": "a", "type": "next", "payload": { "data": { "__typename": "Query" } } });
    assert_eq!(client.message().await, next);
    assert_eq!(client.message().await, json!({ "id": "a", "type": "complete" }));

    client.say(&subscribe("a", "{ __schema { types { name } } }")).await;
    let frame = client.frame().await;
    assert_eq!(frame.first, frames::FIN | frames::RSV1 | frames::TEXT);
    let message: Value = serde_json::from_slice(&frame.message()).unwrap();
    assert!(message["payload"]["data"]["__schema"]["types"].as_array().unwrap().len() > 20);
    client.message().await;
    let sent = |form: &str| {
        let (name, figures) =
            (format!("farol_websocket_sent_bytes_total{{form=\"{form}\"}} "), app.metrics.render());
        figures.lines().find_map(|line| line.strip_prefix(&name)?.parse::<u64>().ok()).unwrap()
    };
    assert!(sent("wire") * 2 < sent("plain"), "{} bytes left as {}", sent("plain"), sent("wire"));

    client.say(&subscribe("b", "{ nothing }")).await;
    let error = client.message().await;
    assert_eq!(error["type"], "error");
    assert_eq!(error["payload"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    client.stream.write_all(&frames::close(1000)).await.unwrap();
    wait_for(&app, "farol_websocket_closes_total{code=\"1000\",by=\"client\"} 1").await;
    wait_for(&app, "farol_websocket_connections 0").await;
}

#[tokio::test]
async fn what_breaks_the_rules_is_closed() {
    let live = LiveOptions {
        init_timeout: Duration::from_millis(50),
        max_message_bytes: 1_000,
        ..LiveOptions::default()
    };
    let app = start(live).await;
    assert_eq!(Client::open(&app).await.closed().await.0, 4408);

    let mut large = Client::acknowledged(&app).await;
    large.say(&subscribe("a", &" ".repeat(1_000))).await;
    assert_eq!(large.closed().await.0, 1009);

    let mut binary = Client::acknowledged(&app).await;
    binary.stream.write_all(&frames::frame(frames::FIN | frames::BINARY, b"{}")).await.unwrap();
    assert_eq!(binary.closed().await.0, 4400);

    for headers in ["", "Sec-WebSocket-Protocol: graphql-ws\r\n"] {
        let other = Client::open_with(&app, headers).await;
        assert!(!other.head.contains("sec-websocket-protocol"), "{}", other.head);
        let (code, reason) = other.closed().await;
        assert_eq!(code, 4406);
        assert!(reason.contains("graphql-transport-ws"), "{reason}");
    }
    wait_for(&app, "farol_websocket_closes_total{code=\"4406\",by=\"server\"} 2").await;
}

#[tokio::test]
async fn a_request_that_cannot_be_upgraded_is_told_why() {
    let (lines, _guard) = listen("farol::access=info");
    let allowed_origins = vec!["https://app.example".to_owned()];
    let app = start(LiveOptions { allowed_origins, ..LiveOptions::default() }).await;
    let old = answer(ask(&app, &[("sec-websocket-version", "8")])).await;
    assert_refused(&old, 426, "BAD_REQUEST");
    assert_eq!(old.header("sec-websocket-version"), "13");
    assert_refused(&answer(ask(&app, &[("sec-websocket-key", "x")])).await, 400, "BAD_REQUEST");
    let foreign = answer(ask(&app, &[("origin", "https://evil.example")])).await;
    assert_refused(&foreign, 403, "CROSS_SITE_REQUEST");
    assert!(foreign.text.contains("live.allowed_origins"), "{}", foreign.text);
    assert_eq!(foreign.header("cache-control"), "no-store");
    assert!(!foreign.header("x-request-id").is_empty());
    let listed = ask(&app, &[("origin", "https://app.example")]).send().await.unwrap();
    assert_eq!(listed.status(), StatusCode::SWITCHING_PROTOCOLS);
    let statuses: Vec<_> = lines.read().iter().map(|line| line["status"].clone()).collect();
    assert_eq!(statuses, [426, 400, 403], "a socket has its line when it ends");
    wait_for(&app, "farol_requests_total{status=\"403\"} 1").await;
    wait_for(&app, "farol_http_requests_in_flight 0").await;
}

#[tokio::test]
async fn there_are_only_so_many_sockets_of_an_address_and_in_all() {
    let few = |max_connections_per_address, max_connections| LiveOptions {
        max_connections_per_address,
        max_connections,
        ..LiveOptions::default()
    };
    for (live, status) in [(few(2, 9), 429), (few(9, 2), 503)] {
        let app = start(live).await;
        let (one, _other) = (Client::open(&app).await, Client::open(&app).await);
        let refused = answer(ask(&app, &[])).await;
        assert_refused(&refused, status, "TOO_MANY_CONNECTIONS");
        let stream = answer(app.query("{ __typename }").header("accept", "text/event-stream")).await;
        assert_refused(&stream, status, "TOO_MANY_CONNECTIONS");
        wait_for(&app, &format!("farol_requests_total{{status=\"{status}\"}} 2")).await;
        // One that is gone makes room, however it went.
        drop(one);
        wait_for(&app, "farol_websocket_connections 1").await;
        let _again = Client::acknowledged(&app).await;
    }
}

#[tokio::test]
async fn the_end_of_the_server_closes_sockets_for_a_restart() {
    let app = App::start().await;
    let (fresh, mut used) = (Client::open(&app).await, Client::acknowledged(&app).await);
    used.say(&subscribe("a", "{ __typename }")).await;
    used.message().await;
    used.message().await;
    app.shutdown.cancel();
    for client in [fresh, used] {
        let (code, reason) = client.closed().await;
        assert_eq!(code, 1012);
        assert!(reason.contains("connect again"), "{reason}");
    }
    assert_eq!(app.ended().await, Drained::Clean);
}

#[tokio::test]
async fn a_client_that_does_not_answer_at_the_end_is_cut() {
    let short = Duration::from_millis(200);
    let app =
        App::start_with(Options { drain_deadline: short, ..Options::default() }, database(Ok(()))).await;
    let client = Client::acknowledged(&app).await;
    assert_eq!(app.stop().await, Drained::Cut(1));
    drop(client);
}
