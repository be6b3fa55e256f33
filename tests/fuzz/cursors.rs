//! Cursors: whatever clients bring back is a place in the list, or refused as their mistake.

use async_graphql::{Request, Variables};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use farol::graphql::{Call, Engine, Limits};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

use super::{damaged, fuzz};
use crate::{
    graphql::fixture,
    support::{TestDatabase, on_both_databases},
};

on_both_databases!(no_cursor_shows_a_fault);

/// Lists with cursors, by time, text, amount, count and place.
const LISTS: &[&str] = &[
    "processes(orderBy: DATE_DESC, ARGUMENTS) { edges { cursor } }",
    "processes(orderBy: TITLE_ASC, ARGUMENTS) { edges { cursor } }",
    "processes(orderBy: BIDS_DESC, ARGUMENTS) { edges { cursor } }",
    "processes(orderBy: VALUE_DESC, filter: {value: {currency: \"EUR\"}}, ARGUMENTS) { edges { cursor } }",
    "organizations(orderBy: NAME_ASC, ARGUMENTS) { edges { cursor } }",
    "processes(first: 3) { nodes { awards(ARGUMENTS) { edges { cursor } } } }",
    "changes(ARGUMENTS) { edges { cursor } }",
];

/// Keys and numbers at the edge of what can be read.
const PIECES: &[&str] = &[
    "|",
    "1",
    "0",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "1e400",
    "NaN",
    "",
    "79228162514264337593543950335",
    "0.0000000000000000000000000001",
    "8210298412799999",
    "-9007199254740993",
    "\u{0}",
    "\u{10ffff}",
    "'",
    "%",
    "é",
    " ",
];

async fn answer(engine: &Engine, document: &str, cursor: Option<&str>) -> Value {
    let asked = Request::new(document).variables(Variables::from_json(json!({ "at": cursor })));
    let execution = engine.execute(asked, Call::default()).await;
    serde_json::to_value(&execution.response).unwrap()
}

fn document(list: &str, arguments: &str) -> String {
    format!("query ($at: String) {{ {} }}", list.replace("ARGUMENTS", arguments))
}

/// The cursors in an answer, as what they stand for.
fn cursors(answer: &Value, found: &mut Vec<String>) {
    match answer {
        Value::Object(fields) => {
            if let Some(Value::String(cursor)) = fields.get("cursor") {
                let plain = BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap();
                found.push(String::from_utf8(plain).unwrap());
            }
            fields.values().for_each(|value| cursors(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| cursors(value, found)),
        _ => {}
    }
}

async fn no_cursor_shows_a_fault(database: TestDatabase) {
    let database = database.open().await;
    fixture::load(&database).await;
    let engine = Engine::new(database, Limits::default());
    let mut known = Vec::new();
    for list in LISTS {
        let before = known.len();
        let found = answer(&engine, &document(list, "first: 3, after: $at"), None).await;
        cursors(&found, &mut known);
        assert!(known.len() > before, "{list}: {found}");
    }
    let piece = || prop_oneof![select(PIECES).prop_map(str::to_owned), any::<String>()];
    let plain =
        prop_oneof![6 => damaged(select(known.clone()), piece()), 2 => select(known), 1 => any::<String>()];
    let cursor = prop_oneof![
        8 => plain.prop_map(|plain| BASE64_URL_SAFE_NO_PAD.encode(plain)),
        1 => any::<Vec<u8>>().prop_map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes)),
        1 => any::<String>(),
    ];
    fuzz("cursors", &(select(LISTS), cursor), async |(list, cursor)| {
        let answer = answer(&engine, &document(list, "first: 2, after: $at"), Some(&cursor)).await;
        for error in answer["errors"].as_array().into_iter().flatten() {
            let code = error["extensions"]["code"].as_str().unwrap_or_default();
            prop_assert!(["BAD_USER_INPUT", "CURSOR_EXPIRED"].contains(&code), "{error}");
        }
        Ok(())
    });
}
