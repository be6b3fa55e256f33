//! Limits over real servers: rates that nodes share, and a database that goes and comes back.

mod database;
mod pace;
mod rate_away;
mod rates;

use std::time::Duration;

use farol::{
    cache::shared::{Options, Shared},
    limit::{Plan, Plans, RateLimiter, Rule},
};

use crate::support::RedisServer;

/// For tests of something else than slowness: however busy the machine, Redis answers in time.
const PATIENT: Duration = Duration::from_secs(10);

/// A node that shares its rates.
async fn node(server: &RedisServer, timeout: Duration) -> (RateLimiter, Shared) {
    let options = Options { url: server.url().into(), ca_file: None, timeout, namespace: "test".to_owned() };
    let shared = Shared::connect(&options).await.unwrap();
    (limiter(Some(shared.clone())), shared)
}

fn limiter(shared: Option<Shared>) -> RateLimiter {
    RateLimiter::new(Plans::unlimited(), shared)
}

/// A plan of one rule for everything.
fn plan(per_minute: u64, burst: u64) -> Plan {
    let rule = Some(Rule::new(per_minute, burst));
    Plan { name: "test".to_owned(), requests: rule, cost: rule }
}
