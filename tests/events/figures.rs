//! What it saves that one node reads the log for all, and what it costs.

use std::time::Duration;

use chrono::Utc;
use farol::events::Options;
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::{
    nodes::{Node, until_known, until_relayed},
    world::{append, change},
};
use crate::support::{RedisServer, TestDatabase};

const NODES: usize = 3;
const TIME: Duration = Duration::from_secs(10);
const PER_SECOND: u32 = 50;

/// Reads of the log per second, idle and under writes, and how long after a commit each node knows of it:
/// `./scripts/test --run-ignored only what_one_reader_for_all_saves --no-capture`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures"]
async fn what_one_reader_for_all_saves() {
    for shared in [false, true] {
        let (database, redis) = (TestDatabase::postgres().await, RedisServer::start().await);
        let mut nodes = Vec::new();
        for _ in 0..NODES {
            nodes.push(if shared {
                Node::start(&database, &redis, Options::default()).await
            } else {
                Node::start_alone(&database, Options::default()).await
            });
        }
        if shared {
            until_relayed(&redis).await;
        }
        sleep(Duration::from_secs(2)).await;
        let how = if shared { "one reads for all" } else { "each reads" };
        let (idle, _) = reads(&nodes, &database, sleep(TIME)).await;
        println!("{how}, idle: {idle}");
        let mut committed = Vec::new();
        let (busy, place) = reads(&nodes, &database, write(&database, &mut committed)).await;
        until_known(&nodes.iter().collect::<Vec<_>>(), place + i64::try_from(committed.len()).unwrap()).await;
        sleep(Duration::from_millis(100)).await;
        println!("{how}, {PER_SECOND} commits a second: {busy}");
        for node in &nodes {
            let seen = node.moments();
            let mut lags: Vec<Duration> = committed
                .iter()
                .zip(&seen[seen.len() - committed.len()..])
                .map(|(committed, (seen, _))| seen.saturating_duration_since(*committed))
                .collect();
            lags.sort();
            let at = |percent: usize| lags[(lags.len() - 1) * percent / 100];
            println!("  known after {:?} (half), {:?} (99 %), {:?} (all)", at(50), at(99), at(100));
        }
    }
}

/// Looks of each node at the log per second while something goes on, and where the log was before.
async fn reads(nodes: &[Node], database: &TestDatabase, goes_on: impl Future<Output = ()>) -> (String, i64) {
    let place = nodes[0].place();
    let (began, before) = (Instant::now(), nodes.iter().map(|node| node.tail.looks()).collect::<Vec<_>>());
    let transactions = transactions(database).await;
    goes_on.await;
    let took = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let rate = |count: u64| format!("{:.1}", count as f64 / took);
    let looks: Vec<u64> = nodes.iter().zip(before).map(|(node, before)| node.tail.looks() - before).collect();
    // The database counts what a session did when that has been idle for a while.
    sleep(Duration::from_secs(3)).await;
    let transactions = self::transactions(database).await - transactions;
    let each: Vec<String> = looks.iter().map(|looks| rate(*looks)).collect();
    let text = format!(
        "{} looks a second ({}), the database counts {} transactions a second",
        rate(looks.iter().sum()),
        each.join(" + "),
        rate(u64::try_from(transactions).unwrap())
    );
    (text, place)
}

async fn write(database: &TestDatabase, committed: &mut Vec<Instant>) {
    let store = database.open().await;
    let mut timer = interval(Duration::from_secs(1) / PER_SECOND);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let began = Instant::now();
    while began.elapsed() < TIME {
        timer.tick().await;
        append(&store, Utc::now(), &[change(1)]).await;
        committed.push(Instant::now());
    }
}

/// How many transactions the database has seen.
async fn transactions(database: &TestDatabase) -> i64 {
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let sql = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
}
