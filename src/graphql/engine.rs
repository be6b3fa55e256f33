//! Runs operations: limits, validation, execution with batched loading.
//!
//! The HTTP layer knows GraphQL only through this type. The order: a document that is named is looked up
//! (`persisted`); the text is guarded, parsed and validated, or taken from memory; the operation is chosen, its
//! depth and cost are checked with the request's variables, and these are read (`admission`); a response that
//! is kept is the answer, and the same operation in flight is waited for; else async-graphql executes it inside
//! a drive of the loaders, for a limited time, and the response is kept if it may be. Schema extensions stay
//! off: one of them costs more than half as much again per field.

mod batch;
mod begin;
mod embed;
mod schema;

use std::{panic::AssertUnwindSafe, sync::Arc};

use async_graphql::{Response, Value};
use futures_util::FutureExt;

pub(super) use self::schema::Api;
pub use self::schema::{check_manifest, sdl};
use self::{
    batch::is_mutation,
    begin::Begun,
    schema::{definition, schema},
};
use super::{
    admission::{Admission, Admitted, Entry},
    call::{CacheUse, Call, CostReport, Limits},
    change::Log,
    cost,
    error::{Refused, panicked, settle, too_late},
    execution::{Execution, Stats},
    live::{self, Live, Opened},
    persisted::{Asked, DocumentOptions, ManifestError, Persisted},
    publish::{Publish, Publishing},
    relations::{Loaders, Ours, Relations},
    scope::{self, Services},
};
use crate::{
    cache::{
        self, Ledger, Tiers,
        response::{self, Key, Making, Responses, Turn},
    },
    events::Tail,
    limit::Queue,
    store::Database,
    telemetry::{live::Subscriptions, meter::Meter},
};

/// The schema with everything needed to execute an operation. Clones share it.
#[derive(Clone)]
pub struct Engine {
    schema: Api,
    services: Arc<Services>,
    /// The same without caches, for those who may pass them by.
    uncached: Arc<Services>,
    admission: Arc<Admission>,
    persisted: Arc<Persisted>,
    limits: Limits,
    /// Where rows and fields are kept.
    tiers: Option<Arc<Tiers>>,
    /// Tells what still counts.
    ledger: Arc<Ledger>,
    responses: Option<Arc<Responses>>,
    live: Option<Arc<Live>>,
    /// What stores releases, where they may be published.
    publish: Option<Arc<dyn Publish>>,
    /// Where operations wait before they are executed.
    queue: Option<Queue>,
}

