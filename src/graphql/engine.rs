//! Runs one operation: limits, validation, execution with batched loading.
//!
//! The HTTP layer knows GraphQL only through this type. The order: the text is guarded and parsed (or
//! taken from memory), the operation is chosen, its depth and cost are checked with the request's
//! variables, then async-graphql validates and executes it inside a drive of the loaders. Schema
//! extensions stay off: one of them costs more than half as much again per field.

use std::{panic::AssertUnwindSafe, sync::Arc};

use async_graphql::{
    Data, EmptyMutation, EmptySubscription, Executor, Request, Response, SDLExportOptions, Schema,
    SchemaBuilder, ServerError, Value, futures_util::stream::BoxStream,
};
use async_graphql_parser::types::{ExecutableDocument, OperationDefinition, OperationType};
use futures_util::{FutureExt, StreamExt, stream};

use super::{
    cost::{self, Most, Tariff},
    documents::{self, Documents},
    error::{panicked, refusal, settle},
    guard::MOST_NESTING,
    page::PageSizes,
    relations::{Loaders, Ours, Relations},
    roots::Query,
    scope::Services,
    shape::Shape,
};
use crate::{
    error::Code,
    loader::{self, RequestScope},
    store::Database,
    telemetry::meter::{Meter, Reading},
};

/// Errors in the answer to a document that does not fit the schema.
const MOST_ERRORS: usize = 20;

/// The schema with everything needed to execute an operation. Clones share it.
#[derive(Clone)]
pub struct Engine {
    schema: Schema<Query, EmptyMutation, EmptySubscription>,
    shape: Arc<Shape>,
    documents: Documents,
    limits: Limits,
}

/// What an operation may ask for, and how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Levels of fields; pages (`edges`, `node`, `nodes`, `pageInfo`) are none.
    pub max_depth: u32,
    /// Cost, as `cost` computes it.
    pub max_cost: u64,
    /// Rows in a page.
    pub pages: PageSizes,
    /// Whether clients may ask for the schema.
    pub introspection: bool,
    /// How related rows are batched.
    pub loader: loader::Limits,
}

/// How an operation came to the server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    /// Whether only queries may run, as by GET: a mutation is then a request error.
    pub queries_only: bool,
    /// What the request is called in the log, where there is one. A client that meets a fault of the
    /// server is told it, in the message and as `extensions.requestId`.
    pub request_id: Option<&'a str>,
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

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_depth: 10,
            max_cost: 1_000,
            pages: PageSizes::default(),
            introspection: true,
            loader: loader::Limits::default(),
        }
    }
}

