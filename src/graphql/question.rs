//! What makes two operations the same: the key under which a response is kept.
//!
//! The document without what does not matter in it, the operation that was chosen, and the values of the
//! variables that it declares, as they were completed and read. Two texts that differ in more than blanks,
//! commas and comments may get two keys though they mean the same: that costs an execution. Never may two
//! that mean different things get one.

use apollo_parser::TokenKind;
use async_graphql::{Name, Value as ConstValue, Variables};
use async_graphql_parser::types::{OperationDefinition, Selection};
use async_graphql_value::Value;
use sha2::{Digest as _, Sha256};

use super::syntax;
use crate::cache::response::Key;

/// Stands for a document.
pub(super) type Digest = [u8; 32];

/// The digest of a document that was parsed: of its tokens, each with its length.
pub(super) fn digest(text: &str) -> Digest {
    let mut digest = Sha256::new();
    for token in syntax::tokens(text).flatten() {
        digest.update(token.data().len().to_le_bytes());
        digest.update(token.data());
    }
    digest.finalize().into()
}

/// The key of an operation of a document, its variables completed and read.
pub(super) fn key(
    document: &Digest,
    (name, operation): (Option<&str>, &OperationDefinition),
    variables: &Variables,
) -> Key {
    let mut question = Vec::with_capacity(128);
    question.extend_from_slice(document);
    question.extend_from_slice(name.unwrap_or_default().as_bytes());
    // Names are letters, digits and underscores: a blank ends one. A name that is empty is none.
    question.push(b' ');
    for definition in &operation.variable_definitions {
        let name = &definition.node.name.node;
        if let Some(value) = variables.get(name) {
            write_entry(name, value, &mut question);
        }
    }
    Key::new(question)
}

/// The variable that is the argument `after` of the root field and nothing else.
pub(super) fn place_variable<'a>(text: &str, operation: &'a OperationDefinition) -> Option<&'a Name> {
    let mut fields = operation.selection_set.node.items.iter();
    let (Some(Selection::Field(field)), None) = (fields.next().map(|item| &item.node), fields.next()) else {
        return None;
    };
    let Value::Variable(name) = &field.node.get_argument("after")?.node else { return None };
    let mut tokens = syntax::tokens(text).flatten().peekable();
    let mut uses = 0;
    while let Some(token) = tokens.next() {
        if token.kind() == TokenKind::Dollar && tokens.peek().is_some_and(|next| next.data() == name.as_str())
        {
            uses += 1;
        }
    }
    // Its definition, and this argument.
    (uses == 2).then_some(name)
}

fn write_entry(name: &Name, value: &ConstValue, into: &mut Vec<u8>) {
    into.extend_from_slice(name.as_bytes());
    into.push(b':');
    write(value, into);
    into.push(b',');
}

/// Writes a value as JSON, objects in the order of their names. Values of codelists are texts, as in the
/// variables of a request.
fn write(value: &ConstValue, into: &mut Vec<u8>) {
    match value {
        ConstValue::List(values) => {
            into.push(b'[');
            for value in values {
                write(value, into);
                into.push(b',');
            }
            into.push(b']');
        }
        ConstValue::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_unstable_by_key(|(name, _)| *name);
            into.push(b'{');
            for (name, value) in entries {
                write_entry(name, value, into);
            }
            into.push(b'}');
        }
        // Writing plain values into memory cannot fail.
        plain => drop(serde_json::to_writer(into, plain)),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use serde_json::{Value, json};

    use super::{super::documents::operation, Key, digest, syntax};

    fn key(text: &str, name: Option<&str>, variables: Value) -> Key {
        let parsed = syntax::parse(text).unwrap().executable;
        super::key(&digest(text), operation(&parsed, name).unwrap(), &Variables::from_json(variables))
    }

    #[test]
    fn blanks_commas_and_comments_do_not_matter_and_all_else_does() {
        let text = "query Q($n: Int) { processes(first: $n, search: \"a  b\") { nodes { id ocid } } }";
        for same in [
            "query Q($n:Int){processes(first:$n search:\"a  b\"){nodes{id,ocid}}}",
            "# what\r\n\tquery Q($n : Int), {\n processes ( first: $n # how many\r , search: \"a  b\" ) { nodes { id # }\n ocid } } }",
        ] {
            assert_eq!(digest(text), digest(same), "{same}");
        }
        let others = [
            "query Q($n: Int) { processes(first: $n, search: \"a b\") { nodes { id ocid } } }",
            "query Q($n: Int) { processes(first: $n, search: \"a  b\") { nodes { ocid id } } }",
            "query R($n: Int) { processes(first: $n, search: \"a  b\") { nodes { id ocid } } }",
            "query Q($n: Int) { processes(first: $n, search: \"a  b\") { nodes { idocid } } }",
            "query Q($n: Int) { processes(first: $n, search: \"\"\"a  b\"\"\") { nodes { id ocid } } }",
        ];
        for other in others {
            assert_ne!(digest(text), digest(other), "{other}");
        }
    }

    #[test]
    fn what_a_block_string_holds_is_told_apart() {
        // The string goes on behind the escaped quotes.
        let text = r#"{ a(b: """x\\""" y z""") }"#;
        let other = r#"{ a(b: """x\\"""  y  z""") }"#;
        assert!(syntax::parse(text).is_ok() && syntax::parse(other).is_ok());
        assert_ne!(digest(text), digest(other));
    }

    #[test]
    fn the_declared_variables_and_the_chosen_operation_make_the_key() {
        let text = "query A($n: Int, $f: Filter) { a(n: $n, f: $f) } query B($n: Int) { b(n: $n) }";
        let one = key(text, Some("A"), json!({ "n": 1, "f": { "x": [1, 2], "y": "T" } }));
        let same = key(text, Some("A"), json!({ "f": { "y": "T", "x": [1, 2] }, "n": 1, "other": 7 }));
        assert_eq!(one, same);
        for (name, variables) in [
            ("B", json!({ "n": 1, "f": { "x": [1, 2], "y": "T" } })),
            ("A", json!({ "n": 2, "f": { "x": [1, 2], "y": "T" } })),
            ("A", json!({ "n": 1, "f": { "x": [12], "y": "T" } })),
            ("A", json!({ "n": 1, "f": { "x": [1, 2], "y": "T\",z:\"" } })),
            ("A", json!({ "n": 1, "f": null })),
            ("A", json!({ "n": 1 })),
            ("A", json!({ "n": "1", "f": { "x": [1, 2], "y": "T" } })),
        ] {
            assert_ne!(one, key(text, Some(name), variables.clone()), "{name} {variables}");
        }
    }
}
