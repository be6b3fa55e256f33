//! The closed list of error codes: what a client may find in `extensions.code`.
//!
//! Clients branch on these, so a code is never renamed and never means two things. The message
//! beside it is for people and may change; what it says of what a client sent, it quotes.

/// The kind of an error, as clients see it in `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The HTTP request is not a GraphQL request: malformed JSON, a missing or mistyped parameter.
    BadRequest,
    /// The document is not GraphQL.
    GraphqlParseFailed,
    /// The document does not fit the schema.
    GraphqlValidationFailed,
    /// An argument or variable has a value that cannot be used.
    BadUserInput,
    /// The operation's cost is above the limit.
    QueryTooComplex,
    /// The operation is nested deeper than the limit.
    QueryTooDeep,
    /// Several datasets hold the ocid and none was named.
    AmbiguousOcid,
    /// The cursor is not one of this server's change log, or some of the changes behind it are not kept any more;
    /// `oldest` beside the code is the oldest cursor that can be used.
    CursorExpired,
    /// The messages of a subscription were not taken in time: it can be resumed.
    SlowConsumer,
    /// What was shown does not hold, or nothing was shown and this server answers nobody whom it does not know.
    Unauthenticated,
    /// The caller may not do this: what he has shown allows less, or nobody may on this server.
    Forbidden,
    /// Nobody registered the document of this hash: the client is to send hash and text.
    PersistedQueryNotFound,
    /// Documents cannot be registered here: the client is to send texts only.
    PersistedQueryNotSupported,
    /// No document has the id that `documentId` gives.
    DocumentNotFound,
    /// Only documents of the server's manifest may run, and this is none of them.
    DocumentNotTrusted,
    /// The method is not offered here, or the operation is not allowed with it.
    MethodNotAllowed,
    /// The client accepts none of the media types offered.
    NotAcceptable,
    /// The body is not JSON in UTF-8.
    UnsupportedMediaType,
    /// The body is larger than the limit.
    PayloadTooLarge,
    /// Another site's page sent this without the browser asking permission first.
    CrossSiteRequest,
    /// A WebSocket has as many operations open as it may; others may be opened when one of them ends.
    TooManyOperations,
    /// The server, or this client's address, has as many sockets and event streams open as it may.
    TooManyConnections,
    /// The caller asks for more than his plan allows; `retryAfter` beside the code tells in how many seconds it
    /// allows this.
    RateLimited,
    /// The server has more to do than it can; nothing was begun, and trying again later helps.
    Overloaded,
    /// The database does not answer; trying again later may help.
    DatabaseUnavailable,
    /// It took longer than the limit: sending the request, or answering it.
    Timeout,
    /// A fault of the server. Details are in its log under the request id, never in the answer.
    InternalServerError,
}

impl Code {
    /// Every code there is.
    pub const ALL: [Self; 27] = [
        Self::BadRequest,
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::BadUserInput,
        Self::QueryTooComplex,
        Self::QueryTooDeep,
        Self::AmbiguousOcid,
        Self::CursorExpired,
        Self::SlowConsumer,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::PersistedQueryNotFound,
        Self::PersistedQueryNotSupported,
        Self::DocumentNotFound,
        Self::DocumentNotTrusted,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::UnsupportedMediaType,
        Self::PayloadTooLarge,
        Self::CrossSiteRequest,
        Self::TooManyOperations,
        Self::TooManyConnections,
        Self::RateLimited,
        Self::Overloaded,
        Self::DatabaseUnavailable,
        Self::Timeout,
        Self::InternalServerError,
    ];

    /// The code as it stands in `extensions.code`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::QueryTooDeep => "QUERY_TOO_DEEP",
            Self::AmbiguousOcid => "AMBIGUOUS_OCID",
            Self::CursorExpired => "CURSOR_EXPIRED",
            Self::SlowConsumer => "SLOW_CONSUMER",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
            Self::DocumentNotFound => "DOCUMENT_NOT_FOUND",
            Self::DocumentNotTrusted => "DOCUMENT_NOT_TRUSTED",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::CrossSiteRequest => "CROSS_SITE_REQUEST",
            Self::TooManyOperations => "TOO_MANY_OPERATIONS",
            Self::TooManyConnections => "TOO_MANY_CONNECTIONS",
            Self::RateLimited => "RATE_LIMITED",
            Self::Overloaded => "OVERLOADED",
            Self::DatabaseUnavailable => "DATABASE_UNAVAILABLE",
            Self::Timeout => "TIMEOUT",
            Self::InternalServerError => "INTERNAL_SERVER_ERROR",
        }
    }

    /// The code with this name; `None` for a name outside the list.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }
}

/// What a client sent, as a message quotes it: on one line, and cut where it is longer than `most` characters.
pub(crate) fn quoted(text: &str, most: usize) -> String {
    // The precision of `{:?}` would not cut it.
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, quoted};

    #[test]
    fn every_code_is_found_by_its_name() {
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(code));
        }
        assert_eq!(Code::parse("SOMETHING_ELSE"), None);
    }

    #[test]
    fn what_is_long_is_cut_at_a_character() {
        for (text, expected) in [
            ("", "\"\""),
            ("Łódź", "\"Łódź\""),
            ("臺北市工程", "\"臺北市工\"…"),
            ("a\nb\"c", "\"a\\nb\\\"\"…"),
        ] {
            assert_eq!(quoted(text, 4), expected);
        }
    }
}
