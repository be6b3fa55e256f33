//! One address: takes it, and accepts connections.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::net::TcpListener;

use super::{connection::Reception, tls::TlsError};
use crate::http::connections::Full;

/// After an accept that failed for want of something (file descriptors): long enough not to spin, short enough not
/// to matter.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often it is told how many connections were refused, or failed: a line for each would be a flood of its own.
const TELL_INTERVAL: Duration = Duration::from_secs(5);

/// Why the server could not listen.
#[derive(Debug, Error)]
pub enum BindError {
    /// An address cannot be taken.
    #[error("cannot listen on {listen}: {source}; is another server running there? (setting {setting})")]
    Address {
        /// The address.
        listen: SocketAddr,
        /// The setting that names it.
        setting: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// TLS cannot be spoken.
    #[error("{0} (settings http.tls_certificate and http.tls_key)")]
    Tls(#[from] TlsError),
}

/// An address that is held, and who receives its connections.
pub(super) struct Listener {
    socket: TcpListener,
    local_addr: SocketAddr,
    reception: Arc<Reception>,
}

/// Connections that were closed as soon as they came, or did not come about.
#[derive(Default)]
struct Lost {
    /// All that there may be were open.
    full: usize,
    /// All that their address may have were open.
    of_address: usize,
    /// They could not be accepted, and why the last of them could not.
    failed: Option<(usize, io::Error)>,
}

impl Listener {
    /// Takes an address, which a setting names.
    pub(super) async fn bind(
        listen: SocketAddr,
        setting: &'static str,
        reception: Reception,
    ) -> Result<Self, BindError> {
        let failed = |source| BindError::Address { listen, setting, source };
        let socket = TcpListener::bind(listen).await.map_err(failed)?;
        let local_addr = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, local_addr, reception: Arc::new(reception) })
    }

    /// The address taken.
    pub(super) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Accepts for ever; one failed accept costs one connection, never the server.
    pub(super) async fn accept(&self) {
        let mut told = tokio::time::interval(TELL_INTERVAL);
        let mut lost = Lost::default();
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                _ = told.tick() => { std::mem::take(&mut lost).tell(); continue }
            };
            match accepted {
                Ok((stream, peer)) => {
                    if let Err(full) = self.reception.receive(stream, peer) {
                        lost.refused(full);
                    }
                }
                Err(error) => {
                    let again_at_once = is_of_one_connection(&error);
                    lost.failed(error);
                    if !again_at_once {
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        }
    }
}

/// Whether an accept failed by what became of the connection on its way, so that the next has nothing to fear.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted, NetworkDown,
        NetworkUnreachable,
    };
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionRefused
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
    )
}

impl Lost {
    fn refused(&mut self, full: Full) {
        match full {
            Full::Server(_) => self.full += 1,
            Full::Address(_) => self.of_address += 1,
        }
    }

    fn failed(&mut self, error: io::Error) {
        let before = self.failed.take().map_or(0, |(count, _)| count);
        self.failed = Some((before + 1, error));
    }

    fn tell(self) {
        let Self { full, of_address, failed } = self;
        if let Some((failed, error)) = failed {
            tracing::warn!(failed, %error, "connections could not be accepted");
        }
        if full + of_address > 0 {
            tracing::warn!(
                full,
                of_address,
                "connections were refused (http.max_connections, http.max_connections_per_address)"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::is_of_one_connection;

    #[test]
    fn only_what_is_wanting_makes_the_next_accept_wait() {
        assert!(is_of_one_connection(&ErrorKind::ConnectionAborted.into()));
        // EMFILE: no file descriptor is left.
        assert!(!is_of_one_connection(&Error::from_raw_os_error(24)));
    }
}
