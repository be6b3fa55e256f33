//! What is loaded, and how often.

use std::{sync::Arc, time::Duration};

use farol::cache::{Tier, policy::Policy};
use futures_util::future::join_all;

use super::world::{POLICY, World, ask, mark, source, tiers};

const LIFETIME: Duration = Duration::from_mins(5);

#[tokio::test(start_paused = true)]
async fn a_value_is_loaded_once_until_it_is_written_or_too_old() {
    let (world, (ledger, tiers)) = (Arc::new(World::default()), tiers(LIFETIME));
    let relation = source(&world, &tiers, Policy { early: false, ..POLICY });
    mark(&ledger, world.write(1), 1);
    assert_eq!(ask(&relation, 1).await.unwrap().tier, Tier::Database);
    let again = ask(&relation, 1).await.unwrap();
    assert_eq!((again.tier, again.entry.value), (Tier::Memory, Some(1)));

    mark(&ledger, world.write(2), 2);
    assert_eq!(ask(&relation, 1).await.unwrap().tier, Tier::Memory, "another key was written");
    mark(&ledger, world.write(1), 1);
    let written = ask(&relation, 1).await.unwrap();
    assert_eq!((written.tier, written.entry.value), (Tier::Database, Some(3)));

    tokio::time::advance(LIFETIME).await;
    assert_eq!(ask(&relation, 1).await.unwrap().tier, Tier::Database, "it is too old");
    assert_eq!(tiers.figures().memory_hits, 2);
}

#[tokio::test(start_paused = true)]
async fn that_there_is_nothing_is_kept_too() {
    let (world, (ledger, tiers)) = (Arc::new(World::default()), tiers(LIFETIME));
    let relation = source(&world, &tiers, POLICY);
    for tier in [Tier::Database, Tier::Memory] {
        let found = ask(&relation, 7).await.unwrap();
        assert_eq!((found.tier, found.entry.value), (tier, None));
    }
    mark(&ledger, world.write(7), 7);
    assert_eq!(ask(&relation, 7).await.unwrap().entry.value, Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_and_not_kept() {
    let (world, (_, tiers)) = (Arc::new(World::default()), tiers(LIFETIME));
    let relation = source(&world, &tiers, POLICY);
    *world.fails.lock().unwrap() = true;
    assert_eq!(ask(&relation, 1).await.unwrap_err(), "no");
    *world.fails.lock().unwrap() = false;
    assert_eq!(ask(&relation, 1).await.unwrap().tier, Tier::Database);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_while_the_log_is_not_followed() {
    let (world, (ledger, tiers)) = (Arc::new(World::default()), tiers(LIFETIME));
    let relation = source(&world, &tiers, POLICY);
    ask(&relation, 1).await.unwrap();
    ledger.close();
    for _ in 0..2 {
        assert_eq!(ask(&relation, 1).await.unwrap().tier, Tier::Database);
    }
    ledger.open(0, 5);
    for tier in [Tier::Database, Tier::Memory] {
        assert_eq!(ask(&relation, 1).await.unwrap().tier, tier, "what was kept before does not count");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_for_a_cold_key_are_one_load() {
    let (world, (_, tiers)) = (Arc::new(World::default()), tiers(LIFETIME));
    let relation = source(&world, &tiers, POLICY);
    *world.delay.lock().unwrap() = Duration::from_secs(1);
    let answers = join_all((0..1_000).map(|_| ask(&relation, 1))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(world.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_load_that_fails_is_told_and_for_one_given_up_loads_itself() {
    let (world, (_, tiers)) = (Arc::new(World::default()), tiers(LIFETIME));
    let relation = source(&world, &tiers, POLICY);
    *world.delay.lock().unwrap() = Duration::from_secs(1);
    *world.fails.lock().unwrap() = true;
    let answers = join_all((0..10).map(|_| ask(&relation, 1))).await;
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(world.loads(), 1);

    *world.fails.lock().unwrap() = false;
    let first = tokio::spawn({
        let relation = relation.clone();
        async move { ask(&relation, 2).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let second = tokio::spawn(async move { ask(&relation, 2).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    first.abort();
    assert!(second.await.unwrap().is_ok());
    assert_eq!(world.loads(), 3);
}

/// Ten requests a second, for three lifetimes: only the first of them waits for the load, of half a second.
#[tokio::test(start_paused = true)]
async fn under_steady_load_nobody_waits_for_a_value_that_gets_old() {
    let (world, (_, tiers)) = (Arc::new(World::default()), tiers(LIFETIME));
    let relation = source(&world, &tiers, POLICY);
    *world.delay.lock().unwrap() = Duration::from_millis(500);
    ask(&relation, 1).await.unwrap();
    for _ in 0..9_000 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(ask(&relation, 1).await.unwrap().tier, Tier::Memory);
    }
    let loads = world.loads();
    assert!((3..8).contains(&loads), "{loads} loads in three lifetimes");
    assert_eq!(tiers.figures().refreshes, loads - 1);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_young_is_not_loaded_anew() {
    let (world, (_, tiers)) = (Arc::new(World::default()), tiers(LIFETIME));
    let relation = source(&world, &tiers, POLICY);
    *world.delay.lock().unwrap() = Duration::from_secs(1);
    for _ in 0..10 {
        ask(&relation, 1).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((tiers.figures().refreshes, world.loads()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn memory_stays_within_its_bytes() {
    let (world, (_, tiers)) = (Arc::new(World::default()), tiers(LIFETIME));
    let relation = source(&world, &tiers, POLICY);
    for key in 0..20_000 {
        ask(&relation, key).await.unwrap();
    }
    assert!(tiers.figures().memory_bytes <= 1 << 20);
    assert!(tiers.figures().memory_bytes > 1 << 19, "it is used");
}
