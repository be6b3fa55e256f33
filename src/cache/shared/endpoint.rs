//! Where Redis is, and how a connection to it is opened.

use std::{fmt, path::PathBuf, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo, RedisError, TlsCertificates,
    aio::MultiplexedConnection, io::tcp::TcpSettings,
};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::{Options, scripts};

/// How long opening a connection may take: names, handshakes, the password. No caller waits for it but the
/// one who starts the server.
const OPENING: Duration = Duration::from_secs(1);
/// Calls that may wait to be written to the connection before further callers wait for room.
const QUEUE: usize = 1024;

/// Where Redis is, and in what time it must answer.
pub(super) struct Endpoint {
    client: Client,
    /// How long a call may take.
    pub(super) timeout: Duration,
    /// The key that is written to see whether Redis is of use.
    probe: String,
}

/// Why the settings of Redis cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SharedError {
    /// The URL is not one of Redis.
    #[error("redis.url cannot be read: it must look like redis://:PASSWORD@HOST:PORT or rediss://…")]
    Url,
    /// The file of certificates cannot be used.
    #[error("redis.ca_file: {}: {reason}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a call had no answer.
#[derive(Debug)]
pub enum Failure {
    /// There was none in time.
    Slow,
    /// Redis answered with an error.
    Refused(RedisError),
    /// There is no connection.
    Broken(RedisError),
}

impl Endpoint {
    /// Reads the settings; asks nobody yet.
    pub(super) async fn new(options: &Options, probe: String) -> Result<Self, SharedError> {
        // The parser's message could repeat the URL, and so the password.
        let info = options.url.expose_secret().into_connection_info().map_err(|_| SharedError::Url)?;
        // A call is one small write; the system must not wait for more to come.
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let client = match &options.ca_file {
            None => Client::open(info).map_err(|_| SharedError::Url)?,
            Some(path) => {
                let refuse = |reason| SharedError::CaFile { path: path.clone(), reason };
                let pem = tokio::fs::read(path).await.map_err(|error| refuse(error.to_string()))?;
                if !pem.windows(BEGIN.len()).any(|window| window == BEGIN) {
                    return Err(refuse("there is no certificate in it (PEM)".to_owned()));
                }
                let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem) };
                Client::build_with_tls(info, certificates).map_err(|error| refuse(error.to_string()))?
            }
        };
        Ok(Self { client, timeout: options.timeout, probe })
    }

    /// Opens a connection over which Redis stores something in time. One that only answers, out of memory
    /// or a replica, is of no use and counts as away.
    pub(super) async fn open(&self) -> Result<MultiplexedConnection, Failure> {
        // Whoever asks sets the time.
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_connection_timeout(None)
            .set_pipeline_buffer_size(QUEUE);
        let open = async {
            let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
            scripts::FILL.load_async(&mut connection).await?;
            scripts::UNLOCK.load_async(&mut connection).await?;
            Ok(connection)
        };
        let mut connection = in_time(OPENING, open).await?;
        let mut probe = redis::cmd("SET");
        probe.arg(&self.probe).arg(1).arg("PX").arg(1000);
        in_time(self.timeout, probe.exec_async(&mut connection)).await?;
        Ok(connection)
    }
}

/// How a certificate begins in a PEM file.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The answer of Redis, if it comes in time.
pub(crate) async fn in_time<T>(
    time: Duration,
    answer: impl Future<Output = Result<T, RedisError>>,
) -> Result<T, Failure> {
    timeout(time, answer).await.map_err(|_| Failure::Slow)?.map_err(Failure::from)
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::AuthenticationFailed => {
                Self::Refused(error)
            }
            _ => Self::Broken(error),
        }
    }
}

impl fmt::Display for Endpoint {
    /// The place without a password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.get_connection_info().addr().fmt(out)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slow => out.write_str("no answer in time"),
            Self::Refused(error) => write!(out, "it answers with an error: {error}"),
            Self::Broken(error) => write!(out, "no connection: {error}"),
        }
    }
}
