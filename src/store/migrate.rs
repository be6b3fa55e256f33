//! Brings the schema of the database to the one this program was built with.
//!
//! Migrations are plain SQL, one folder per database, forward only, embedded in the binary. They run
//! under a lock, so that several nodes may start at once: PostgreSQL's advisory lock, or a lock on the
//! file `NAME.lock` beside SQLite's.

use std::{fs::File, path::PathBuf};

use sqlx::{
    migrate::{MigrateError, Migrator},
    sqlite::SqlitePool,
};

use super::{Database, StoreError, database::Writer, write::deferred};

static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");
static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");

/// Where a database's schema stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaVersion {
    /// The newest migration applied; 0 for none.
    pub applied: i64,
    /// The newest migration this program has.
    pub expected: i64,
}

/// Applies the migrations that are missing, and builds the indexes that an import left which was killed.
/// Returns the version before and after.
pub async fn run(database: &Database) -> Result<(SchemaVersion, SchemaVersion), StoreError> {
    let before = version(database).await?;
    match database.writer() {
        Writer::Postgres(pool, _) => POSTGRES.run(pool).await.map_err(|error| explain(&error))?,
        Writer::Sqlite(pool) => run_sqlite(pool).await?,
    }
    deferred::build_left(database).await?;
    Ok((before, version(database).await?))
}

/// A number that changes whenever a migration does: for tests that keep a migrated template.
pub fn fingerprint() -> u64 {
    let checksums = POSTGRES.iter().chain(SQLITE.iter()).flat_map(|migration| migration.checksum.iter());
    checksums.fold(0, |value, byte| value.rotate_left(5) ^ u64::from(*byte))
}

/// Reads how far the schema is. Changes nothing.
pub async fn version(database: &Database) -> Result<SchemaVersion, StoreError> {
    let timeout_ms = database.timeout_ms();
    let (applied, migrator) = match database.writer() {
        Writer::Postgres(pool, _) => {
            let exists =
                sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(pool);
            let newest = sqlx::query_scalar(NEWEST).fetch_one(pool);
            (applied(exists, newest).await, &POSTGRES)
        }
        Writer::Sqlite(pool) => {
            let exists = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations')";
            let exists = sqlx::query_scalar(exists).fetch_one(pool);
            let newest = sqlx::query_scalar(NEWEST).fetch_one(pool);
            (applied(exists, newest).await, &SQLITE)
        }
    };
    let applied = applied.map_err(|error| StoreError::from_sqlx(&error, timeout_ms))?;
    Ok(SchemaVersion {
        applied,
        expected: migrator.iter().map(|migration| migration.version).max().unwrap_or(0),
    })
}

/// The newest migration in the table that sqlx keeps.
const NEWEST: &str = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations";

async fn applied(
    exists: impl Future<Output = Result<bool, sqlx::Error>>,
    newest: impl Future<Output = Result<i64, sqlx::Error>>,
) -> Result<i64, sqlx::Error> {
    if exists.await? { newest.await } else { Ok(0) }
}

async fn run_sqlite(pool: &SqlitePool) -> Result<(), StoreError> {
    let path = PathBuf::from(format!("{}.lock", pool.connect_options().get_filename().display()));
    let lock_error = |error: std::io::Error| StoreError::Migration(format!("{}: {error}", path.display()));
    let file = File::create(&path).map_err(lock_error)?;
    let file = tokio::task::spawn_blocking(move || file.lock().map(|()| file))
        .await
        .map_err(|error| StoreError::Migration(error.to_string()))?
        .map_err(lock_error)?;
    let done = SQLITE.run(pool).await.map_err(|error| explain(&error));
    drop(file);
    done
}

fn explain(error: &MigrateError) -> StoreError {
    StoreError::Migration(match error {
        MigrateError::VersionMissing(version) => format!(
            "the database has migration {version}, which this farol does not know: use a newer farol, or another database"
        ),
        MigrateError::VersionMismatch(version) => {
            format!(
                "migration {version} was applied with another text: restore the database from a backup or start anew"
            )
        }
        other => other.to_string(),
    })
}
