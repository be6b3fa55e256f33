//! What can go wrong while a request is answered, by whose move comes next.
//!
//! A resolver returns an [`Error`]; [`settle`] turns what reached the response into what a client may
//! see: every error has a code, the server's own faults are logged once, under the request's id, and masked.

use std::{collections::HashSet, fmt, sync::Arc, time::Duration};

use async_graphql::{PathSegment, Response, ServerError};

use crate::{error::Code, loader::LoadError, store::StoreError};

/// The extension of an error that says in how many seconds it is worth while to try again.
pub const RETRY_AFTER: &str = "retryAfter";

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
    /// A cursor of the change log behind which not every change can be told.
    #[error("{why}")]
    CursorExpired {
        /// What is wrong with it, and what to do.
        why: String,
        /// The oldest cursor that can be used.
        oldest: String,
    },
    /// The caller has not the scope for this.
    #[error("{0}")]
    Forbidden(String),
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
            Self::CursorExpired { .. } => Code::CursorExpired,
            Self::Forbidden(_) => Code::Forbidden,
            Self::Store(error) => match **error {
                StoreError::Unavailable(_) | StoreError::Busy(_) | StoreError::BreakerOpen { .. } => {
                    Code::DatabaseUnavailable
                }
                StoreError::Timeout { .. } => Code::Timeout,
                _ => Code::InternalServerError,
            },
            Self::Internal(_) => Code::InternalServerError,
        }
    }

    /// Whether trying again later may help.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.code(), Code::DatabaseUnavailable | Code::Timeout)
    }

    /// When it is worth while to try again, where that is known.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Store(error) => match **error {
                StoreError::BreakerOpen { retry_after } => Some(retry_after),
                _ => None,
            },
            _ => None,
        }
    }

    /// The message for clients: nothing in it tells of the server's inside.
    fn shown(&self, request_id: Option<&str>) -> String {
        match self.code() {
            Code::InternalServerError => {
                request_id.map_or_else(|| MASKED.to_owned(), |id| format!("{MASKED} under {id}"))
            }
            Code::DatabaseUnavailable => match self.retry_after() {
                Some(wait) => format!("the database does not answer; try again in {} s", seconds(wait)),
                None => "the database does not answer; try again in a moment".to_owned(),
            },
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

/// Errors in the answer to one request that is not executed.
const MOST_ERRORS: usize = 20;

/// Why a request is not executed: one error, or all that is wrong with a document.
#[derive(Clone, Debug)]
pub(super) struct Refused(pub(super) Vec<ServerError>);

impl Refused {
    /// What is wrong in many places. Only so much is told: a document of many mistakes must not get an
    /// answer much larger than itself.
    pub(super) fn of_many(mut errors: impl ExactSizeIterator<Item = ServerError>) -> Self {
        let mut told: Vec<_> = errors.by_ref().take(MOST_ERRORS).collect();
        let more = errors.len();
        if more > 0 {
            let message = format!("there are {more} more errors of this kind");
            told.push(refusal(Code::GraphqlValidationFailed, message));
        }
        Self(told)
    }
}

impl From<ServerError> for Refused {
    fn from(error: ServerError) -> Self {
        Self(vec![error])
    }
}

/// An error of a request that is not executed.
pub(super) fn refusal(code: Code, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", code.as_str());
    error
}

/// Adds what was found and what may be: for programs, as the message is for people.
pub(super) fn with_limit(mut error: ServerError, found: u64, limit: u64) -> ServerError {
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("limit", limit);
    extensions.set("actual", found);
    error
}

/// What is left of an operation that took longer than it may.
pub(super) fn too_late(limit: Duration) -> ServerError {
    let limit = limit.as_millis();
    let message = format!(
        "the operation took longer than {limit} ms (graphql.execution_timeout_ms) and was cancelled; \
         ask for fewer rows or narrow the filter"
    );
    refusal(Code::Timeout, message)
}

/// What is left of a request in which something panicked.
pub(super) fn panicked() -> ServerError {
    fault(Error::Internal("the operation panicked; the panic's own message stands above".to_owned()))
}

/// What went wrong outside of any field; [`settle`] makes of it what clients may see.
pub(super) fn fault(fault: Error) -> ServerError {
    let mut error = ServerError::new(fault.to_string(), None);
    error.source = Some(Arc::new(fault));
    error
}

/// Gives every error its code and the message that clients may read. A fault of the server is logged
/// here, and once, however many fields it reached. Errors come in the order of the document and then of
/// the rows, not in that of completion.
pub(super) fn settle(response: &mut Response, executed: bool, request_id: Option<&str>) {
    response.errors.sort_by_cached_key(place);
    // async-graphql resolves a field anew for every place that selects it: one error of each is enough.
    let mut told = HashSet::new();
    response.errors.retain(|error| error.path.is_empty() || told.insert(Path(&error.path).to_string()));
    let mut logged = HashSet::new();
    for error in &mut response.errors {
        let code = match error.source.take() {
            Some(source) => {
                // A source that is not ours may hold what nobody outside should read.
                let foreign = || Error::Internal(error.message.clone());
                let fault = source.downcast_ref::<Error>().cloned().unwrap_or_else(foreign);
                if logged.insert(fault.to_string()) {
                    log(&fault, error, request_id);
                }
                show(&fault, error, request_id);
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

/// Puts what clients may see in the place of a fault.
fn show(fault: &Error, error: &mut ServerError, request_id: Option<&str>) {
    error.message = fault.shown(request_id);
    error.extensions = None;
    if let (Code::InternalServerError, Some(id)) = (fault.code(), request_id) {
        error.extensions.get_or_insert_default().set("requestId", id);
    }
    if let Error::CursorExpired { oldest, .. } = fault {
        error.extensions.get_or_insert_default().set("oldest", oldest.as_str());
    }
    if let Some(wait) = fault.retry_after() {
        error.extensions.get_or_insert_default().set(RETRY_AFTER, seconds(wait));
    }
}

/// Whole seconds, after which it is sure to be over.
pub(super) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Where in the document and in its lists an error is. One that has no place comes last.
fn place(error: &ServerError) -> (bool, Option<(usize, usize)>, Vec<usize>) {
    let row = |segment: &PathSegment| match segment {
        PathSegment::Index(index) => Some(*index),
        PathSegment::Field(_) => None,
    };
    let position = error.locations.first().map(|position| (position.line, position.column));
    (position.is_none(), position, error.path.iter().filter_map(row).collect())
}

fn log(fault: &Error, at: &ServerError, request_id: Option<&str>) {
    let path = Path(&at.path);
    match fault.code() {
        Code::InternalServerError => {
            tracing::error!(request_id, %path, error = %fault, "a request met a fault of ours");
        }
        // While the database is left alone, the log said so once.
        Code::DatabaseUnavailable if fault.retry_after().is_some() => {}
        Code::DatabaseUnavailable | Code::Timeout => {
            tracing::warn!(request_id, %path, error = %fault, "a field could not be read");
        }
        _ => {}
    }
}

/// The path of a field as people write it: `process.awards.0.suppliers`.
struct Path<'a>(&'a [PathSegment]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            out.write_str(if index > 0 { "." } else { "" })?;
            match segment {
                PathSegment::Field(name) => out.write_str(name)?,
                PathSegment::Index(row) => write!(out, "{row}")?,
            }
        }
        Ok(())
    }
}

fn has_code(error: &ServerError) -> bool {
    error.extensions.as_ref().is_some_and(|values| values.get("code").is_some())
}
