//! The metrics of one server: recorded where things happen, and shown as text.
//!
//! Each server has a recorder of its own, so that two servers in one process do not mix their
//! figures. What there is, is in [`names`](super::names).

use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram, with_local_recorder,
};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use super::{
    collect,
    figures::{Figures, Spent},
    live::{self, By, Live, Open},
    names::{
        ACTUAL_COST, ADMISSION_WAIT, BUILD_INFO, Kind, METRICS, OPERATION_COST, REQUEST_DURATION, REQUESTS,
        REQUESTS_IN_FLIGHT, SQL_STATEMENTS,
    },
    process::Lately,
    statements::Statements,
};

/// How often [`Metrics::upkeep`] is wanted: samples gather in memory until then.
pub const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The metrics of one server: handles to record with, and the text that shows them.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    live: Live,
    statements: Statements,
    process: Lately,
    requests_in_flight: Gauge,
    turned_away: Counter,
    operation_cost: Histogram,
    actual_cost: Histogram,
    queued: Histogram,
    sql_statements: Counter,
}

/// How a GraphQL request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered without an error.
    Ok,
    /// Executed, with at least one error in the answer.
    Partial,
    /// Not executed: the caller's mistake.
    Refused,
    /// Not executed: the server's fault.
    Failed,
    /// The client went away before the answer.
    Cancelled,
}

impl Outcome {
    const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Metrics {
    /// Registers every metric with a recorder of its own. Fails only if a list of buckets is empty.
    pub fn new() -> Result<Self, BuildError> {
        let mut builder = PrometheusBuilder::new();
        for metric in METRICS {
            if let Kind::Histogram(bounds) = metric.kind {
                builder = builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), bounds)?;
            }
        }
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        let (live, statements) = (Live::register(&recorder), Statements::register(&recorder));
        let (requests_in_flight, counters, histograms) = with_local_recorder(&recorder, || {
            describe();
            gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            let histograms =
                [histogram!(OPERATION_COST), histogram!(ACTUAL_COST), histogram!(ADMISSION_WAIT)];
            let counters = [counter!(REQUESTS, "status" => "503"), counter!(SQL_STATEMENTS)];
            (gauge!(REQUESTS_IN_FLIGHT), counters, histograms)
        });
        let [turned_away, sql_statements] = counters;
        let [operation_cost, actual_cost, queued] = histograms;
        Ok(Self {
            recorder,
            handle,
            live,
            statements,
            process: Lately::default(),
            requests_in_flight,
            turned_away,
            operation_cost,
            actual_cost,
            queued,
            sql_statements,
        })
    }

    /// The figures of connections that stay open.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Where SQL statements are timed.
    pub fn statements(&self) -> Statements {
        self.statements.clone()
    }

    /// A WebSocket has ended: its close code, 1006 without a close frame, and who ended it.
    pub fn socket_closed(&self, code: u16, by: By) {
        live::closed(&self.recorder, code, by);
    }

    /// A GraphQL request is being answered, until the guard is dropped.
    pub fn request_began(&self) -> Open {
        Open::count(&self.requests_in_flight)
    }

    /// A GraphQL request was turned away at the door, with 503. Costs next to nothing.
    pub fn turned_away(&self) {
        self.turned_away.increment(1);
    }

    /// A GraphQL request has ended: its HTTP status, how it went, how long it took, and what it spent.
    pub fn request_ended(&self, status: u16, outcome: Outcome, took: Duration, spent: Spent) {
        with_local_recorder(&self.recorder, || {
            counter!(REQUESTS, "status" => status.to_string()).increment(1);
            histogram!(REQUEST_DURATION, "outcome" => outcome.label()).record(took);
        });
        #[expect(clippy::cast_precision_loss, reason = "a cost far above 2^53 needs no exact bucket")]
        for (histogram, cost) in [(&self.operation_cost, spent.cost), (&self.actual_cost, spent.actual_cost)]
        {
            if let Some(cost) = cost {
                histogram.record(cost as f64);
            }
        }
        if spent.queued > Duration::ZERO {
            self.queued.record(spent.queued);
        }
        self.sql_statements.increment(spent.statements);
    }

    /// Takes over what other parts of the server counted by themselves.
    pub fn collect(&self, figures: &Figures) {
        with_local_recorder(&self.recorder, || collect::set(figures));
    }

    /// Everything in the Prometheus text format.
    pub fn render(&self) -> String {
        let process = self.process.look();
        with_local_recorder(&self.recorder, || collect::set_process(process));
        self.handle.render()
    }

    /// Moves gathered samples into their buckets; call it every [`UPKEEP_INTERVAL`].
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

fn describe() {
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.help),
            Kind::Gauge => describe_gauge!(metric.name, metric.help),
            Kind::Histogram(_) => describe_histogram!(metric.name, metric.help),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Metrics, Outcome, Spent};

    #[test]
    fn two_sets_of_metrics_do_not_mix() {
        let (busy, idle) = (Metrics::new().unwrap(), Metrics::new().unwrap());
        let in_flight = busy.request_began();
        let queued = Duration::from_millis(2);
        let spent = Spent { cost: Some(481), actual_cost: Some(40), queued, statements: 4 };
        busy.request_ended(200, Outcome::Ok, Duration::from_millis(3), spent);
        drop(in_flight);
        let text = busy.render();
        for line in [
            "farol_requests_total{status=\"200\"} 1",
            "farol_request_duration_seconds_bucket{outcome=\"ok\",le=\"0.005\"} 1",
            "farol_operation_cost_bucket{le=\"500\"} 1",
            "farol_operation_cost_bucket{le=\"250\"} 0",
            "farol_operation_actual_cost_bucket{le=\"50\"} 1",
            "farol_admission_wait_seconds_bucket{le=\"0.0025\"} 1",
            "farol_sql_statements_total 4",
            "farol_http_requests_in_flight 0",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!idle.render().contains("status=\"200\""));
    }
}