impl Engine {
    /// An engine over a database.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the engine keeps the database, in each of its relations"
    )]
    pub fn new(database: Database, limits: Limits) -> Self {
        Self::with_loaders(&database, limits, &Ours)
    }

    /// An engine with other loaders in place of ours: it answers alike, but does not count its statements.
    pub fn with_loaders(database: &Database, limits: Limits, loaders: &impl Loaders) -> Self {
        let relations = Relations::new(database, limits.loader, loaders);
        let schema = schema().data(Services { relations, pages: limits.pages }).finish();
        let shape = Arc::new(Shape::new(&definition(&schema)));
        Self { schema, shape, documents: Documents::new(), limits }
    }

    /// Executes one operation. A panic in it costs this request only: it is answered like any fault of ours.
    pub async fn execute(&self, request: Request, call: Call<'_>) -> Execution {
        let mut stats = Stats::default();
        let meter = Meter::default();
        // Nothing of a failed execution is used again: the engine shares only what survives a panic.
        let answer = AssertUnwindSafe(self.answer(request, call, &mut stats, &meter)).catch_unwind().await;
        let (mut response, executed) =
            answer.unwrap_or_else(|_| (Response::from_errors(vec![panicked()]), false));
        settle(&mut response, executed, call.request_id);
        stats.database = meter.read();
        Execution { response, executed, stats }
    }

    /// The schema in the schema definition language.
    pub fn sdl(&self) -> String {
        definition(&self.schema)
    }

    async fn answer(
        &self,
        request: Request,
        call: Call<'_>,
        stats: &mut Stats,
        meter: &Meter,
    ) -> (Response, bool) {
        match self.admit(request, call.queries_only, stats) {
            Ok(request) => self.run(request, meter).await,
            Err(error) => (Response::from_errors(vec![error]), false),
        }
    }

    /// Checks all that can be known before execution; the request comes back with its document.
    fn admit(
        &self,
        mut request: Request,
        queries_only: bool,
        stats: &mut Stats,
    ) -> Result<Request, ServerError> {
        let document = self.documents.parse(&request.query)?;
        let (name, operation) = documents::operation(&document.parsed, request.operation_name.as_deref())?;
        stats.operation_name = name.map(str::to_owned);
        stats.operation_type = Some(type_name(operation.ty));
        if queries_only && operation.ty != OperationType::Query {
            let message = format!("a {} cannot be sent by GET; send it by POST", type_name(operation.ty));
            return Err(refusal(Code::MethodNotAllowed, message));
        }
        if document.introspects && !self.limits.introspection {
            let message = "introspection is switched off here (graphql.introspection)";
            return Err(refusal(Code::GraphqlValidationFailed, message));
        }
        documents::complete_variables(operation, &mut request.variables)?;
        self.price(&document.parsed, operation, &request, stats)?;
        request.set_parsed_query(document.parsed.clone());
        Ok(request)
    }

    /// Notes the cost of an operation, and refuses one that is beyond the limits.
    fn price(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        request: &Request,
        stats: &mut Stats,
    ) -> Result<(), ServerError> {
        let tariff = Tariff { shape: &self.shape, pages: self.limits.pages };
        let estimate = cost::estimate(tariff, document, operation, &request.variables);
        let most = Most { depth: self.limits.max_depth, cost: self.limits.max_cost };
        stats.cost = Some(estimate.cost);
        cost::check(tariff, document, operation, &request.variables, estimate, most)
    }

    async fn run(&self, request: Request, meter: &Meter) -> (Response, bool) {
        let scope = RequestScope::new(meter.clone());
        let execution = self.schema.execute(request.data(scope.clone()));
        let mut response = meter.measure(scope.drive(execution)).await;
        let executed = began(&response);
        if !executed {
            cap(&mut response.errors);
        }
        (response, executed)
    }
}

/// Farol's executor, for those who mount the schema in a server of their own.
impl Executor for Engine {
    async fn execute(&self, request: Request) -> Response {
        Self::execute(self, request, Call::default()).await.response
    }

    fn execute_stream(
        &self,
        request: Request,
        _session_data: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let engine = self.clone();
        stream::once(async move { Executor::execute(&engine, request).await }).boxed()
    }
}

/// The schema in the schema definition language; no database is needed.
pub fn sdl() -> String {
    definition(&schema().finish())
}

fn schema() -> SchemaBuilder<Query, EmptyMutation, EmptySubscription> {
    // async-graphql's own limit counts `edges` and `node` too; the guard has the same bound.
    Schema::build(Query, EmptyMutation, EmptySubscription).limit_recursive_depth(MOST_NESTING)
}

fn definition(schema: &Schema<Query, EmptyMutation, EmptySubscription>) -> String {
    let options = SDLExportOptions::new().include_specified_by().prefer_single_line_descriptions();
    schema.sdl_with_options(options.use_space_ident())
}

/// True when execution began. A request error has neither data nor an error with a path.
fn began(response: &Response) -> bool {
    response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty())
}

/// Keeps a document of many mistakes from getting an answer much larger than itself.
fn cap(errors: &mut Vec<ServerError>) {
    let more = errors.len().saturating_sub(MOST_ERRORS);
    errors.truncate(MOST_ERRORS);
    if more > 0 {
        errors.push(refusal(
            Code::GraphqlValidationFailed,
            format!("there are {more} more errors of this kind"),
        ));
    }
}

fn type_name(operation: OperationType) -> &'static str {
    match operation {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}
