//! Whole responses: which operations share one, how long it is used, and that it is made once.

use std::sync::Arc;

use async_graphql::{Request, Variables};
use farol::{
    cache::{Capacity, Ledger, Slot, Tag, Tiers, response::Options},
    graphql::{Call, CostReport, Engine, Execution, Limits, Source},
};
use futures_util::{FutureExt, future::join_all};
use serde_json::{Value, json};

use super::{ask, fixture};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    what_was_answered_is_answered_again_until_a_write,
    of_a_thousand_at_once_one_is_executed,
    operations_of_a_batch_share_responses_with_others,
);

const NAMES: &str = "query Names($n: Int = 3) { processes(first: $n) { nodes { ocid buyer { name } } } }";

/// An engine over the fixture that keeps responses, and the ledger that they count by.
async fn keeping(database: &TestDatabase) -> (Engine, Arc<Ledger>) {
    let database = database.open().await;
    fixture::load(&database).await;
    let ledger = Arc::new(Ledger::default());
    let tiers = Arc::new(Tiers::new(ledger.clone(), None, Capacity::default()));
    let engine = Engine::caching(&database, Limits::default(), tiers, Some(Options::default()));
    ledger.open(0, 10);
    (engine, ledger)
}

/// A write that changed what everything depends on.
fn write(ledger: &Ledger) {
    let sequence = ledger.position().unwrap() + 1;
    ledger.mark(sequence, [Slot::of(Tag::Anything)]);
    ledger.advance(sequence);
}

