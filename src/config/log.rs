//! `[log]`: what is logged and how it looks.

use std::{fmt, ops::RangeInclusive};

use tracing_subscriber::EnvFilter;

use super::value::Value;

settings! {
    /// What is logged, to standard error, and how it looks.
    Log = "log" {
        /// How much: off, error, warn, info, debug or trace; by module as in
        /// `info,farol::store=debug`.
        level: LogFilter = "info";
        /// One line of text, or one JSON object, per event.
        format: LogFormat = "text";
    }
}

/// Which events are logged: a level, or directives by module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

/// How a logged event looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object for machines.
    Json,
}

impl LogFilter {
    /// The filter for the subscriber.
    pub fn directives(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Value for LogFilter {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "off, error, warn, info, debug or trace, or directives such as info,farol::store=debug".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        // A bare word that is no level would pass as the name of a module and log all of it.
        let level = |word: &str| ["off", "error", "warn", "info", "debug", "trace"].contains(&word);
        let plausible = text.split(',').all(|part| part.contains('=') || level(part.trim()));
        (plausible && EnvFilter::try_new(text).is_ok()).then(|| Self(text.to_owned()))
    }
}

impl Value for LogFormat {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "text or json".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}
