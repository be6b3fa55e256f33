//! What Farol's own steps cost: before an operation is executed, and per field of its answer.
//!
//! `cargo bench --bench graphql`. Compare within one run only.
//!
//! - `before/…`: the guard, parsing (the baseline), validation, compiling and replaying the formula, for the
//!   worked example of the cost and for the query that GraphiQL opens with; `cold` is all of them, `cached` is
//!   what is left when the document is known.
//! - `request/…`: whole requests to an engine over SQLite. `cold` is a document that was never seen, `known`
//!   one that was, both checked but not executed (`GraphQL-Cost: validate`); `answered` is executed too.
//! - `kept/…`: the same operations answered by a response that is kept.
//! - `fields/N`: pages of rows from SQLite of which each row has N plain fields. The difference between
//!   two of them, divided by the difference in fields, is the cost of a field; it is printed.
//! - `store/…`: the smallest statement there is, alone and 32 at a time; over PostgreSQL too where
//!   `FAROL_TEST_POSTGRES_URL` names one.

use std::{
    env,
    hint::black_box,
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

use async_graphql::{Request, Variables};
use criterion::{Criterion, criterion_group, criterion_main};
use farol::{
    cache::{Capacity, Ledger, Tiers, response},
    graphql::{Call, CostReport, Engine, Limits, Source, steps::Steps},
    import::{self, Input, Report},
    limit::Breaker,
    store::{Database, Options, migrate},
};
use futures_util::future::join_all;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const NESTED: &str = "query ($n: Int) { processes(first: $n) { nodes { buyer { name } \
    awards(first: 3) { nodes { suppliers { name } } } bids(first: 5) { nodes { tenderers { name } } } \
    contracts(first: 3) { nodes { id } } } } }";

const INTROSPECTION: &str = "query IntrospectionQuery { __schema { queryType { name } mutationType { name } \
    subscriptionType { name } types { ...FullType } directives { name description locations args { ...InputValue } } } } \
    fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description \
    args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields { ...InputValue } \
    interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } \
    possibleTypes { ...TypeRef } } fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue } \
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

/// Rows of a page in `fields`.
const ROWS: usize = 100;
/// Fields of a row that cost nothing but themselves.
const FEW: usize = 2;
const MANY: usize = 22;

fn before(criterion: &mut Criterion) {
    for (name, text) in [("nested", NESTED), ("introspection", INTROSPECTION)] {
        let steps = Steps::new(text, Variables::from_json(json!({ "n": 20 }))).expect("a good document");
        let mut group = criterion.benchmark_group(format!("before/{name}"));
        group.bench_function("guard the text", |bench| bench.iter(|| black_box(steps.guard_text())));
        group.bench_function("parse", |bench| bench.iter(|| black_box(steps.parse())));
        group.bench_function("guard the document", |bench| bench.iter(|| black_box(steps.guard_document())));
        group.bench_function("validate", |bench| bench.iter(|| black_box(steps.validate())));
        group.bench_function("compile", |bench| bench.iter(|| steps.compile()));
        group.bench_function("replay", |bench| bench.iter(|| black_box(steps.replay())));
        group.bench_function("cold", |bench| bench.iter(|| black_box(steps.cold())));
        group.bench_function("cached", |bench| {
            bench.iter(|| black_box((steps.cached(), steps.replay())));
        });
    }
}

fn requests(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let (database, _directory) = runtime.block_on(sqlite());
    let engine = Engine::new(database, Limits::default());
    for (name, text) in [("nested", NESTED), ("introspection", INTROSPECTION)] {
        let mut group = criterion.benchmark_group(format!("request/{name}"));
        let mut seen = 0_u64;
        group.bench_function("cold", |bench| {
            bench.to_async(&runtime).iter(|| {
                seen += 1;
                let document = format!("{text}#{seen}");
                let engine = &engine;
                async move { ask(engine, &document, CostReport::Validate).await }
            });
        });
        group.bench_function("known", |bench| {
            bench.to_async(&runtime).iter(|| ask(&engine, text, CostReport::Validate));
        });
        group.bench_function("answered", |bench| {
            bench.to_async(&runtime).iter(|| ask(&engine, text, CostReport::Off));
        });
        group.finish();
    }
}

/// What an answer costs that is kept: all that is left is admission and a look.
fn kept(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let (database, _directory) = runtime.block_on(sqlite());
    let ledger = Arc::new(Ledger::default());
    ledger.open(0, 0);
    let tiers = Arc::new(Tiers::new(ledger, None, Capacity::default()));
    let engine = Engine::caching(&database, Limits::default(), tiers, Some(response::Options::default()));
    let mut group = criterion.benchmark_group("kept");
    for (name, text) in [("nested", NESTED), ("introspection", INTROSPECTION)] {
        let ask = || {
            let variables = Variables::from_json(json!({ "n": 5 }));
            engine.execute(Request::new(text).variables(variables), Call::default())
        };
        runtime.block_on(ask());
        group.bench_function(name, |bench| bench.to_async(&runtime).iter(ask));
        assert_eq!(runtime.block_on(ask()).source, Source::Response);
    }
    group.finish();
    runtime.block_on(engine.end());
}

fn fields(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let (database, _directory) = runtime.block_on(sqlite());
    let engine = Engine::new(database, Limits::default());
    let mut group = criterion.benchmark_group("fields");
    for count in [FEW, MANY] {
        let document = page_of(count);
        group.bench_function(count.to_string(), |bench| {
            bench.to_async(&runtime).iter(|| ask(&engine, &document, CostReport::Off));
        });
    }
    group.bench_function(format!("{FEW}, cost reported"), |bench| {
        let document = page_of(FEW);
        bench.to_async(&runtime).iter(|| ask(&engine, &document, CostReport::Report));
    });
    group.finish();
    let per_field = runtime.block_on(per_field(&engine));
    println!("fields: {per_field:.0} ns per field, resolved and written as JSON");
}

/// Nanoseconds per field, by the median of pairs taken in turn.
async fn per_field(engine: &Engine) -> f64 {
    let documents = [page_of(FEW), page_of(MANY)];
    let mut differences = Vec::new();
    for _ in 0..200 {
        let mut took = [0.0; 2];
        for (document, took) in documents.iter().zip(&mut took) {
            let began = Instant::now();
            ask(engine, document, CostReport::Off).await;
            *took = began.elapsed().as_secs_f64() * 1e9;
        }
        differences.push(took[1] - took[0]);
    }
    differences.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "two thousand fields")]
    let fields = (ROWS * (MANY - FEW)) as f64;
    differences[differences.len() / 2] / fields
}

