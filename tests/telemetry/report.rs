//! The detailed health.

use std::time::Duration;

use farol::telemetry::{
    figures::{Admission, Breaker, BreakerState, Decisions, Figures, Pool, RateLimit},
    report::{Check, Report, detailed},
};
use serde_json::{Value, json};

#[test]
fn every_part_is_told_where_it_is() {
    let mut admission = Admission { executing: 20, queued: [0, 0, 5, 1], ..Admission::default() };
    admission.shed[3] = [1, 2, 3];
    let figures = Figures {
        pool: Some(Pool { idle: 1, in_use: 2, most: 20, waiting: 3 }),
        admission: Some(admission),
        rate_limit: Some(RateLimit { cost: Decisions { allowed: 9, refused: 4 }, ..RateLimit::default() }),
        database: Some(Breaker { state: BreakerState::HalfOpen, opened: 7 }),
        ..Figures::default()
    };
    let up = Check { took: Duration::from_micros(1_500), failure: None };
    let away = Check { took: Duration::ZERO, failure: Some("away".to_owned()) };
    let report =
        Report { status: "ready", uptime: Duration::from_secs(61), database: up, redis: Some(away), figures };
    let told = detailed(&report);
    assert_eq!(
        told["dependencies"],
        json!({
            "database": { "up": true, "milliseconds": 1.5, "failure": null,
                "breaker": { "state": "half_open", "opened": 7 } },
            "redis": { "up": false, "milliseconds": 0.0, "failure": "away", "breaker": null },
        })
    );
    assert_eq!(told["pool"], json!({ "idle": 1, "inUse": 2, "most": 20, "waiting": 3 }));
    let background =
        json!({ "queued": 1, "admitted": 0, "shed": { "full": 1, "expired": 2, "pushedOut": 3 } });
    assert_eq!(told["admission"]["classes"]["background"], background);
    assert_eq!(told["rateLimit"]["cost"], json!({ "allowed": 9, "refused": 4 }));
    assert_eq!((&told["uptimeSeconds"], &told["live"]), (&json!(61), &Value::Null));
}
