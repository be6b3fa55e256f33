//! Who calls, as the settings say.

use tokio_util::sync::CancellationToken;

use super::ServeError;
use crate::{
    auth::{
        Authenticator, Jwt, JwtError, KeyRing,
        jwt::{Algorithm, KeySource, Options},
        keys,
    },
    config::{Config, JwtAlgorithm},
    lifecycle::Tasks,
    store::Database,
};

/// What knows callers by the publish token, API keys and JSON Web Tokens. What it reads again now and then goes on in
/// `background` until `stop`.
pub async fn authenticator(
    config: &Config,
    database: &Database,
    background: &Tasks,
    stop: &CancellationToken,
) -> Result<Authenticator, ServeError> {
    let jwt = jwt(config)?;
    let keys = KeyRing::start(database, keys::Options::default(), background, stop.clone()).await;
    let mut authenticator = Authenticator::default().with_anonymous(config.auth.anonymous).with_keys(keys);
    if let Some(token) = &config.publish.token {
        authenticator = authenticator.with_publish_token(token.expose());
    }
    if let Some(jwt) = jwt {
        authenticator = authenticator.with_jwt(jwt.followed(background, stop.clone()));
    }
    Ok(authenticator)
}

/// What judges tokens, where the settings say which are believed. Reads the files that they name; no database is
/// needed.
pub fn jwt(config: &Config) -> Result<Option<Jwt>, JwtError> {
    let settings = &config.auth;
    let algorithm = settings.jwt_algorithm.map(|algorithm| match algorithm {
        JwtAlgorithm::Hs256 => Algorithm::Hs256,
        JwtAlgorithm::Rs256 => Algorithm::Rs256,
        JwtAlgorithm::Es256 => Algorithm::Es256,
        JwtAlgorithm::EdDsa => Algorithm::EdDsa,
    });
    let secret = settings.jwt_secret.as_ref().map(|secret| KeySource::Secret(secret.expose().into()));
    let file = || settings.jwt_key_file.clone().map(KeySource::PublicKey);
    let set = || settings.jwks_file.clone().map(KeySource::KeySet);
    let keys = secret.or_else(file).or_else(set);
    // The settings are not valid where there is one of these without the others.
    let (Some(algorithm), Some(keys), Some(issuer), Some(audience)) =
        (algorithm, keys, &settings.jwt_issuer, &settings.jwt_audience)
    else {
        return Ok(None);
    };
    let (issuer, audience) = (issuer.0.clone(), audience.0.clone());
    Jwt::new(&Options { algorithm, keys, issuer, audience, leeway: settings.jwt_leeway() }).map(Some)
}
