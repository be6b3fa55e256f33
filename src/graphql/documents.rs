//! Parsed documents, kept by their text: parsing costs more than running a small query.

use std::sync::Arc;

use async_graphql::ServerError;
use async_graphql_parser::{parse_query, types::ExecutableDocument};
use moka::sync::Cache;

use super::{error::refusal, guard};
use crate::error::Code;

/// Memory for documents, in bytes, as far as [`BYTES_PER_BYTE`] is right.
const MOST_MEMORY: u64 = 32 * 1024 * 1024;
/// What a byte of text takes when it is parsed, roughly.
const BYTES_PER_BYTE: usize = 50;

/// The cache of parsed documents. Only documents that the guard let pass are in it.
#[derive(Clone)]
pub(super) struct Documents(Cache<String, Arc<ExecutableDocument>>);

impl Documents {
    pub(super) fn new() -> Self {
        let weigh = |text: &String, _: &Arc<_>| {
            u32::try_from(text.len().saturating_mul(BYTES_PER_BYTE)).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(MOST_MEMORY).weigher(weigh).build())
    }

    /// The document of a text: guarded, parsed and measured, if not from memory.
    pub(super) fn parse(&self, text: &str) -> Result<Arc<ExecutableDocument>, ServerError> {
        if let Some(known) = self.0.get(text) {
            return Ok(known);
        }
        guard::check_text(text)?;
        let document = parse_query(text).map_err(|error| {
            let mut error = ServerError::from(error);
            error.extensions.get_or_insert_default().set("code", Code::GraphqlParseFailed.as_str());
            error
        })?;
        guard::check_document(&document)?;
        let document = Arc::new(document);
        self.0.insert(text.to_owned(), document.clone());
        Ok(document)
    }
}

/// The operation that a request means, with its name.
pub(super) fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<(Option<&'a str>, &'a async_graphql_parser::types::OperationDefinition), ServerError> {
    let mut operations = document
        .operations
        .iter()
        .filter(|(known, _)| name.is_none() || known.map(|known| known.as_str()) == name);
    match (operations.next(), operations.next()) {
        (Some((known, operation)), None) => Ok((known.map(|known| known.as_str()), &operation.node)),
        (Some(_), Some(_)) => {
            let message = "the document has several operations; say in operationName which one to run";
            Err(refusal(Code::BadUserInput, message))
        }
        (None, _) => {
            let message = format!(
                "operationName is {:.80?}, which the document does not have",
                name.unwrap_or_default()
            );
            Err(refusal(Code::BadUserInput, message))
        }
    }
}
