//! The log: one line per event on standard error, as text for people or JSON for collectors, written by a thread of its
//! own (`lines`).
//!
//! Secrets never reach it: types that hold them print without them.

use std::{
    env,
    io::{self, IsTerminal},
    sync::OnceLock,
};

use thiserror::Error;
use tracing::{Subscriber, subscriber::set_global_default};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{LevelFilter, Targets},
    fmt::MakeWriter,
    layer::SubscriberExt,
    registry,
};

use super::{
    lines::Lines,
    traces::{TARGET, Traces, TracesError},
};

/// Where the log of this process goes: like the log, there is one.
static LINES: OnceLock<Lines> = OnceLock::new();

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people; in colour on a terminal.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Why the log could not be started.
#[derive(Debug, Error)]
pub enum LogError {
    /// The filter cannot be read.
    #[error("the log filter \"{filter}\" cannot be read ({reason}); \"info\" or \"farol=debug,warn\" can")]
    Filter {
        /// The filter as given.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The traces that go with it could not be started.
    #[error(transparent)]
    Traces(#[from] TracesError),
    /// There is no thread for it.
    #[error("the log cannot be written: {0}")]
    Thread(#[from] io::Error),
    /// Something in this process has already started logging.
    #[error("the log was already started in this process")]
    AlreadyStarted,
}

/// Stands for the log of this process. Dropped, it waits until what was logged is written.
#[derive(Debug)]
pub struct Log(());

impl Drop for Log {
    fn drop(&mut self) {
        flush();
    }
}

/// Waits until what was logged is written, a moment at most: for who ends the process at once.
pub fn flush() {
    if let Some(lines) = LINES.get() {
        lines.flush();
    }
}

/// How many lines were lost because nobody read them.
pub(super) fn lost() -> u64 {
    LINES.get().map_or(0, Lines::lost)
}

/// Starts the log of this process on standard error.
///
/// `filter` is a level (`info`) or a list of targets with levels (`farol=debug,sqlx=warn`).
/// With `traces`, spans go there too.
pub fn init(format: Format, filter: &str, traces: Option<&Traces>) -> Result<Log, LogError> {
    let lines = Lines::to(io::stderr())?;
    let colours = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let subscriber = match traces {
        None => subscriber(format, filter, colours, lines.clone())?,
        Some(traces) => traced(format, filter, colours, lines.clone(), traces)?,
    };
    set_global_default(subscriber).map_err(|_| LogError::AlreadyStarted)?;
    LINES.set(lines).map_err(|_| LogError::AlreadyStarted)?;
    Ok(Log(()))
}

/// A log with any writer; [`init`] is this on standard error.
pub fn subscriber<W>(
    format: Format,
    filter: &str,
    colours: bool,
    writer: W,
) -> Result<Box<dyn Subscriber + Send + Sync>, LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines =
        tracing_subscriber::fmt().with_env_filter(directives(filter)?).with_ansi(colours).with_writer(writer);
    Ok(match format {
        Format::Text => Box::new(lines.finish()),
        Format::Json => Box::new(lines.json().flatten_event(true).finish()),
    })
}

/// The same log, and spans to a collector. They are two layers, each with a filter of its own.
pub fn traced<W>(
    format: Format,
    filter: &str,
    colours: bool,
    writer: W,
    traces: &Traces,
) -> Result<Box<dyn Subscriber + Send + Sync>, LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(writer);
    let lines = match format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    let spans =
        tracing_opentelemetry::layer().with_tracer(traces.tracer()).with_location(false).with_threads(false);
    let spans_only = Targets::new().with_target(TARGET, LevelFilter::TRACE);
    let layers = registry().with(lines.with_filter(directives(filter)?)).with(spans.with_filter(spans_only));
    Ok(Box::new(layers))
}

/// What is logged. Notices of PostgreSQL ("already exists, skipping") are told to whoever asks for them by name;
/// spans are for collectors.
fn directives(filter: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(format!("sqlx::postgres::notice=warn,{TARGET}=off,{filter}"))
        .map_err(|error| LogError::Filter { filter: filter.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::{Format, subscriber};

    #[test]
    fn a_filter_that_cannot_be_read_is_echoed() {
        let error = subscriber(Format::Text, "farol=loud", false, std::io::sink).err().map(|e| e.to_string());
        assert!(error.is_some_and(|text| text.contains("\"farol=loud\"")));
    }
}
