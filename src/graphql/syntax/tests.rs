//! What the limits see, what is validated and what is executed are read alike, on a small stack.

use std::thread;

use async_graphql_parser::types::{ExecutableDocument, Selection};
use async_graphql_value::Value;
use proptest::prelude::*;

use super::{super::guard, *};

/// Bytes of a stack that has room for the deepest document that passes the limits.
const SMALL_STACK: usize = 256 * 1024;

fn on_a_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(SMALL_STACK).spawn(run).unwrap().join().unwrap()
}

/// What becomes of a text: the message of its refusal, or `read`.
fn outcome(text: &str) -> String {
    let limits = guard::DocumentLimits::default();
    let read = guard::check_text(text, &limits).and_then(|()| parse(text));
    let checked = read.and_then(|parsed| guard::check_document(&parsed.executable, &limits));
    checked.map_or_else(|refused| refused.message, |_| "read".to_owned())
}

fn value(text: &str) -> Value {
    let parsed = parse(&format!("{{ a(b: {text}) }}")).unwrap();
    argument(&parsed.executable)
}

fn argument(document: &ExecutableDocument) -> Value {
    let (_, operation) = document.operations.iter().next().unwrap();
    let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else { panic!("a field") };
    field.node.arguments[0].1.node.clone()
}

/// Each hides brackets or tokens from who reads strings otherwise than the parser.
#[test]
fn nothing_hides_in_a_string() {
    let nested = "[".repeat(1_600);
    for text in [
        format!("{{a(b:[\"\"\" \" {nested}]]]])}}"),
        format!("{{a(b:[\"\"\" \\\"\" {nested}]]]])}}"),
        format!("{{a(b:[\"\"\" \\\\\"\"\" {nested}"),
        format!("{{a(b:[\"\"\" \\\"\"\"\" {nested}"),
        format!("{{a(b:[\"\" {nested}"),
        format!("{{a(b:[\"\\\" {nested}"),
        format!("{{a(b:[\"\n{nested}"),
        format!("{{a(b:[\"\\u{{0041\" {nested}"),
        format!("{{a(b:[#\" \n{nested}"),
        format!("{{a(b:[#\" \r{nested}"),
        format!("\u{feff}{{a(b:[{nested}"),
        nested.clone(),
        "{a".repeat(1_600),
        "{...{a".repeat(800),
        format!("query($a:{nested}Int"),
        format!("{{a(b:{}", "{c:".repeat(1_600)),
        format!("{{a@b(c:{nested}"),
        format!("fragment a on {nested}"),
    ] {
        let refused = on_a_small_stack(move || outcome(&text));
        let expected = ["nested 65 deep", "cannot be read"];
        assert!(expected.iter().any(|part| refused.contains(part)), "{refused}");
    }
    let tokens = "\"\"\" \\\"\"\" \"\"\" ".to_owned() + &"a ".repeat(20_000);
    assert!(outcome(&tokens).contains("tokens, 15000 at most"), "{}", outcome(&tokens));
    for open in ["{a(b:\"", "{a(b:\"\"\"", "{a(b:\"\"\"\"", "{a(b:\"\\", "{a(b:\"\"\" \\\"\"\""] {
        assert!(outcome(open).contains("cannot be read"), "{open}: {}", outcome(open));
    }
}

#[test]
fn the_parser_is_bounded_by_itself() {
    for text in [
        "[".repeat(3_000),
        "{a".repeat(3_000),
        "{...{a".repeat(3_000),
        format!("{{a(b:{}", "[".repeat(3_000)),
        format!("{{a(b:{}", "{c:".repeat(3_000)),
        format!("query($a:{}Int", "[".repeat(3_000)),
        format!("query($a:[Int]={}", "[".repeat(3_000)),
    ] {
        assert!(on_a_small_stack(move || parse(&text).is_err()));
    }
}

#[test]
fn what_is_as_deep_as_it_may_be_fits_the_small_stack() {
    let (open, close) = ("[".repeat(62), "]".repeat(62));
    for text in [
        format!("{{a(b:{open}{close})}}"),
        format!("query($a:{open}Int{close}){{a}}"),
        format!("{{a(b:{}1{})}}", "{c:".repeat(62), "}".repeat(62)),
        format!("{}a{}", "{a".repeat(64), "}".repeat(64)),
        format!("{}{{a}}{}", "{...".repeat(63), "}".repeat(63)),
    ] {
        assert_eq!(on_a_small_stack(move || outcome(&text)), "read");
    }
}

#[test]
fn values_are_what_the_specification_says() {
    let text = |text: &str| Value::String(text.to_owned());
    assert_eq!(value(r#""a\"\\\/\b\f\n\r\tA\uD83D\uDE00""#), text("a\"\\/\u{8}\u{c}\n\r\tA😀"));
    assert_eq!(value("\"\"\"a\\\"\"\"b\"\"\""), text("a\"\"\"b"));
    assert_eq!(value("\"\"\"\n    a\n\n      b\\n\n    \n\"\"\""), text("a\n\n  b\\n"));
    assert_eq!(value("12345678901234567890"), Value::Number(12_345_678_901_234_567_890_u64.into()));
    assert_eq!(value("[1 , 2,]"), value("[1 2]"));
    assert_eq!(value("{a: $v b: E}").to_string(), "{a: $v, b: E}");
    assert!(parse("{ a(b: 1e999) }").is_err_and(|error| error.message.contains("out of range")));
    assert!(parse("query ($a: [ ID! # one\n ]!) { a }").is_ok());
    assert!(parse("{ ... on#c\nAward { id } }").is_ok());
}

#[test]
fn operations_have_names_of_their_own() {
    for (text, message) in [
        ("{ a } { b }", "must be the only one"),
        ("query A { a } query A { b }", "two operations A"),
        ("{ a } fragment f on A { a } fragment f on A { b }", "two fragments f"),
        ("fragment f on A { a }", "no operation"),
        ("", ""),
        ("type A { a: Int }", "no operation"),
    ] {
        let error = parse(text).err().unwrap_or_else(|| panic!("{text}")).message;
        assert!(error.contains(message), "{text}: {error}");
    }
}

proptest! {
    /// Any text is read or refused, with as many tokens for the limits as the parser finds.
    #[test]
    fn any_text_has_the_tokens_that_the_parser_finds(
        parts in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "(", ")", "[", "]", "\"", "\"\"\"", "\\", "\\\"\"\"", "\\u0041", "\\u{41}", "#", "\n", "\r", ",",
            " ", "a", "on", "...", ":", "$", "@", "!", "=", "|", "&", "1", "-", ".5", "e9", "é", "\u{feff}", "\u{0}",
            "query", "fragment", "null", "true",
        ]), 0..40)
    ) {
        let text = parts.concat();
        let tokens: Result<Vec<_>, _> = tokens(&text).collect();
        match (parse(&text), tokens) {
            (Ok(parsed), Ok(tokens)) => {
                // Printed by the parser's own serializer, the document has the same tokens but for optional ones.
                let printed = parsed.tree.to_string();
                let again = parse(&printed).unwrap_or_else(|error| panic!("{printed}: {}", error.message));
                prop_assert_eq!(&again.tree.to_string(), &printed);
                prop_assert!(!tokens.is_empty());
            }
            (Ok(_), Err(error)) => prop_assert!(false, "read with an error of the lexer: {error:?}"),
            (Err(refused), _) => prop_assert!(refused.message.contains("cannot be read")),
        }
    }
}
