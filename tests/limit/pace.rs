//! What limits cost: figures, not checks. `./scripts/test --run-ignored only pace --no-capture`

use std::time::{Duration, Instant};

use farol::limit::{Class, Queue, QueueOptions, Resource};
use futures_util::future::join_all;

use super::{PATIENT, limiter, node, plan};
use crate::support::RedisServer;

#[tokio::test]
#[ignore = "figures, not checks"]
async fn pace_of_limits() {
    const TIMES: u32 = 100_000;
    let plan = plan(100_000_000, 100_000_000);
    let alone = limiter(None);
    let since = Instant::now();
    for _ in 0..TIMES {
        alone.take("address:192.0.2.1", &plan, Resource::Requests, 1).await.unwrap();
    }
    println!("take in memory: {:?}", since.elapsed() / TIMES);

    let queue = Queue::new(QueueOptions { executing: 20, queued: 100, deadline: Duration::from_secs(5) });
    let since = Instant::now();
    for _ in 0..TIMES {
        drop(queue.enter(Class::Interactive).await.unwrap());
    }
    println!("a place in a queue where nobody waits: {:?}", since.elapsed() / TIMES);

    let server = RedisServer::start().await;
    let (shared, _) = node(&server, PATIENT).await;
    for clients in [1, 16, 256] {
        let _: String = server.ask(&["CONFIG", "RESETSTAT"]).await;
        let before = shared.figures();
        let since = Instant::now();
        let rounds = 20_000 / clients;
        let client = async |number: u32| {
            let caller = format!("address:192.0.2.{}", number % 256);
            for _ in 0..rounds {
                shared.take(&caller, &plan, Resource::Requests, 1).await.unwrap();
            }
        };
        join_all((0..clients).map(client)).await;
        let (time, after) = (since.elapsed(), shared.figures());
        let takes = f64::from(rounds * clients);
        println!(
            "take over Redis, {clients} at a time: {:.0} a second, {:?} each, {} calls",
            takes / time.as_secs_f64(),
            time / rounds,
            after.calls - before.calls
        );
        let statistics: String = server.ask(&["INFO", "commandstats"]).await;
        println!(
            "  {}",
            statistics.lines().find(|line| line.starts_with("cmdstat_evalsha")).unwrap_or_default()
        );
    }
}
