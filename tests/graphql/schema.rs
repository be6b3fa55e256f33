//! `schema.graphql` is the schema of this program, and every word of it is documented.

use std::{env, fs};

use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};
use farol::graphql;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");

/// `UPDATE_SCHEMA=1` writes it anew.
#[test]
fn the_committed_schema_is_the_schema() {
    if env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(PATH, graphql::sdl()).unwrap();
    }
    let committed = fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        committed == graphql::sdl(),
        "schema.graphql is not the schema: run with UPDATE_SCHEMA=1 and look at the change"
    );
}

#[test]
fn everything_is_described() {
    let document = parse_schema(graphql::sdl()).unwrap();
    let mut silent = Vec::new();
    for definition in &document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let definition = &definition.node;
        let name = &definition.name.node;
        let mut note = |what: String, description: bool| {
            if !description {
                silent.push(what);
            }
        };
        note(name.to_string(), definition.description.is_some());
        let fields = match &definition.kind {
            TypeKind::Object(object) => object.fields.as_slice(),
            TypeKind::Interface(interface) => interface.fields.as_slice(),
            TypeKind::Enum(values) => {
                for value in &values.values {
                    note(format!("{name}.{}", value.node.value), value.node.description.is_some());
                }
                &[]
            }
            TypeKind::InputObject(input) => {
                for field in &input.fields {
                    note(format!("{name}.{}", field.node.name), field.node.description.is_some());
                }
                &[]
            }
            _ => &[],
        };
        for field in fields {
            let field = &field.node;
            note(format!("{name}.{}", field.name), field.description.is_some());
            for argument in &field.arguments {
                let what = format!("{name}.{}({})", field.name, argument.node.name);
                note(what, argument.node.description.is_some());
            }
        }
    }
    assert!(silent.is_empty(), "without a description: {silent:#?}");
}
