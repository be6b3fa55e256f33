//! The private PostgreSQL and Redis. `scripts/test` starts one of each for the whole run and names
//! them in variables; without these each test process starts its own with the same script.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::LazyLock,
};

/// A server that lives as long as this process: the script stops it when the pipe to it closes,
/// which the system sees to however the process ends.
struct Server {
    url: String,
    _script: Option<Child>,
}

static POSTGRES: LazyLock<Server> = LazyLock::new(|| Server::find("postgres", "FAROL_TEST_POSTGRES_URL"));
static REDIS: LazyLock<Server> = LazyLock::new(|| Server::find("redis", "FAROL_TEST_REDIS_URL"));

/// The PostgreSQL server's maintenance database, with a user who may create others.
pub(super) fn postgres_url() -> &'static str {
    &POSTGRES.url
}

/// The Redis server, shared by the tests of a run: a test prefixes its keys.
pub(crate) fn redis_url() -> &'static str {
    &REDIS.url
}

impl Server {
    fn find(name: &str, variable: &str) -> Self {
        match env::var(variable) {
            Ok(url) => Self { url, _script: None },
            Err(_) => Self::start(name, variable),
        }
    }

    fn start(name: &str, variable: &str) -> Self {
        let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/servers"))
            .arg(name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/servers runs");
        let lines = BufReader::new(script.stdout.take().expect("stdout is piped")).lines();
        let lines: Vec<String> = lines.map_while(Result::ok).take_while(|line| line != "ready").collect();
        let url = lines.iter().find_map(|line| line.strip_prefix(variable)?.strip_prefix('='));
        let url = url.unwrap_or_else(|| panic!("no private {name}: see what scripts/servers says above"));
        Self { url: url.to_owned(), _script: Some(script) }
    }
}
