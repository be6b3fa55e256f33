//! The tokens of a document: by the lexer that the parser reads with, so that both find the same.

use apollo_parser::{Error, Lexer, Token, TokenKind};

/// The tokens of a text (GraphQL, section 2.1.6). Blanks, line ends, commas and comments are none; a string is one.
/// What is no token is an error, and so is a string that does not end.
pub(in crate::graphql) fn tokens(text: &str) -> impl Iterator<Item = Result<Token<'_>, Error>> {
    Lexer::new(text).filter(|token| {
        !token.as_ref().is_ok_and(|token| {
            matches!(
                token.kind(),
                TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma | TokenKind::Eof
            )
        })
    })
}
