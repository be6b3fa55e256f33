//! What can go wrong while a request is answered, by whose move comes next.
//!
//! A resolver returns an [`Error`]; [`settle`] turns what reached the response into what a client may
//! see: every error has a code, the server's own faults are logged once and masked.

use std::{collections::HashSet, sync::Arc};

use async_graphql::{PathSegment, Response, ServerError};

use crate::{error::Code, loader::LoadError, store::StoreError};

/// What clients read in place of a fault of the server.
pub const MASKED: &str = "something went wrong on the server; its log has the details";

/// A value that may be absent, or that failed to be read. A failure shows as null with an error, and
/// the fields beside it stay (`Result<Option<T>>` would null the whole parent).
pub(super) type Nullable<T> = Option<Result<T, Error>>;

/// Why a field has no value.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Error {
    /// An argument has a value that cannot be used.
    #[error("{0}")]
    BadInput(String),
    /// Several datasets hold the ocid and none was named.
    #[error("the ocid {ocid:?} is in several datasets ({}); name one of them in the argument dataset", .datasets.join(", "))]
    AmbiguousOcid {
        /// What was asked for.
        ocid: String,
        /// The names of the datasets that hold it.
        datasets: Vec<String>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    /// A defect of the server.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// The code for clients.
    fn code(&self) -> Code {
        match self {
            Self::BadInput(_) => Code::BadUserInput,
            Self::AmbiguousOcid { .. } => Code::AmbiguousOcid,
            Self::Store(error) => match **error {
                StoreError::Unavailable(_) => Code::DatabaseUnavailable,
                StoreError::Timeout { .. } => Code::Timeout,
                _ => Code::InternalServerError,
            },
            Self::Internal(_) => Code::InternalServerError,
        }
    }

    /// The message for clients: nothing in it tells of the server's inside.
    fn shown(&self) -> String {
        match self.code() {
            Code::InternalServerError => MASKED.to_owned(),
            Code::DatabaseUnavailable => "the database does not answer; try again in a moment".to_owned(),
            Code::Timeout => "the database took too long; ask for fewer rows or narrow the filter".to_owned(),
            _ => self.to_string(),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<LoadError<Arc<StoreError>>> for Error {
    fn from(error: LoadError<Arc<StoreError>>) -> Self {
        match error {
            LoadError::Batch(error) => Self::Store(error),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// An error of a request that is not executed.
pub(super) fn refusal(code: Code, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", code.as_str());
    error
}

/// Gives every error its code and the message that clients may read. A fault of the server is logged
/// here, and once, however many fields it reached. Errors come in the order of the document and then of
/// the rows, not in that of completion.
pub(super) fn settle(response: &mut Response, executed: bool) {
    response.errors.sort_by_cached_key(place);
    let mut logged = HashSet::new();
    for error in &mut response.errors {
        let source = error.source.take();
        let fault = source.as_deref().and_then(|source| source.downcast_ref::<Error>());
        let code = match fault {
            Some(fault) => {
                if logged.insert(fault.to_string()) {
                    log(fault, error);
                }
                error.message = fault.shown();
                fault.code()
            }
            None if has_code(error) => continue,
            // What async-graphql says by itself: a value that does not fit its type.
            None if executed => Code::BadUserInput,
            None => Code::GraphqlValidationFailed,
        };
        error.extensions.get_or_insert_default().set("code", code.as_str());
    }
}

/// Where in the document and in its lists an error is.
fn place(error: &ServerError) -> (Option<(usize, usize)>, Vec<usize>) {
    let row = |segment: &PathSegment| match segment {
        PathSegment::Index(index) => Some(*index),
        PathSegment::Field(_) => None,
    };
    let position = error.locations.first().map(|position| (position.line, position.column));
    (position, error.path.iter().filter_map(row).collect())
}

fn log(fault: &Error, at: &ServerError) {
    match fault.code() {
        Code::InternalServerError => tracing::error!(path = ?at.path, error = %fault, "a field failed"),
        Code::DatabaseUnavailable | Code::Timeout => {
            tracing::warn!(path = ?at.path, error = %fault, "a field could not be read");
        }
        _ => {}
    }
}

fn has_code(error: &ServerError) -> bool {
    error.extensions.as_ref().is_some_and(|values| values.get("code").is_some())
}
