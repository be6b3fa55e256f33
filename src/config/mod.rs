//! The settings: defaults ← `farol.toml` ← environment ← flags.
//!
//! Every setting is one row of its section's table (`settings!`). The key in the file, the
//! variable, the flag, the help text and `farol.example.toml` are all made from that row, so they
//! cannot disagree. What must stay true: nothing misspelt is passed over in silence, every refusal
//! names the key, the value and where it came from, and no secret is ever shown.

#[macro_use]
mod setting;
mod admission;
mod auth;
mod breaker;
mod cache;
mod database;
mod documents;
mod error;
mod example;
mod file;
mod flags;
mod graphql;
mod http;
mod import;
mod layers;
mod live;
mod loader;
mod log;
mod network;
mod publish;
mod rate_limit;
mod redis;
mod telemetry;
mod value;

pub use self::{
    admission::Admission,
    auth::{Auth, Claim, JwtAlgorithm, JwtSecret},
    breaker::Breaker,
    cache::Cache,
    database::{Backend, Database, DatabaseUrl},
    documents::{DocumentMode, Documents},
    error::{ConfigError, Problem},
    example::example,
    flags::Flags,
    graphql::Graphql,
    http::{Http, HttpProfile, ProxyHeader},
    import::Import,
    layers::Origin,
    live::{AllowedOrigins, Live},
    loader::Loader,
    log::{Log, LogFilter, LogFormat},
    network::{Network, NotANetwork, TrustedProxies},
    publish::{Publish, PublishToken},
    rate_limit::{NamedPlan, NamedPlans, RateLimit},
    redis::{Redis, RedisUrl},
    setting::Setting,
    telemetry::{OtlpEndpoint, Telemetry},
};
use self::{layers::Layers, setting::Section};

/// Every setting of the server, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[database]`
    pub database: Database,
    /// `[redis]`
    pub redis: Redis,
    /// `[http]`
    pub http: Http,
    /// `[graphql]`
    pub graphql: Graphql,
    /// `[auth]`
    pub auth: Auth,
    /// `[publish]`
    pub publish: Publish,
    /// `[documents]`
    pub documents: Documents,
    /// `[loader]`
    pub loader: Loader,
    /// `[cache]`
    pub cache: Cache,
    /// `[rate_limit]`
    pub rate_limit: RateLimit,
    /// `[admission]`
    pub admission: Admission,
    /// `[breaker]`
    pub breaker: Breaker,
    /// `[live]`
    pub live: Live,
    /// `[import]`
    pub import: Import,
    /// `[telemetry]`
    pub telemetry: Telemetry,
    /// `[log]`
    pub log: Log,
}

/// The settings with the story of how they came about.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// What the operator should know but need not mend; to be logged once logs exist.
    pub warnings: Vec<String>,
    /// Every setting in the order of the example file, as `farol doctor` shows it.
    pub effective: Vec<Effective>,
}

/// One setting as it is in force.
#[derive(Clone, Debug)]
pub struct Effective {
    /// `section.key`
    pub key: &'static str,
    /// The value, without its secret parts.
    pub shown: String,
    /// The layer that decided.
    pub origin: Origin,
}

impl Loaded {
    /// Reads all layers. `environment` is the process's variables; those that do not begin with
    /// `FAROL_` are passed over.
    ///
    /// # Errors
    /// Everything that is wrong, at once: see [`Problem`].
    pub fn load(
        flags: &Flags,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let (layers, warnings, mut problems) = Layers::gather(flags, environment);
        let config = Config::read(&layers, &mut problems);
        match config {
            Some(config) if problems.is_empty() => {
                config.validate()?;
                let effective = settings().iter().map(|setting| layers.effective(setting)).collect();
                Ok(Self { config, warnings, effective })
            }
            _ => Err(ConfigError(problems)),
        }
    }
}

impl Config {
    fn read(layers: &Layers, problems: &mut Vec<Problem>) -> Option<Self> {
        // Read every section before giving up, so that one run names every problem.
        let database = Database::read(layers, problems);
        let redis = Redis::read(layers, problems);
        let http = Http::read(layers, problems);
        let graphql = Graphql::read(layers, problems);
        let auth = Auth::read(layers, problems);
        let publish = Publish::read(layers, problems);
        let documents = Documents::read(layers, problems);
        let loader = Loader::read(layers, problems);
        let cache = Cache::read(layers, problems);
        let rate_limit = RateLimit::read(layers, problems);
        let admission = Admission::read(layers, problems);
        let breaker = Breaker::read(layers, problems);
        let live = Live::read(layers, problems);
        let import = Import::read(layers, problems);
        let telemetry = Telemetry::read(layers, problems);
        let log = Log::read(layers, problems);
        Some(Self {
            database: database?,
            redis: redis?,
            http: http?,
            graphql: graphql?,
            auth: auth?,
            publish: publish?,
            documents: documents?,
            loader: loader?,
            cache: cache?,
            rate_limit: rate_limit?,
            admission: admission?,
            breaker: breaker?,
            live: live?,
            import: import?,
            telemetry: telemetry?,
            log: log?,
        })
    }

    /// Refuses settings that are each fine and together make no sense.
    fn validate(&self) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        self.database.contradictions(&mut problems);
        self.redis.contradictions(&mut problems);
        self.http.contradictions(&mut problems);
        self.graphql.contradictions(&mut problems);
        self.auth.contradictions(&mut problems);
        self.documents.contradictions(&mut problems);
        self.rate_limit.contradictions(self.graphql.max_cost, &mut problems);
        if problems.is_empty() { Ok(()) } else { Err(ConfigError(problems)) }
    }
}

impl Default for Config {
    #[expect(clippy::expect_used, reason = "the defaults are constants, and a test reads them all")]
    fn default() -> Self {
        Self::read(&Layers::default(), &mut Vec::new()).expect("every default is a valid value")
    }
}

/// Every row of every section, in the order of the example file.
pub fn settings() -> Vec<Setting> {
    [
        Database::settings(),
        Redis::settings(),
        Http::settings(),
        Graphql::settings(),
        Auth::settings(),
        Publish::settings(),
        Documents::settings(),
        Loader::settings(),
        Cache::settings(),
        RateLimit::settings(),
        Admission::settings(),
        Breaker::settings(),
        Live::settings(),
        Import::settings(),
        Telemetry::settings(),
        Log::settings(),
    ]
    .concat()
}

/// The sections' names and what each is about, in the order of the example file.
fn sections() -> [(&'static str, &'static str); 16] {
    [
        (Database::NAME, Database::ABOUT),
        (Redis::NAME, Redis::ABOUT),
        (Http::NAME, Http::ABOUT),
        (Graphql::NAME, Graphql::ABOUT),
        (Auth::NAME, Auth::ABOUT),
        (Publish::NAME, Publish::ABOUT),
        (Documents::NAME, Documents::ABOUT),
        (Loader::NAME, Loader::ABOUT),
        (Cache::NAME, Cache::ABOUT),
        (RateLimit::NAME, RateLimit::ABOUT),
        (Admission::NAME, Admission::ABOUT),
        (Breaker::NAME, Breaker::ABOUT),
        (Live::NAME, Live::ABOUT),
        (Import::NAME, Import::ABOUT),
        (Telemetry::NAME, Telemetry::ABOUT),
        (Log::NAME, Log::ABOUT),
    ]
}
