//! One transaction of the writer, the same on both databases.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::{FromRow, PgConnection, PgPool, Sqlite, SqliteConnection, postgres::PgRow, sqlite::SqliteRow};

use super::{
    change_log::{self, NewChange},
    growth::Tally,
    organization, postgres,
    rows::Rows,
    session::{Patience, Session},
    sqlite,
    table::{ORGANIZATIONS, ORPHANS, REMOVALS, TABLES, Table},
};
use crate::{
    store::{Database, StoreError, database::Writer, query::release::decompress},
    telemetry::statements::{Statements, Timing},
};

/// A release read back from the store.
#[derive(Clone, Debug)]
pub struct StoredRelease {
    /// Its id, derived from the digest of its text.
    pub id: i64,
    /// The process it belongs to.
    pub process: i64,
    /// Its place among the process's releases.
    pub position: i32,
    /// Its tags, joined by commas.
    pub tags: Option<String>,
    /// Its JSON as published.
    pub json: String,
}

/// A write transaction. Dropped without [`commit`](Self::commit), nothing of it remains.
pub struct Transaction {
    inner: Inner,
    timeout_ms: u64,
    statements: Statements,
    /// What the change log is to say of datasets.
    noted: Vec<NewChange>,
}

/// Ids in the store by process and the publisher's id.
pub type NamedReleases = HashMap<(i64, String), Vec<i64>>;

/// Id, process, position, tags and compressed JSON of a release.
type ReleaseColumns = (i64, i64, i32, Option<String>, Vec<u8>);

