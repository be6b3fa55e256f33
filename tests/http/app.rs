//! A server of its own for each test, on a free port.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use farol::{
    cache::{Capacity, Ledger, Tiers, response},
    graphql::{DocumentOptions, Engine, Limits},
    http::{Dependencies, Gate, Options, Promise, ReadyCheck, Server, Services},
    lifecycle::Drained,
    telemetry::{figures::Figures, metrics::Metrics},
};
use futures_util::FutureExt;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::TestDatabase;

/// Longer than anything here takes, even on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
pub(crate) struct App {
    pub(super) address: SocketAddr,
    /// Of metrics and health, where it is another one.
    pub(super) operations: Option<SocketAddr>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) shutdown: CancellationToken,
    client: Client,
    running: JoinHandle<Drained>,
    pub(super) data: TestDatabase,
    /// What is kept counts by this; nobody writes into it but the test.
    pub(super) ledger: Arc<Ledger>,
    behind: Arc<AtomicU64>,
}

/// An answer, read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl App {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default(), database(Ok(()))).await
    }

    pub(super) async fn start_with(options: Options, ready: ReadyCheck) -> Self {
        let metrics = Arc::new(Metrics::new().unwrap());
        let data = TestDatabase::sqlite().await;
        let (ledger, behind, promise) = followed();
        let services = services(&data, ready, &metrics, &ledger, promise).await;
        Self::run(options, services, (metrics, ledger, behind), data).await
    }

    /// A server with rules of its own for which documents may run and how they are named.
    pub(crate) async fn start_with_documents(documents: DocumentOptions) -> Self {
        let metrics = Arc::new(Metrics::new().unwrap());
        let data = TestDatabase::sqlite().await;
        let (ledger, behind, promise) = followed();
        let mut services = services(&data, database(Ok(())), &metrics, &ledger, promise).await;
        services.engine = services.engine.with_documents(documents).unwrap();
        Self::run(Options::default(), services, (metrics, ledger, behind), data).await
    }

    async fn run(
        options: Options,
        services: Services,
        (metrics, ledger, behind): (Arc<Metrics>, Arc<Ledger>, Arc<AtomicU64>),
        data: TestDatabase,
    ) -> Self {
        let options = Options { listen: ([127, 0, 0, 1], 0).into(), ..options };
        let server = Server::bind(options, services).await.unwrap();
        let (address, shutdown) = (server.local_addr(), CancellationToken::new());
        let operations = server.operations_addr();
        let running = tokio::spawn(server.run(shutdown.clone()));
        Self { address, operations, metrics, shutdown, client: Client::new(), running, data, ledger, behind }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    /// A POST to `/graphql` of any bytes and headers.
    pub(super) fn post(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.client.post(self.url("/graphql")).body(body)
    }

    /// A POST to `/graphql` as clients send it.
    pub(crate) fn query(&self, query: &str) -> RequestBuilder {
        self.client.post(self.url("/graphql")).json(&serde_json::json!({ "query": query }))
    }

    pub(super) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), self.url(path))
    }

    /// Shuts down and waits for the end.
    pub(super) async fn stop(self) -> Drained {
        self.shutdown.cancel();
        self.ended().await
    }

    /// Waits for the end of a server that is shutting down.
    pub(super) async fn ended(self) -> Drained {
        tokio::time::timeout(PATIENCE, self.running).await.expect("the server ends").unwrap()
    }

    /// Lets the last look at the change log be so long ago.
    pub(super) fn fall_behind(&self, ago: Duration) {
        self.behind.store(ago.as_secs(), Relaxed);
    }

    /// Waits until this many GraphQL requests are being answered.
    pub(super) async fn in_flight(&self, count: u32) {
        let line = format!("farol_http_requests_in_flight {count}\n");
        tokio::time::timeout(PATIENCE, async {
            while !self.metrics.render().contains(&line) {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the requests are in flight");
    }
}

/// A ledger that the test writes into, and a promise that the test can have fall behind.
fn followed() -> (Arc<Ledger>, Arc<AtomicU64>, Promise) {
    let (ledger, behind) = (Arc::new(Ledger::default()), Arc::new(AtomicU64::new(0)));
    ledger.open(0, 0);
    let seconds = behind.clone();
    let promise = Promise {
        behind: Arc::new(move || Duration::from_secs(seconds.load(Relaxed))),
        ..Promise::default()
    };
    (ledger, behind, promise)
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The code of the only error.
    pub(super) fn code(&self) -> String {
        let body = self.json();
        assert_eq!(body["errors"].as_array().map(Vec::len), Some(1), "{body}");
        assert!(body.get("data").is_none(), "a refused request has no data: {body}");
        body["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    }
}

/// Asserts that a request was refused with this status and code.
#[track_caller]
pub(super) fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.code(), code, "{}", answer.text);
}

/// Sends a request and reads the answer.
pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response: Response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

/// What a server is built on: the one place that makes an engine.
pub(super) async fn services(
    data: &TestDatabase,
    ready: ReadyCheck,
    metrics: &Arc<Metrics>,
    ledger: &Arc<Ledger>,
    promise: Promise,
) -> Services {
    let tiers = Arc::new(Tiers::new(ledger.clone(), None, Capacity::default()));
    let responses = Some(response::Options::default());
    let engine = Engine::caching(&data.open().await, Limits::default(), tiers, responses);
    let (metrics, figures) = (Arc::clone(metrics), Arc::new(Figures::default));
    let dependencies = Dependencies { database: ready, left_alone: None, redis: None, shedding: None };
    Services { engine, dependencies, metrics, figures, promise, gate: Gate::default() }
}

/// A database that answers the readiness check like this.
pub(super) fn database(state: Result<(), &'static str>) -> ReadyCheck {
    Arc::new(move || async move { state.map_err(str::to_owned) }.boxed())
}
