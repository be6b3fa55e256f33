//! The end of PostgreSQL's statements that nobody waits for any more.
//!
//! PostgreSQL goes on with a statement whose client has turned away; it is cancelled by the number of the
//! process that serves its connection, told to another connection. That one is kept here, opened when it is
//! first needed, and shared by all that read or write. Who cancels holds on to the connection until its
//! statement is over: otherwise the next statement of it could be hit.

use std::{sync::Arc, time::Duration};

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{sync::Mutex, time::Instant};

/// How long a connection may take to come back after its statement was cancelled.
pub(super) const RECOVERY: Duration = Duration::from_secs(5);
/// A connection that nobody needed for so long is not used any more: firewalls forget it, and do not say so.
pub(super) const IDLE: Duration = Duration::from_mins(10);

/// How a server is reached, and the connection that cancels. Clones share it.
#[derive(Clone)]
pub(super) struct Control(Arc<Shared>);

struct Shared {
    options: PgConnectOptions,
    /// With when it was used last.
    connection: Mutex<Option<(PgConnection, Instant)>>,
}

impl Control {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self(Arc::new(Shared { options, connection: Mutex::default() }))
    }

    /// How to connect to the server.
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.0.options
    }

    /// Cancels what this process of the server does, if it does anything.
    pub(super) async fn cancel(&self, process: i32) -> Result<(), sqlx::Error> {
        let mut control = self.0.connection.lock().await;
        // Taken out while in use: what fails is not used again.
        let known = match control.take() {
            Some((mut connection, since)) if since.elapsed() <= IDLE => {
                connection.ping().await.is_ok().then_some(connection)
            }
            _ => None,
        };
        let mut connection = match known {
            Some(connection) => connection,
            None => PgConnection::connect_with(self.options()).await?,
        };
        sqlx::query("SELECT pg_cancel_backend($1)").bind(process).execute(&mut connection).await?;
        *control = Some((connection, Instant::now()));
        Ok(())
    }

    /// Waits until what a connection was asked is over, and its cancellation with it: one that came too late has
    /// passed by then. The connection is as good as before.
    pub(super) async fn settle(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        match connection.ping().await {
            // The end of the statement, which says that it was cancelled.
            Err(sqlx::Error::Database(_)) => connection.ping().await,
            settled => settled,
        }
    }

    /// Closes the connection that cancels; whoever cancels later opens another one.
    pub(super) async fn close(&self) {
        if let Some((connection, _)) = self.0.connection.lock().await.take() {
            // Gone already is as good as closed.
            let _ = connection.close().await;
        }
    }
}

impl std::fmt::Debug for Control {
    /// Says nothing of the options: they may hold a password.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Control")
    }
}
