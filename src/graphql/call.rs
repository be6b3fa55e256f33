//! How an operation comes to the engine, and what it may ask for.

use std::time::Duration;

use super::{execution::Stats, guard::DocumentLimits, noted::Noted, page::PageSizes};
use crate::{
    auth::{Caller, Identity, Scope},
    limit::Account,
    loader,
    telemetry::meter::Meter,
};

/// What an operation may ask for, and how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The size of a document.
    pub document: DocumentLimits,
    /// Levels of fields; pages (`edges`, `node`, `nodes`, `pageInfo`) are none.
    pub max_depth: u32,
    /// Cost, as `cost` computes it: of an operation, and of all operations of a batch together.
    pub max_cost: u64,
    /// How long an operation may be executed. Then its statements are cancelled.
    pub execution_timeout: Duration,
    /// Rows in a page.
    pub pages: PageSizes,
    /// Whether clients may ask for the schema.
    pub introspection: bool,
    /// How related rows are batched.
    pub loader: loader::Limits,
}

/// What a client wants to know of the cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CostReport {
    /// Nothing.
    #[default]
    Off,
    /// What the operation was estimated to cost and what its answer cost, in `extensions.cost`.
    Report,
    /// The estimate, and whether the operation is valid; it is not executed.
    Validate,
}

/// What a client wants of the caches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheUse {
    /// The answer, wherever it comes from.
    #[default]
    Any,
    /// To know where each relation's values came from, in `extensions.cache`. Then it is executed, whatever
    /// response is kept.
    Explain,
    /// An answer that is read from the database, whatever is kept.
    Bypass,
}

/// Who calls where nobody says who he is.
static ANYONE: Caller =
    Caller { identity: Identity::Anonymous, scope: Scope::Read, plan: None, expires: None, kid: None };

/// How an operation came to the server.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Whether a mutation is a request error, as by GET. A subscription only reads: browsers' `EventSource` knows
    /// nothing but GET.
    pub queries_only: bool,
    /// Who sent it.
    pub caller: &'a Caller,
    /// What it is charged to, where callers are limited.
    pub account: Option<&'a Account>,
    /// What the request is called in the log, where there is one. A client that meets a fault of the
    /// server is told it, in the message and as `extensions.requestId`.
    pub request_id: Option<&'a str>,
    /// What the client wants to know of the cost.
    pub cost: CostReport,
    /// What the client wants of the caches.
    pub cache: CacheUse,
    /// The cursor that a subscription goes on behind, where the transport knows it: it counts in place of the
    /// argument `after`.
    pub resume_after: Option<&'a str>,
    /// Where it is noted what is known of the operation, if anyone wants to know it without its answer.
    pub noted: Option<&'a Noted>,
}

impl Call<'_> {
    /// Notes what is known by now.
    pub(super) fn note(&self, stats: &Stats) {
        if let Some(noted) = self.noted {
            noted.note(stats);
        }
    }

    /// What the statements of the operation are counted in.
    pub(super) fn meter(&self) -> Meter {
        self.noted.map(|noted| noted.meter.clone()).unwrap_or_default()
    }
}

impl Default for Call<'_> {
    /// Anyone's, about which nothing else is known.
    fn default() -> Self {
        Self {
            queries_only: false,
            caller: &ANYONE,
            account: None,
            request_id: None,
            cost: CostReport::Off,
            cache: CacheUse::Any,
            resume_after: None,
            noted: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document: DocumentLimits::default(),
            max_depth: 10,
            max_cost: 1_000,
            execution_timeout: Duration::from_secs(10),
            pages: PageSizes::default(),
            introspection: true,
            loader: loader::Limits::default(),
        }
    }
}
