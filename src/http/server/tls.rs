//! TLS by certificate files, which are read again when they change.
//!
//! What must stay true: files that cannot be used, half written for instance, never take the place of those that
//! could; connections that are open keep what they began with.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::ring,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
    },
};

/// Where the certificate lies, and how often it is looked at.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The server's certificate and those that vouch for it, in this order (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM).
    pub key: PathBuf,
    /// How often the files are read to see whether they have changed.
    pub reload: Duration,
}

/// Why the certificate cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A file has not what it should have.
    #[error("{} is not in the PEM format: {reason}", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        reason: pem::Error,
    },
    /// The certificate and the key cannot be used together.
    #[error("the certificate and its key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// What TLS is spoken with.
pub(super) struct Tls {
    files: TlsFiles,
    /// Locked to clone it or to put another in its place.
    acceptor: RwLock<TlsAcceptor>,
    first: Fingerprint,
}

/// Both files as they were read.
struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// Tells one pair from another without keeping the key.
type Fingerprint = [u8; 32];

impl Tls {
    /// Reads the files.
    pub(super) async fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let pair = files.read().await?;
        let acceptor = RwLock::new(files.acceptor(&pair)?);
        Ok(Self { files, acceptor, first: pair.fingerprint() })
    }

    /// What the next connection is accepted with.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the files for ever. What is wrong with them is told once.
    pub(super) async fn follow(&self) {
        let mut seen = Some(self.first);
        loop {
            tokio::time::sleep(self.files.reload).await;
            let pair = self.files.read().await;
            let found = pair.as_ref().ok().map(Pair::fingerprint);
            if found == seen {
                continue;
            }
            seen = found;
            match pair.and_then(|pair| self.files.acceptor(&pair)) {
                Ok(acceptor) => {
                    *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
                    tracing::info!("the certificate has changed and is in use");
                }
                Err(error) => {
                    tracing::warn!(%error, "the certificate has changed; the last one stays in use");
                }
            }
        }
    }
}

impl TlsFiles {
    async fn read(&self) -> Result<Pair, TlsError> {
        let read = async |path: &PathBuf| {
            let unreadable = |reason| TlsError::Unreadable { path: path.clone(), reason };
            tokio::fs::read(path).await.map_err(unreadable)
        };
        Ok(Pair { certificate: read(&self.certificate).await?, key: read(&self.key).await? })
    }

    fn acceptor(&self, pair: &Pair) -> Result<TlsAcceptor, TlsError> {
        let not_pem = |path: &PathBuf, reason| TlsError::NotPem { path: path.clone(), reason };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pair.certificate).collect();
        let chain = chain.map_err(|reason| not_pem(&self.certificate, reason))?;
        let key = PrivateKeyDer::from_pem_slice(&pair.key).map_err(|reason| not_pem(&self.key, reason))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl Pair {
    fn fingerprint(&self) -> Fingerprint {
        let parts = [&self.certificate, &self.key].map(Sha256::digest);
        Sha256::new().chain_update(parts[0]).chain_update(parts[1]).finalize().into()
    }
}
