//! The change log as clients see it: places in it, and the entries behind a place.
//!
//! What must stay true: no entry is shown before it is marked in the caches, so that what is shown of its
//! process is not older than the change; a place of another database, or one of which entries may be missing
//! behind it, is refused and never read from.

use std::sync::{Arc, OnceLock};

use chrono::Utc;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::{
    error::quoted,
    events::{Head, Recent, Tail},
    graphql::{
        cursor::{CHANGES, Cursor},
        error::Error,
    },
    store::{
        Database, StoreError,
        query::changes::{self, Entry},
        write::{NewChange, Transaction},
    },
};

/// The change log.
pub(in crate::graphql) struct Log {
    database: Database,
    /// What has read the newest part of it, where something follows it.
    followed: OnceLock<(Tail, Arc<Recent>)>,
    name: OnceCell<Arc<str>>,
}

/// Why what lies behind a cursor cannot be told.
const TOO_OLD: &str = "is older than what is kept of the change log (live.retention_hours)";

/// Stands for the database that a log belongs to: a part of every cursor.
pub(in crate::graphql) type LogName = Arc<str>;

impl Log {
    pub(in crate::graphql) fn new(database: &Database) -> Self {
        Self { database: database.clone(), followed: OnceLock::new(), name: OnceCell::new() }
    }

    /// From now on it is shown as far as this has followed it. Only the first call counts.
    pub(in crate::graphql) fn follow(&self, tail: Tail) {
        let recent = tail.recent();
        let _ = self.followed.set((tail, recent));
    }

    /// The name of the log. Read once.
    pub(in crate::graphql) async fn name(&self) -> Result<LogName, Error> {
        let read = async || {
            let identity = changes::identity(&self.database).await?;
            let digest = Sha256::digest(identity);
            let head = digest.iter().take(4).fold(0_u32, |value, byte| (value << 8) | u32::from(*byte));
            Ok::<_, StoreError>(format!("{head:08x}").into())
        };
        Ok(self.name.get_or_try_init(read).await?.clone())
    }

    /// How far the log may be shown.
    pub(in crate::graphql) async fn head(&self) -> Result<i64, Error> {
        match self.known() {
            Some(head) => Ok(head.sequence),
            None => Ok(changes::head(&self.database).await?),
        }
    }

    /// How far what follows the log has come; `None` where nothing does.
    pub(in crate::graphql) fn known(&self) -> Option<Head> {
        self.followed.get().and_then(|(_, recent)| *recent.head().borrow())
    }

    /// The entries behind a place, in order, at most `most`, none beyond the head.
    ///
    /// # Errors
    /// They cannot be read, or some of them are not kept any more.
    pub(in crate::graphql) async fn after(&self, place: i64, most: usize) -> Result<Vec<Arc<Entry>>, Error> {
        let head = match self.followed.get() {
            Some((_, recent)) => {
                // The head first: what is appended between is taken out again.
                let head = recent.head().borrow().map_or(0, |head| head.sequence);
                if let Some(entries) = recent.after(place, most) {
                    return Ok(entries);
                }
                head
            }
            None => i64::MAX,
        };
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let mut entries = changes::from(&self.database, place.saturating_add(1), most).await?;
        // Asked afterwards: what was removed while it was read would be missing.
        if place < self.oldest().await? {
            let cursor = encode(&self.name().await?, place);
            return Err(self.expired(&cursor, TOO_OLD).await?);
        }
        entries.retain(|entry| entry.sequence <= head);
        Ok(entries.into_iter().map(Arc::new).collect())
    }

    /// Appends entries; this server's caches have heard of them when it returns.
    pub(in crate::graphql) async fn append(&self, changes: &[NewChange]) -> Result<(), Error> {
        let transaction = Transaction::begin(&self.database).await?;
        transaction.commit(Utc::now(), changes).await?;
        if let Some((tail, _)) = self.followed.get() {
            // It is written: that the log could not be read just now is told in this server's log.
            let _ = tail.catch_up().await;
        }
        Ok(())
    }

    /// The place that a cursor names, once it is sure that every change behind it can be shown.
    pub(in crate::graphql) async fn place(&self, cursor: &str) -> Result<i64, Error> {
        let Cursor { number, key, .. } = Cursor::decode(cursor, CHANGES, "after")?;
        let name = self.name().await?;
        if key.as_deref() != Some(&*name) {
            return Err(self.expired(cursor, "belongs to another database than this server has now").await?);
        }
        // Another node may have come further than this one has.
        if let (true, Some((tail, _))) = (number > self.head().await?, self.followed.get()) {
            tail.catch_up().await?;
        }
        if number > self.head().await? {
            return Err(self.expired(cursor, "lies beyond the end of the change log").await?);
        }
        if number < self.oldest().await? {
            return Err(self.expired(cursor, TOO_OLD).await?);
        }
        Ok(number)
    }

    /// The oldest place behind which every change can be shown.
    pub(in crate::graphql) async fn oldest(&self) -> Result<i64, Error> {
        Ok(changes::removed_through(&self.database).await?)
    }

    async fn expired(&self, cursor: &str, why: &str) -> Result<Error, Error> {
        let oldest = encode(&self.name().await?, self.oldest().await?);
        let why = format!(
            "after: {} {why}; read anew what you hold, then go on behind {oldest}, the oldest there is, or without \
             after",
            quoted(cursor, 60)
        );
        Ok(Error::CursorExpired { why, oldest })
    }
}

/// The cursor of a place in a log.
pub(in crate::graphql) fn encode(log: &LogName, place: i64) -> String {
    Cursor::of_change(log, place).encode()
}