fn text(execution: &Execution) -> String {
    let mut body = Vec::new();
    execution.write(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

/// Whether an answer is one that was kept, which asks nothing of the database.
#[track_caller]
fn is_kept(execution: &Execution) -> bool {
    assert!(execution.executed, "{}", text(execution));
    let kept = execution.source == Source::Response;
    assert!(!kept || execution.stats.database.statements == 0);
    kept
}

async fn what_was_answered_is_answered_again_until_a_write(database: TestDatabase) {
    let (engine, ledger) = keeping(&database).await;
    let first = ask(&engine, NAMES, Value::Null).await;
    assert!(!is_kept(&first) && first.stats.database.statements > 0);
    let again = ask(&engine, NAMES, Value::Null).await;
    assert!(is_kept(&again));
    assert_eq!(text(&again), text(&first));
    assert_eq!((again.stats.operation_name.as_deref(), again.stats.cost), (Some("Names"), first.stats.cost));

    write(&ledger);
    let after = ask(&engine, NAMES, Value::Null).await;
    assert!(!is_kept(&after));
    assert_eq!(text(&after), text(&first));
    assert!(is_kept(&ask(&engine, NAMES, Value::Null).await));
    ledger.close();
    assert!(!is_kept(&ask(&engine, NAMES, Value::Null).await));
    assert!(!is_kept(&ask(&engine, NAMES, Value::Null).await), "the log is not followed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_means_the_same_shares_a_response_and_what_does_not_has_its_own() {
    let (engine, _) = keeping(&TestDatabase::sqlite().await).await;
    let first = text(&ask(&engine, NAMES, Value::Null).await);
    let spelt = "query Names ( $n:Int=3 ) # so many\n { processes(first:$n,) {nodes{ocid,buyer{name}}}}";
    for (document, variables) in
        [(spelt, Value::Null), (NAMES, json!({ "n": 3 })), (NAMES, json!({ "n": 3, "undeclared": true }))]
    {
        let same = ask(&engine, document, variables.clone()).await;
        assert!(is_kept(&same), "{document} {variables}");
        assert_eq!(text(&same), first);
    }
    for (document, variables) in [
        (NAMES, json!({ "n": 2 })),
        ("query Others { processes(first: 3) { nodes { ocid buyer { name } } } }", Value::Null),
        ("query Names($n: Int = 3) { processes(first: $n) { nodes { buyer { name } ocid } } }", Value::Null),
    ] {
        let other = ask(&engine, document, variables.clone()).await;
        assert!(!is_kept(&other), "{document} {variables}");
    }
    // Of one document, each operation has its own.
    for (name, kept) in [("A", false), ("B", false), ("A", true), ("B", true)] {
        let request = Request::new("query A { a: __typename } query B { b: __typename }");
        let one = engine.execute(request.operation_name(name), Call::default()).await;
        assert_eq!(is_kept(&one), kept, "{name}");
        assert!(text(&one).contains(&name.to_lowercase()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_errors_or_a_report_is_never_kept() {
    let (engine, _) = keeping(&TestDatabase::sqlite().await).await;
    let wrong = "{ node(id: \"nothing\") { id } serverInfo { version } }";
    for _ in 0..2 {
        let partial = ask(&engine, wrong, Value::Null).await;
        assert!(!is_kept(&partial) && partial.stored.is_none());
        assert_eq!(partial.response.errors.len(), 1);
    }
    for cost in [CostReport::Report, CostReport::Validate] {
        for _ in 0..2 {
            let told = engine.execute(Request::new(NAMES), Call { cost, ..Call::default() }).await;
            assert!(told.stored.is_none() && text(&told).contains("\"estimated\""));
        }
    }
    for _ in 0..2 {
        let refused = ask(&engine, "{ nothing }", Value::Null).await;
        assert_eq!((refused.source, refused.executed), (Source::Nothing, false));
    }
    assert!(!is_kept(&ask(&engine, NAMES, Value::Null).await));
}

async fn of_a_thousand_at_once_one_is_executed(database: TestDatabase) {
    let (engine, ledger) = keeping(&database).await;
    let alone = ask(&engine, NAMES, Value::Null).await;
    write(&ledger);
    let answers = join_all((0..1_000).map(|_| ask(&engine, NAMES, Value::Null))).await;
    let statements: u64 = answers.iter().map(|answer| answer.stats.database.statements).sum();
    assert_eq!(statements, 1, "the page is read once; the buyers were not touched");
    assert_eq!(answers.iter().filter(|answer| !is_kept(answer)).count(), 1);
    assert!(answers.iter().all(|answer| text(answer) == text(&alone)));
}

#[tokio::test]
async fn when_the_one_that_is_executed_is_dropped_another_is() {
    let (engine, _) = keeping(&TestDatabase::sqlite().await).await;
    let mut leader = Box::pin(ask(&engine, NAMES, Value::Null));
    assert!(leader.as_mut().now_or_never().is_none(), "it waits for the database");
    let mut others = Box::pin(join_all((0..10).map(|_| ask(&engine, NAMES, Value::Null))));
    assert!(others.as_mut().now_or_never().is_none());
    drop(leader);
    let answers = others.await;
    assert_eq!(answers.iter().filter(|answer| !is_kept(answer)).count(), 1);
}

async fn operations_of_a_batch_share_responses_with_others(database: TestDatabase) {
    let (engine, _) = keeping(&database).await;
    let whole = "{ organizations(first: 2) { nodes { name } } }";
    let first = text(&ask(&engine, NAMES, Value::Null).await);
    let batch = || [NAMES, whole, whole, "{ nothing }"].map(Request::new).into();
    let (answers, stats) = engine.execute_batch(batch(), Call::default()).await;
    let kept: Vec<bool> = answers[..3].iter().map(is_kept).collect();
    assert_eq!(kept, [true, false, true], "the third waits for the second");
    assert_eq!((text(&answers[0]), text(&answers[1])), (first, text(&answers[2])));
    assert!(stats.database.statements > 0 && !answers[3].executed);

    let (again, stats) = engine.execute_batch(batch(), Call::default()).await;
    assert!(again[..3].iter().all(is_kept));
    assert_eq!(stats.database.statements, 0);
    assert!(is_kept(&ask(&engine, whole, Value::Null).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_are_compared_as_they_were_read() {
    let (engine, _) = keeping(&TestDatabase::sqlite().await).await;
    let document = "query Q($f: ProcessFilter) { processes(filter: $f, first: 1) { nodes { ocid } } }";
    let ask = |variables: &'static str| {
        let variables = Variables::from_json(serde_json::from_str(variables).unwrap());
        engine.execute(Request::new(document).variables(variables), Call::default())
    };
    for (variables, kept) in [
        (r#"{ "f": { "dataset": "north", "search": "bridge" } }"#, false),
        (r#"{ "f": { "search": "bridge", "dataset": "north" } }"#, true),
        (r#"{ "f": { "search": "bridges", "dataset": "north" } }"#, false),
        (r#"{ "f": null }"#, false),
        // What is executed is the same: async-graphql completes what is absent to null.
        ("{}", true),
    ] {
        assert_eq!(is_kept(&ask(variables).await), kept, "{variables}");
    }
}
