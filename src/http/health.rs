//! For orchestrators and monitoring: is the process alive, should it get requests, and its figures.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    address::Client, connections::Peer, refusal::Refusal, respond, router::Shared, visitor::Visitor,
};
use crate::{
    auth::Scope,
    telemetry::{
        figures::Figures,
        report::{self, Check, Report},
    },
};

/// Tells whether what the server needs is there; the error says what is missing, for the log.
pub type ReadyCheck = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

const READY: &str = "ready";
const DRAINING: &str = "draining";
const SHEDDING: &str = "shedding";
const UNAVAILABLE: &str = "unavailable";
/// Who is told the details.
const FOR_WHOM: &str =
    "ask with a credential of scope admin, or on the server's own machine past every proxy";
/// How long what was seen of the database is told again.
const FRESH: Duration = Duration::from_secs(1);
/// A check that hangs is a check that failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// What the server stands on.
#[derive(Clone)]
pub struct Dependencies {
    /// Tells whether the database answers. Without it there is nothing to serve.
    pub database: ReadyCheck,
    /// Tells whether the database is left alone because it failed: then what was seen of it before is no more so.
    pub left_alone: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
    /// Tells whether Redis answers, where there is one. Everything works without it.
    pub redis: Option<ReadyCheck>,
    /// Tells whether anyone is being turned away, where that is to keep requests away.
    pub shedding: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
}

/// Whether this server should get requests.
#[derive(Clone)]
pub(super) struct Readiness {
    dependencies: Dependencies,
    leaving: CancellationToken,
    began: Instant,
    /// What was last seen of the database, and when.
    last: Arc<Mutex<Option<(Instant, Check)>>>,
}

impl Readiness {
    pub(super) fn new(dependencies: Dependencies, leaving: CancellationToken) -> Self {
        Self { dependencies, leaving, began: Instant::now(), last: Arc::default() }
    }

    /// The state in one word, and whether requests should come. What failed is for the log only:
    /// this answer is often public.
    async fn state(&self) -> (StatusCode, &'static str) {
        if self.leaving.is_cancelled() {
            return (StatusCode::SERVICE_UNAVAILABLE, DRAINING);
        }
        let state = self.word(&self.database().await);
        let status = if state == READY { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, state)
    }

    /// The same word for everyone who asks.
    fn word(&self, database: &Check) -> &'static str {
        let Dependencies { shedding, .. } = &self.dependencies;
        if self.leaving.is_cancelled() {
            DRAINING
        } else if database.failure.is_some() {
            UNAVAILABLE
        } else if shedding.as_ref().is_some_and(|shedding| shedding()) {
            SHEDDING
        } else {
            READY
        }
    }

    /// How the database does, or did a moment ago: whoever asks often costs it nothing more.
    async fn database(&self) -> Check {
        let left_alone = || self.dependencies.left_alone.as_ref().is_some_and(|left_alone| left_alone());
        let mut last = self.last.lock().await;
        if let Some((at, check)) = &*last
            && at.elapsed() < FRESH
            && (check.failure.is_some() || !left_alone())
        {
            return check.clone();
        }
        let check = look(&self.dependencies.database).await;
        if let Some(reason) = &check.failure {
            tracing::warn!(reason, "not ready");
        }
        *last = Some((Instant::now(), check.clone()));
        check
    }

    /// Everything that is known of how the server does.
    async fn report(&self, figures: &Figures) -> Report {
        let Dependencies { redis, .. } = &self.dependencies;
        let redis = async {
            match redis {
                Some(check) => Some(look(check).await),
                None => None,
            }
        };
        let (database, redis) = tokio::join!(self.database(), redis);
        let status = self.word(&database);
        Report { status, uptime: self.began.elapsed(), database, redis, figures: *figures }
    }
}

/// Asks a dependency how it does.
async fn look(check: &ReadyCheck) -> Check {
    let began = Instant::now();
    let failure = match tokio::time::timeout(CHECK_TIMEOUT, check()).await {
        Ok(answer) => answer.err(),
        Err(_) => Some("the check took longer than 2 s".to_owned()),
    };
    Check { took: began.elapsed(), failure }
}

