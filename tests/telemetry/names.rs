//! The metrics are those of the table, and the README tells them.

use std::time::Duration;

use farol::{
    cache,
    telemetry::{
        figures::{Admission, Breaker, BreakerState, Decisions, Figures, Pool, RateLimit, Spent},
        live::{By, Subscriptions},
        metrics::{Metrics, Outcome},
        names::{Kind, METRICS, Metric},
    },
};

/// The README's table is written by hand.
#[test]
fn the_readme_tells_every_metric_as_it_is() {
    let readme = include_str!("../../README.md");
    for Metric { name, kind, labels, help } in METRICS {
        let labels: Vec<_> = labels.iter().map(|(label, values)| format!("`{label}` ({values})")).collect();
        let labels = if labels.is_empty() { "-".to_owned() } else { labels.join(", ") };
        let row = format!("| `{name}` | {} | {labels} | {help} |", kind.as_str());
        assert!(readme.contains(&row), "README.md lacks the row\n{row}");
    }
    let mut rows = readme.lines().filter_map(|line| line.strip_prefix("| `")).filter(|row| {
        row.starts_with("process_")
            || row.starts_with("farol_")
                && ["counter", "gauge", "histogram"].iter().any(|kind| row.contains(kind))
    });
    let gone = rows.find(|row| !METRICS.iter().any(|metric| row.starts_with(&format!("{}`", metric.name))));
    assert_eq!(gone, None, "README.md has a row of a metric that is no more");
}

/// Everything that can be recorded is, and each line of the text must be one that the table allows; each row of the
/// table must be among the lines.
#[test]
fn what_is_shown_is_what_the_table_says() {
    let metrics = Metrics::new().unwrap();
    record_everything(&metrics);
    let text = metrics.render();

    let mut seen = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let metric = METRICS.iter().find(|metric| is_of(metric, name));
        let metric = metric.unwrap_or_else(|| panic!("{line} is not in the table"));
        seen.push(metric.name);
        let labels = labels.trim_end_matches('}').split(',').filter(|label| !label.is_empty());
        let labels: Vec<_> = labels.map(|label| label.split_once('=').unwrap()).collect();
        let known: Vec<_> = labels.iter().filter(|(label, _)| *label != "le").collect();
        assert_eq!(known.len(), metric.labels.len(), "{line}");
        for ((label, value), (expected, values)) in known.into_iter().zip(metric.labels) {
            assert_eq!(label, expected, "{line}");
            let value = value.trim_matches('"');
            let is_open = ["status", "code", "version"].contains(label);
            assert!(is_open || values.split(", ").any(|known| known == value), "{line}");
        }
    }
    for metric in METRICS {
        assert!(seen.contains(&metric.name), "{} is not shown", metric.name);
        let help = format!("# HELP {} {}\n", metric.name, metric.help);
        assert!(text.contains(&help), "{help} is not in\n{text}");
        assert!(text.contains(&format!("# TYPE {} {}\n", metric.name, metric.kind.as_str())), "{metric:?}");
    }
}

#[test]
fn figures_are_shown_as_they_were_counted() {
    let metrics = Metrics::new().unwrap();
    metrics.collect(&figures());
    let text = metrics.render();
    for line in [
        "farol_cache_hit_ratio{level=\"memory\"} 0.75",
        "farol_db_pool_connections{state=\"in_use\"} 3",
        "farol_admission_queued{class=\"background\"} 4",
        "farol_admission_shed_total{class=\"mutation\",reason=\"pushed_out\"} 7",
        "farol_admission_shed_total{class=\"unknown\",reason=\"door\"} 9",
        "farol_rate_limit_decisions_total{resource=\"cost\",decision=\"refused\"} 2",
        "farol_breaker_state{dependency=\"database\"} 2",
        "farol_breaker_state{dependency=\"redis\"} 1",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("level=\"response\""), "what there is not is not shown:\n{text}");
}

fn is_of(metric: &Metric, series: &str) -> bool {
    let is_part = |part: &str| series.strip_suffix(part) == Some(metric.name);
    match metric.kind {
        Kind::Histogram(_) => ["_bucket", "_sum", "_count"].into_iter().any(is_part),
        _ => series == metric.name,
    }
}

fn figures() -> Figures {
    let shared = Some(cache::shared::Counts { hits: 1, slow: 1, ..Default::default() });
    let mut admission = Admission { queued: [0, 0, 0, 4], shed_at_door: 9, ..Admission::default() };
    admission.shed[1] = [0, 0, 7];
    Figures {
        values: Some(cache::Figures { memory_hits: 3, memory_misses: 1, shared, ..Default::default() }),
        subscriptions: Some(Subscriptions::default()),
        pool: Some(Pool { idle: 1, in_use: 3, most: 10, waiting: 2 }),
        admission: Some(admission),
        rate_limit: Some(RateLimit { cost: Decisions { allowed: 1, refused: 2 }, ..RateLimit::default() }),
        database: Some(Breaker { state: BreakerState::Open, opened: 1 }),
        redis: Some(Breaker { state: BreakerState::HalfOpen, opened: 1 }),
        ..Figures::default()
    }
}

fn record_everything(metrics: &Metrics) {
    metrics.collect(&figures());
    for outcome in [Outcome::Ok, Outcome::Partial, Outcome::Refused, Outcome::Failed, Outcome::Cancelled] {
        drop(metrics.request_began());
        let spent =
            Spent { cost: Some(1), actual_cost: Some(1), queued: Duration::from_millis(1), statements: 1 };
        metrics.request_ended(200, outcome, Duration::ZERO, spent);
    }
    let statements = metrics.statements().slow_from(Some(Duration::ZERO));
    statements.begin("SELECT 1").ended(true);
    statements.begin("SELECT 1").ended(false);
    drop(statements.begin("SELECT 1"));
    let live = metrics.live();
    live.refused();
    live.refused_to_address();
    drop((live.connection(), live.socket(), live.operation(), live.stream()));
    live.received();
    live.sent(2, 1);
    live.lagged(Duration::ZERO);
    live.streamed();
    metrics.socket_closed(1000, By::Client);
    metrics.socket_closed(4999, By::Server);
}
