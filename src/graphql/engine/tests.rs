//! A response that is too old and still counts.

use async_graphql::Request;
use std::time::Duration;

use tempfile::TempDir;

use super::{super::execution::Source, *};
use crate::{
    cache::{Capacity, Dependencies, response::Turn},
    limit::Breaker,
    store::Options,
};

const DOCUMENT: &str = "{ serverInfo { version } }";

/// An engine over an empty file that keeps responses; what is asked here needs no table.
async fn engine() -> (TempDir, Engine) {
    let directory = TempDir::new().unwrap();
    let options = Options {
        url: format!("sqlite://{}", directory.path().join("farol.db").display()).into(),
        max_connections: 1,
        acquire_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(5),
        breaker: Breaker::never(),
    };
    let database = Database::connect(&options).await.unwrap();
    let ledger = Arc::new(Ledger::default());
    ledger.open(0, 1);
    let tiers = Arc::new(Tiers::new(ledger, None, Capacity::default()));
    let responses = Some(response::Options::default());
    (directory, Engine::caching(&database, Limits::default(), tiers, responses))
}

#[tokio::test]
async fn it_is_the_answer_once_more_while_it_is_made_anew() {
    let (_directory, engine) = engine().await;
    let ask = || engine.execute(Request::new(DOCUMENT), Call::default());
    let entry = engine.admission.admit(Request::new(DOCUMENT), Call::default());
    let (responses, key) = engine.keyed(&entry, Call::default()).unwrap();
    let Turn::Make(making) = responses.turn(&key, 1).await else { panic!("nothing is kept yet") };
    let mut dependencies = Dependencies::begin(&engine.ledger);
    dependencies.add(Some(1), Some(tokio::time::Instant::now()), &[]);
    making.made(dependencies, || Some("old".into())).unwrap();

    let old = ask().await;
    assert_eq!((old.source, old.stored.unwrap().body().as_ref()), (Source::Response, &b"old"[..]));
    let mut now = ask().await;
    tokio::time::timeout(Duration::from_secs(20), async {
        while now.stored.as_ref().is_some_and(|stored| stored.body() == "old") {
            tokio::task::yield_now().await;
            now = ask().await;
        }
    })
    .await
    .expect("it is made anew");
    assert_eq!(now.source, Source::Response);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        now.stored.unwrap().body(),
        &format!("{{\"data\":{{\"serverInfo\":{{\"version\":\"{version}\"}}}}}}")
    );
    engine.end().await;
}
