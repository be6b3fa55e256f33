//! Rates while Redis is away: memory decides at once, and goes on from what Redis last said.

use std::time::{Duration, Instant};

use farol::limit::Resource::Requests;
use futures_util::{FutureExt, future::join_all};

use super::{PATIENT, node, plan};
use crate::support::RedisServer;

#[tokio::test]
async fn killed_its_last_word_holds_and_back_it_decides_again() {
    let mut server = RedisServer::start().await;
    let (limiter, shared) = node(&server, PATIENT).await;
    let plan = plan(1, 10);
    assert!(limiter.take("greedy", &plan, Requests, 10).await.unwrap().allowed);
    let decided = limiter.figures().shared;
    server.kill();

    assert!(!limiter.take("greedy", &plan, Requests, 1).await.unwrap().allowed, "no fresh start");
    assert!(limiter.take("modest", &plan, Requests, 4).now_or_never().unwrap().unwrap().allowed);
    limiter.give_back("modest", &plan, Requests, 1);
    let left = limiter.take("modest", &plan, Requests, 2).now_or_never().unwrap().unwrap();
    assert_eq!((left.allowed, left.remaining), (true, 5));
    assert_eq!(limiter.figures().shared, decided);

    server.restart().await;
    while !shared.is_up() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(limiter.take("modest", &plan, Requests, 1).await.unwrap().allowed);
    assert_eq!(limiter.figures().shared, decided + 1);
}

#[tokio::test]
async fn one_that_falls_silent_holds_nobody_up() {
    let server = RedisServer::start().await;
    let (limiter, shared) = node(&server, Duration::from_millis(50)).await;
    while !shared.is_up() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let _: String = server.ask(&["CLIENT", "PAUSE", "600000"]).await;
    let plan = plan(1, 600);
    let since = Instant::now();
    let takes = (0..1_000).map(|_| limiter.take("caller", &plan, Requests, 1));
    let allowed = join_all(takes).await.into_iter().flatten().filter(|verdict| verdict.allowed).count();
    assert_eq!(allowed, 600);
    assert!(since.elapsed() < Duration::from_secs(5), "nobody waits for the ten minutes to end");
}

/// Who leaves is allowed and refused nothing: as a decision of Redis he would be missing among those of memory.
#[tokio::test]
async fn who_leaves_while_redis_decides_is_not_counted() {
    let server = RedisServer::start().await;
    let (limiter, shared) = node(&server, PATIENT).await;
    while !shared.is_up() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let plan = plan(1, 10);
    let _: String = server.ask(&["CLIENT", "PAUSE", "600000", "WRITE"]).await;
    let mut leaving = Box::pin(limiter.take("caller", &plan, Requests, 1));
    assert!(leaving.as_mut().now_or_never().is_none());
    // Now the task takes him along that makes the call.
    tokio::task::yield_now().await;
    drop(leaving);
    let _: String = server.ask(&["CLIENT", "UNPAUSE"]).await;
    assert_eq!(limiter.take("caller", &plan, Requests, 1).await.unwrap().remaining, 8, "both were taken");
    assert_eq!((limiter.figures().shared, limiter.figures().allowed), (1, [1, 0]));
}
