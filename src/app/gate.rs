//! Who is let in, from the settings.

use tokio_util::sync::CancellationToken;

use crate::{
    auth::{Authenticator, KeyRing, keys},
    config::Config,
    http::Gate,
    lifecycle::Tasks,
    store::Database,
};

/// What knows callers, and how much each may ask.
pub(super) async fn gate(
    config: &Config,
    database: &Database,
    background: &Tasks,
    stop: CancellationToken,
) -> Gate {
    let ring = KeyRing::start(database, keys::Options::default(), background, stop).await;
    let mut authenticator = Authenticator::default().with_keys(ring);
    if let Some(token) = &config.publish.token {
        authenticator = authenticator.with_publish_token(token.expose());
    }
    Gate { authenticator, ..Gate::default() }
}
