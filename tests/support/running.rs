//! `farol serve` as a person runs it: a process of its own.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use super::command;

/// A server in a process of its own, which ends with the test.
pub(crate) struct Running {
    /// Where it takes queries.
    pub(crate) endpoint: String,
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    /// What is logged by the last that was started in a directory.
    pub(crate) const LOG: &str = "serve.log";

    /// Starts the program and waits for the line that says where the endpoint is.
    pub(crate) fn start(directory: &Path, args: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", directory, args)
    }

    /// The same at an address. What it logs is in the directory, in [`LOG`](Self::LOG).
    pub(crate) fn start_at(address: &str, directory: &Path, args: &[&str]) -> Self {
        let mut command = command(directory, &[], args);
        command.args(["--listen", address, "--log-level", "warn"]);
        command.stderr(File::create(directory.join(Self::LOG)).unwrap());
        Self::spawn(command)
    }

    /// The same, with a log that is read when [`Self::last_words`] does.
    pub(crate) fn start_logging(directory: &Path, args: &[&str]) -> Self {
        let mut command = command(directory, &[], args);
        command.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped());
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        let mut running = Self { endpoint: String::new(), process, lines };
        while running.endpoint.is_empty() {
            running.line().strip_prefix("endpoint  ").unwrap_or_default().clone_into(&mut running.endpoint);
        }
        running
    }

    /// The next line it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.lines.read_line(&mut line).unwrap() > 0, "the program ended before it said this");
        line.trim_end().to_owned()
    }

    /// Its answer to a query.
    pub(crate) async fn ask(&self, query: &str) -> Value {
        let client = reqwest::Client::new();
        let answer = client.post(&self.endpoint).json(&json!({ "query": query })).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Asks it to stop, and reads what it logged, to the end.
    pub(crate) fn last_words(mut self) -> String {
        let mut log = self.process.stderr.take().expect("it was started with a log");
        let kill = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let mut text = String::new();
        log.read_to_string(&mut text).unwrap();
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
        text
    }

    /// The id of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Kills it, so that it can say nothing more.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop; returns its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let kill = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(kill.success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Most have ended by now; those of a failed test have not.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