enum Inner {
    Postgres(Session),
    Sqlite(sqlx::Transaction<'static, Sqlite>),
}

/// Whether a pool has a connection that nobody uses, or may open another one.
fn has_room(pool: &PgPool) -> bool {
    pool.num_idle() > 0 || pool.size() < pool.options().get_max_connections()
}

/// The connection of a transaction.
pub(super) enum Connection<'a> {
    Postgres(&'a mut PgConnection),
    Sqlite(&'a mut SqliteConnection),
}

impl Transaction {
    /// Begins what waits for others no longer than a request does. On SQLite this waits for the one writer
    /// connection, and for writers of other processes. Refused while the breaker is open; to have waited for
    /// other writers says nothing of the database.
    pub async fn begin(database: &Database) -> Result<Self, StoreError> {
        Self::begin_with(database, Patience::Request).await
    }

    /// Begins to write to a dataset. Another writer of the same dataset waits until this one has ended.
    pub async fn begin_on(database: &Database, dataset: i64, patience: Patience) -> Result<Self, StoreError> {
        let mut transaction = Self::begin_with(database, patience).await?;
        let statements = transaction.statements.clone();
        if let Connection::Postgres(connection) = transaction.connection()? {
            let timing = statements.begin(postgres::LOCK);
            let locked = postgres::lock_dataset(connection, dataset).await;
            transaction.told(timing, locked)?;
        }
        Ok(transaction)
    }

    async fn begin_with(database: &Database, patience: Patience) -> Result<Self, StoreError> {
        let timeout_ms = database.timeout_ms();
        let mut permit = database.admit()?;
        // Nothing tells the wait for writers from the time that the database takes.
        permit.waits();
        let timing = database.statements().begin("BEGIN");
        let inner = match database.writer() {
            Writer::Postgres(pool, control) => {
                Session::begin(pool, control, patience).await.map(Inner::Postgres)
            }
            Writer::Sqlite(pool) => pool.begin_with("BEGIN IMMEDIATE").await.map(Inner::Sqlite),
        };
        timing.ended(inner.is_ok());
        let inner = inner.map_err(|error| match (&error, database.writer()) {
            // It could not be reached: nobody else was in the way.
            (sqlx::Error::PoolTimedOut, Writer::Postgres(pool, _)) if has_room(pool) => {
                StoreError::Unavailable(error.to_string())
            }
            _ => StoreError::from_sqlx(&error, timeout_ms),
        });
        if inner.as_ref().is_err_and(StoreError::is_failure) {
            permit.failed();
        } else {
            permit.withdrawn();
        }
        let inner = inner?;
        Ok(Self { inner, timeout_ms, statements: database.statements().clone(), noted: Vec::new() })
    }

    /// Which of these releases are stored.
    pub async fn known_releases(&mut self, ids: &[i64]) -> Result<HashSet<i64>, StoreError> {
        self.existing("SELECT id FROM releases WHERE id", ids).await
    }

    /// Which of these processes are stored.
    pub async fn known_processes(&mut self, ids: &[i64]) -> Result<HashSet<i64>, StoreError> {
        self.existing("SELECT id FROM processes WHERE id", ids).await
    }

    /// Which of these organisations are stored.
    pub(super) async fn known_organizations(&mut self, ids: &[i64]) -> Result<HashSet<i64>, StoreError> {
        self.existing("SELECT id FROM organizations WHERE id", ids).await
    }

    /// The ids in the store of the releases of these processes, by process and the publisher's id: publishers
    /// reuse theirs. Releases without one are left out.
    pub async fn named_releases(&mut self, processes: &[i64]) -> Result<NamedReleases, StoreError> {
        const NAMED: &str =
            "SELECT process_id, local_id, id FROM releases WHERE local_id IS NOT NULL AND process_id";
        let rows: Vec<(i64, String, i64)> = self.select(NAMED, processes).await?;
        let mut named = NamedReleases::new();
        for (process, name, id) in rows {
            named.entry((process, name)).or_default().push(id);
        }
        Ok(named)
    }

    /// The JSON of these stored releases, by id.
    pub async fn release_texts(&mut self, ids: &[i64]) -> Result<HashMap<i64, String>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = self.select("SELECT id, body FROM releases WHERE id", ids).await?;
        rows.into_iter().map(|(id, body)| Ok((id, decompress(&body)?))).collect()
    }

    /// What the rows of these processes add to the counts of their datasets.
    pub(super) async fn tally(&mut self, processes: &[i64]) -> Result<Tally, StoreError> {
        const COUNTED: &str = "SELECT count(*), coalesce(sum(release_count), 0), coalesce(sum(bid_count), 0), \
             coalesce(sum(award_count), 0), coalesce(sum(contract_count), 0) FROM processes WHERE id";
        let rows: Vec<(i64, i64, i64, i64, i64)> = self.select(COUNTED, processes).await?;
        let of = |(processes, releases, bids, awards, contracts)| Tally {
            processes,
            releases,
            bids,
            awards,
            contracts,
        };
        Ok(rows.into_iter().next().map(of).unwrap_or_default())
    }

    /// The stored releases of these processes, by process, in the order they were merged.
    pub async fn releases(
        &mut self,
        processes: &[i64],
    ) -> Result<HashMap<i64, Vec<StoredRelease>>, StoreError> {
        let select = "SELECT id, process_id, position, tags, body FROM releases WHERE process_id";
        let rows: Vec<ReleaseColumns> = self.select(select, processes).await?;
        let mut releases: HashMap<i64, Vec<StoredRelease>> = HashMap::new();
        for (id, process, position, tags, body) in rows {
            let release = StoredRelease { id, process, position, tags, json: decompress(&body)? };
            releases.entry(process).or_default().push(release);
        }
        for list in releases.values_mut() {
            list.sort_unstable_by_key(|release| release.position);
        }
        Ok(releases)
    }

    /// The organisations that the rows of these processes name, in whatever role, by process. A process that
    /// names none, or is not stored, is left out.
    pub async fn organizations(&mut self, processes: &[i64]) -> Result<HashMap<i64, Vec<i64>>, StoreError> {
        if processes.is_empty() {
            return Ok(HashMap::new());
        }
        let timing = self.timing(ORGANIZATIONS);
        let rows = match self.connection()? {
            Connection::Postgres(connection) => {
                postgres::select_by(connection, ORGANIZATIONS, processes).await
            }
            Connection::Sqlite(connection) => sqlite::select_by(connection, ORGANIZATIONS, processes).await,
        };
        let rows: Vec<(i64, i64)> = self.told(timing, rows)?;
        let mut organizations: HashMap<i64, Vec<i64>> = HashMap::new();
        for (process, organization) in rows {
            organizations.entry(process).or_default().push(organization);
        }
        Ok(organizations)
    }

    /// Removes all rows of these processes. Their organisations stay: others may name them.
    pub async fn remove(&mut self, processes: &[i64]) -> Result<(), StoreError> {
        self.remove_by(&REMOVALS, processes).await
    }

    /// Removes what is in the way of these rows though nothing leads to it: the lists of bids, awards and
    /// contracts that are not there themselves. Only a damaged database holds any.
    pub async fn remove_orphans(&mut self, rows: &Rows) -> Result<(), StoreError> {
        self.remove_by(&ORPHANS, &rows.parents).await
    }

    /// A number that changes when any row of these processes does. Their organisations are left out:
    /// their rows depend on other processes too.
    pub async fn fingerprint(&mut self, processes: &[i64]) -> Result<u64, StoreError> {
        let mut sum = 0_u64;
        for removal in REMOVALS {
            let rows: Vec<(String,)> = match self.connection()? {
                Connection::Postgres(connection) => postgres::rows(connection, removal, processes).await,
                Connection::Sqlite(connection) => sqlite::rows(connection, removal, processes).await,
            }
            .map_err(|error| self.refused(&error))?;
            for (row,) in rows {
                let digest = Sha256::new().chain_update(removal).chain_update(row).finalize();
                let head = digest.iter().take(8).fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
                sum = sum.wrapping_add(head);
            }
        }
        Ok(sum)
    }

    /// Adds rows of processes that are not (or no longer) stored; organisations are added or improved.
    /// Returns how many rows those are.
    pub async fn insert(&mut self, mut rows: Rows) -> Result<u64, StoreError> {
        organization::encode(&mut rows);
        let count = rows.count();
        for table in TABLES {
            self.insert_table(table, &mut rows).await?;
        }
        Ok(count)
    }

    /// Appends to the change log and commits. Nothing else may follow, see [`change_log`]. Those who follow
    /// the log are told ([`crate::store::notify`]).
    pub async fn commit(mut self, at: DateTime<Utc>, changes: &[NewChange]) -> Result<(), StoreError> {
        if !changes.is_empty() || !self.noted.is_empty() {
            let statements = self.statements.clone();
            let backend = match self.connection()? {
                Connection::Postgres(connection) => {
                    let timing = statements.begin(postgres::LOCK);
                    let locked = postgres::lock_change_log(connection).await;
                    self.told(timing, locked)?;
                    sea_orm::DbBackend::Postgres
                }
                Connection::Sqlite(_) => sea_orm::DbBackend::Sqlite,
            };
            let mut rows = Rows::new(backend);
            change_log::encode(&mut rows, at, changes.iter().chain(&self.noted));
            self.insert_table(Table::Changes, &mut rows).await?;
            if let Connection::Postgres(connection) = self.connection()? {
                let timing = statements.begin(postgres::NOTIFY);
                let told = postgres::notify(connection).await;
                self.told(timing, told)?;
            }
        }
        let timing = self.timing("COMMIT");
        let Self { inner, timeout_ms, .. } = self;
        let done = match inner {
            Inner::Postgres(session) => session.commit().await,
            Inner::Sqlite(transaction) => transaction.commit().await,
        };
        timing.ended(done.is_ok());
        done.map_err(|error| StoreError::from_sqlx(&error, timeout_ms))
    }

    /// Has the commit append an entry, behind those that it is given.
    pub(super) fn note(&mut self, change: NewChange) {
        self.noted.push(change);
    }

    /// For statements of other modules.
    pub(super) fn connection(&mut self) -> Result<Connection<'_>, StoreError> {
        let timeout_ms = self.timeout_ms;
        match &mut self.inner {
            Inner::Postgres(session) => {
                let connection = session.connection();
                connection
                    .map(Connection::Postgres)
                    .map_err(|error| StoreError::from_sqlx(&error, timeout_ms))
            }
            Inner::Sqlite(transaction) => Ok(Connection::Sqlite(transaction)),
        }
    }

