//! Documents that are named instead of sent: automatic persisted queries, `documentId`, the modes.

use farol::graphql::{DocumentMode, DocumentOptions, Manifest, RegisteredLimits};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use reqwest::RequestBuilder;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::{runtime::Handle, task::block_in_place};

use super::app::{Answer, App, answer, assert_refused};
use crate::support::listen;

const JSON: &str = "application/json";
const GRAPHQL_TYPE: &str = "application/graphql-response+json";
const TYPE: &str = "query Type($n: String!) { __type(name: $n) { name } }";
const HELLO: &str = "{ hello: __typename }";

/// The hash that a client computes.
pub(super) fn hash(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn extension(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

/// A GET with these parameters, and only these.
fn get(app: &App, parameters: &[(&str, &str)]) -> RequestBuilder {
    app.get("/graphql").query(parameters)
}

pub(super) fn by_hash(app: &App, hash: &str) -> RequestBuilder {
    get(app, &[("extensions", &extension(hash).to_string())])
}

fn post(app: &App, body: &Value) -> RequestBuilder {
    app.post(body.to_string()).header("content-type", JSON)
}

pub(super) async fn register(app: &App, text: &str) -> Answer {
    answer(post(app, &json!({ "query": text, "extensions": extension(&hash(text)) }))).await
}

fn message(answer: &Answer) -> String {
    answer.json()["errors"][0]["message"].as_str().unwrap().to_owned()
}

fn manifest(documents: &Value) -> Manifest {
    Manifest::parse(documents.to_string().as_bytes()).unwrap()
}

async fn in_mode(mode: DocumentMode, documents: Value) -> App {
    let manifest = manifest(&documents);
    App::start_with_documents(DocumentOptions { mode, manifest, ..DocumentOptions::default() }).await
}

#[tokio::test]
async fn an_unknown_hash_is_answered_as_apollos_clients_expect() {
    let app = App::start().await;
    let unknown = hash(HELLO);
    for accept in [JSON, GRAPHQL_TYPE] {
        let requests = [by_hash(&app, &unknown), post(&app, &json!({ "extensions": extension(&unknown) }))];
        for request in requests {
            let refused = answer(request.header("accept", accept)).await;
            assert_refused(&refused, 200, "PERSISTED_QUERY_NOT_FOUND");
            assert_eq!(message(&refused), "PersistedQueryNotFound");
            assert!(refused.header("content-type").starts_with(accept));
        }
    }
    for no_hash in ["", "abc", &unknown.to_uppercase(), &format!("{unknown}0")] {
        assert_refused(&answer(by_hash(&app, no_hash)).await, 200, "PERSISTED_QUERY_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_document_that_came_with_its_hash_is_known_by_it() {
    let app = App::start().await;
    let expected = json!({ "data": { "__type": { "name": "Bid" } } });
    let body = json!({ "query": TYPE, "variables": { "n": "Bid" }, "extensions": extension(&hash(TYPE)) });
    assert_eq!(answer(post(&app, &body)).await.json(), expected);

    let (extensions, variables) = (extension(&hash(TYPE)).to_string(), r#"{"n":"Award"}"#);
    let parameters = [("variables", variables), ("extensions", extensions.as_str())];
    let told = answer(get(&app, &parameters)).await;
    assert_eq!(
        (told.status.as_u16(), told.json()),
        (200, json!({ "data": { "__type": { "name": "Award" } } }))
    );
    // Clients that always have the parameter leave it empty.
    let body = json!({ "query": "", "variables": { "n": "Bid" }, "extensions": extension(&hash(TYPE)) });
    assert_eq!(answer(post(&app, &body)).await.json(), expected);
    // A document that was found by its hash is admitted like any other.
    assert_refused(&answer(by_hash(&app, &hash(TYPE))).await, 200, "BAD_USER_INPUT");
    // By GET too, and by the name that the proposal for GraphQL over HTTP has.
    let named = [("query", HELLO), ("extensions", &extension(&hash(HELLO)).to_string())];
    answer(get(&app, &named)).await;
    let id = format!("sha256:{}", hash(HELLO));
    let told = answer(get(&app, &[("documentId", &id)])).await;
    assert_eq!(told.json(), json!({ "data": { "hello": "Query" } }));
}

#[tokio::test]
async fn the_cost_is_told_of_a_document_by_its_hash() {
    let app = App::start().await;
    let text = "{ processes(first: 3) { nodes { id } } }";
    register(&app, text).await;
    let told = answer(by_hash(&app, &hash(text)).header("graphql-cost", "validate")).await;
    assert_eq!(told.json()["extensions"]["cost"]["estimated"], 4);
}

#[tokio::test]
async fn a_hash_of_another_text_is_refused_and_registers_nothing() {
    let app = App::start().await;
    let other = hash("{ other: __typename }");
    for wrong in [&other, &hash(HELLO).to_uppercase(), &format!(" {}", hash(HELLO))] {
        let body = json!({ "query": HELLO, "extensions": extension(wrong) });
        let refused = answer(post(&app, &body)).await;
        assert_refused(&refused, 400, "BAD_REQUEST");
        assert_eq!(message(&refused), "provided sha does not match query");
    }
    let body = json!({ "query": HELLO, "documentId": format!("sha256:{other}") });
    let refused = answer(post(&app, &body)).await;
    assert_refused(&refused, 400, "BAD_REQUEST");
    assert!(message(&refused).starts_with("documentId and query are not of the same document"));
    for unknown in [other, hash(HELLO)] {
        assert_refused(&answer(by_hash(&app, &unknown)).await, 200, "PERSISTED_QUERY_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_document_that_may_not_run_is_not_registered() {
    let app = App::start().await;
    let long = format!("{HELLO} # {}", "x".repeat(102_400));
    for (text, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ processes(first: 100) { nodes { bids(first: 100) { nodes { id } } } } }", "QUERY_TOO_COMPLEX"),
        (TYPE, "BAD_USER_INPUT"),
        (long.as_str(), "QUERY_TOO_COMPLEX"),
    ] {
        let refused = register(&app, text).await;
        assert_refused(&refused, 200, code);
        assert_refused(&answer(by_hash(&app, &hash(text))).await, 200, "PERSISTED_QUERY_NOT_FOUND");
    }
    let mutation = "mutation { __typename }";
    let named = [("query", mutation), ("extensions", &extension(&hash(mutation)).to_string())];
    assert_refused(&answer(get(&app, &named)).await, 405, "METHOD_NOT_ALLOWED");
    assert_refused(&answer(by_hash(&app, &hash(mutation))).await, 200, "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn a_name_that_cannot_be_read_is_explained() {
    let app = App::start().await;
    let refuse = async |body: Value, says: &str| {
        let refused = answer(post(&app, &body)).await;
        assert_refused(&refused, 400, "BAD_REQUEST");
        assert!(message(&refused).contains(says), "{says}: {}", message(&refused));
    };
    for (extension, says) in [
        (json!([]), "\"extensions.persistedQuery\" must be an object, not a list"),
        (json!("x"), "must be an object, not a string"),
        (json!({}), "extensions.persistedQuery.version must be 1"),
        (json!({ "version": 2, "sha256Hash": "x" }), "extensions.persistedQuery.version must be 1"),
        (json!({ "version": "1", "sha256Hash": "x" }), "extensions.persistedQuery.version must be 1"),
        (json!({ "version": 1 }), "extensions.persistedQuery.sha256Hash is missing"),
        (json!({ "version": 1, "sha256Hash": 7 }), "sha256Hash\" must be a string, not a number"),
    ] {
        for query in [Value::Null, HELLO.into()] {
            refuse(json!({ "query": query, "extensions": { "persistedQuery": extension } }), says).await;
        }
    }
    refuse(json!({ "documentId": 1 }), "\"documentId\" must be a string, not a number").await;
    refuse(json!({ "documentId": "a", "extensions": extension("a") }), "send one of them").await;
    refuse(json!({ "extensions": {} }), "the parameter \"query\" is missing").await;
    refuse(json!({ "query": HELLO, "documentId": "a" }), "are not of the same document").await;
    let null = json!({ "query": HELLO, "documentId": null, "extensions": { "persistedQuery": null } });
    assert_eq!(answer(post(&app, &null)).await.json(), json!({ "data": { "hello": "Query" } }));
}

#[tokio::test]
async fn an_unknown_id_is_refused_with_the_next_step() {
    let app = App::start().await;
    for id in ["list", "sha256:", &format!("sha256:{}", hash(HELLO)), &"x".repeat(1_000)] {
        let refused = answer(get(&app, &[("documentId", id)]).header("accept", GRAPHQL_TYPE)).await;
        assert_refused(&refused, 400, "DOCUMENT_NOT_FOUND");
        assert!(refused.text.len() < 400, "{}", refused.text);
        assert!(message(&refused).contains("send the text in the parameter \"query\""), "{}", refused.text);
    }
}

#[tokio::test]
async fn each_request_of_a_batch_may_name_its_document() {
    let app = App::start().await;
    let id = format!("sha256:{}", hash(HELLO));
    let batch = json!([
        { "extensions": extension(&hash(HELLO)) },
        { "query": HELLO, "extensions": extension(&hash(HELLO)) },
        { "documentId": id },
        { "query": HELLO, "extensions": extension(&hash(TYPE)) },
        { "query": "{ __typename }" },
    ]);
    let told = answer(post(&app, &batch)).await.json();
    let code = |place: usize| told[place]["errors"][0]["extensions"]["code"].clone();
    assert_eq!(code(0), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(told[1], json!({ "data": { "hello": "Query" } }));
    assert_eq!(told[2], told[1], "the request before registered it");
    assert_eq!(code(3), "BAD_REQUEST");
    assert_eq!(told[4], json!({ "data": { "__typename": "Query" } }));
    assert!((0..5).all(|place| told[place].get("data").is_some() == [1, 2, 4].contains(&place)), "{told}");
    let missing = json!([{ "extensions": extension(&hash(TYPE)) }]);
    let refused = answer(post(&app, &missing).header("accept", GRAPHQL_TYPE)).await;
    assert_eq!(refused.status, 200, "{}", refused.text);
}

#[tokio::test]
async fn where_nothing_can_be_registered_clients_are_told_to_send_texts() {
    let trusted = manifest(&json!({ "hello": HELLO }));
    let options = DocumentOptions { registered: None, manifest: trusted, ..DocumentOptions::default() };
    let app = App::start_with_documents(options).await;
    for query in [Value::Null, TYPE.into()] {
        let body = json!({ "query": query, "extensions": extension(&hash(TYPE)) });
        for accept in [JSON, GRAPHQL_TYPE] {
            let refused = answer(post(&app, &body).header("accept", accept)).await;
            assert_refused(&refused, 200, "PERSISTED_QUERY_NOT_SUPPORTED");
            assert_eq!(message(&refused), "PersistedQueryNotSupported");
        }
    }
    let by_id = answer(get(&app, &[("documentId", &format!("sha256:{}", hash(TYPE)))])).await;
    assert_refused(&by_id, 200, "DOCUMENT_NOT_FOUND");
    let other = "{ other: __typename }";
    let with_text = json!({ "query": other, "documentId": format!("sha256:{}", hash(other)) });
    assert_eq!(answer(post(&app, &with_text)).await.json(), json!({ "data": { "other": "Query" } }));
    let trusted = answer(by_hash(&app, &hash(HELLO))).await;
    assert_eq!(trusted.json(), json!({ "data": { "hello": "Query" } }), "the manifest is read all the same");
}

#[tokio::test]
async fn memory_for_registered_documents_is_bounded() {
    let limits = RegisteredLimits { bytes: 100, ..RegisteredLimits::default() };
    let options = DocumentOptions { registered: Some(limits), ..DocumentOptions::default() };
    let app = App::start_with_documents(options).await;
    assert_eq!(register(&app, HELLO).await.json(), json!({ "data": { "hello": "Query" } }));
    // Room is made in the background of later requests.
    let mut asked = 0;
    while answer(by_hash(&app, &hash(HELLO))).await.json().get("data").is_some() {
        asked += 1;
        assert!(asked < 100, "it has no room");
    }
}

#[tokio::test]
async fn a_document_of_the_manifest_is_named_by_its_id_or_its_hash() {
    let app = in_mode(DocumentMode::Open, json!({ "0af4": HELLO, "types": TYPE })).await;
    let expected = json!({ "data": { "hello": "Query" } });
    let id = format!("sha256:{}", hash(HELLO));
    for parameter in [("documentId", "0af4"), ("doc_id", "0af4"), ("documentId", &id)] {
        assert_eq!(answer(get(&app, &[parameter])).await.json(), expected, "{parameter:?}");
        let body = json!({ parameter.0: parameter.1 });
        assert_eq!(answer(post(&app, &body)).await.json(), expected, "{parameter:?}");
    }
    for named in ["0af4", &hash(HELLO)] {
        assert_eq!(answer(by_hash(&app, named)).await.json(), expected, "{named}");
        let body = json!({ "query": HELLO, "extensions": extension(named) });
        assert_eq!(answer(post(&app, &body)).await.json(), expected, "{named}");
        let body = json!({ "query": TYPE, "extensions": extension(named) });
        assert_refused(&answer(post(&app, &body)).await, 400, "BAD_REQUEST");
    }
    let variables = [("documentId", "types"), ("variables", r#"{"n":"Bid"}"#)];
    assert_eq!(answer(get(&app, &variables)).await.json()["data"]["__type"]["name"], "Bid");
    assert_eq!(answer(app.query("{ __typename }")).await.json()["data"]["__typename"], "Query");
}

#[tokio::test]
async fn in_mode_only_nothing_else_runs() {
    let app = in_mode(DocumentMode::Only, json!({ "0af4": HELLO })).await;
    let expected = json!({ "data": { "hello": "Query" } });
    for request in [
        app.query(HELLO),
        get(&app, &[("query", HELLO)]),
        get(&app, &[("documentId", "0af4")]),
        by_hash(&app, &hash(HELLO)),
        post(&app, &json!({ "query": HELLO, "extensions": extension(&hash(HELLO)) })),
    ] {
        assert_eq!(answer(request).await.json(), expected);
    }
    let other = "{ __typename }";
    for request in [
        app.query(other),
        app.query("{"),
        app.query(&format!("{HELLO} ")),
        app.query("{ __schema { queryType { name } } }"),
        get(&app, &[("query", other)]),
        get(&app, &[("documentId", "0af5")]),
        by_hash(&app, &hash(other)),
        post(&app, &json!({ "query": other, "extensions": extension(&hash(other)) })),
        by_hash(&app, &hash(other)),
    ] {
        let refused = answer(request.header("accept", GRAPHQL_TYPE)).await;
        assert_refused(&refused, 400, "DOCUMENT_NOT_TRUSTED");
        assert!(message(&refused).contains("documents.mode = only"), "{}", refused.text);
    }
    let body = json!([{ "query": other }, { "documentId": "0af4" }]);
    let told = answer(post(&app, &body)).await.json();
    assert_eq!(told[0]["errors"][0]["extensions"]["code"], "DOCUMENT_NOT_TRUSTED");
    assert_eq!(told[1], expected);
}

#[tokio::test]
async fn in_mode_log_what_is_not_in_the_manifest_is_told_once() {
    let (lines, _guard) = listen("farol::graphql=warn");
    let app = in_mode(DocumentMode::Log, json!({ "0af4": HELLO })).await;
    let other = "query Other { __typename }";
    answer(app.query("{ nothing }")).await;
    answer(app.query(HELLO)).await;
    answer(by_hash(&app, &hash(HELLO))).await;
    assert_eq!(lines.read(), [] as [Value; 0]);
    let first = app.query(other).header("x-request-id", "first");
    assert_eq!(answer(first).await.json(), json!({ "data": { "__typename": "Query" } }));
    answer(app.query(other)).await;
    register(&app, other).await;
    answer(by_hash(&app, &hash(other))).await;
    register(&app, "{ again: __typename }").await;
    let written = lines.read();
    let [one, two] = &written[..] else { panic!("two lines, not {written:?}") };
    assert_eq!((&one["hash"], &one["operation"]), (&json!(hash(other)), &json!("Other")));
    assert_eq!((&one["request_id"], &one["level"]), (&json!("first"), &json!("WARN")));
    assert_eq!(two["hash"], hash("{ again: __typename }"));
}

/// Anything that JSON can say, with the names that mean something in every place.
fn anything() -> impl Strategy<Value = Value> {
    let names = || select(&["persistedQuery", "version", "sha256Hash", "documentId", "", "x"][..]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        select(&[0_i64, 1, 2, i64::MIN][..]).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(Value::from(hash(HELLO))),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let object = vec((names(), inner.clone()), 0..4).prop_map(|members| {
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
        });
        prop_oneof![3 => object, 1 => vec(inner, 0..3).prop_map(Value::from)]
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_names_a_document_is_survived() {
    let app = App::start().await;
    let cases = (anything(), anything(), any::<[bool; 3]>());
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let check = async |extensions: Value, id: Value, [query, has_id, wrapped]: [bool; 3]| {
        let extensions = if wrapped { json!({ "persistedQuery": extensions }) } else { extensions };
        let mut body = json!({ "extensions": extensions });
        if query {
            body["query"] = HELLO.into();
        }
        if has_id {
            body["documentId"] = id;
        }
        let told = answer(post(&app, &body)).await;
        let read: Value = serde_json::from_str(&told.text).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!([200, 400].contains(&told.status.as_u16()), "{}: {}", body, told.text);
        prop_assert!(read.get("data").is_some() != read.get("errors").is_some(), "{}: {}", body, told.text);
        Ok(())
    };
    block_in_place(|| {
        let run = |(extensions, id, with)| Handle::current().block_on(check(extensions, id, with));
        runner.run(&cases, run).unwrap_or_else(|failure| panic!("{failure}"));
    });
}
