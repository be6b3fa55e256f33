//! A server as `farol serve` builds it, and what clients send it.

use std::net::SocketAddr;

use clap::Parser;
use farol::{
    app::App,
    cli::Cli,
    config::{Config, Loaded},
    lifecycle::Drained,
    store::Database,
};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::TestDatabase;

/// What callers show who may publish.
pub(crate) const TOKEN: &str = "a-token-for-the-tests";

/// All that can be asked of the mutation.
pub(crate) const PUBLISH: &str = "mutation Publish($input: PublishReleasesInput!) { publishReleases(input: $input) { \
    createdCount updatedCount unchangedCount rejectedCount \
    results { ocid releaseId outcome issues { kind path message } process { ocid tender { title } } } } }";

/// A running server over a database of its own.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    shutdown: CancellationToken,
    running: JoinHandle<Drained>,
    database: Database,
    pub(crate) data: TestDatabase,
}

/// An answer, read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Site {
    /// A server with the token.
    pub(crate) async fn open(data: TestDatabase) -> Self {
        Self::open_with(data, &["--publish-token", TOKEN]).await
    }

    /// A server with these settings.
    pub(crate) async fn open_with(data: TestDatabase, settings: &[&str]) -> Self {
        Self::open_limited(data, &[settings, &["--rate-limit-enabled", "false"]].concat()).await
    }

    /// A server with these settings, where callers are limited as they say.
    pub(crate) async fn open_limited(data: TestDatabase, settings: &[&str]) -> Self {
        let database = data.open().await;
        let app = App::build(&config(settings), &database).await.unwrap();
        let (address, shutdown) = (app.local_addr(), CancellationToken::new());
        let running = tokio::spawn(app.run(shutdown.clone()));
        Self { address, shutdown, running, database, data }
    }

    /// A POST with a JSON body.
    pub(crate) fn post(&self, body: &Value) -> RequestBuilder {
        Client::new().post(self.url()).json(body)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    /// Publishes with the token; the mutation's payload.
    pub(crate) async fn publish(&self, dataset: &str, releases: &[Value]) -> Value {
        let answer = answer(self.post(&request(dataset, releases)).bearer_auth(TOKEN)).await;
        assert_eq!(answer.body.get("errors"), None, "{}", answer.body);
        answer.body["data"]["publishReleases"].clone()
    }

    /// The data that a query gets.
    pub(crate) async fn ask(&self, query: &str) -> Value {
        let answer = answer(self.post(&json!({ "query": query }))).await;
        assert_eq!(answer.body.get("errors"), None, "{}", answer.body);
        answer.body["data"].clone()
    }

    /// Stops the server, whose tasks all end by themselves.
    pub(crate) async fn close(self) {
        self.shutdown.cancel();
        assert_eq!(self.running.await.unwrap(), Drained::Clean);
        self.database.close().await;
    }
}

/// The request that publishes releases.
pub(crate) fn request(dataset: &str, releases: &[Value]) -> Value {
    json!({ "query": PUBLISH, "variables": { "input": { "dataset": dataset, "releases": releases } } })
}

/// A release with a title.
pub(crate) fn titled(ocid: &str, day: u32, title: &str) -> Value {
    json!({
        "ocid": ocid, "id": format!("{ocid}-{day}"), "date": format!("2024-01-{day:02}T12:00:00Z"),
        "tag": ["tender"], "tender": { "id": "t", "title": title },
    })
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, body: response.json().await.unwrap() }
}

/// The code of the only error, and its message.
pub(crate) fn error(body: &Value) -> (&str, &str) {
    assert_eq!(body["errors"].as_array().map(Vec::len), Some(1), "{body}");
    let error = &body["errors"][0];
    (error["extensions"]["code"].as_str().unwrap(), error["message"].as_str().unwrap())
}

fn config(settings: &[&str]) -> Config {
    let args = ["farol", "--http-listen", "127.0.0.1:0"].iter().chain(settings).chain(&["doctor"]);
    let cli = Cli::try_parse_from(args).unwrap();
    Loaded::load(cli.flags(), []).unwrap().config
}
