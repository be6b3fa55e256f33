//! Manifests of trusted documents: the formats that tools write, and what is wrong with others.

use async_graphql::Request;
use farol::graphql::{
    Asked, Call, DocumentMode, DocumentName, DocumentOptions, Engine, Limits, Manifest, check_manifest,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Running, TestDatabase, farol};

/// What is wrong with a manifest by itself or with its documents.
fn wrong(manifest: &str) -> String {
    let checked = Manifest::parse(manifest.as_bytes()).and_then(|it| check_manifest(&it, Limits::default()));
    checked.expect_err("the manifest is refused").to_string()
}

fn apollo(operations: &Value) -> String {
    json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": operations }).to_string()
}

#[tokio::test]
async fn the_formats_of_the_tools_are_read() {
    // As relay-compiler writes it, with MD5; as graphql-codegen does, with SHA-1 or SHA-256.
    let plain = json!({
        "b10a8db164e0754105b7a99be72e3fe5": "query A { __typename }",
        "sha256:1b07b79f3cde94a2b23efa02e41b0a7f0fa7b4d4fdb1d3f9b6d3a6d1ad1b2e6f": "",
    });
    assert!(wrong(&plain.to_string()).contains("the hash of its text is another"));
    let plain =
        json!({ "b10a8db164e0754105b7a99be72e3fe5": "query A { __typename }", "list": "{ a: __typename }" });
    // As Apollo's generate-persisted-query-manifest does.
    let apollos = apollo(&json!([
        { "id": "b10a8db164e0754105b7a99be72e3fe5", "name": "A", "type": "query", "body": "query A { __typename }" },
        { "id": "list", "name": "L", "type": "query", "body": "{ a: __typename }" },
    ]));
    for manifest in [plain.to_string(), apollos] {
        let manifest = Manifest::parse(manifest.as_bytes()).unwrap();
        assert_eq!(manifest.len(), 2);
        let options = DocumentOptions { mode: DocumentMode::Only, manifest, ..DocumentOptions::default() };
        let engine = Engine::new(TestDatabase::sqlite().await.open().await, Limits::default());
        let engine = engine.with_documents(options).unwrap();
        for (name, field) in [("b10a8db164e0754105b7a99be72e3fe5", "__typename"), ("list", "a")] {
            let name = Some(DocumentName::Id(name.to_owned()));
            let asked = Asked { request: Request::new(""), name };
            let execution = engine.execute(asked, Call::default()).await;
            let data = serde_json::to_value(&execution.response.data).unwrap();
            assert_eq!(data, json!({ field: "Query" }), "{:?}", execution.response.errors);
        }
    }
    assert_eq!(Manifest::parse(b"{}").unwrap().len(), 0);
}

#[test]
fn what_is_no_manifest_is_refused_with_the_place() {
    for (manifest, says) in [
        ("", "it is not a JSON object: EOF while parsing a value at line 1 column 0"),
        ("[\"{ __typename }\"]", "it is not a JSON object: invalid type: sequence, expected an object"),
        ("{\n  \"a\": \"{ a }\",\n}", "trailing comma at line 3 column 1"),
        (
            &json!({ "format": "another", "version": 1, "operations": [] }).to_string(),
            "its format is \"another\" version 1; \"apollo-persisted-query-manifest\" version 1 is read",
        ),
        (
            &json!({ "format": "apollo-persisted-query-manifest", "version": 2, "operations": [] })
                .to_string(),
            "version 2; ",
        ),
        ("{\"format\": \"apollo-persisted-query-manifest\", \"version\": 1}", "missing field `operations`"),
        (&apollo(&json!([{ "id": "a", "name": "A" }])), "missing field `body`"),
        ("{\"a\": 1}", "the document \"a\": its text is not a JSON string"),
        ("{\"a\": \"{ a: __typename }\", \"a\": \"{ b: __typename }\"}", "another document has the same id"),
        ("{\"\": \"{ a: __typename }\"}", "the document \"\": the id is empty"),
    ] {
        let said = wrong(manifest);
        assert!(said.starts_with("the manifest of trusted documents cannot be used:\n  "), "{said}");
        assert!(said.contains(says), "{says} is not in: {said}");
    }
    let twice = "{\"a\": \"{ a: __typename }\", \"a\": \"{ a: __typename }\"}";
    assert_eq!(Manifest::parse(twice.as_bytes()).unwrap().len(), 2, "the same is no contradiction");
}

#[test]
fn every_document_must_fit_the_schema_and_the_first_ten_that_do_not_are_told() {
    let said = wrong(&apollo(&json!([
        { "id": "a", "name": "Right", "type": "query", "body": "query Right { __typename }" },
        { "id": "b", "name": "Wrong", "type": "query", "body": "query Wrong {\n  nothing\n  nobody\n}" },
        { "id": "c", "name": null, "type": "query", "body": "query {" },
        { "id": "d", "name": "Deep", "type": "query", "body": "{a".repeat(100) },
    ])));
    let lines: Vec<&str> = said.lines().skip(1).collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].starts_with("  the document \"b\" (Wrong): "), "{said}");
    assert!(lines[0].ends_with(" (line 2, column 3); and 1 more"), "{said}");
    assert!(lines[1].starts_with("  the document \"c\": the document cannot be read: "), "{said}");
    assert!(lines[2].starts_with("  the document \"d\" (Deep): the document is nested 65 deep"), "{said}");

    let many: serde_json::Map<String, Value> =
        (10..23).map(|number| (format!("n{number}"), "{ nothing }".into())).collect();
    let said = wrong(&Value::from(many).to_string());
    assert_eq!(said.lines().count(), 12, "{said}");
    assert!(said.ends_with("\n  and 3 more"), "{said}");
}

#[tokio::test]
async fn the_program_reads_the_manifest_and_refuses_a_wrong_one() {
    let directory = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("wrong.json", &json!({ "list": "{ nothing }" }).to_string());
    write("right.json", &json!({ "list": "{ __typename }" }).to_string());
    for (file, says) in [("wrong.json", "the document \"list\": "), ("none.json", "cannot read none.json")] {
        for command in ["serve", "doctor"] {
            let args = [command, "--documents-manifest", file, "--listen", "127.0.0.1:0"];
            let output = farol(directory.path(), &[], &args);
            assert_eq!(output.code, 2, "{}", output.stderr);
            assert!(output.stderr.contains("documents.manifest: "), "{}", output.stderr);
            assert!(output.stderr.contains(file) && output.stderr.contains(says), "{}", output.stderr);
        }
    }
    let output = farol(directory.path(), &[], &["doctor", "--documents-manifest", "right.json"]);
    assert!(output.stdout.ends_with("manifest: fits the schema (documents: 1)\n"), "{}", output.stdout);

    let args = ["serve", "--documents-manifest", "right.json", "--documents-mode", "only"];
    let server = Running::start(directory.path(), &args);
    assert_eq!(server.ask("{ __typename }").await, json!({ "data": { "__typename": "Query" } }));
    let refused = server.ask("{ serverInfo { version } }").await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "DOCUMENT_NOT_TRUSTED");
    assert_eq!(server.stop(), Some(0));
}
