//! Documents made to burn or to abort: refused with a few hundred bytes, and the server goes on.

use std::fmt::Write;

use serde_json::{Value, json};

use super::app::{App, answer};

/// Thirty fragments that spread each other twice: a thousand million selections.
fn fragment_bomb() -> String {
    let mut bomb = "{...f0}".to_owned();
    for n in 0..30 {
        write!(bomb, "fragment f{n} on Query{{...f{0} ...f{0}}}", n + 1).unwrap();
    }
    bomb + "fragment f30 on Query{__typename}"
}

fn many(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

#[tokio::test]
async fn hostile_documents_get_small_answers_and_the_server_lives() {
    let app = App::start().await;
    let wide = "query ($n: Int) { processes(first: $n) { nodes { id } } }";
    let page = |size: &str| (format!("{{ processes(first: {size}) {{ nodes {{ id }} }} }}"), Value::Null);
    let variable =
        |size: &str| (wide.to_owned(), serde_json::from_str(&format!("{{\"n\":{size}}}")).unwrap());
    for ((document, variables), code, says) in [
        (
            (format!("{{ nodes(ids: {}) {{ id }} }}", "[".repeat(2_000)), Value::Null),
            "QUERY_TOO_DEEP",
            "nested",
        ),
        (
            (format!("{{ nodes(ids: {}{}) {{ id }} }}", "[".repeat(2_000), "]".repeat(2_000)), Value::Null),
            "QUERY_TOO_DEEP",
            "nested",
        ),
        (("{a".repeat(2_000), Value::Null), "QUERY_TOO_DEEP", "nested"),
        ((fragment_bomb(), Value::Null), "QUERY_TOO_COMPLEX", "20 at most (graphql.max_root_fields)"),
        (
            (format!("{{ serverInfo {} {{ version }} }}", "@a ".repeat(2_000)), Value::Null),
            "QUERY_TOO_COMPLEX",
            "has 2000 directives, 50 at most (graphql.max_directives)",
        ),
        (
            (format!("{{ serverInfo {{ {} }} }}", many(3_000, |n| format!("a{n}: version "))), Value::Null),
            "QUERY_TOO_COMPLEX",
            "has 3000 aliases, 30 at most (graphql.max_aliases)",
        ),
        (
            (format!("{{ {} }}", many(3_000, |n| format!("a{n}: __typename "))), Value::Null),
            "QUERY_TOO_COMPLEX",
            "has 3000 root fields, 20 at most (graphql.max_root_fields)",
        ),
        (
            (format!("{{ __typename {} }}", "#".repeat(102_400)), Value::Null),
            "QUERY_TOO_COMPLEX",
            "102400 at most (graphql.max_document_bytes)",
        ),
        (
            (format!("{{ {} }}", "a ".repeat(15_000)), Value::Null),
            "QUERY_TOO_COMPLEX",
            "has 15002 tokens, 15000 at most (graphql.max_tokens)",
        ),
        (page("2147483648"), "BAD_USER_INPUT", "first of processes is 2147483648; it must be 0 to 100"),
        (page("4294967297"), "BAD_USER_INPUT", "4294967297"),
        (page("9223372036854775808"), "BAD_USER_INPUT", "9223372036854775808"),
        (page("18446744073709551617"), "BAD_USER_INPUT", "first of processes is 1.8446744073709552e+19"),
        (variable("2147483648"), "BAD_USER_INPUT", "2147483648"),
        (variable("9223372036854775808"), "BAD_USER_INPUT", "9223372036854775808"),
        (variable("18446744073709551617"), "BAD_USER_INPUT", "first of processes is 1"),
    ] {
        let post = app.post(json!({ "query": document, "variables": variables }).to_string());
        let told = answer(post.header("content-type", "application/json")).await;
        assert_eq!(told.status, 200, "{document:.80}: {}", told.text);
        assert_eq!(told.code(), code, "{document:.80}: {}", told.text);
        assert!(told.text.len() < 400, "{} bytes: {}", told.text.len(), told.text);
        assert!(told.text.contains(says), "{says}: {}", told.text);
        assert_eq!(answer(app.query("{ __typename }")).await.text, "{\"data\":{\"__typename\":\"Query\"}}");
    }
    assert!((900..1_300).contains(&fragment_bomb().len()), "{}", fragment_bomb().len());
}
