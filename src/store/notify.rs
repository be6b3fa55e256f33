//! Tells at once that the change log grew, where the database can.
//!
//! Only a wake-up: nothing is said but that there is something to read, and one that is lost costs no more
//! than the time until the log is looked at anyway. PostgreSQL notifies whoever listens when a transaction
//! that appended commits; SQLite has nothing of the kind.

use std::{convert::Infallible, future::pending, time::Duration};

use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};

use super::{Database, database::Writer};

/// The channel of PostgreSQL that commits notify.
pub(super) const CHANNEL: &str = "farol_changes";

/// How long to wait before listening is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Calls `heard` after each commit that appended to the log, and whenever one may have been missed. Listens
/// by a connection of its own, which it opens again when it is lost. Never ends; on SQLite it never calls.
pub async fn listen(database: &Database, heard: impl Fn()) -> Infallible {
    let Writer::Postgres(pool, _) = database.writer() else { return pending().await };
    loop {
        let Err(error) = listen_once(pool, &heard).await;
        tracing::debug!(%error, "no notifications of the change log; it is looked at on a timer");
        tokio::time::sleep(AGAIN).await;
    }
}

/// Listens until the connection cannot be had again.
async fn listen_once(pool: &PgPool, heard: &impl Fn()) -> Result<Infallible, sqlx::Error> {
    let own = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let own = own.connect_lazy_with((*pool.connect_options()).clone());
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(CHANNEL).await?;
    loop {
        heard();
        // Nothing is said of a connection that was lost and is there again: that counts as a call, too.
        listener.try_recv().await?;
    }
}
