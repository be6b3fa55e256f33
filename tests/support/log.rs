//! What is logged while a test runs.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use farol::telemetry::logs::{Format, subscriber};
use serde_json::Value;
use tracing::subscriber::DefaultGuard;

/// A log that a test can read.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// All lines so far.
    pub(crate) fn read(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// What is logged from now on, by this thread: a test's runtime has no other unless it asks for more.
pub(crate) fn listen(filter: &str) -> (Lines, DefaultGuard) {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = subscriber(Format::Json, filter, false, move || writer.clone()).unwrap();
    (lines, tracing::subscriber::set_default(log))
}
