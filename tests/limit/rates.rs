//! Rates in Redis: the sums are those of memory, nodes share them, and a busy node asks in groups.

use std::time::{Duration, Instant};

use farol::limit::{Plan, RateLimiter, Resource, Verdict};
use futures_util::future::join_all;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::{PATIENT, limiter, node, plan};
use crate::support::RedisServer;

/// Parts of a token, as the bucket lies in Redis.
const TOKEN: u64 = 60_000_000;

/// A caller, what of, how many, and whether they are taken or put back.
type Step = (u8, bool, u64, bool);

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    vec((0..3_u8, any::<bool>(), 0..40_u64, prop::bool::weighted(0.7)), 1..60)
}

/// Runs steps that all begin at once, in their order; what those who take hear.
async fn run(limiter: &RateLimiter, prefix: &str, plan: &Plan, steps: &[Step]) -> Vec<Option<Verdict>> {
    let step = async |(caller, cost, amount, take): &Step| {
        let caller = format!("{prefix}{caller}");
        let resource = if *cost { Resource::Cost } else { Resource::Requests };
        if *take {
            return limiter.take(&caller, plan, resource, *amount).await;
        }
        limiter.give_back(&caller, plan, resource, *amount);
        None
    };
    join_all(steps.iter().map(step)).await
}

/// With a token a minute no whole one comes back while this runs, so time makes no difference.
#[tokio::test(flavor = "multi_thread")]
async fn redis_decides_as_memory_does() {
    let server = RedisServer::start().await;
    let (shared, _) = node(&server, PATIENT).await;
    let (alone, plan) = (limiter(None), plan(1, 50));
    let handle = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        let mut runner = TestRunner::new(Config { cases: 200, ..Config::default() });
        let sequence = std::cell::Cell::new(0);
        let tested = runner.run(&any_steps(), |steps| {
            sequence.set(sequence.get() + 1);
            let prefix = format!("{}:", sequence.get());
            let whole = |verdicts: Vec<Option<Verdict>>| -> Vec<_> {
                verdicts
                    .iter()
                    .flatten()
                    .map(|it| (it.allowed, it.limit, it.remaining, it.retry_after.is_some()))
                    .collect()
            };
            let in_redis = handle.block_on(run(&shared, &prefix, &plan, &steps));
            let in_memory = handle.block_on(run(&alone, &prefix, &plan, &steps));
            prop_assert_eq!(whole(in_redis), whole(in_memory));
            Ok(())
        });
        tested.unwrap();
    });
    assert_eq!(shared.figures().allowed, alone.figures().allowed);
    assert_eq!(shared.figures().refused, alone.figures().refused);
    assert_eq!(alone.figures().shared, 0);
    assert!(shared.figures().shared > 200, "{:?}", shared.figures());
}

/// What lies in Redis for the requests of a caller: what he owes, and when.
async fn stored(server: &RedisServer, caller: &str) -> Option<(u64, u64)> {
    let text: Option<String> = server.ask(&["GET", &key(caller)]).await;
    let text = text?;
    let (owed, at) = text.split_once(' ').unwrap();
    Some((owed.parse().unwrap(), at.parse().unwrap()))
}

fn key(caller: &str) -> String {
    format!("farol:{}:test:rate:requests:{caller}", farol::cache::shared::FORMAT)
}

async fn micros(server: &RedisServer) -> u64 {
    let time: Vec<u64> = server.ask(&["TIME"]).await;
    time[0] * 1_000_000 + time[1]
}

#[tokio::test]
async fn what_comes_back_with_time_is_exact() {
    let server = RedisServer::start().await;
    let (limiter, _) = node(&server, PATIENT).await;
    for (number, (per_minute, burst, owed, ago, amount)) in [
        (100, 150, 150 * TOKEN, 1_200_000, 1),
        (100, 150, 100 * TOKEN + 17, 1, 50),
        (7, 10, 3 * TOKEN, 1_000_000, 2),
        (20_000, 30_000, 29_000 * TOKEN, 500_000, 1_000),
        (100_000_000, 100_000_000, 99_999_999 * TOKEN + 1, 3, 1),
    ]
    .into_iter()
    .enumerate()
    {
        let caller = format!("caller{number}");
        let before = micros(&server).await - ago;
        let _: String = server.ask(&["SET", &key(&caller), &format!("{owed} {before}")]).await;
        let verdict =
            limiter.take(&caller, &plan(per_minute, burst), Resource::Requests, amount).await.unwrap();
        assert!(verdict.allowed, "{caller}: {verdict:?}");
        let (now_owed, at) = stored(&server, &caller).await.unwrap();
        assert_eq!(now_owed, owed.saturating_sub((at - before) * per_minute) + amount * TOKEN, "{caller}");
        assert_eq!(verdict.remaining, (burst * TOKEN - now_owed) / TOKEN, "{caller}");
        assert_eq!(verdict.reset, Duration::from_micros(now_owed.div_ceil(per_minute)), "{caller}");
    }
}

#[tokio::test]
async fn a_full_bucket_is_no_key_and_another_lapses_when_it_is_full() {
    let server = RedisServer::start().await;
    let (limiter, _) = node(&server, PATIENT).await;
    let plan = plan(100, 150);
    let verdict = limiter.take("caller", &plan, Resource::Requests, 10).await.unwrap();
    let lifetime: u64 = server.ask(&["PTTL", &key("caller")]).await;
    assert!((1..=6_001).contains(&lifetime), "{lifetime} ms");
    assert_eq!(verdict.reset, Duration::from_secs(6));
    limiter.give_back("caller", &plan, Resource::Requests, 10);
    // Changes are made in order, so the one before is done.
    assert_eq!(limiter.take("caller", &plan, Resource::Requests, 0).await.unwrap().remaining, 150);
    assert_eq!(stored(&server, "caller").await, None);
}

