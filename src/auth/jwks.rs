//! The keys that tokens are signed with: one of the settings, or those of a JWKS file by their `kid`.
//!
//! The file is read again every few seconds, so that keys can be changed without a restart. What must stay true: a key
//! serves the one algorithm of the settings, whatever it says of itself; a file that cannot be read changes nothing;
//! with a key ends what was opened by the tokens that it signed.

use std::{
    collections::HashMap,
    fs,
    future::pending,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jsonwebtoken::{
    DecodingKey, DecodingKeyKind,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::jwt::Algorithm;
use crate::lifecycle::Tasks;

/// How often the file is read again.
const REREAD: Duration = Duration::from_secs(5);
/// Bytes of a modulus of RSA at least: 2,048 bits.
const RSA_BYTES: usize = 256;
/// Bytes of a point of P-256 as it is written down: a sign and two coordinates.
const P256_BYTES: usize = 65;
/// Bytes of a public key of Ed25519.
const ED25519_BYTES: usize = 32;
/// Bytes of a secret at least: as many as HS256's hash has.
const SECRET_BYTES: usize = 32;

/// Why the keys that tokens are signed with cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JwtError {
    /// A file is not there.
    #[error("{setting}: cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The secret is short.
    #[error(
        "auth.jwt_secret has {0} bytes; HS256 asks for 32 at least, from openssl rand -hex 32 for instance"
    )]
    ShortSecret(usize),
    /// The file has a key that must not be here.
    #[error("auth.jwt_key_file: {} holds a private key; give the public one, which is all that a server needs", path.display())]
    PrivateKey {
        /// The file.
        path: PathBuf,
    },
    /// The file has no public key for the algorithm.
    #[error(
        "auth.jwt_key_file: {} holds no public key for {} (PEM; RSA of 2048 bits or more, P-256 or Ed25519)",
        path.display(), algorithm.as_str()
    )]
    NoPublicKey {
        /// The file.
        path: PathBuf,
        /// The algorithm of the settings.
        algorithm: Algorithm,
    },
    /// The file is no set of keys.
    #[error("auth.jwks_file: {} is no set of keys, {{\"keys\": […]}}: {reason}", path.display())]
    NoSet {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        reason: serde_json::Error,
    },
    /// The set has no key for the algorithm.
    #[error("auth.jwks_file: none of the {count} keys in {} can be used for {}", path.display(), algorithm.as_str())]
    NoneFits {
        /// The file.
        path: PathBuf,
        /// How many keys the file has.
        count: usize,
        /// The algorithm of the settings.
        algorithm: Algorithm,
    },
}

/// Where the keys come from.
pub(super) enum Keys {
    /// One for every token, whatever `kid` it names.
    One(DecodingKey),
    /// A file's.
    File(KeyFile),
}

/// Those of a JWKS file, as it was when it could last be used.
pub(super) struct KeyFile {
    path: PathBuf,
    algorithm: Algorithm,
    keys: watch::Sender<Arc<ById>>,
}

/// Keys by `kid`; that of a key without one is empty, for tokens without one.
type ById = HashMap<String, DecodingKey>;

/// A file's content, its keys not read yet: one that is not understood must not spoil the others.
#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

impl Keys {
    /// A secret shared with whoever signs.
    pub(super) fn secret(secret: &str) -> Result<Self, JwtError> {
        if secret.len() < SECRET_BYTES {
            return Err(JwtError::ShortSecret(secret.len()));
        }
        Ok(Self::One(DecodingKey::from_secret(secret.as_bytes())))
    }

    /// The public key in a PEM file.
    pub(super) fn pem(path: &Path, algorithm: Algorithm) -> Result<Self, JwtError> {
        let pem = read(path, "auth.jwt_key_file")?;
        if String::from_utf8_lossy(&pem).contains("PRIVATE KEY") {
            return Err(JwtError::PrivateKey { path: path.to_owned() });
        }
        let key = match algorithm {
            Algorithm::Hs256 => None,
            Algorithm::Rs256 => DecodingKey::from_rsa_pem(&pem).ok(),
            Algorithm::Es256 => DecodingKey::from_ec_pem(&pem).ok(),
            Algorithm::EdDsa => DecodingKey::from_ed_pem(&pem).ok(),
        };
        let key = key.filter(|key| is_whole(key, algorithm));
        key.map(Self::One).ok_or_else(|| JwtError::NoPublicKey { path: path.to_owned(), algorithm })
    }

    /// Those of a JWKS file.
    pub(super) fn file(path: &Path, algorithm: Algorithm) -> Result<Self, JwtError> {
        let (keys, count) = read_set(&read(path, "auth.jwks_file")?, path, algorithm)?;
        if keys.is_empty() {
            return Err(JwtError::NoneFits { path: path.to_owned(), count, algorithm });
        }
        Ok(Self::File(KeyFile { path: path.to_owned(), algorithm, keys: watch::Sender::new(Arc::new(keys)) }))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::File(file) => file.current().len(),
        }
    }

    /// The key of a token that names this one.
    pub(super) fn of(&self, kid: Option<&str>) -> Option<DecodingKey> {
        match self {
            Self::One(key) => Some(key.clone()),
            Self::File(file) => file.current().get(kid.unwrap_or_default()).cloned(),
        }
    }

    /// Completes when this is not the key of `kid` any more.
    pub(super) fn gone(&self, kid: &str) -> impl Future<Output = ()> + Send + use<> {
        let file = match self {
            Self::One(_) => None,
            Self::File(file) => Some((file.keys.subscribe(), file.current().get(kid).cloned())),
        };
        let kid = kid.to_owned();
        async move {
            let Some((mut keys, before)) = file else { return pending().await };
            let is_other = |keys: &Arc<ById>| match (keys.get(&kid), &before) {
                (Some(key), Some(before)) => !is_same(key, before),
                _ => true,
            };
            // Fails when the keys are gone, and with them whoever would be told.
            if keys.wait_for(is_other).await.is_err() {
                pending::<()>().await;
            }
        }
    }
}

