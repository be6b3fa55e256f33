//! Runs operations: limits, validation, execution with batched loading.
//!
//! The HTTP layer knows GraphQL only through this type. The order: a document that is named is looked up
//! (`persisted`); the text is guarded, parsed and validated, or taken from memory; the operation is chosen, its
//! depth and cost are checked with the request's variables, and these are read (`admission`); a response that
//! is kept is the answer, and the same operation in flight is waited for; else its price is paid, it waits for a
//! place (`begin`), and async-graphql executes it inside a drive of the loaders, for a limited time (`answer`); the
//! response is kept if it may be. Schema extensions stay
//! off: one of them costs more than half as much again per field.

mod answer;
mod batch;
mod begin;
mod embed;
mod schema;

use std::sync::Arc;

use async_graphql::Response;
use tokio::sync::Semaphore;

pub(super) use self::schema::Api;
pub use self::schema::{check_manifest, sdl};
use self::schema::{definition, schema};
use super::{
    admission::{Admission, Entry},
    call::{Call, Limits},
    change::Log,
    error::settle,
    execution::Execution,
    live::{self, Live, Opened},
    loading::{Loaders, Ours, Relations},
    persisted::{Asked, DocumentOptions, ManifestError, Persisted},
    publish::Publish,
    scope::Services,
};
use crate::{
    cache::{
        self, Ledger, Tiers,
        response::{self, Responses},
    },
    events::Tail,
    limit::{Breaker, Charge, Queue},
    store::Database,
    telemetry::live::Subscriptions,
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
    /// Tells whether the database is left alone.
    breaker: Breaker,
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
            breaker: database.breaker().clone(),
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
            places: Arc::new(Semaphore::new(live::MOST_MAKING)),
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
        let entry = self.admit(asked.into(), call).await.of_one_answer();
        call.note(&entry.stats);
        self.answer_once(entry, call).await
    }

    /// Begins an operation for a transport that can send more than one answer.
    /// A subscription that cannot begin is an answer, too.
    pub async fn open(&self, asked: impl Into<Asked>, call: Call<'_>) -> Opened {
        let entry = self.admit(asked.into(), call).await;
        call.note(&entry.stats);
        let (admitted, mut stats, live) = match (entry, &self.live) {
            (Entry { admitted: Ok(admitted), stats, .. }, Some(live)) if admitted.is_subscription() => {
                (admitted, stats, live)
            }
            (entry, _) => return Opened::Once(Box::new(self.answer_once(entry, call).await)),
        };
        // It is paid for when it begins. What it is asked for later, it shares with all who ask the same.
        let opened = match begin::charge(&mut stats, call).await {
            Ok(charge) => {
                let subscribed = live.subscribe(admitted, call.resume_after).await;
                // One that cannot begin is given back.
                if subscribed.is_ok() {
                    charge.map(Charge::begun);
                } else {
                    stats.put_back(stats.cost.unwrap_or(0));
                }
                subscribed
            }
            Err(error) => Err(vec![error]),
        };
        call.note(&stats);
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
}

#[cfg(test)]
mod tests;
