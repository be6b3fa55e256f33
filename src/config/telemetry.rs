//! `[telemetry]`: what the server tells of its work.

use std::{ops::RangeInclusive, time::Duration};

use super::value::Value;

settings! {
    /// What the server tells of its work, besides the log and the metrics.
    Telemetry = "telemetry" {
        /// Milliseconds after which a SQL statement counts as slow and is logged, with its text and without its
        /// values. 0 for never.
        slow_query_ms: u64 = 200, in 0..=86_400_000;
        /// The OpenTelemetry collector that traces are sent to, by OTLP over HTTP: `http://HOST:4318`. Empty for none.
        otlp_endpoint: Option<OtlpEndpoint> = "";
        /// Of 100 requests so many are traced. A request that comes with a `traceparent` is traced if that says so.
        otlp_sample_percent: u32 = 10, in 0..=100;
    }
}

/// Where a collector takes traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpEndpoint(String);

impl OtlpEndpoint {
    /// The address without a path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Option<OtlpEndpoint> {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "http://HOST:PORT or nothing; for https, send to a collector beside the server".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        if text.is_empty() {
            return Some(None);
        }
        let authority = text.strip_prefix("http://")?.trim_end_matches('/');
        let is_plain = !authority.is_empty() && !authority.contains(['/', '@', '?', '#', ' ']);
        is_plain.then(|| Some(OtlpEndpoint(format!("http://{authority}"))))
    }
}

impl Telemetry {
    /// When a statement counts as slow, if ever.
    pub fn slow_query(&self) -> Option<Duration> {
        (self.slow_query_ms > 0).then(|| Duration::from_millis(self.slow_query_ms))
    }
}
