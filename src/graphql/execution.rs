//! The answer to one operation, and what is told about it.

use std::{sync::Arc, time::Duration};

use async_graphql::{Response, Value};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::scope::{self, Counts};
use crate::{
    cache::response::{Making, Stored},
    limit::Verdict,
    telemetry::meter::Reading,
};

/// The answer to one operation.
pub struct Execution {
    /// The response as GraphQL gives it: data, errors, extensions. Empty when it is `stored`.
    pub response: Response,
    /// The response as it is kept, and sent: without errors.
    pub stored: Option<Arc<Stored>>,
    /// True when execution began, for this request or for the one whose response this is. False for a
    /// request error (syntax, validation, limits, coercion of variables, unknown operation): such a response
    /// has no `data` entry on the wire.
    pub executed: bool,
    /// Where the answer comes from.
    pub source: Source,
    /// What the operation was and what it took.
    pub stats: Stats,
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Nothing was executed: it was refused, or only asked about.
    #[default]
    Nothing,
    /// It was executed.
    Fields(Counts),
    /// It was made for another request and kept.
    Response,
}

/// What one operation was and what it took: for the access line and the metrics.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// The name of the operation that ran, if it has one.
    pub operation_name: Option<String>,
    /// `query`, `mutation` or `subscription`, or `batch` for several together; `None` when no operation
    /// could be chosen.
    pub operation_type: Option<&'static str>,
    /// The estimated cost, where the document could be read.
    pub cost: Option<u64>,
    /// What it cost indeed, where that was counted.
    pub actual_cost: Option<u64>,
    /// What caches had of it.
    pub cache: CacheCounts,
    /// SQL statements and database time.
    pub database: Reading,
    /// How long it waited for a place before it was executed.
    pub queued: Duration,
    /// What the caller has left of the cost that his plan allows, where it was charged.
    pub budget: Option<Verdict>,
}

/// How much of an answer caches had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    /// Values that were found; a whole response counts as one.
    pub hits: u64,
    /// Values that were loaded from the database.
    pub misses: u64,
}

/// A response as it goes over the wire: errors first, so that they are seen, and no `data` entry
/// when nothing was executed.
struct Wire<'a> {
    response: &'a Response,
    executed: bool,
}

impl Stats {
    /// Units of what was charged are the caller's again, and he is told so.
    pub(super) fn put_back(&mut self, units: u64) {
        self.budget = self.budget.map(|verdict| verdict.with_more(units));
    }
}

impl Execution {
    /// An answer that nothing was executed for.
    pub(crate) fn refused(response: Response, stats: Stats) -> Self {
        Self { response, stored: None, executed: false, source: Source::Nothing, stats }
    }

    /// An answer that was made for another request.
    pub(super) fn known(stored: Arc<Stored>, stats: Stats) -> Self {
        let (response, source) = (Response::default(), Source::Response);
        let stats = Stats { cache: CacheCounts::of(source), ..stats };
        Self { response, stored: Some(stored), executed: true, source, stats }
    }

    /// An answer that was just made. Written at once where it may be kept, so that what is kept is what is
    /// sent.
    pub(super) fn made(
        response: Response,
        executed: bool,
        making: Option<Making>,
        scope: &scope::Request,
        stats: Stats,
    ) -> Self {
        let whole = executed && response.errors.is_empty();
        let stored = making.and_then(|making| {
            if !whole {
                making.failed();
                return None;
            }
            making.made(scope.dependencies(), || {
                let mut body = Vec::new();
                write(&response, executed, &mut body).ok()?;
                Some(body.into_boxed_slice().into())
            })
        });
        let response = if stored.is_some() { Response::default() } else { response };
        let source = if executed { Source::Fields(scope.counts()) } else { Source::Nothing };
        let stats = Stats { cache: CacheCounts::of(source), ..stats };
        Self { response, stored, executed, source, stats }
    }

    /// The response as GraphQL gives it.
    pub(super) fn into_response(self) -> Response {
        match &self.stored {
            None => self.response,
            Some(stored) => response_of(stored.body()),
        }
    }

    /// Appends the response as it goes over the wire.
    pub fn write(&self, into: &mut Vec<u8>) -> serde_json::Result<()> {
        if let Some(stored) = &self.stored {
            into.extend_from_slice(stored.body());
            return Ok(());
        }
        write(&self.response, self.executed, into)
    }
}

impl CacheCounts {
    fn of(source: Source) -> Self {
        match source {
            Source::Nothing => Self::default(),
            Source::Response => Self { hits: 1, misses: 0 },
            Source::Fields(Counts { memory, shared, database }) => {
                Self { hits: memory + shared, misses: database }
            }
        }
    }

    /// What they had of several answers.
    pub(super) fn sum(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            hits: sum.hits + one.hits,
            misses: sum.misses + one.misses,
        })
    }
}

/// Reads a response that was written for the wire without errors.
pub(super) fn response_of(body: &[u8]) -> Response {
    let mut read: serde_json::Map<_, _> = serde_json::from_slice(body).unwrap_or_default();
    let data = read.remove("data").and_then(|data| Value::from_json(data).ok());
    Response::new(data.unwrap_or_default())
}

/// Appends a response as it goes over the wire.
pub(super) fn write(response: &Response, executed: bool, into: &mut Vec<u8>) -> serde_json::Result<()> {
    serde_json::to_writer(into, &Wire { response, executed })
}

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { response, executed } = self;
        let mut map = serializer.serialize_map(None)?;
        if !response.errors.is_empty() {
            map.serialize_entry("errors", &response.errors)?;
        }
        if *executed {
            map.serialize_entry("data", &response.data)?;
        }
        if !response.extensions.is_empty() {
            map.serialize_entry("extensions", &response.extensions)?;
        }
        map.end()
    }
}
