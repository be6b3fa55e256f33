//! Which path goes where, and the layers around all of them: written once, in order.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::FromRef,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware,
    routing::{any, get},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::set_header::SetResponseHeaderLayer;

use super::{
    body::BodyLimit,
    caching::{self, Promise},
    compression,
    connections::Connections,
    cors,
    gate::Gate,
    graphiql, graphql,
    health::{self, Dependencies, Readiness},
    request_id,
};
use crate::{
    auth::{Caller, Scope},
    config::HttpProfile,
    graphql::Engine,
    telemetry::{
        figures::{self, Figures},
        metrics::Metrics,
    },
};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// The policy of an answer that is no page.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// What the HTTP layer needs from the rest of the process.
#[derive(Clone)]
pub struct Services {
    /// Executes operations.
    pub engine: Engine,
    /// What the server stands on.
    pub dependencies: Dependencies,
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// What is counted elsewhere; what the engine counts is added to it.
    pub figures: figures::Source,
    /// What is promised to those who keep answers.
    pub promise: Promise,
    /// Who is let in, and how much each may ask.
    pub gate: Gate,
}

/// What a request may cost before it is read.
#[derive(Clone)]
pub(super) struct Limits {
    pub(super) max_body_bytes: usize,
    /// The same for callers who may publish.
    pub(super) max_publish_bytes: usize,
    pub(super) body_timeout: Duration,
    /// Which statuses answers have.
    pub(super) profile: HttpProfile,
}

impl Limits {
    /// How large a body of this caller may be.
    pub(super) fn body(&self, caller: &Caller) -> BodyLimit {
        match caller.scope {
            Scope::Publish | Scope::Admin if self.max_publish_bytes > self.max_body_bytes => {
                BodyLimit { bytes: self.max_publish_bytes, setting: "publish.max_bytes" }
            }
            _ => BodyLimit { bytes: self.max_body_bytes, setting: "http.max_body_bytes" },
        }
    }
}

/// The state shared by all requests, listed once. Behind one `Arc`, for axum clones it for each layer that a
/// request passes.
pub(super) struct Shared {
    pub(super) engine: Engine,
    pub(super) metrics: Arc<Metrics>,
    figures: figures::Source,
    pub(super) readiness: Readiness,
    pub(super) limits: Limits,
    pub(super) gate: Gate,
    pub(super) compression: bool,
    pub(super) promise: caching::Headers,
    pub(super) connections: Connections,
}

impl Shared {
    /// What every part of the server counted by itself.
    pub(super) fn figures(&self) -> Figures {
        let (responses, values) = self.engine.cache_figures();
        Figures { responses, values, subscriptions: self.engine.live_figures(), ..(self.figures)() }
    }
}

impl FromRef<Arc<Shared>> for Readiness {
    fn from_ref(shared: &Arc<Shared>) -> Self {
        shared.readiness.clone()
    }
}

/// What is told with answers, and how.
pub(super) struct Manner {
    /// Whether answers are compressed for clients that take it.
    pub(super) compression: bool,
    /// Origins whose pages may query.
    pub(super) cors_origins: Vec<String>,
    /// Whether TLS is spoken.
    pub(super) tls: bool,
    /// Whether what is for those who run the server has an address of its own.
    pub(super) operations_apart: bool,
}

/// The routes of each address.
pub(super) struct Routers {
    pub(super) public: Router,
    pub(super) operations: Option<Router>,
}

/// Builds the routes and the layers around them. Nothing is ready any more once `leaving` is cancelled.
pub(super) fn build(
    services: Services,
    limits: Limits,
    manner: &Manner,
    connections: Connections,
    leaving: CancellationToken,
) -> Routers {
    let compression = manner.compression;
    let Services { engine, dependencies, metrics, figures, promise, gate } = services;
    let readiness = Readiness::new(dependencies, leaving);
    let promise = caching::Headers::new(promise);
    let shared =
        Shared { engine, metrics, figures, readiness, limits, gate, compression, promise, connections };
    let shared = Arc::new(shared);
    let mut api = any(graphql::serve).options(graphql::options);
    if compression {
        // The later layer is the outer one.
        api = api.layer(compression::layer()).layer(middleware::map_response(compression::settle));
    }
    // Around all that can refuse a request, for a page can read no refusal that does not let it.
    if let Some(cors) = cors::layer(&manner.cors_origins) {
        api = api.layer(cors);
    }
    // From the outside in. The request id comes first, so that whatever happens below can name it;
    // the headers that must be on every answer, refusals included, come right after: nothing is to be
    // taken for what it is not, framed, or loaded into another site's page, and links tell nobody where
    // they were followed. The policy is that of answers without scripts; a page has its own. Everything
    // else is a matter of one route and lies there: limits and timeouts of bodies in `graphql`, the
    // compression of its answers around it, the page's policy in `graphiql`.
    let layers = ServiceBuilder::new()
        .layer(middleware::from_fn(request_id::layer))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .layer(fixed(CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
        .layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, NOTHING));
    let mut public = probes()
        .route("/graphql", api)
        .route("/", get(graphiql::page))
        .route("/graphiql", get(graphiql::page))
        .route("/graphiql/{*path}", get(graphiql::asset))
        .fallback(not_found);
    let mut apart = None;
    if manner.operations_apart {
        apart = Some(probes().merge(operations()).layer(layers.clone()).with_state(Arc::clone(&shared)));
    } else {
        public = public.merge(operations());
    }
    let encrypted = manner.tls.then(|| fixed(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
    let layers = ServiceBuilder::new().option_layer(encrypted).layer(layers);
    Routers { public: public.layer(layers).with_state(shared), operations: apart }
}

/// What orchestrators ask, at every address.
fn probes() -> Router<Arc<Shared>> {
    Router::new().route("/health/live", get(health::live)).route("/health/ready", get(health::ready))
}

/// What is for those who run the server.
fn operations() -> Router<Arc<Shared>> {
    Router::new().route("/metrics", get(health::metrics)).route("/health/detailed", get(health::detailed))
}

async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "Nothing is here: the API is at /graphql, GraphiQL at /graphiql.\n")
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}
