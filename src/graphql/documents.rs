//! Parsed and validated documents, kept by their text: both cost more than running a small query.

use std::sync::Arc;

use async_graphql::{Name, ServerError, Value, Variables};
use async_graphql_parser::types::{ExecutableDocument, OperationDefinition};

use super::{
    cost::Formulas,
    error::{Refused, refusal},
    guard::{self, DocumentLimits},
    question::{self, Digest},
    shape::Shape,
    syntax::{self, Parsed},
    validation::{Validator, VariableTypes},
};
use crate::{
    cache::BoundedCache,
    error::{Code, quoted},
};

/// Memory for documents, in bytes, as far as [`BYTES_PER_BYTE`] is right.
const MOST_MEMORY: u64 = 32 * 1024 * 1024;
/// What a byte of text takes when it is parsed, roughly.
const BYTES_PER_BYTE: usize = 50;

/// The cache of documents. Only valid ones are in it.
pub(super) struct Documents {
    known: BoundedCache,
    shape: Shape,
    validator: Validator,
    most: DocumentLimits,
}

/// A document that the guard let pass.
pub(super) struct Document {
    pub(super) parsed: ExecutableDocument,
    /// What its operations cost, but for the variables.
    pub(super) formulas: Formulas,
    /// Whether it asks for the schema.
    pub(super) introspects: bool,
    /// The same for all texts of this document.
    pub(super) digest: Digest,
    /// The types of its variables, or why nothing of it may be executed.
    validated: Result<VariableTypes, Refused>,
}

impl Documents {
    /// No documents yet, of a schema by its definition.
    pub(super) fn new(sdl: &str, most: DocumentLimits) -> Self {
        let known = BoundedCache::new(MOST_MEMORY);
        Self { known, shape: Shape::new(sdl), validator: Validator::new(sdl), most }
    }

    /// The document of a text: from memory, else guarded, parsed, measured, validated and its formulas
    /// compiled. One that is not valid is given too, for its name and its cost can be told; it is not kept.
    pub(super) fn parse(&self, text: &str) -> Result<Arc<Document>, ServerError> {
        if let Some(known) = self.known.get(text.as_bytes()) {
            return Ok(known);
        }
        guard::check_text(text, &self.most)?;
        let Parsed { tree, executable: parsed } = syntax::parse(text)?;
        let introspects = guard::check_document(&parsed, &self.most)?;
        let formulas = Formulas::compile(&self.shape, &parsed);
        let validated = self.validator.validate(&tree);
        let digest = question::digest(text);
        let document = Arc::new(Document { parsed, formulas, introspects, digest, validated });
        if document.validated.is_ok() {
            let weight = text.len().saturating_mul(BYTES_PER_BYTE);
            self.known.insert(text.as_bytes(), document.clone(), weight);
        }
        Ok(document)
    }

    /// Whether a document may be executed at all: it is read, fits its limits and is valid.
    pub(super) fn check(&self, text: &str) -> Result<(), Refused> {
        self.parse(text)?.validated.as_ref().map(drop).map_err(Clone::clone)
    }

    /// Checks that a document is valid, and reads the variables of one of its operations.
    pub(super) fn check_valid(
        &self,
        document: &Document,
        operation: (Option<&str>, &OperationDefinition),
        variables: &mut Variables,
    ) -> Result<(), Refused> {
        match &document.validated {
            Ok(types) => self.validator.read_variables(types, operation, variables),
            Err(refused) => Err(refused.clone()),
        }
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
            let name = quoted(name.unwrap_or_default(), 80);
            let message = format!("operationName is {name}; the document has no operation of that name");
            Err(refusal(Code::BadUserInput, message))
        }
    }
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