/// A page whose rows have so many plain fields: two, again and again, under the guard's thirty aliases.
fn page_of(count: usize) -> String {
    let fields = (0..count).map(|n| if n % 2 == 0 { format!("f{n}: ocid ") } else { format!("f{n}: id ") });
    format!("{{ processes(first: {ROWS}) {{ nodes {{ {} }} }} }}", fields.collect::<String>())
}

async fn ask(engine: &Engine, document: &str, cost: CostReport) -> Vec<u8> {
    let call = Call { cost, ..Call::default() };
    let request = Request::new(document).variables(Variables::from_json(json!({ "n": 5 })));
    let execution = engine.execute(request, call).await;
    assert!(execution.response.errors.is_empty(), "{:?}", execution.response.errors);
    serde_json::to_vec(&execution.response).expect("JSON")
}

fn store(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let (sqlite, _directory) = runtime.block_on(sqlite());
    let mut databases = vec![("sqlite", sqlite)];
    if let Ok(url) = env::var("FAROL_TEST_POSTGRES_URL") {
        databases.push(("postgres", runtime.block_on(connect(&url))));
    }
    for (name, database) in databases {
        let mut group = criterion.benchmark_group(format!("store/{name}"));
        group.bench_function("one statement", |bench| {
            bench.to_async(&runtime).iter(|| async { database.ping().await.expect("it answers") });
        });
        group.bench_function("32 at a time", |bench| {
            bench.to_async(&runtime).iter(|| async {
                let ping = |database: Database| async move { database.ping().await.expect("it answers") };
                join_all((0..32).map(|_| tokio::spawn(ping(database.clone())))).await
            });
        });
        group.finish();
        runtime.block_on(database.close());
    }
}

/// A database with made-up data; it lives as long as the directory.
async fn sqlite() -> (Database, TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let database = connect(&format!("sqlite://{}", directory.path().join("farol.db").display())).await;
    migrate::run(&database).await.expect("migrates");
    let options = import::Options {
        dataset: "bench".to_owned(),
        batch_processes: 5_000,
        workers: 1,
        bytes_read: Arc::new(AtomicU64::new(0)),
    };
    let input = Input::Generated { processes: 500, seed: 1 };
    import::run(&database, vec![input], &options, &mut Report::new(None)).await.expect("imports");
    (database, directory)
}

async fn connect(url: &str) -> Database {
    let options = Options {
        url: url.into(),
        max_connections: 20,
        acquire_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(30),
        breaker: Breaker::never(),
    };
    Database::connect(&options).await.expect("the database can be reached")
}

criterion_group!(benches, before, requests, kept, fields, store);
criterion_main!(benches);
