//! A Redis of a test's own: one that it may stop, start again, hold up and look into.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use redis::{Client, FromRedisValue, TlsCertificates};
use tempfile::TempDir;

/// A private server on a free port. It ends with the test, however the test ends.
pub(crate) struct RedisServer {
    port: u16,
    tls: bool,
    directory: TempDir,
    process: Option<Child>,
}

/// Runs the server until standard input closes, which the system sees to when the test's process ends.
const KEEPER: &str = r#""$@" </dev/null >redis.log 2>&1 & read -r _; kill -KILL $!; wait"#;

impl RedisServer {
    /// Starts one.
    pub(crate) async fn start() -> Self {
        Self::start_with(false).await
    }

    /// Starts one that takes only TLS, with a certificate of an authority of its own.
    pub(crate) async fn start_tls() -> Self {
        Self::start_with(true).await
    }

    async fn start_with(tls: bool) -> Self {
        for _ in 0..5 {
            let directory = TempDir::new().unwrap();
            if tls {
                certify(&directory);
            }
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut server = Self { port, tls, directory, process: None };
            if server.run().await {
                return server;
            }
            // Most likely another process took the port meanwhile.
            eprintln!(
                "{}",
                fs::read_to_string(server.directory.path().join("redis.log")).unwrap_or_default()
            );
        }
        panic!(
            "redis-server does not start: see what it says above (6.2 or later is needed, built with TLS)"
        );
    }

    /// Starts it again where it was, empty.
    pub(crate) async fn restart(&mut self) {
        assert!(self.process.is_none() && self.run().await, "redis-server starts where it was");
    }

    /// Kills it; its connections break.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.stdin.take());
            process.wait().unwrap();
        }
    }

    /// Its URL, as `redis.url` takes it.
    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.tls { "rediss" } else { "redis" }, self.port)
    }

    /// The certificate of the authority that vouches for it.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// What it answers to a command, over a connection of its own.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &[impl AsRef<[u8]>]) -> T {
        self.try_ask(command).await.unwrap()
    }

    /// Whether it answers.
    pub(crate) async fn answers(&self) -> bool {
        self.try_ask::<String>(&["PING"]).await.is_ok()
    }

    async fn try_ask<T: FromRedisValue>(&self, command: &[impl AsRef<[u8]>]) -> redis::RedisResult<T> {
        let client = if self.tls {
            let root_cert = Some(fs::read(self.ca_file()).unwrap());
            Client::build_with_tls(self.url(), TlsCertificates { client_tls: None, root_cert })?
        } else {
            Client::open(self.url())?
        };
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut asked = redis::Cmd::new();
        for word in command {
            asked.arg(word.as_ref());
        }
        asked.query_async(&mut connection).await
    }

    /// Starts the process; whether it answers.
    async fn run(&mut self) -> bool {
        let port = self.port.to_string();
        let mut command = Command::new("sh");
        command.current_dir(&self.directory).args(["-c", KEEPER, "keeper", "redis-server"]);
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        if self.tls {
            command.args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"]);
            command.args(["--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem"]);
        } else {
            command.args(["--port", &port]);
        }
        self.process = Some(command.stdin(Stdio::piped()).spawn().unwrap());
        for _ in 0..200 {
            // Not that of someone else who has the port.
            if let Ok(directory) = self.try_ask::<Vec<String>>(&["CONFIG", "GET", "dir"]).await {
                return directory.last().is_some_and(|it| it == &self.directory.path().to_string_lossy());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.kill();
        false
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Writes an authority's certificate (`ca.pem`), and a server's that it vouches for (`cert.pem`, `key.pem`).
pub(crate) fn certify(directory: &TempDir) {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority =
        rcgen::CertifiedIssuer::self_signed(authority, rcgen::KeyPair::generate().unwrap()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let server = server.signed_by(&key, &authority).unwrap();
    for (name, text) in
        [("ca.pem", authority.pem()), ("cert.pem", server.pem()), ("key.pem", key.serialize_pem())]
    {
        fs::write(directory.path().join(name), text).unwrap();
    }
}
