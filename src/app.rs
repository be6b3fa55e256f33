//! The composition root: builds every component from the settings, in one place.

pub mod callers;
mod dependencies;
mod figures;
mod gate;
mod limits;
mod listening;
mod publishing;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use self::publishing::Publishing;
use crate::{
    auth::JwtError,
    cache::{
        Capacity, Ledger, Tiers,
        policy::Lifetimes,
        response,
        shared::{self, Shared, SharedError},
    },
    config::{self, Backend, Config, LogFormat, OtlpEndpoint},
    events::{self, Tail},
    graphql::{
        self, DocumentLimits, DocumentMode, DocumentOptions, Engine, Limits, Manifest, ManifestError,
        PageSizes, RegisteredLimits,
    },
    http::{BindError, Promise, Server, Services},
    jobs::retention,
    lifecycle::{Drained, Tasks},
    loader,
    store::{Database, Options, StoreError, migrate, query},
    telemetry::{
        logs::{self, Log, LogError},
        metrics::Metrics,
        traces::Traces,
    },
};

/// The log of this process, and its traces where the settings name a collector. Dropped, it sends what is left, the
/// traces first, for they may log that they could not be sent: keep it to the end.
pub struct Logs {
    _traces: Option<Traces>,
    _log: Log,
}

/// Starts the log of this process, and its traces.
pub fn start_logs(config: &Config) -> Result<Logs, LogError> {
    let settings = &config.telemetry;
    let to = |endpoint: &OtlpEndpoint| Traces::to(endpoint.as_str(), settings.otlp_sample_percent);
    let traces = settings.otlp_endpoint.as_ref().map(to).transpose()?;
    let format = match config.log.format {
        LogFormat::Text => logs::Format::Text,
        LogFormat::Json => logs::Format::Json,
    };
    let log = logs::init(format, &config.log.level.to_string(), traces.as_ref())?;
    Ok(Logs { _traces: traces, _log: log })
}

/// Connects to the database of the settings.
pub async fn connect(config: &Config) -> Result<Database, StoreError> {
    let settings = &config.database;
    Database::connect(&Options {
        url: settings.url.expose().into(),
        max_connections: settings.max_connections,
        acquire_timeout: settings.acquire_timeout(),
        statement_timeout: settings.statement_timeout(),
        breaker: limits::breaker(config),
    })
    .await
}

/// Connects and brings the tables up to date.
pub async fn connect_migrated(config: &Config) -> Result<Database, StoreError> {
    let database = connect(config).await?;
    migrate::run(&database).await?;
    Ok(database)
}

/// A server, and what goes on beside it as long as it runs.
pub struct App {
    server: Server,
    /// What follows the change log for the caches, and jobs.
    background: Tasks,
    stop: CancellationToken,
}

impl App {
    /// Builds the server over an open database and takes its address.
    pub async fn build(config: &Config, database: &Database) -> Result<Self, ServeError> {
        let metrics = Arc::new(Metrics::new()?);
        let statements = metrics.statements().slow_from(config.telemetry.slow_query());
        let database = &database.timed(statements);
        let (background, stop) = (Tasks::default(), CancellationToken::new());
        let shared = shared(config, database).await?;
        // Without Redis nothing is kept that was read before this process began.
        let (_, lifetime) = config.cache.lifetimes();
        let reach = if shared.is_some() && config.cache.enabled { lifetime } else { Duration::ZERO };
        let (ledger, tail) = follow(database, reach, &background, stop.clone()).await;
        // Servers that share a SQLite file are on one machine, where looking at it costs less than asking Redis.
        if let (Some(shared), Backend::Postgres) = (&shared, config.database.url.backend()) {
            events::share(&tail, shared, &background, stop.clone());
        }
        let retention = retention::Options::keep(config.live.retention());
        retention::start(database, retention, &background, stop.clone());
        let (engine, behind) = if config.cache.enabled {
            (caching_engine(config, database, &ledger, shared.clone()), behind(tail.clone()))
        } else {
            (Engine::new(database.clone(), limits(config)), Promise::default().behind)
        };
        let engine = engine.with_live(&tail, config.live.max_queued_messages);
        let engine = engine.with_publishing(Arc::new(Publishing { database: database.clone(), tail }));
        let gate = gate::gate(config, database, &background, &stop).await?;
        let queue = limits::queue(&config.admission);
        let figures = figures::source(database, &gate, &queue, shared.as_ref());
        let telling = config.admission.unready_when_shedding;
        let telling = telling.then(|| (gate.door.clone(), queue.clone()));
        let dependencies = dependencies::of(database, shared.clone(), telling);
        let engine = engine.with_queue(queue).with_documents(documents(config, shared)?);
        let services = Services {
            engine: engine.map_err(|error| unusable(config, error))?,
            dependencies,
            metrics,
            figures,
            promise: Promise {
                public: config.auth.anonymous,
                max_age: config.cache.http_max_age(),
                stale_while_revalidate: config.cache.stale_while_revalidate(),
                behind,
            },
            gate,
        };
        Ok(Self { server: Server::bind(listening::options(config), services).await?, background, stop })
    }

    /// The address taken: the port is the real one when the settings said 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// The address taken for metrics and health, where they have one of their own.
    pub fn operations_addr(&self) -> Option<SocketAddr> {
        self.server.operations_addr()
    }