#[tokio::test]
async fn what_someone_else_left_under_the_key_is_replaced() {
    let server = RedisServer::start().await;
    let (limiter, _) = node(&server, PATIENT).await;
    let _: String = server.ask(&["SET", &key("a"), "-5 nonsense"]).await;
    let _: u64 = server.ask(&["LPUSH", &key("b"), "1"]).await;
    // A clock that was ahead: nothing comes back for it, and nothing is lost.
    let future = micros(&server).await + 3_600_000_000;
    let _: String = server.ask(&["SET", &key("c"), &format!("{} {future}", 4 * TOKEN)]).await;
    for (caller, remaining) in [("a", 9), ("b", 9), ("c", 5)] {
        let verdict = limiter.take(caller, &plan(1, 10), Resource::Requests, 1).await.unwrap();
        assert_eq!((verdict.allowed, verdict.remaining), (true, remaining), "{caller}");
    }
    // Nor is anyone refused until the clock is again where it was: what is refused is noted with the time that it is.
    let _: String = server.ask(&["SET", &key("d"), &format!("{} {future}", 10 * TOKEN)]).await;
    let verdict = limiter.take("d", &plan(1, 10), Resource::Requests, 1).await.unwrap();
    assert!(!verdict.allowed);
    assert!(stored(&server, "d").await.is_some_and(|(owed, at)| owed == 10 * TOKEN && at < future));
}

/// Asks from both nodes for so long, as fast as it goes; how much was allowed.
async fn hammer(nodes: [&RateLimiter; 2], plan: &Plan, time: Duration) -> u64 {
    let since = Instant::now();
    let asking = (0..16).map(async |number| {
        let mut allowed = 0;
        while since.elapsed() < time {
            let verdict = nodes[number % 2].take("caller", plan, Resource::Requests, 1).await.unwrap();
            allowed += u64::from(verdict.allowed);
        }
        allowed
    });
    join_all(asking).await.into_iter().sum()
}

#[tokio::test]
async fn two_nodes_give_the_limit_once() {
    let server = RedisServer::start().await;
    let ((one, _), (other, _)) = (node(&server, PATIENT).await, node(&server, PATIENT).await);
    let plan = plan(60_000, 500);
    let since = Instant::now();
    let mut allowed = hammer([&one, &other], &plan, Duration::from_millis(1_500)).await;
    // What came back until now and was not taken yet.
    while one.take("caller", &plan, Resource::Requests, 1).await.unwrap().allowed {
        allowed += 1;
    }
    let micros = u64::try_from(since.elapsed().as_micros()).unwrap();
    let limit = 500 + micros / 1_000;
    println!("{allowed} allowed by two nodes, {limit} by the rule");
    assert!(allowed.abs_diff(limit) * 100 <= limit, "{allowed} allowed, {limit} by the rule");
}

#[tokio::test]
async fn many_requests_leave_together() {
    let server = RedisServer::start().await;
    let (limiter, _) = node(&server, PATIENT).await;
    let callers: Vec<String> = (0..1_000).map(|number| format!("caller{}", number % 10)).collect();
    let plan = plan(1, 60);
    let takes = callers.iter().map(|caller| limiter.take(caller, &plan, Resource::Requests, 1));
    let allowed = join_all(takes).await.into_iter().flatten().filter(|verdict| verdict.allowed).count();
    assert_eq!(allowed, 600);
    let figures = limiter.figures();
    assert_eq!((figures.shared, figures.allowed, figures.refused), (1_000, [600, 0], [400, 0]));
    assert!(figures.calls <= 5, "{} calls", figures.calls);
}

#[tokio::test]
async fn one_who_goes_away_before_his_request_leaves_is_not_charged() {
    let server = RedisServer::start().await;
    let (limiter, _) = node(&server, PATIENT).await;
    let plan = plan(1, 10);
    for _ in 0..5 {
        let mut take = Box::pin(limiter.take("caller", &plan, Resource::Requests, 1));
        assert!(futures_util::poll!(&mut take).is_pending());
    }
    let verdict = limiter.take("caller", &plan, Resource::Requests, 0).await.unwrap();
    assert_eq!(verdict.remaining, 10);
}

#[tokio::test]
async fn cost_that_was_taken_for_one_who_went_away_is_put_back() {
    let server = RedisServer::start().await;
    let (limiter, shared) = node(&server, PATIENT).await;
    let plan = plan(1, 1_000);
    let _: String = server.ask(&["CLIENT", "PAUSE", "300"]).await;
    let mut takes = Resource::ALL.map(|resource| Box::pin(limiter.take("caller", &plan, resource, 100)));
    for take in &mut takes {
        assert!(futures_util::poll!(take).is_pending());
    }
    // The task that asks runs now, and takes both along.
    tokio::task::yield_now().await;
    drop(takes);
    assert!(shared.ping().await, "the pause is over, and what left before was done");
    let left = async |resource| limiter.take("caller", &plan, resource, 0).await.unwrap().remaining;
    while left(Resource::Cost).await < 1_000 {}
    assert_eq!(left(Resource::Requests).await, 900, "who hangs up at once has asked all the same");
}
