//! Who is let in, from the settings.

use tokio_util::sync::CancellationToken;

use super::{ServeError, limits};
use crate::{
    auth::{Authenticator, KeyRing, keys},
    config::Config,
    http::Gate,
    lifecycle::Tasks,
    limit::{Door, RateLimiter},
    store::Database,
};

/// What knows callers, and how much each may ask.
pub(super) async fn gate(
    config: &Config,
    database: &Database,
    background: &Tasks,
    stop: CancellationToken,
) -> Result<Gate, ServeError> {
    let ring = KeyRing::start(database, keys::Options::default(), background, stop).await;
    let mut authenticator = Authenticator::default().with_keys(ring);
    if let Some(token) = &config.publish.token {
        authenticator = authenticator.with_publish_token(token.expose());
    }
    let rates = config.rate_limit.enabled.then(|| limits::plans(&config.rate_limit));
    let rates = match rates {
        // By a connection of their own: values of caches are large, and a request must not wait behind them.
        Some(plans) => Some(RateLimiter::new(plans, super::shared(config, database).await?)),
        None => None,
    };
    Ok(Gate { door: Door::new(config.admission.max_in_flight), authenticator, rates })
}
