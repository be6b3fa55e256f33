//! Where an import's tests work: a database, a directory for input files, and short ways to use both.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, atomic::AtomicU64},
};

use farol::{
    config::Backend,
    import::{self, Input, Options, Report, Summary},
    store::{Database, entity::change, query::changes},
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::{TempDir, tempdir};

use super::dump::{Dump, dump};
use crate::support::TestDatabase;

/// A database with the schema and a directory of its own.
pub(super) struct Desk {
    pub(super) database: TestDatabase,
    pub(super) store: Database,
    directory: TempDir,
}

/// What a run of the program left, and the lines of its report.
pub(super) struct Run {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) issues: Vec<Value>,
}

impl Desk {
    pub(super) async fn new(database: TestDatabase) -> Self {
        let store = database.open().await;
        Self { database, store, directory: tempdir().unwrap() }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes an input file.
    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes JSON values, a line each.
    pub(super) fn write_lines(&self, name: &str, values: &[Value]) -> PathBuf {
        let lines: Vec<String> = values.iter().map(|value| format!("{value}\n")).collect();
        self.write(name, lines.concat())
    }

    /// Imports files into a dataset, in this process.
    pub(super) async fn import(&self, dataset: &str, files: &[PathBuf]) -> Summary {
        self.import_in_batches(dataset, files, 3).await.0
    }

    /// Imports values as one file.
    pub(super) async fn import_values(&self, dataset: &str, values: &[Value]) -> Summary {
        self.import(dataset, &[self.write_lines("values.jsonl", values)]).await
    }

    /// Imports with so many releases or records to a transaction. Returns the issues too.
    pub(super) async fn import_in_batches(
        &self,
        dataset: &str,
        files: &[PathBuf],
        batch_processes: usize,
    ) -> (Summary, Vec<Value>) {
        let lines = Lines::default();
        let mut report = Report::new(Some(Box::new(lines.clone())));
        let options = Options {
            dataset: dataset.to_owned(),
            batch_processes,
            workers: 2,
            bytes_read: Arc::new(AtomicU64::new(0)),
        };
        let inputs: Vec<Input> = import::expand(files).unwrap();
        let summary = import::run(&self.store, inputs, &options, &mut report).await.unwrap();
        (summary, lines.values())
    }

    /// Runs `farol` with arguments, in the directory, on this database.
    pub(super) fn farol(&self, args: &[&str]) -> Run {
        self.farol_reads(args, b"")
    }

    /// Runs `farol` with something on its standard input.
    pub(super) fn farol_reads(&self, args: &[&str], input: &[u8]) -> Run {
        let mut command = self.command(args);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        // It need not read what it is given.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let issues = fs::read_to_string(self.path("report.jsonl")).unwrap_or_default();
        Run {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            issues: issues.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        }
    }

    /// The program, to be started in the directory and on this database, without the settings of
    /// whoever runs the tests.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_farol"));
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FAROL_")) {
            command.env_remove(name);
        }
        command.current_dir(self.directory.path()).env("FAROL_DATABASE_URL", &self.database.url).args(args);
        command
    }

    pub(super) async fn dump(&self) -> Dump {
        dump(&self.database).await
    }

    /// Everything the change log says of processes.
    pub(super) async fn changes(&self) -> Vec<change::Model> {
        let mut entries = changes::after(&self.store, 0, 1_000_000).await.unwrap();
        entries.retain(|entry| entry.kind() != "dataset");
        entries
    }

    /// What the change log says of processes, in short: `kind ocid`.
    pub(super) async fn story(&self) -> Vec<String> {
        self.changes().await.iter().map(|change| format!("{} {}", change.kind(), change.ocid())).collect()
    }

    pub(super) async fn head(&self) -> i64 {
        changes::head(&self.store).await.unwrap()
    }

    /// Changes rows behind the program's back.
    pub(super) async fn tamper(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        let rows = match self.database.backend {
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.database.url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.database.url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
            }
        };
        assert!(rows > 0, "nothing was tampered with");
    }

    /// The one number, or count, that a query gives.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        number(&self.database, sql).await
    }

    /// The texts of a query's one column.
    pub(super) async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.database.backend {
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.database.url).await.unwrap();
                sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.database.url).await.unwrap();
                sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
            }
        }
    }

    /// The one text that a query gives.
    pub(super) async fn text(&self, sql: &str) -> Option<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.database.backend {
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.database.url).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.database.url).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
        }
    }
}

/// The one number that a query gives.
pub(super) async fn number(database: &TestDatabase, sql: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT CAST(({sql}) AS BIGINT)"));
    match database.backend {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
        }
    }
}

/// A release with an ocid, an id, a date in January 2024, and the given parts.
pub(super) fn release(ocid: &str, day: u32, parts: &Value) -> Value {
    let mut release = json!({
        "ocid": ocid,
        "id": format!("{ocid}-{day}"),
        "date": format!("2024-01-{day:02}T12:00:00Z"),
        "tag": ["tender"],
    });
    release.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    release
}

/// A release package.
pub(super) fn package(releases: &[Value]) -> String {
    let package = json!({
        "uri": "https://publisher.example/1",
        "version": "1.1",
        "publishedDate": "2024-02-01T00:00:00Z",
        "publisher": { "name": "City of Test", "uri": "https://publisher.example" },
        "license": "CC0",
        "releases": releases,
    });
    serde_json::to_string_pretty(&package).unwrap()
}

/// A report that can be read after the import took it.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn values(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap();
        bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A path as text.
pub(super) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
