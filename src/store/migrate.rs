//! Brings the schema of the database to the one this program was built with.
//!
//! Migrations are plain SQL, one folder per database, forward only, embedded in the binary. They run
//! under a lock, so that several nodes may start at once: PostgreSQL's advisory lock, or a lock on the
//! file `NAME.lock` beside SQLite's.

use std::{fs::File, path::PathBuf, sync::LazyLock};

use sqlx::{
    SqlSafeStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::SqlitePool,
};

use super::{Database, StoreError, database::Writer, write::deferred};

/// Every migration: its number, its name and its text. The macro `sqlx::migrate!` would find them by itself,
/// but brings a second build of sqlx, SQLite and TLS for the compiler to run.
macro_rules! migrations {
    ($folder:literal: $($number:literal $name:literal),+ $(,)?) => {
        LazyLock::new(|| Migrator::with_migrations(vec![$(
            migration($number, $name, include_str!(concat!("../../migrations/", $folder, "/", $name, ".sql")))
        ),+]))
    };
}

static POSTGRES: LazyLock<Migrator> = migrations!("postgres":
    1 "0001_first_light",
    2 "0002_query_api",
    3 "0003_change_tail",
    4 "0004_log_retention",
    5 "0005_api_keys",
);
static SQLITE: LazyLock<Migrator> = migrations!("sqlite":
    1 "0001_first_light",
    2 "0002_query_api",
    3 "0003_change_tail",
    4 "0004_log_retention",
    5 "0005_api_keys",
);

/// A migration as sqlx reads it from a file: the description is the file's name without number and underscores.
fn migration(number: i64, name: &str, sql: &'static str) -> Migration {
    let (_, description) = name.split_once('_').unwrap_or(("", name));
    let description = description.replace('_', " ");
    Migration::new(number, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
}

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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// sqlx refuses a database whose applied migrations have other checksums or descriptions than the program's.
    #[tokio::test]
    async fn the_list_is_what_lies_in_the_folders() {
        for (folder, listed) in [("postgres", &POSTGRES), ("sqlite", &SQLITE)] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
            let found = Migrator::new(folder).await.expect("a folder of migrations");
            let shown = |migrator: &Migrator| {
                let all = migrator.iter().map(|one| {
                    let kind = format!("{:?}", one.migration_type);
                    (one.version, one.description.clone(), kind, one.checksum.clone(), one.no_tx)
                });
                all.collect::<Vec<_>>()
            };
            assert_eq!(shown(listed), shown(&found));
        }
    }
}