/// The process runs: whoever sees no answer may restart it.
pub(super) async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// 200 when requests should come here, 503 while draining or when the database does not answer.
pub(super) async fn ready(State(readiness): State<Readiness>) -> (StatusCode, Json<Value>) {
    let (status, state) = readiness.state().await;
    (status, Json(json!({ "status": state })))
}

/// The metrics in the Prometheus text format.
pub(super) async fn metrics(State(shared): State<Arc<Shared>>) -> ([(HeaderName, &'static str); 1], String) {
    shared.metrics.collect(&shared.figures());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], shared.metrics.render())
}

/// How the server does in detail, for those who run it: 200, whatever the report says.
pub(super) async fn detailed(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
    Extension(peer): Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if !client.is_local(&uri, &headers)
        && let Err(refusal) = judge(&shared, peer, &headers).await
    {
        return match refusal.status {
            // One who may come again, and hears when.
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                respond::refuse(refusal, shared.limits.profile)
            }
            _ => told(StatusCode::FORBIDDEN, json!({ "status": "forbidden", "message": FOR_WHOM })),
        };
    }
    let report = shared.readiness.report(&shared.figures()).await;
    told(StatusCode::OK, report::detailed(&report))
}

fn told(status: StatusCode, what: Value) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(what)).into_response()
}

/// Whether one who asks from elsewhere runs this server. He passes the door and is counted as with a query: what he
/// shows may be guessed, and to judge it may cost a read.
async fn judge(shared: &Shared, peer: Peer, headers: &HeaderMap) -> Result<(), Refusal> {
    let _inside = shared.gate.door.try_enter().ok_or_else(Refusal::overloaded)?;
    let visitor = Visitor::enter(shared, headers, peer, false).await?;
    if visitor.caller.scope >= Scope::Admin { Ok(()) } else { Err(Refusal::forbidden(FOR_WHOM)) }
}

#[cfg(test)]
mod tests {
    use std::{
        future,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering::Relaxed},
        },
    };

    use axum::http::StatusCode;
    use futures_util::FutureExt;
    use tokio_util::sync::CancellationToken;

    use super::{Dependencies, Figures, Readiness, ReadyCheck};

    fn on(database: ReadyCheck) -> Dependencies {
        Dependencies { database, left_alone: None, redis: None, shedding: None }
    }

    #[tokio::test]
    async fn a_draining_server_is_not_ready() {
        let draining = CancellationToken::new();
        let readiness = Readiness::new(on(Arc::new(|| future::ready(Ok(())).boxed())), draining.clone());
        assert_eq!(readiness.state().await, (StatusCode::OK, "ready"));
        draining.cancel();
        assert_eq!(readiness.state().await, (StatusCode::SERVICE_UNAVAILABLE, "draining"));
    }

    #[tokio::test]
    async fn a_server_that_turns_operations_away_is_not_ready_where_that_is_wanted() {
        let shedding = on(Arc::new(|| future::ready(Ok(())).boxed()));
        let shedding = Dependencies { shedding: Some(Arc::new(|| true)), ..shedding };
        let readiness = Readiness::new(shedding, CancellationToken::new());
        assert_eq!(readiness.state().await, (StatusCode::SERVICE_UNAVAILABLE, "shedding"));
        assert_eq!(readiness.report(&Figures::default()).await.status, "shedding");
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_that_is_left_alone_was_not_seen_well_a_moment_ago() {
        let open = Arc::new(AtomicBool::new(false));
        let (asked, told) = (open.clone(), open.clone());
        let database: ReadyCheck = Arc::new(move || {
            future::ready(if asked.load(Relaxed) { Err("left alone".to_owned()) } else { Ok(()) }).boxed()
        });
        let left_alone: Arc<dyn Fn() -> bool + Send + Sync> = Arc::new(move || told.load(Relaxed));
        let dependencies = Dependencies { left_alone: Some(left_alone), ..on(database) };
        let readiness = Readiness::new(dependencies, CancellationToken::new());
        assert_eq!(readiness.state().await.1, "ready");
        open.store(true, Relaxed);
        assert_eq!(readiness.state().await.1, "unavailable", "no second later");
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_has_failed() {
        let readiness = Readiness::new(on(Arc::new(|| future::pending().boxed())), CancellationToken::new());
        assert_eq!(readiness.state().await, (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    }
}
