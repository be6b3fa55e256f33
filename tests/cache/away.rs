//! The caches' second level while Redis is away: nobody waits, nobody fails, and it comes back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use farol::{
    cache::shared::{Counts, Lock, Shared},
    limit::BreakerState,
};
use futures_util::{FutureExt, future::join_all};
use tokio::net::TcpListener;

use super::redis::{MINUTE, PATIENT, connect, fill, found, get, options};
use crate::support::{RedisServer, listen};

/// Waits until Redis is used again.
async fn back(shared: &Shared) {
    while !shared.is_up() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn killed_it_is_missed_at_once_and_back_within_two_seconds() {
    let mut server = RedisServer::start().await;
    let shared = connect(&server).await;
    shared.fill(vec![fill("key", 1, b"before")], MINUTE).await;
    server.kill();

    assert_eq!(get(&shared, "key").await, None);
    assert_eq!((shared.counts().broken, shared.is_up()), (1, false));
    // None of these waits: that they are many says it without a clock.
    for _ in 0..100_000 {
        assert_eq!(shared.get(&["key".to_owned()]).now_or_never(), Some(vec![None]));
    }
    assert_eq!(shared.counts().skipped, 100_000);
    shared.fill(vec![fill("key", 2, b"meanwhile")], MINUTE).now_or_never().unwrap();
    assert_eq!(shared.lock("key", MINUTE).now_or_never(), Some(Lock::Unknown));
    shared.unlock("key", "token").now_or_never().unwrap();
    assert_eq!(shared.get_plain("key").now_or_never(), Some(None));

    // Away so long that the pauses are at their longest.
    while shared.counts().broken < 6 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.restart().await;
    tokio::time::timeout(Duration::from_secs(2), back(&shared)).await.expect("within two seconds");
    shared.fill(vec![fill("key", 3, b"after")], MINUTE).await;
    assert_eq!(get(&shared, "key").await, found(3, b"after"));
}

#[tokio::test]
async fn one_that_falls_silent_is_missed_after_the_timeout_and_then_at_once() {
    let mut server = RedisServer::start().await;
    let timeout = Duration::from_millis(50);
    let shared = Shared::connect(&options(&server.url(), timeout)).await.unwrap();
    back(&shared).await;
    let before = shared.counts();
    let _: String = server.ask(&["CLIENT", "PAUSE", "600000"]).await;

    let begun = Instant::now();
    let all = join_all((0..50).map(|_| get(&shared, "key"))).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "nobody waits for the ten minutes to end");
    assert!(all.iter().all(Option::is_none));
    assert_eq!((shared.counts().slow - before.slow, shared.is_up()), (50, false));
    assert_eq!(get(&shared, "key").now_or_never(), Some(None));

    // It takes connections, and still answers nothing.
    while shared.counts().slow - before.slow < 52 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!shared.is_up());
    server.kill();
    server.restart().await;
    back(&shared).await;
}

#[tokio::test]
async fn one_that_answers_late_is_passed_over_for_a_moment() {
    let server = RedisServer::start().await;
    let shared = Shared::connect(&options(&server.url(), Duration::from_secs(2))).await.unwrap();
    back(&shared).await;
    shared.fill(vec![fill("key", 1, b"there")], MINUTE).await;
    // All of these wait for more than half of the time that they have.
    let _: String = server.ask(&["CLIENT", "PAUSE", "1500"]).await;
    let late = join_all((0..30).map(|_| get(&shared, "key"))).await;
    assert!(late.iter().all(Option::is_some), "they are late, not lost");
    assert!(!shared.is_up());
    assert_eq!((shared.counts().slow, get(&shared, "key").now_or_never()), (0, Some(None)));
    back(&shared).await;
    while shared.breaker().state() != BreakerState::Closed {
        get(&shared, "key").await;
    }
    assert_eq!(get(&shared, "key").await, found(1, b"there"));
}

#[tokio::test]
async fn the_server_starts_without_redis() {
    // One that takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let shared = Shared::connect(&options(&url, PATIENT)).await.unwrap();
    assert_eq!((shared.is_up(), shared.counts()), (false, Counts { slow: 1, away: 1, ..Counts::default() }));
    assert_eq!(get(&shared, "key").now_or_never(), Some(None));
    drop(silent);

    let mut server = RedisServer::start().await;
    server.kill();
    let shared = Shared::connect(&options(&server.url(), PATIENT)).await.unwrap();
    assert!(!shared.is_up());
    server.restart().await;
    back(&shared).await;
    shared.fill(vec![fill("key", 1, b"late")], MINUTE).await;
    assert_eq!(get(&shared, "key").await, found(1, b"late"));
}

#[tokio::test]
async fn one_that_refuses_is_away_until_it_takes_values_again() {
    let server = RedisServer::start().await;
    let shared = connect(&server).await;
    let _: String = server.ask(&["CONFIG", "SET", "maxmemory", "1"]).await;
    shared.fill(vec![fill("key", 1, b"no room")], MINUTE).await;
    assert_eq!((shared.counts().refused, shared.counts().fills, shared.is_up()), (1, 0, false));
    while shared.counts().refused < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!shared.is_up(), "that it answers is not enough");
    let _: String = server.ask(&["CONFIG", "SET", "maxmemory", "0"]).await;
    back(&shared).await;
}

#[tokio::test]
async fn a_password_that_redis_refuses_is_counted_and_never_logged() {
    let (lines, _guard) = listen("trace");
    let server = RedisServer::start().await;
    let url = server.url().replace("://", "://:hunter2@");
    let shared = Shared::connect(&options(&url, PATIENT)).await.unwrap();
    assert_eq!(shared.counts(), Counts { refused: 1, away: 1, ..Counts::default() });
    let logged = format!("{:?} {shared:?}", lines.read());
    assert!(logged.contains("Redis is away") && !logged.contains("hunter2"), "{logged}");
}

#[tokio::test]
async fn the_log_tells_once_that_it_is_away_and_once_that_it_is_back() {
    let (lines, _guard) = listen("farol::cache=info");
    let mut server = RedisServer::start().await;
    let shared = connect(&server).await;
    for _ in 0..2 {
        server.kill();
        for _ in 0..100 {
            assert_eq!(get(&shared, "key").await, None);
        }
        server.restart().await;
        back(&shared).await;
    }
    let told = |lines: Vec<serde_json::Value>| -> Vec<String> {
        lines.iter().map(|line| format!("{} {}", line["level"], line["message"]).replace('"', "")).collect()
    };
    assert_eq!(told(lines.read()), ["WARN Redis is away; going on without it"]);
    // From here nothing but the clock goes on.
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(lines.read().len(), 1, "it may go again");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(told(lines.read())[1..], ["INFO Redis is back"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_are_dropped_cost_the_others_nothing() {
    let server = RedisServer::start().await;
    let shared = Arc::new(connect(&server).await);
    shared.fill(vec![fill("key", 1, b"value")], MINUTE).await;
    let callers = (0..200).map(|number| {
        let shared = Arc::clone(&shared);
        let caller = tokio::spawn(async move {
            shared.fill(vec![fill("key", number, b"value")], MINUTE).await;
            get(&shared, "key").await
        });
        async move {
            // Each at another point of its call.
            for _ in 0..number % 20 {
                tokio::task::yield_now().await;
            }
            caller.abort();
        }
    });
    join_all(callers).await;
    assert_eq!(get(&shared, "key").await.map(|held| held.bytes).as_deref(), Some(&b"value"[..]));
    let counts = shared.counts();
    assert_eq!((counts.slow, counts.refused, counts.broken, counts.skipped), (0, 0, 0, 0));
}