/// What was found of an operation's response.
enum Looked {
    Known(Execution),
    /// Nothing, and the key that its response can be kept under, if it can.
    Unknown(Entry, Option<Key>),
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
        Self::build(database, limits, loaders, None)
    }

    /// An engine that keeps what it reads in `tiers`, and whole responses too where `responses` says how. What is
    /// kept counts by the ledger of the tiers: while that does not follow the change log, nothing is kept.
    pub fn caching(
        database: &Database,
        limits: Limits,
        tiers: Arc<Tiers>,
        responses: Option<response::Options>,
    ) -> Self {
        let responses = responses.map(|options| Responses::new(tiers.ledger().clone(), options));
        Self { responses, ..Self::build(database, limits, &Ours, Some(tiers)) }
    }

    fn build(database: &Database, limits: Limits, loaders: &impl Loaders, tiers: Option<Arc<Tiers>>) -> Self {
        let ledger = tiers.as_ref().map_or_else(Arc::default, |tiers| tiers.ledger().clone());
        let log = Arc::new(Log::new(database));
        let services = |tiers| {
            let relations = Relations::new(database, limits.loader, loaders, tiers);
            Arc::new(Services { relations, log: log.clone(), pages: limits.pages })
        };
        let uncached = services(None);
        let services = services(tiers.clone());
        let schema = schema().data(services.clone()).finish();
        let admission = Arc::new(Admission::new(&definition(&schema), limits));
        let persisted = Arc::new(Persisted::new(DocumentOptions::default()));
        Self {
            schema,
            services,
            uncached,
            admission,
            persisted,
            limits,
            tiers,
            ledger,
            responses: None,
            live: None,
            publish: None,
            queue: None,
        }
    }

    /// The same with subscriptions to the log that `tail` follows. `queue` messages at most wait for a
    /// subscriber.
    #[must_use]
    pub fn with_live(self, tail: &Tail, queue: usize) -> Self {
        let executor = live::Executor {
            schema: self.schema.clone(),
            services: self.services.clone(),
            ledger: self.ledger.clone(),
            timeout: self.limits.execution_timeout,
        };
        self.services.log.follow(tail.clone());
        let live = Live::new(executor, tail.recent().head(), queue);
        Self { live: Some(live), ..self }
    }

    /// The same for callers who may publish: their releases are stored by `publish`.
    #[must_use]
    pub fn with_publishing(self, publish: Arc<dyn Publish>) -> Self {
        Self { publish: Some(publish), ..self }
    }

    /// The same with other rules of which documents may run and how they may be named. Documents that clients
    /// have registered are forgotten.
    ///
    /// # Errors
    /// Documents of the manifest that could never be admitted.
    pub fn with_documents(self, options: DocumentOptions) -> Result<Self, ManifestError> {
        options.manifest.check(|text| self.admission.check_document(text))?;
        Ok(Self { persisted: Arc::new(Persisted::new(options)), ..self })
    }

    /// Answers one operation: by a response that is kept, at once; else by the one that another request is
    /// waiting for; else it is executed. A panic in it costs this request only: it is answered like any
    /// fault of ours.
    pub async fn execute(&self, asked: impl Into<Asked>, call: Call<'_>) -> Execution {
        self.answer_once(self.admit(asked.into(), call).await.of_one_answer(), call).await
    }

    async fn answer_once(&self, entry: Entry, call: Call<'_>) -> Execution {
        match self.look_up(entry, call) {
            Looked::Known(execution) => execution,
            Looked::Unknown(entry, key) => {
                let meter = Meter::default();
                let answer = self.answer_alone(entry, key, meter.clone(), call);
                let mut execution = meter.measure(Box::pin(answer)).await;
                execution.stats.database = meter.read();
                execution
            }
        }
    }

    /// Begins an operation for a transport that can send more than one answer.
    /// A subscription that cannot begin is an answer, too.
    pub async fn open(&self, asked: impl Into<Asked>, call: Call<'_>) -> Opened {
        let entry = self.admit(asked.into(), call).await;
        let (admitted, mut stats, live) = match (entry, &self.live) {
            (Entry { admitted: Ok(admitted), stats, .. }, Some(live)) if admitted.is_subscription() => {
                (admitted, stats, live)
            }
            (entry, _) => return Opened::Once(Box::new(self.answer_once(entry, call).await)),
        };
        // It is paid for when it begins. What it is asked for later, it shares with all who ask the same.
        let opened = match begin::charge(&mut stats, call).await {
            Ok(_) => live.subscribe(admitted, call.resume_after).await,
            Err(error) => Err(vec![error]),
        };
        match opened {
            Ok(subscription) => Opened::Stream(subscription),
            Err(errors) => {
                let mut response = Response::from_errors(errors);
                settle(&mut response, false, call.request_id);
                Opened::Once(Box::new(Execution::refused(response, stats)))
            }
        }
    }

    /// The schema in the schema definition language.
    pub fn sdl(&self) -> String {
        definition(&self.schema)
    }

    /// What the caches of responses and of values did, where there are such.
    pub fn cache_figures(&self) -> (Option<response::Figures>, Option<cache::Figures>) {
        let responses = self.responses.as_ref().map(|responses| responses.figures());
        (responses, self.tiers.as_ref().map(|tiers| tiers.figures()))
    }

    /// What subscriptions did, where there are such.
    pub fn live_figures(&self) -> Option<Subscriptions> {
        self.live.as_ref().map(|live| live.figures())
    }

    /// Ends every subscription, once it has said what it had gathered.
    pub fn close_subscriptions(&self) {
        if let Some(live) = &self.live {
            live.close();
        }
    }

    /// Ends what goes on in the background.
    pub async fn end(&self) {
        if let Some(live) = &self.live {
            live.end().await;
        }
        if let Some(responses) = &self.responses {
            responses.end().await;
        }
        if let Some(tiers) = &self.tiers {
            tiers.end().await;
        }
    }

    /// Looks for a response that is kept. Never waits. One that is too old is made anew in the background.
    fn look_up(&self, entry: Entry, call: Call<'_>) -> Looked {
        let Some((responses, key)) = self.keyed(&entry, call) else { return Looked::Unknown(entry, None) };
        let Some(hit) = responses.find(&key) else { return Looked::Unknown(entry, Some(key)) };
        let execution = Execution::known(hit.stored, entry.stats.clone());
        if let Some(making) = hit.refresh {
            let engine = self.clone();
            responses.spawn(async move {
                engine.make(entry, Some(making), Meter::default(), (Call::default(), true)).await;
            });
        }
        Looked::Known(execution)
    }

    /// The cache and the key of an operation whose response can be kept: all fields of all queries may be
    /// read by anyone.
    fn keyed(&self, entry: &Entry, call: Call<'_>) -> Option<(&Arc<Responses>, Key)> {
        let responses = self.responses.as_ref().filter(|responses| responses.is_open())?;
        let may = entry.stats.operation_type == Some("query")
            && call.cost == CostReport::Off
            && call.cache == CacheUse::Any;
        let admitted = entry.admitted.as_ref().ok().filter(|_| may)?;
        Some((responses, admitted.key()?))
    }

    /// Answers what was not found, in a scope of its own, begun when it is its turn: what it reads then
    /// counts from then on.
    async fn answer_alone(&self, entry: Entry, key: Option<Key>, meter: Meter, call: Call<'_>) -> Execution {
        let making = match self.turn(key).await {
            Some(Turn::Take(stored)) => return Execution::known(stored, entry.stats),
            Some(Turn::Make(making)) => Some(making),
            None => None,
        };
        self.make(entry, making, meter, (call, false)).await
    }

    /// Executes when it is its turn, in a scope of its own.
    async fn make(
        &self,
        mut entry: Entry,
        making: Option<Making>,
        meter: Meter,
        (call, is_one_of_many): (Call<'_>, bool),
    ) -> Execution {
        let begun = self.begin(&mut entry, call, is_one_of_many).await;
        let scope = scope::Request::begin(meter, &self.ledger);
        scope.drive(self.answer(entry, making, &scope, (call, begun))).await
    }

    async fn turn(&self, key: Option<Key>) -> Option<Turn> {
        let (responses, key) = self.responses.as_ref().zip(key)?;
        Some(responses.turn(&key).await)
    }

    /// Looks up the document where it is named, then admits or refuses the request.
    async fn admit(&self, asked: Asked, call: Call<'_>) -> Entry {
        let (request, afterwards) = match self.persisted.find(asked).await {
            Ok(found) => found,
            Err(error) => return Entry::refused(error.into()),
        };
        let entry = self.admission.admit(request, call);
        if let Ok(admitted) = &entry.admitted {
            let operation = entry.stats.operation_name.as_deref();
            self.persisted.admitted(afterwards, admitted.text(), operation, call.request_id).await;
        }
        entry
    }

    /// Answers what was admitted or refused; must run within a drive of the scope.
    async fn answer(
        &self,
        entry: Entry,
        making: Option<Making>,
        scope: &scope::Request,
        (call, begun): (Call<'_>, Begun<'_>),
    ) -> Execution {
        let Entry { mut stats, admitted, estimate } = entry;
        // Whoever was refused has nothing to say to those who wait for the same answer: one of them makes it.
        let making = making.filter(|_| admitted.is_ok());
        if call.cache == CacheUse::Explain {
            scope.explain();
        }
        let (mut response, executed, actual) = match admitted {
            Ok(_) if call.cost == CostReport::Validate => (Response::default(), false, None),
            Ok(admitted) => {
                // Nothing of a failed execution is used again: the engine shares only what survives a panic.
                let priced = call.cost == CostReport::Report || begun.is_charged();
                let run = self.run(admitted, scope, &stats, (call, priced));
                let run = AssertUnwindSafe(run).catch_unwind().await;
                run.unwrap_or_else(|_| (Response::from_errors(vec![panicked()]), false, None))
            }
            Err(Refused(errors)) => (Response::from_errors(errors), false, None),
        };
        begun.end(actual);
        stats.actual_cost = actual;
        if let Some(estimate) = estimate.filter(|_| call.cost != CostReport::Off) {
            let report = cost::report(estimate, actual, self.limits.max_cost);
            response.extensions.insert("cost".to_owned(), report);
        }
        if let Some(explained) = scope.explained() {
            response.extensions.insert("cache".to_owned(), explained);
        }
        settle(&mut response, executed, call.request_id);
        Execution::made(response, executed, making, scope, stats)
    }

    /// Executes, as long as it may take. Also tells whether execution began, and what the answer cost
    /// when that is asked for.
    async fn run(
        &self,
        admitted: Admitted,
        scope: &scope::Request,
        stats: &Stats,
        (call, priced): (Call<'_>, bool),
    ) -> (Response, bool, Option<u64>) {
        let priced = priced.then(|| admitted.priced());
        let mut request = admitted.into_request().data(scope.clone());
        if is_mutation(stats) {
            request = request.data(Publishing(self.publish.clone())).data(call.caller.clone());
        }
        if call.cache == CacheUse::Bypass {
            request = request.data(self.uncached.clone());
        }
        // Boxed, for it is large and would be moved several times.
        let execution = Box::pin(self.schema.execute(request));
        let limit = self.limits.execution_timeout;
        // Dropped when it is late, and with it the loads that nobody else waits for.
        let Ok(response) = tokio::time::timeout(limit, execution).await else {
            return (Response::from_errors(vec![too_late(limit)]), false, None);
        };
        let executed = began(&response);
        let actual = priced
            .filter(|_| executed)
            .map(|priced| cost::actual(priced.inputs(self.limits.pages), &response.data));
        (response, executed, actual)
    }
}

/// True when execution began. A request error has neither data nor an error with a path.
fn began(response: &Response) -> bool {
    response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty())
}

#[cfg(test)]
mod tests;