    /// A statement begins, to be ended by [`told`](Self::told).
    pub(super) fn timing(&self, sql: impl Into<Arc<str>>) -> Timing {
        self.statements.begin(sql)
    }

    /// What a statement was told.
    pub(super) fn told<T>(
        &mut self,
        timing: Timing,
        answer: Result<T, sqlx::Error>,
    ) -> Result<T, StoreError> {
        timing.ended(answer.is_ok());
        if let (Inner::Postgres(session), Err(error)) = (&mut self.inner, &answer) {
            session.failed(error);
        }
        answer.map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &sqlx::Error) -> StoreError {
        StoreError::from_sqlx(error, self.timeout_ms)
    }

    async fn insert_table(&mut self, table: Table, rows: &mut Rows) -> Result<(), StoreError> {
        let buffer = rows.take(table);
        if buffer.is_empty() {
            return Ok(());
        }
        // All packs of rows together: the work is the same as of PostgreSQL's one statement.
        let timing = self.timing(format!("INSERT INTO {}", table.layout().name));
        let inserted = match self.connection()? {
            Connection::Postgres(connection) => postgres::insert(connection, table, &buffer).await,
            Connection::Sqlite(connection) => sqlite::insert(connection, table, buffer).await,
        };
        self.told(timing, inserted)
    }

    async fn remove_by(&mut self, removals: &[&'static str], keys: &[i64]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        for removal in removals {
            let timing = self.timing(*removal);
            let removed = match self.connection()? {
                Connection::Postgres(connection) => postgres::remove(connection, removal, keys).await,
                Connection::Sqlite(connection) => sqlite::remove(connection, removal, keys).await,
            };
            self.told(timing, removed)?;
        }
        Ok(())
    }

    async fn existing(&mut self, select: &'static str, ids: &[i64]) -> Result<HashSet<i64>, StoreError> {
        let rows: Vec<(i64,)> = self.select(select, ids).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Runs `select` over the rows whose last column named is one of `ids`.
    async fn select<T>(&mut self, select: &'static str, ids: &[i64]) -> Result<Vec<T>, StoreError>
    where
        T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let timing = self.timing(select);
        let rows = match self.connection()? {
            Connection::Postgres(connection) => postgres::select(connection, select, ids).await,
            Connection::Sqlite(connection) => sqlite::select(connection, select, ids).await,
        };
        self.told(timing, rows)
    }
}
