//! Reads documents: one lexer and one parser, those of apollo-compiler, for limits, validation and execution.
//!
//! async-graphql executes, and takes the tree that [`convert`] makes from that of the parser. Its own parser is not
//! used: two parsers that read one text differently would check one document and run another.

mod convert;
mod positions;
mod tokens;

use apollo_compiler::{ast, parser::Parser};
use async_graphql::{Pos, ServerError};
use async_graphql_parser::types::ExecutableDocument;

use self::{convert::Conflict, positions::Positions};
use super::error::refusal;
use crate::error::Code;
pub(super) use tokens::tokens;

/// What the parser calls itself inside itself at most: for a selection, a value, a type. The brackets of a document
/// are bounded before ([`super::guard::MOST_NESTING`]); this bounds the parser by itself.
pub(super) const MOST_DEPTH: usize = 128;

/// A document that was read.
pub(super) struct Parsed {
    /// For validation.
    pub(super) tree: ast::Document,
    /// For execution.
    pub(super) executable: ExecutableDocument,
}

/// Reads a document. The first thing that is wrong with it is the error.
pub(super) fn parse(text: &str) -> Result<Parsed, ServerError> {
    let parsed = Parser::new().recursion_limit(MOST_DEPTH).parse_ast(text, "document");
    let positions = Positions::new(text);
    let tree = parsed.map_err(|wrong| {
        let first = wrong.errors.iter().next().map(|error| error.to_json());
        let (message, locations) = first.map(|error| (error.message, error.locations)).unwrap_or_default();
        let at = locations.first().map_or_else(Pos::default, |at| Pos { line: at.line, column: at.column });
        unreadable(&message, at)
    })?;
    let executable =
        convert::document(&tree, &positions).map_err(|Conflict { message, at }| unreadable(&message, at))?;
    Ok(Parsed { tree, executable })
}

/// The error of a text that is no document, at a place of it.
pub(super) fn unreadable(message: &str, at: Pos) -> ServerError {
    let mut error = refusal(Code::GraphqlParseFailed, format!("the document cannot be read: {message}"));
    error.locations.push(at);
    error
}

/// The place of a byte of a text.
pub(super) fn position(text: &str, offset: usize) -> Pos {
    Positions::new(text).of(offset)
}

#[cfg(test)]
mod tests;
