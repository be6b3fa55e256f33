//! What an answer tells caches, browsers' and those between: how long it may be used, what it is called,
//! and where it comes from.
//!
//! What must stay true: only a whole response by GET or HEAD, one that this server keeps itself and that
//! has no errors, may be kept by others; of everything else they are told to keep nothing.

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::respond::Reply;
use crate::{
    cache::response::Stored,
    graphql::{Counts, Execution, Source},
};

const X_FAROL_CACHE: HeaderName = HeaderName::from_static("x-farol-cache");
/// What an answer depends on besides the request's own parameters.
const VARY: HeaderValue = HeaderValue::from_static("accept, accept-encoding, graphql-cost, graphql-cache");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// What is promised to those who keep answers.
#[derive(Clone)]
pub struct Promise {
    /// Whether anyone may have the answers: then caches between may keep them too, else browsers alone.
    pub public: bool,
    /// How long they may use an answer without asking.
    pub max_age: Duration,
    /// How much longer they may use it while they ask.
    pub stale_while_revalidate: Duration,
    /// How long ago this server last knew that its answers are current.
    pub behind: Arc<dyn Fn() -> Duration + Send + Sync>,
}

/// The promise as it is written.
#[derive(Clone)]
pub(super) struct Headers {
    cache_control: HeaderValue,
    behind: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Default for Promise {
    /// Ten seconds, and another thirty while asking, of a server that is never behind.
    fn default() -> Self {
        Self {
            public: true,
            max_age: Duration::from_secs(10),
            stale_while_revalidate: Duration::from_secs(30),
            behind: Arc::new(|| Duration::ZERO),
        }
    }
}

impl Headers {
    pub(super) fn new(promise: Promise) -> Self {
        let Promise { public, max_age, stale_while_revalidate, behind } = promise;
        let text = format!(
            "{}, max-age={}, stale-while-revalidate={}",
            if public { "public" } else { "private" },
            max_age.as_secs(),
            stale_while_revalidate.as_secs()
        );
        Self { cache_control: HeaderValue::try_from(text).unwrap_or(NO_STORE), behind }
    }

    /// Writes what is true of an answer that others may keep: also of the 304 in its place.
    pub(super) fn write(&self, stored: &Stored, into: &mut HeaderMap) {
        into.insert(header::CACHE_CONTROL, self.cache_control.clone());
        if let Ok(tag) = HeaderValue::from_str(stored.entity_tag()) {
            into.insert(header::ETAG, tag);
        }
        // What is kept is held against the change log whenever it is found: it is as old as the last look.
        into.insert(header::AGE, HeaderValue::from((self.behind)().as_secs()));
    }
}

/// Writes what is true of an answer that others may not keep.
pub(super) fn forbid(into: &mut HeaderMap) {
    into.insert(header::CACHE_CONTROL, NO_STORE);
}

/// Writes what every answer tells: what it depends on, and where it comes from.
pub(super) fn describe(reply: &Reply, into: &mut HeaderMap) {
    into.insert(header::VARY, VARY);
    into.insert(X_FAROL_CACHE, source(reply.all()));
}

/// Where answers come from. Of a batch: what its executed operations took together; else how old the oldest
/// response is.
fn source(executions: &[Execution]) -> HeaderValue {
    let mut executed: Option<(u64, u64)> = None;
    for execution in executions {
        if let Source::Fields(Counts { memory, shared, database }) = execution.source {
            let (hits, misses) = executed.get_or_insert_default();
            *hits += memory + shared;
            *misses += database;
        }
    }
    let known = executions.iter().filter(|execution| execution.source == Source::Response);
    let oldest = known.filter_map(|execution| execution.stored.as_ref()).map(|stored| stored.age()).max();
    let text = match (executed, oldest) {
        (Some((hits, misses)), _) => format!("fields; hits={hits}, misses={misses}"),
        (None, Some(age)) => format!("response; age={}", age.as_secs()),
        (None, None) => return HeaderValue::from_static("none"),
    };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("none"))
}
