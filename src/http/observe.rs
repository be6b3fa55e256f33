//! What every GraphQL request leaves behind: one access line and its figures.

use std::{sync::Arc, time::Instant};

use axum::http::{HeaderMap, Method, StatusCode};
use tracing::Span;

use super::{negotiate::MediaType, status};
use crate::{
    auth::Identity,
    config::HttpProfile,
    graphql::{Noted, Stats, live::Opened},
    telemetry::{
        figures::Spent,
        live::Open,
        metrics::{Metrics, Outcome},
        traces,
    },
};

/// The status of requests whose client went away; never sent, as there is nobody to read it.
const CLIENT_GONE: u16 = 499;
/// The longest operation name in a log line: a client chooses it.
const LONGEST_NAME: usize = 64;
/// What stands for the method in the lines of operations over sockets.
pub(super) const WEBSOCKET: &str = "WEBSOCKET";

/// Watches one request, from before anything is asked about its caller. Its drop writes the line and counts: also
/// when the client goes away and the request's future is dropped half-way.
pub(super) struct Observation {
    metrics: Arc<Metrics>,
    method: &'static str,
    request_id: String,
    began: Instant,
    status: u16,
    outcome: Outcome,
    span: Span,
    /// Whether something else tells of it.
    untold: bool,
    /// Counts it as being answered.
    _open: Open,
    /// Who asked, once that is known.
    pub(super) caller: Identity,
    /// What is known of the operation before it is answered; nothing of a request that HTTP refused.
    pub(super) noted: Noted,
    /// What it was and took, told with its answer.
    pub(super) stats: Option<Stats>,
}

impl Observation {
    /// Begins to watch what came by this method, as [`named`] tells it.
    pub(super) fn begin(metrics: Arc<Metrics>, method: &'static str, request_id: &str) -> Self {
        Self {
            _open: metrics.request_began(),
            metrics,
            method,
            request_id: request_id.to_owned(),
            began: Instant::now(),
            status: CLIENT_GONE,
            outcome: Outcome::Cancelled,
            span: Span::none(),
            untold: false,
            caller: Identity::Anonymous,
            noted: Noted::default(),
            stats: None,
        }
    }

    /// What is known by now.
    pub(super) fn stats(&self) -> Stats {
        self.stats.clone().unwrap_or_else(|| self.noted.stats())
    }

    /// The span of the request with these headers, to run what answers it in.
    pub(super) fn trace(&mut self, headers: &HeaderMap) -> Span {
        self.span = traces::request(headers);
        self.span()
    }

    /// The span that was begun, if one was.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Ends without a word: for what became a socket, which has a line of its own.
    pub(super) fn forget(mut self) {
        self.untold = true;
    }

    /// Notes what became of an operation over a socket or by events: its only answer, or that others follow. What
    /// is sent there has no status of its own, so it is the one that HTTP would have had: else every fault of
    /// the server would pass for a mistake of the caller.
    pub(super) fn opened(&mut self, opened: &Opened, profile: HttpProfile) {
        match opened {
            Opened::Once(execution) => {
                self.stats = Some(execution.stats.clone());
                let status = status::of(execution, MediaType::GraphqlResponse, profile);
                self.answered(status, execution.executed, execution.response.errors.len());
            }
            Opened::Stream(_) => self.answered(StatusCode::OK, true, 0),
        }
    }

    /// Notes the answer's status, whether the operation was executed, and whether all went well.
    pub(super) fn answered(&mut self, status: StatusCode, executed: bool, errors: usize) {
        self.status = status.as_u16();
        self.outcome = match (executed, errors) {
            (_, 0) => Outcome::Ok,
            (true, _) => Outcome::Partial,
            (false, _) if status.is_server_error() => Outcome::Failed,
            (false, _) => Outcome::Refused,
        };
    }
}

impl Observation {
    /// Tells the span what is known at the end.
    fn describe_span(&self, stats: &Stats) {
        if self.span.is_disabled() {
            return;
        }
        let Stats { operation_name, operation_type, cost, .. } = stats;
        let kind = operation_type.unwrap_or("request");
        let name = operation_name.as_deref().map(|name| name.get(..LONGEST_NAME).unwrap_or(name));
        traces::rename(&self.span, name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}")));
        self.span.record("graphql.operation.name", name);
        self.span.record("graphql.operation.type", kind);
        self.span.record("http.response.status_code", self.status);
        self.span.record("farol.cost", *cost);
        self.span.record("farol.request_id", self.request_id.as_str());
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        if self.untold {
            return;
        }
        if std::thread::panicking() {
            self.answered(StatusCode::INTERNAL_SERVER_ERROR, false, 1);
        }
        let took = self.began.elapsed();
        let stats = self.stats.take().unwrap_or_else(|| self.noted.stats());
        let Stats { operation_name, operation_type, cost, actual_cost, cache, database, queued, .. } = &stats;
        let spent = Spent {
            cost: *cost,
            actual_cost: *actual_cost,
            queued: *queued,
            statements: database.statements,
        };
        self.metrics.request_ended(self.status, self.outcome, took, spent);
        self.describe_span(&stats);
        let (caller, key) = told(&self.caller);
        tracing::info!(
            target: "farol::access",
            method = self.method,
            status = self.status,
            operation = operation_name.as_deref().map(|name| name.get(..LONGEST_NAME).unwrap_or(name)),
            kind = operation_type,
            caller,
            key,
            duration_ms = milliseconds(took),
            cost,
            cache_hits = cache.hits,
            cache_misses = cache.misses,
            sql = database.statements,
            database_ms = milliseconds(database.database_time),
            queue_ms = milliseconds(*queued),
            request_id = self.request_id,
            "request",
        );
    }
}

/// A method as the line tells it. A client may make up others, as long as its head may be.
pub(super) fn named(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "OTHER",
    }
}

/// How a caller is known, and the public id of his key: no more than an operator needs to find him by.
fn told(caller: &Identity) -> (&'static str, Option<&str>) {
    match caller {
        Identity::Anonymous => ("anonymous", None),
        Identity::PublishToken => ("token", None),
        Identity::Key(id) => ("key", Some(id)),
        Identity::Subject(_) => ("subject", None),
    }
}

/// Milliseconds with microseconds as decimals: what people compare.
fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::{Identity, told};

    #[test]
    fn a_caller_is_told_by_what_he_is_and_a_key_by_its_id() {
        let told = |caller: &Identity| format!("{:?}", told(caller));
        assert_eq!(told(&Identity::Anonymous), r#"("anonymous", None)"#);
        assert_eq!(told(&Identity::Key("k1".into())), r#"("key", Some("k1"))"#);
        assert_eq!(told(&Identity::Subject("ana@example".into())), r#"("subject", None)"#);
    }
}