    /// Serves until the token is cancelled, drains, and ends what goes on beside.
    pub async fn run(self, shutdown: CancellationToken) -> Drained {
        let drained = self.server.run(shutdown).await;
        self.stop.cancel();
        self.background.drain(Duration::from_secs(1)).await;
        drained
    }
}

/// The connection to the Redis of the settings, if they name one. Values are kept there under the identity of
/// the database, so that two of them may share one Redis.
async fn shared(config: &Config, database: &Database) -> Result<Option<Shared>, ServeError> {
    let settings = &config.redis;
    let Some(url) = &settings.url else { return Ok(None) };
    let options = shared::Options {
        url: url.expose().into(),
        ca_file: settings.ca_file.clone(),
        timeout: settings.timeout(),
        namespace: query::changes::identity(database).await?,
    };
    Ok(Some(Shared::connect(&options).await?))
}

/// A ledger that follows the change log and knows the writes within `reach` before now, and what follows it.
async fn follow(
    database: &Database,
    reach: Duration,
    background: &Tasks,
    stop: CancellationToken,
) -> (Arc<Ledger>, Tail) {
    let ledger = Arc::new(Ledger::default());
    let options = events::Options { reach, ..events::Options::default() };
    let tail = Tail::start(database, ledger.clone(), options, background, stop);
    // Where it fails, it is told in the log and tried again; until then nothing is kept.
    let _ = tail.catch_up().await;
    (ledger, tail)
}

/// What tells how long ago the change log was last read.
fn behind(tail: Tail) -> Arc<dyn Fn() -> Duration + Send + Sync> {
    Arc::new(move || tail.last_success().map_or(Duration::ZERO, |read| read.elapsed()))
}

/// An engine that keeps what it reads, and what it answers.
fn caching_engine(
    config: &Config,
    database: &Database,
    ledger: &Arc<Ledger>,
    shared: Option<Shared>,
) -> Engine {
    let settings = &config.cache;
    let (memory, shared_lifetime) = settings.lifetimes();
    let lifetimes = Lifetimes { memory, shared: shared_lifetime };
    let capacity = Capacity { bytes: settings.memory_bytes, lifetimes };
    let tiers = Arc::new(Tiers::new(ledger.clone(), shared, capacity));
    let responses = response::Options {
        bytes: settings.response_bytes,
        stale_while_revalidate: settings.stale_while_revalidate(),
        stale_if_error: settings.stale_if_error(),
    };
    Engine::caching(database, limits(config), tiers, (responses.bytes > 0).then_some(responses))
}

fn limits(config: &Config) -> Limits {
    let settings = &config.graphql;
    Limits {
        document: DocumentLimits {
            bytes: settings.max_document_bytes,
            tokens: settings.max_tokens,
            aliases: settings.max_aliases,
            root_fields: settings.max_root_fields,
            directives: settings.max_directives,
        },
        max_depth: settings.max_depth,
        max_cost: settings.max_cost,
        execution_timeout: settings.execution_timeout(),
        pages: PageSizes {
            root: settings.default_page_size,
            nested: settings.nested_page_size,
            most: settings.max_page_size,
        },
        introspection: settings.introspection,
        loader: loader::Limits {
            in_flight: config.loader.max_in_flight,
            largest: config.loader.max_batch_keys,
        },
    }
}

/// How documents may be named, and which may run.
fn documents(config: &Config, shared: Option<Shared>) -> Result<DocumentOptions, ServeError> {
    let settings = &config.documents;
    let registered =
        RegisteredLimits { bytes: settings.persisted_bytes, lifetime: settings.persisted_lifetime() };
    Ok(DocumentOptions {
        mode: match settings.mode {
            config::DocumentMode::Open => DocumentMode::Open,
            config::DocumentMode::Log => DocumentMode::Log,
            config::DocumentMode::Only => DocumentMode::Only,
        },
        manifest: manifest(config)?,
        registered: settings.persisted.then_some(registered),
        shared,
    })
}

/// Reads the manifest of the settings; it is empty where they name none.
fn manifest(config: &Config) -> Result<Manifest, ServeError> {
    let Some(path) = &config.documents.manifest else { return Ok(Manifest::default()) };
    let json = std::fs::read(path)
        .map_err(|reason| ServeError::UnreadableManifest { path: path.clone(), reason })?;
    Manifest::parse(&json).map_err(|error| unusable(config, error))
}

/// Reads the manifest of the settings and holds it against the schema: how many documents it has, `None`
/// where the settings name no manifest. No database is needed.
pub fn check_manifest(config: &Config) -> Result<Option<usize>, ServeError> {
    let manifest = manifest(config)?;
    graphql::check_manifest(&manifest, limits(config)).map_err(|error| unusable(config, error))?;
    Ok(config.documents.manifest.as_ref().map(|_| manifest.len()))
}

fn unusable(config: &Config, error: ManifestError) -> ServeError {
    let path = config.documents.manifest.clone().unwrap_or_default();
    ServeError::Manifest { path, error }
}

/// Why the server could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The settings of Redis cannot be used.
    #[error(transparent)]
    Redis(#[from] SharedError),
    /// The keys that tokens are signed with cannot be used.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// The address could not be taken.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The manifest of trusted documents is not there.
    #[error("documents.manifest: cannot read {}: {reason}", path.display())]
    UnreadableManifest {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The manifest of trusted documents is wrong.
    #[error("documents.manifest: {}: {error}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        error: ManifestError,
    },
    /// The metrics could not be set up.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}
