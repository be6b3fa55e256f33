//! A PostgreSQL of a test's own: one that it may stop and start again.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// A private server on a free port. It ends with the test, however the test ends.
pub(crate) struct PostgresServer {
    port: u16,
    directory: TempDir,
    process: Option<Child>,
}

/// Runs the server until standard input closes, which the system sees to when the test's process ends. QUIT
/// has it end at once, without a word to its clients.
const KEEPER: &str = r#""$@" </dev/null >postgres.log 2>&1 & read -r _; kill -QUIT $!; wait"#;

impl PostgresServer {
    /// Starts one.
    pub(crate) async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        // The server runs as another user where this is root's.
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
        let data = directory.path().join("data");
        fs::create_dir(&data).unwrap();
        if let Some((user, group)) = other_user() {
            chown(&data, Some(user), Some(group)).unwrap();
        }
        let mut initdb = as_server(&binaries().join("initdb"));
        initdb.current_dir(&directory).arg("--pgdata").arg(&data).args([
            "--username=farol",
            "--auth=trust",
            "--no-sync",
        ]);
        let made = initdb.args(["--encoding=UTF8", "--locale=C"]).output().expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { port, directory, process: None };
        server.restart().await;
        server
    }

    /// Starts it again where it was, with what it held.
    pub(crate) async fn restart(&mut self) {
        assert!(self.process.is_none(), "it does not run");
        let mut command = Command::new("sh");
        command.current_dir(&self.directory).args(["-c", KEEPER, "keeper"]);
        let server = as_server(&binaries().join("postgres"));
        command.arg(server.get_program()).args(server.get_args());
        command.arg("-D").arg(self.directory.path().join("data")).args(["-p", &self.port.to_string()]);
        command.args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-c",
            "fsync=off",
        ]);
        self.process = Some(command.stdin(Stdio::piped()).spawn().unwrap());
        for _ in 0..500 {
            if let Ok(connection) = PgConnection::connect(&self.url()).await {
                // It answers: whether the end is heard makes no difference.
                let _ = connection.close().await;
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let log = fs::read_to_string(self.directory.path().join("postgres.log")).unwrap_or_default();
        panic!("postgres does not start: {log}");
    }

    /// Ends it at once; its connections break.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.stdin.take());
            process.wait().unwrap();
        }
    }

    /// Its URL, as `database.url` takes it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://farol@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where the server's programs are: in the path, or where Debian has them, the newest version.
fn binaries() -> PathBuf {
    let find =
        "readlink -f \"$(command -v initdb || ls -1 /usr/lib/postgresql/*/bin/initdb | sort -V | tail -1)\"";
    let found = Command::new("sh").args(["-c", find]).output().unwrap();
    let initdb = PathBuf::from(String::from_utf8(found.stdout).unwrap().trim());
    initdb.parent().expect("initdb is needed: install PostgreSQL 15 or later").to_owned()
}

/// A program of the server, run as another user where this one is root, whom PostgreSQL refuses.
fn as_server(program: &Path) -> Command {
    let Some((user, group)) = other_user() else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command
        .args([format!("--reuid={user}"), format!("--regid={group}")])
        .args(["--clear-groups", "--"])
        .arg(program);
    command
}

/// User and group to run as, if this is root's process.
fn other_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let output =
            Command::new("id").args(arguments).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"].into_iter().find_map(|user| Some((id(&["-u", user])?, id(&["-g", user])?)))
}
