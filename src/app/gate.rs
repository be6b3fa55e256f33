//! Who is let in and how much each may ask, from the settings.

use tokio_util::sync::CancellationToken;

use super::{ServeError, callers, limits};
use crate::{
    config::Config,
    http::Gate,
    lifecycle::Tasks,
    limit::{Door, RateLimiter},
    store::Database,
};

/// What a request passes before it is read.
pub(super) async fn gate(
    config: &Config,
    database: &Database,
    background: &Tasks,
    stop: &CancellationToken,
) -> Result<Gate, ServeError> {
    let rates = if config.rate_limit.enabled {
        // By a connection of their own: values of caches are large, and a request must not wait behind them.
        let shared = super::shared(config, database).await?;
        Some(RateLimiter::new(limits::plans(&config.rate_limit), shared))
    } else {
        None
    };
    let authenticator = callers::authenticator(config, database, background, stop).await?;
    Ok(Gate { door: Door::new(config.admission.max_in_flight), authenticator, rates })
}
