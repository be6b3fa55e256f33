//! For orchestrators and monitoring: is the process alive, should it get requests, and its figures.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::router::Shared;

/// Tells whether what the server needs is there; the error says what is missing, for the log.
pub type ReadyCheck = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// A check that hangs is a check that failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether this server should get requests.
#[derive(Clone)]
pub(super) struct Readiness {
    check: ReadyCheck,
    draining: CancellationToken,
}

impl Readiness {
    pub(super) fn new(check: ReadyCheck, draining: CancellationToken) -> Self {
        Self { check, draining }
    }

    /// The state in one word, and whether requests should come. What failed is for the log only:
    /// this answer is often public.
    async fn state(&self) -> (StatusCode, &'static str) {
        if self.draining.is_cancelled() {
            return (StatusCode::SERVICE_UNAVAILABLE, "draining");
        }
        match tokio::time::timeout(CHECK_TIMEOUT, (self.check)()).await {
            Ok(Ok(())) => (StatusCode::OK, "ready"),
            Ok(Err(reason)) => unavailable(&reason),
            Err(_) => unavailable("the database check took longer than 2 s"),
        }
    }
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

fn unavailable(reason: &str) -> (StatusCode, &'static str) {
    tracing::warn!(reason, "not ready");
    (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
}

#[cfg(test)]
mod tests {
    use std::{future, sync::Arc};

    use axum::http::StatusCode;
    use futures_util::FutureExt;
    use tokio_util::sync::CancellationToken;

    use super::Readiness;

    #[tokio::test]
    async fn a_draining_server_is_not_ready() {
        let draining = CancellationToken::new();
        let readiness = Readiness::new(Arc::new(|| future::ready(Ok(())).boxed()), draining.clone());
        assert_eq!(readiness.state().await, (StatusCode::OK, "ready"));
        draining.cancel();
        assert_eq!(readiness.state().await, (StatusCode::SERVICE_UNAVAILABLE, "draining"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_has_failed() {
        let readiness = Readiness::new(Arc::new(|| future::pending().boxed()), CancellationToken::new());
        assert_eq!(readiness.state().await, (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    }
}
