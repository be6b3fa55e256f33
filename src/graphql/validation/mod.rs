//! Whether a document is one that the specification allows, and whether variables fit it.
//!
//! apollo-compiler validates, once for each document that is kept; async-graphql, which executes, is told
//! to trust it. [`positions`] adds what apollo-compiler leaves out, [`variables`] reads the values of each
//! request, [`scalars`] knows which texts our own scalars take.
//!
//! What must stay true: only documents that the guard let pass come here. Its bounds of nesting (64) and of
//! expanded selections keep validation from overflowing the stack and from taking long; apollo-compiler's
//! own bounds (500 levels of syntax, 100 fragments in a chain, 128 levels of fields) lie beyond them.

mod positions;
mod scalars;
mod variables;

pub(super) use scalars::MAX_TEXT_BYTES;

use std::collections::HashMap;

use apollo_compiler::{
    Name, Schema,
    ast::{Document, Type},
    parser::LineColumn,
    schema::{Component, ExtendedType, FieldDefinition},
    validation::{DiagnosticList, Valid},
};
use async_graphql::{Pos, ServerError};

use super::error::{Refused, refusal};
use crate::error::Code;

/// Characters of a message. It may quote the document, which may be long.
const MOST_CHARACTERS: usize = 300;

/// The schema that documents are held against.
pub(super) struct Validator {
    schema: Valid<Schema>,
}

/// The types of the variables of each operation, by its name, in the order of the document.
pub(super) type VariableTypes = HashMap<Option<String>, Vec<Type>>;

impl Validator {
    /// Reads a schema definition. What cannot be read is left out: a test keeps it readable.
    pub(super) fn new(sdl: &str) -> Self {
        let mut schema = Schema::parse(sdl, "schema.graphql").unwrap_or_else(|wrong| wrong.partial);
        add_is_one_of(&mut schema);
        Self { schema: schema.validate().unwrap_or_else(|wrong| Valid::assume_valid(wrong.partial)) }
    }

    /// Validates a document: the types of its variables, or all that is wrong with it.
    pub(super) fn validate(&self, document: &Document) -> Result<VariableTypes, Refused> {
        let document = document
            .to_executable_validate(&self.schema)
            .map_err(|wrong| refused(Code::GraphqlValidationFailed, &wrong.errors))?;
        positions::check(&self.schema, &document)
    }
}

/// A field that async-graphql offers and apollo-compiler does not know yet.
fn add_is_one_of(schema: &mut Schema) {
    let (Ok(name), Ok(boolean)) = (Name::new("isOneOf"), Name::new("Boolean")) else { return };
    if let Some(ExtendedType::Object(ty)) = schema.types.get_mut("__Type") {
        let ty_of_field = Type::Named(boolean);
        let field = FieldDefinition {
            description: None,
            name: name.clone(),
            arguments: Vec::new(),
            ty: ty_of_field,
            directives: apollo_compiler::ast::DirectiveList::new(),
        };
        ty.make_mut().fields.entry(name).or_insert_with(|| Component::new(field));
    }
}

/// What apollo-compiler found, as clients may read it.
fn refused(code: Code, found: &DiagnosticList) -> Refused {
    let told = found.iter().map(|diagnostic| {
        let error = diagnostic.to_json();
        fault(code, &error.message, error.locations.first().copied())
    });
    Refused::of_many(told)
}

/// An error at a place of the document, its message on one line.
fn fault(code: Code, message: &str, at: Option<LineColumn>) -> ServerError {
    let words: Vec<&str> = message.split_whitespace().collect();
    let mut message = words.join(" ");
    if let Some((end, _)) = message.char_indices().nth(MOST_CHARACTERS) {
        message.truncate(end);
        message.push('…');
    }
    let mut error = refusal(code, message);
    error.locations.extend(at.map(|at| Pos { line: at.line, column: at.column }));
    error
}

#[cfg(test)]
mod tests;