impl KeyFile {
    /// Reads the file again, every few seconds until `shutdown`.
    pub(super) async fn follow(&self) {
        let mut timer = interval(REREAD);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = None;
        loop {
            timer.tick().await;
            let read = tokio::fs::read(&self.path).await.map_err(|error| error.to_string());
            if last.as_ref() != Some(&read) {
                self.take(read.as_deref());
                last = Some(read);
            }
        }
    }

    /// A set that has no usable key is taken too: that is how the last one is taken out of use.
    fn take(&self, read: Result<&[u8], &String>) {
        let keys = read
            .map_err(Clone::clone)
            .and_then(|json| read_set(json, &self.path, self.algorithm).map_err(|error| error.to_string()));
        match keys {
            Ok((keys, _)) => {
                if keys.is_empty() {
                    tracing::warn!("no key is left that tokens could be signed with: all are refused");
                } else {
                    tracing::info!(keys = keys.len(), "the keys of tokens were read");
                }
                self.keys.send_replace(Arc::new(keys));
            }
            Err(error) => {
                tracing::warn!(error, "the keys of tokens cannot be read again; those that were there stay");
            }
        }
    }

    fn current(&self) -> Arc<ById> {
        self.keys.borrow().clone()
    }
}

/// Follows the file of keys, where there is one.
pub(super) fn follow(keys: &Arc<Keys>, tasks: &Tasks, shutdown: CancellationToken) {
    let keys = Arc::clone(keys);
    tasks.spawn(async move {
        if let Keys::File(file) = &*keys {
            let _ = shutdown.run_until_cancelled(file.follow()).await;
        }
    });
}

fn read(path: &Path, setting: &'static str) -> Result<Vec<u8>, JwtError> {
    fs::read(path).map_err(|reason| JwtError::Unreadable { setting, path: path.to_owned(), reason })
}

/// Reads a set: its usable keys, and how many it has in all. Those for other uses are passed over, as RFC 7517 has
/// it.
fn read_set(json: &[u8], path: &Path, algorithm: Algorithm) -> Result<(ById, usize), JwtError> {
    let set: Set =
        serde_json::from_slice(json).map_err(|reason| JwtError::NoSet { path: path.to_owned(), reason })?;
    let count = set.keys.len();
    let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Ok((keys.filter_map(|jwk| usable(jwk, algorithm)).collect(), count))
}

/// The key, if it is one to verify this algorithm with.
fn usable(jwk: Jwk, algorithm: Algorithm) -> Option<(String, DecodingKey)> {
    let fits = matches!(
        (algorithm, &jwk.algorithm),
        (Algorithm::Hs256, AlgorithmParameters::OctetKey(_))
            | (Algorithm::Rs256, AlgorithmParameters::RSA(_))
    ) || match (algorithm, &jwk.algorithm) {
        (Algorithm::Es256, AlgorithmParameters::EllipticCurve(key)) => key.curve == EllipticCurve::P256,
        (Algorithm::EdDsa, AlgorithmParameters::OctetKeyPair(key)) => key.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    let said = &jwk.common;
    let is_meant = said.public_key_use.as_ref().is_none_or(|meant| *meant == PublicKeyUse::Signature)
        && said.key_operations.as_ref().is_none_or(|meant| meant.contains(&KeyOperations::Verify))
        && said.key_algorithm.is_none_or(|meant| meant == KeyAlgorithm::from(algorithm.inner()));
    let key = (fits && is_meant).then(|| DecodingKey::from_jwk(&jwk).ok()).flatten()?;
    is_whole(&key, algorithm).then_some((jwk.common.key_id.unwrap_or_default(), key))
}

fn is_same(one: &DecodingKey, other: &DecodingKey) -> bool {
    match (one.kind(), other.kind()) {
        (DecodingKeyKind::SecretOrDer(one), DecodingKeyKind::SecretOrDer(other)) => one == other,
        (
            DecodingKeyKind::RsaModulusExponent { n: one_n, e: one_e },
            DecodingKeyKind::RsaModulusExponent { n, e },
        ) => one_n == n && one_e == e,
        _ => false,
    }
}

/// Whether a key is as long as it must be.
fn is_whole(key: &DecodingKey, algorithm: Algorithm) -> bool {
    match (algorithm, key.kind()) {
        (Algorithm::Hs256, DecodingKeyKind::SecretOrDer(secret)) => secret.len() >= SECRET_BYTES,
        // What is around the modulus only makes it longer.
        (Algorithm::Rs256, DecodingKeyKind::SecretOrDer(der)) => der.len() > RSA_BYTES,
        (Algorithm::Rs256, DecodingKeyKind::RsaModulusExponent { n, .. }) => n.len() >= RSA_BYTES,
        (Algorithm::Es256, DecodingKeyKind::SecretOrDer(point)) => point.len() == P256_BYTES,
        (Algorithm::EdDsa, DecodingKeyKind::SecretOrDer(key)) => key.len() == ED25519_BYTES,
        _ => false,
    }
}
