//! A database of its own for each test, on SQLite and on PostgreSQL.
//!
//! PostgreSQL databases are copies of a template that is filled once per server, whichever test
//! comes first; SQLite files are filled one by one, which is fast enough.

use std::{
    process,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use farol::{
    config::Backend,
    limit::Breaker,
    store::{Database, Options, migrate},
};
use futures_util::future::BoxFuture;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;

use super::servers::postgres_url;

/// What a test's database holds when the test begins.
pub(super) struct Template {
    /// Changes whenever the content does: a hash of the migrations.
    pub(super) key: String,
    /// Fills the empty database at a URL, and leaves no connection behind.
    pub(super) fill: fn(String) -> BoxFuture<'static, ()>,
}

/// A database that belongs to one test and goes away with it.
pub(crate) struct TestDatabase {
    /// Which kind it is.
    pub(crate) backend: Backend,
    /// Where it is, as `database.url` takes it.
    pub(crate) url: String,
    _owned: Owned,
}

/// What is removed when the test ends.
enum Owned {
    Directory(#[expect(dead_code, reason = "removes the directory when dropped")] TempDir),
    Postgres(String),
}

/// The template of every test: the schema, no data.
fn template() -> Template {
    let key = format!("{:x}", migrate::fingerprint());
    Template {
        key,
        fill: |url| {
            Box::pin(async move {
                let database = Database::connect(&options(&url)).await.expect("the database can be reached");
                migrate::run(&database).await.expect("the migrations run");
                database.close().await;
            })
        },
    }
}

/// How tests connect.
fn options(url: &str) -> Options {
    Options {
        url: url.into(),
        max_connections: 8,
        acquire_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(30),
        breaker: Breaker::never(),
    }
}

/// Makes two tests, `name::sqlite` and `name::postgres`, of each `async fn name(TestDatabase)`.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use $crate::support::TestDatabase;

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                super::$name(TestDatabase::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                super::$name(TestDatabase::postgres().await).await;
            }
        }
    )+};
}
pub(crate) use on_both_databases;

impl TestDatabase {
    /// A file in a directory of its own.
    pub(crate) async fn sqlite() -> Self {
        Self::sqlite_from(&template()).await
    }

    /// A database on the private server.
    pub(crate) async fn postgres() -> Self {
        Self::postgres_from(&template()).await
    }

    /// Connects to it.
    pub(crate) async fn open(&self) -> Database {
        Database::connect(&options(&self.url)).await.expect("the database can be reached")
    }

    /// Connects to it, with so many connections that read.
    pub(crate) async fn open_with(&self, max_connections: u32) -> Database {
        let options = Options { max_connections, ..options(&self.url) };
        Database::connect(&options).await.expect("the database can be reached")
    }

    /// Breaks whatever reads this table.
    pub(crate) async fn drop_table(&self, table: &str) {
        self.execute(format!("DROP TABLE {table}")).await;
    }

    /// Has whatever reads this table run for ever, as long as the table has a row.
    pub(crate) async fn slow_down(&self, table: &str) {
        let for_ever = match self.backend {
            Backend::Sqlite => {
                "(WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n) > 0"
            }
            Backend::Postgres => "pg_sleep(600) IS NULL",
        };
        self.execute(format!("ALTER TABLE {table} RENAME TO behind_{table}")).await;
        self.execute(format!("CREATE VIEW {table} AS SELECT * FROM behind_{table} WHERE {for_ever}")).await;
    }

    /// Runs a statement behind the program's back.
    pub(crate) async fn execute(&self, sql: String) {
        let statement = AssertSqlSafe(sql.clone());
        let done = match self.backend {
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("connects");
                sqlx::raw_sql(statement).execute(&mut connection).await.map(drop)
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("connects");
                sqlx::raw_sql(statement).execute(&mut connection).await.map(drop)
            }
        };
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    pub(super) async fn sqlite_from(template: &Template) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let url = format!("sqlite://{}", directory.path().join("farol.db").display());
        (template.fill)(url.clone()).await;
        Self { backend: Backend::Sqlite, url, _owned: Owned::Directory(directory) }
    }

    pub(super) async fn postgres_from(template: &Template) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let source = make_template(template).await;
        let name = format!("farol_test_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut server = connect().await;
        run(&mut server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        run(&mut server, format!("CREATE DATABASE {name} TEMPLATE {source}")).await;
        Self { backend: Backend::Postgres, url: url_of(&name), _owned: Owned::Postgres(name) }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let Self::Postgres(name) = self else { return };
        let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async { run(&mut connect().await, statement).await });
        });
        // A failure here must not hide why the test itself failed, and the server goes away soon.
        let _ = dropped.join();
    }
}

/// Fills the template's database unless that was done before; returns its name.
///
/// Test processes come at the same time: an advisory lock lets one of them do the work. The
/// database gets its final name only when it is complete, so that a test that died half-way leaves
/// nothing that looks like a template.
async fn make_template(template: &Template) -> String {
    let name = format!("farol_template_{}", template.key);
    let mut server = connect().await;
    run(&mut server, "SELECT pg_advisory_lock(7261)".to_owned()).await;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut server)
        .await
        .expect("pg_database can be read");
    if !exists {
        run(&mut server, "DROP DATABASE IF EXISTS farol_unfinished WITH (FORCE)".to_owned()).await;
        run(&mut server, "CREATE DATABASE farol_unfinished".to_owned()).await;
        (template.fill)(url_of("farol_unfinished")).await;
        run(&mut server, format!("ALTER DATABASE farol_unfinished RENAME TO {name}")).await;
    }
    server.close().await.expect("the lock is given back");
    name
}

fn url_of(database: &str) -> String {
    let (server, _) = postgres_url().rsplit_once('/').expect("the server's URL names a database");
    format!("{server}/{database}")
}

async fn connect() -> PgConnection {
    PgConnection::connect(postgres_url()).await.expect("the private PostgreSQL answers")
}

async fn run(server: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement.clone()))
        .execute(server)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}
