//! What is refused before anything runs, and what always passes.

use std::{fmt::Debug, time::Duration};

use async_graphql::Request;
use farol::{
    graphql::{Call, CostReport, DocumentLimits, Engine, Execution, Limits, Load, Loaders},
    loader::{Batch, Key, Relation},
};
use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{ask, engine, fixture};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    refusals_run_no_statement,
    hostile_documents_are_refused_at_once,
    what_takes_too_long_is_cancelled_in_the_database,
);

/// The codes of an answer's errors.
fn codes(execution: &Execution) -> Vec<Value> {
    let errors = serde_json::to_value(&execution.response.errors).unwrap();
    errors.as_array().unwrap().iter().map(|error| error["extensions"]["code"].clone()).collect()
}

async fn refused(engine: &Engine, document: &str, variables: Value, code: &str) -> String {
    let execution = ask(engine, document, variables).await;
    assert!(!execution.executed, "{document:.200}");
    assert_eq!(
        codes(&execution).first(),
        Some(&json!(code)),
        "{document:.200}: {:?}",
        execution.response.errors
    );
    assert_eq!(execution.stats.database.statements, 0);
    execution.response.errors[0].message.clone()
}

async fn refusals_run_no_statement(database: TestDatabase) {
    let engine = engine(&database).await;
    for (document, variables, code) in [
        ("{", json!({}), "GRAPHQL_PARSE_FAILED"),
        ("", json!({}), "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("{ processes(first: \"x\") { totalCount } }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: Int) { processes(first: $n) { totalCount } }", json!({ "n": "x" }), "BAD_USER_INPUT"),
        ("query ($o: String!) { process(ocid: $o) { id } }", json!({}), "BAD_USER_INPUT"),
        (
            "{ processes(filter: { date: { from: \"2024-01-01\" } }) { totalCount } }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ processes(filter: { status: GONE }) { totalCount } }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (
            "query A { serverInfo { version } } query B { serverInfo { version } }",
            json!({}),
            "BAD_USER_INPUT",
        ),
        ("mutation { serverInfo }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { serverInfo }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (
            "{ processes(first: 100) { nodes { awards(first: 100) { nodes { id } } } } }",
            json!({}),
            "QUERY_TOO_COMPLEX",
        ),
    ] {
        refused(&engine, document, variables, code).await;
    }
    let by_get = Call { queries_only: true, ..Call::default() };
    let mutation = engine.execute(Request::new("mutation { serverInfo }"), by_get).await;
    assert_eq!((mutation.executed, codes(&mutation)), (false, vec![json!("METHOD_NOT_ALLOWED")]));
    let unknown =
        engine.execute(Request::new("query A { serverInfo { version } }").operation_name("B"), by_get).await;
    assert_eq!((unknown.executed, codes(&unknown)), (false, vec![json!("BAD_USER_INPUT")]));
}

/// What async-graphql alone would run: the document is wrong, whoever executes it.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_documents_stay_refused_however_often_they_are_sent() {
    let engine = engine(&TestDatabase::sqlite().await).await;
    for document in [
        "query ($n: String) { processes(first: $n) { totalCount } }",
        "query ($d: String) { processes(filter: { dataset: [$d] }) { totalCount } }",
        "query ($n: Int) { __typename }",
        "query () { __typename }",
        "query ($a: Boolean = null) { __typename @skip(if: $a) }",
        "{ processes(filter: { dataset: \"a\", dataset: \"b\" }) { totalCount } }",
        "{ processes(orderBy: \"OCID_ASC\") { totalCount } }",
        "{ processes(frist: 1) { totalCount } }",
        "{ process { id } }",
        "{ serverInfo }",
        "{ serverInfo { version { x } } }",
        "{ ...F }",
        "{ __typename } fragment F on Query { __typename }",
        "{ ... on Award { id } }",
        "{ __typename(x: 1) }",
        "{ __typename @nothing }",
        "{ node(id: \"x\") { ... on Award { x: id } ... on Bid { x: localId } } }",
    ] {
        let code = if document.contains("()") { "GRAPHQL_PARSE_FAILED" } else { "GRAPHQL_VALIDATION_FAILED" };
        for cost in [CostReport::Off, CostReport::Validate, CostReport::Off] {
            let execution = engine.execute(Request::new(document), Call { cost, ..Call::default() }).await;
            assert_eq!((execution.executed, &codes(&execution)[0]), (false, &json!(code)), "{document}");
            assert_eq!(execution.stats.database.statements, 0);
        }
    }
}

/// apollo-compiler validates what async-graphql answers: both must know the same fields.
#[tokio::test(flavor = "multi_thread")]
async fn introspection_has_the_same_fields_for_all() {
    let engine = engine(&TestDatabase::sqlite().await).await;
    let validated = apollo_compiler::Schema::parse_and_validate(engine.sdl(), "schema.graphql").unwrap();
    for ty in ["__Schema", "__Type", "__Field", "__InputValue", "__EnumValue", "__Directive"] {
        let document = format!("{{ __type(name: \"{ty}\") {{ fields {{ name }} }} }}");
        let answer = ask(&engine, &document, Value::Null).await.response.data.into_json().unwrap();
        let fields = answer["__type"]["fields"].as_array().unwrap();
        let mut answered: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
        let known = &validated.get_object(ty).unwrap().fields;
        let mut known: Vec<&str> = known.keys().map(apollo_compiler::Name::as_str).collect();
        // Younger than apollo-compiler: the engine adds it.
        known.extend((ty == "__Type").then_some("isOneOf"));
        known.sort_unstable();
        answered.sort_unstable();
        assert_eq!(known, answered, "{ty}");
    }
    let one_of = ask(&engine, "{ __type(name: \"Query\") { isOneOf } }", Value::Null).await;
    assert!(one_of.executed && one_of.response.errors.is_empty(), "{:?}", one_of.response.errors);
}

async fn hostile_documents_are_refused_at_once(database: TestDatabase) {
    let engine = engine(&database).await;
    let brackets = format!("{{ nodes(ids: {}) {{ id }} }}", "[".repeat(2_000));
    refused(&engine, &brackets, Value::Null, "QUERY_TOO_DEEP").await;
    let spreads = (0..30)
        .map(|n| format!("fragment f{n} on Query {{ ...f{0} ...f{0} }} ", n + 1))
        .collect::<Vec<_>>()
        .concat();
    let bomb = format!("{{ ...f0 }} {spreads} fragment f30 on Query {{ __typename }}");
    refused(&engine, &bomb, Value::Null, "QUERY_TOO_COMPLEX").await;
    let unused = (0..3_000)
        .map(|n| format!("fragment f{n} on Query {{ ...f{} }} ", n + 1))
        .collect::<Vec<_>>()
        .concat();
    refused(&engine, &format!("{{ __typename }} {unused}"), Value::Null, "QUERY_TOO_COMPLEX").await;
    // As deep as the guard lets pass: the parser and validation can bear it.
    let lists = format!("{{ nodes(ids: {}{}) {{ id }} }}", "[".repeat(62), "]".repeat(62));
    refused(&engine, &lists, Value::Null, "GRAPHQL_VALIDATION_FAILED").await;
    let inline = format!("{} __typename {}", "{ ... ".repeat(62) + "{", "}".repeat(63));
    let execution = ask(&engine, &inline, Value::Null).await;
    assert!(execution.response.errors.is_empty(), "{:?}", execution.response.errors);
    let chain =
        (0..61).map(|n| format!("fragment f{n} on Query {{ ...f{} }} ", n + 1)).collect::<Vec<_>>().concat();
    let chain = format!("{{ ...f0 }} {chain} fragment f61 on Query {{ __typename }}");
    let execution = ask(&engine, &chain, Value::Null).await;
    assert!(execution.response.errors.is_empty(), "{:?}", execution.response.errors);
    let filters = format!("{}{}", "{ not: ".repeat(61), "{}".to_owned() + &"}".repeat(61));
    let filters = format!("{{ processes(filter: {filters}) {{ totalCount }} }}");
    assert!(!ask(&engine, &filters, Value::Null).await.response.is_ok());
    // Mistakes are counted where the guard lets them pass.
    let mistakes = format!("{{ serverInfo {{ {} }} }}", "nothing ".repeat(1_000));
    let execution = ask(&engine, &mistakes, Value::Null).await;
    assert!(!execution.executed);
    assert_eq!(execution.response.errors.len(), 21);
}

/// GraphiQL asks this before anything else; without an answer it shows no documentation.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { queryType { name } mutationType { name } \
  subscriptionType { name } types { ...FullType } directives { name description locations args { ...InputValue } } } } \
  fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description \
  args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields { ...InputValue } \
  interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } \
  possibleTypes { ...TypeRef } } fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue } \
  fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn introspection_passes_the_tightest_limits_and_can_be_switched_off() {
    let database = TestDatabase::sqlite().await;
    let tight = Limits { max_depth: 1, max_cost: 1, ..Limits::default() };
    let engine = Engine::new(database.open().await, tight);
    let execution = ask(&engine, INTROSPECTION, Value::Null).await;
    assert!(execution.response.errors.is_empty(), "{:?}", execution.response.errors);
    assert_eq!(execution.stats.cost, Some(0));
    let silent = Engine::new(database.open().await, Limits { introspection: false, ..tight });
    let message = refused(&silent, INTROSPECTION, Value::Null, "GRAPHQL_VALIDATION_FAILED").await;
    assert!(message.contains("graphql.introspection"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_the_limit_the_value_and_the_path() {
    let engine = Engine::new(TestDatabase::sqlite().await.open().await, Limits::default());
    let document =
        "{ serverInfo { version } all: processes(first: 50) { nodes { bids(first: 20) { nodes { id } } } } }";
    let execution = ask(&engine, document, Value::Null).await;
    let errors = serde_json::to_value(&execution.response.errors).unwrap();
    assert_eq!(
        errors[0]["extensions"],
        json!({ "code": "QUERY_TOO_COMPLEX", "limit": 1000, "actual": 1101, "path": "all.nodes.bids" })
    );
}

/// The statement that the operation waits for is ended with it: the only way to the database is free again.
async fn what_takes_too_long_is_cancelled_in_the_database(database: TestDatabase) {
    fixture::load(&database.open().await).await;
    database.slow_down("datasets").await;
    let opened = database.open_with(1).await;
    let limits = Limits { execution_timeout: Duration::from_millis(200), ..Limits::default() };
    let impatient = Engine::new(opened.clone(), limits);
    let message = "the operation took longer than 200 ms (graphql.execution_timeout_ms) and was cancelled; \
                   ask for fewer rows or narrow the filter";
    let slow = "{ datasets { totalCount } }";
    for _ in 0..2 {
        let late = ask(&impatient, slow, Value::Null).await;
        assert_eq!((late.executed, codes(&late)), (false, vec![json!("TIMEOUT")]));
        assert_eq!(late.response.errors[0].message, message);
    }
    let patient = Engine::new(opened, Limits::default());
    let after = ask(&patient, "{ processes(first: 1) { nodes { ocid } } }", Value::Null).await;
    assert!(after.response.errors.is_empty(), "{:?}", after.response.errors);

    // In a batch only what is late is lost, if it came before.
    let batch = [slow, "{ serverInfo { version } }"].map(Request::new).into();
    let (executions, stats) = impatient.execute_batch(batch, Call::default()).await;
    assert_eq!(codes(&executions[0]), [json!("TIMEOUT")]);
    assert!(executions[1].executed && executions[1].response.errors.is_empty());
    assert_eq!((stats.operation_type, stats.cost), (Some("batch"), Some(31)));
}

/// Loaders that never answer.
struct Silent;

impl Loaders for Silent {
    fn in_place_of<K: Key + Debug, B: Batch<K>>(&self, _relation: &Relation<K, B>) -> Option<Load<K, B>> {
        Some(Box::new(|_| std::future::pending().boxed()))
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_waits_for_ever_is_answered_at_its_limit() {
    // Paused time runs on while a thread opens the database: the clock is paused for what follows only.
    tokio::time::resume();
    let database = TestDatabase::sqlite().await.open().await;
    tokio::time::pause();
    let engine = Engine::with_loaders(&database, Limits::default(), &Silent);
    let began = tokio::time::Instant::now();
    let late = ask(&engine, "query Q { datasets { totalCount } }", Value::Null).await;
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!((late.executed, codes(&late)), (false, vec![json!("TIMEOUT")]));
    assert_eq!((late.stats.operation_name.as_deref(), late.stats.cost), (Some("Q"), Some(31)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_of_documents_can_be_moved() {
    let document = DocumentLimits { bytes: 40, tokens: 8, aliases: 1, root_fields: 2, directives: 1 };
    let limits = Limits { document, ..Limits::default() };
    let engine = Engine::new(TestDatabase::sqlite().await.open().await, limits);
    for (text, limit) in [
        ("{ __typename                             }", "max_document_bytes"),
        ("{ a b c d e f g }", "max_tokens"),
        ("{ __typename __typename __typename }", "max_root_fields"),
        ("{ a: __typename b: __typename }", "max_aliases"),
        ("{ __typename @a @a }", "max_directives"),
    ] {
        let message = refused(&engine, text, Value::Null, "QUERY_TOO_COMPLEX").await;
        assert!(message.contains(&format!("(graphql.{limit})")), "{text}: {message}");
    }
    assert!(ask(&engine, "{ a: __typename __typename }", Value::Null).await.executed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_shares_its_statements() {
    let database = TestDatabase::sqlite().await;
    let engine = engine(&database).await;
    let one = "{ process(ocid: \"ocds-x-001\", dataset: \"north\") { buyer { name } } }";
    let other = "{ process(ocid: \"ocds-x-002\", dataset: \"north\") { buyer { id } } }";
    let alone = ask(&engine, one, Value::Null).await.stats.database.statements;
    let batch = [one, other, one].map(Request::new).into();
    let (executions, stats) = engine.execute_batch(batch, Call::default()).await;
    assert!(executions.iter().all(|execution| execution.response.errors.is_empty()));
    assert_eq!(stats.database.statements, alone, "as many as one of them alone");
}
