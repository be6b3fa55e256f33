//! Parsed documents, kept by their text: parsing costs more than running a small query.

use std::sync::Arc;

use async_graphql::{Name, ServerError, Value, Variables};
use async_graphql_parser::{
    Positioned, parse_query,
    types::{
        Directive, DocumentOperations, ExecutableDocument, InlineFragment, OperationDefinition, Selection,
    },
};
use moka::sync::Cache;

use super::{
    cost::Formulas,
    error::refusal,
    guard::{self, DocumentLimits},
    shape::Shape,
};
use crate::error::Code;

/// Memory for documents, in bytes, as far as [`BYTES_PER_BYTE`] is right.
const MOST_MEMORY: u64 = 32 * 1024 * 1024;
/// What a byte of text takes when it is parsed, roughly.
const BYTES_PER_BYTE: usize = 50;

/// The cache of parsed documents. Only documents that the guard let pass are in it.
pub(super) struct Documents {
    known: Cache<String, Arc<Document>>,
    shape: Shape,
    most: DocumentLimits,
}

/// A document that the guard let pass.
pub(super) struct Document {
    pub(super) parsed: ExecutableDocument,
    /// What its operations cost, but for the variables.
    pub(super) formulas: Formulas,
    /// Whether it asks for the schema.
    pub(super) introspects: bool,
}

impl Documents {
    pub(super) fn new(shape: Shape, most: DocumentLimits) -> Self {
        let weigh = |text: &String, _: &Arc<_>| {
            u32::try_from(text.len().saturating_mul(BYTES_PER_BYTE)).unwrap_or(u32::MAX)
        };
        Self { known: Cache::builder().max_capacity(MOST_MEMORY).weigher(weigh).build(), shape, most }
    }

    /// The document of a text: from memory, else guarded, parsed, measured and its formulas compiled.
    pub(super) fn parse(&self, text: &str) -> Result<Arc<Document>, ServerError> {
        if let Some(known) = self.known.get(text) {
            return Ok(known);
        }
        guard::check_text(text, &self.most)?;
        let parsed = parse_query(text).map_err(|error| {
            let mut error = ServerError::from(error);
            // The parser draws the place over several lines; `locations` has it, the last line says what.
            if let Some((_, expected)) = error.message.rsplit_once("= ") {
                error.message = format!("the document cannot be read: {}", expected.trim());
            }
            error.extensions.get_or_insert_default().set("code", Code::GraphqlParseFailed.as_str());
            error
        })?;
        let introspects = guard::check_document(&parsed, &self.most)?;
        let formulas = Formulas::compile(&self.shape, &parsed);
        let document = Arc::new(Document { parsed, formulas, introspects });
        self.known.insert(text.to_owned(), document.clone());
        Ok(document)
    }
}

/// The operation that a request means, with its name.
pub(super) fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<(Option<&'a str>, &'a OperationDefinition), ServerError> {
    let operations =
        document.operations.iter().map(|(known, operation)| (known.map(Name::as_str), operation));
    let mut meant = operations.filter(|(known, _)| name.is_none() || *known == name);
    match (meant.next(), meant.next()) {
        (Some((known, operation)), None) => Ok((known, &operation.node)),
        (Some(_), Some(_)) => {
            let message = "the document has several operations; say in operationName which one to run";
            Err(refusal(Code::BadUserInput, message))
        }
        (None, _) => {
            let name = name.unwrap_or_default();
            let message = format!("operationName is {name:.80?}; the document has no operation of that name");
            Err(refusal(Code::BadUserInput, message))
        }
    }
}

/// The document with all selections skipped: validation sees everything, and nothing is resolved.
pub(super) fn unexecuted(document: &ExecutableDocument) -> ExecutableDocument {
    let mut document = document.clone();
    match &mut document.operations {
        DocumentOperations::Single(operation) => skip(operation),
        DocumentOperations::Multiple(operations) => operations.values_mut().for_each(skip),
    }
    document
}

fn skip(operation: &mut Positioned<OperationDefinition>) {
    let at = operation.pos;
    let place = |name| Positioned::new(Name::new(name), at);
    let always = Positioned::new(Value::from(true).into_value(), at);
    let directive = Directive { name: place("skip"), arguments: vec![(place("if"), always)] };
    let selection_set = &mut operation.node.selection_set;
    let fragment = InlineFragment {
        type_condition: None,
        directives: vec![Positioned::new(directive, at)],
        selection_set: selection_set.clone(),
    };
    let skipped = Selection::InlineFragment(Positioned::new(fragment, at));
    selection_set.node.items = vec![Positioned::new(skipped, at)];
}

/// Gives every variable that has none its default, and checks that those that must have a value have
/// one. async-graphql knows no defaults where it reads `@skip` and `@include`.
pub(super) fn complete_variables(
    operation: &OperationDefinition,
    variables: &mut Variables,
) -> Result<(), ServerError> {
    for definition in operation.variable_definitions.iter().map(|definition| &definition.node) {
        let name = &definition.name.node;
        if let (None, Some(default)) = (variables.get(name), definition.default_value()) {
            variables.insert(name.clone(), default.clone());
        }
        if !definition.var_type.node.nullable && matches!(variables.get(name), None | Some(Value::Null)) {
            let message = format!("the variable ${name} of type {} has no value", definition.var_type.node);
            return Err(refusal(Code::BadUserInput, message));
        }
    }
    Ok(())
}
