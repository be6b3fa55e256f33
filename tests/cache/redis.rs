//! The caches' second level: what is kept in Redis, and what comes back.

use std::time::Duration;

use farol::cache::shared::{Counts, FORMAT, Fill, Held, Lock, Options, Shared, SharedError};
use futures_util::future::join_all;

use crate::support::RedisServer;

pub(super) const MINUTE: Duration = Duration::from_mins(1);
/// For tests of something else than slowness: however busy the machine, Redis answers in time.
pub(super) const PATIENT: Duration = Duration::from_secs(10);

pub(super) async fn connect(server: &RedisServer) -> Shared {
    let shared = Shared::connect(&options(&server.url(), PATIENT)).await.unwrap();
    assert!(shared.is_up());
    shared
}

pub(super) fn options(url: &str, timeout: Duration) -> Options {
    Options { url: url.into(), ca_file: None, timeout, namespace: "test".to_owned() }
}

pub(super) fn fill(key: &str, read_at: i64, bytes: &[u8]) -> Fill {
    Fill { key: key.to_owned(), read_at, bytes: bytes.to_vec() }
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what may be missing")]
pub(super) fn found(read_at: i64, bytes: &[u8]) -> Option<Held> {
    Some(Held { read_at, bytes: bytes.to_vec() })
}

pub(super) async fn get(shared: &Shared, key: &str) -> Option<Held> {
    shared.get(&[key.to_owned()]).await.remove(0)
}

fn full(key: &str) -> String {
    format!("farol:{FORMAT}:test:value:{key}")
}

/// How often Redis ran a command.
async fn calls(server: &RedisServer, command: &str) -> usize {
    let statistics: String = server.ask(&["INFO", "commandstats"]).await;
    let line = statistics.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
    line.map_or(0, |line| line.split_once(',').unwrap().0.parse().unwrap())
}

#[tokio::test]
async fn what_one_node_fills_another_gets() {
    let server = RedisServer::start().await;
    let (one, other) = (connect(&server).await, connect(&server).await);
    let long = b"Farol ".repeat(10_000);
    one.fill(vec![fill("short", 7, b"a"), fill("long", 8, &long), fill("empty", 0, b"")], MINUTE).await;

    let keys = ["long", "absent", "empty", "short", "long"].map(str::to_owned);
    assert_eq!(
        other.get(&keys).await,
        [found(8, &long), None, found(0, b""), found(7, b"a"), found(8, &long)]
    );
    assert_eq!(one.counts(), Counts { fills: 3, ..Counts::default() });
    assert_eq!(other.counts(), Counts { hits: 4, misses: 1, ..Counts::default() });
    assert_eq!((calls(&server, "evalsha").await, calls(&server, "mget").await), (1, 1), "one call each");

    let stored: usize = server.ask(&["STRLEN", &full("long")]).await;
    assert!(stored < 200, "long values are packed: {stored}");
    let lifetime: u64 = server.ask(&["PTTL", &full("short")]).await;
    assert!((1..=60_000).contains(&lifetime), "{lifetime}");
}

#[tokio::test]
async fn nothing_is_asked_for_nothing() {
    let server = RedisServer::start().await;
    let shared = connect(&server).await;
    assert!(shared.get(&[]).await.is_empty());
    shared.fill(Vec::new(), MINUTE).await;
    shared.fill(vec![fill("key", 1, b"over at once")], Duration::ZERO).await;
    shared.fill(vec![fill("key", -1, b"read at no sequence")], MINUTE).await;
    assert_eq!((calls(&server, "evalsha").await, calls(&server, "mget").await), (0, 0));
    shared.fill(vec![fill("key", 1, b"for ever")], Duration::MAX).await;
    assert_eq!(get(&shared, "key").await, found(1, b"for ever"));
}

#[tokio::test]
async fn a_value_stays_when_an_older_one_comes() {
    let server = RedisServer::start().await;
    let shared = connect(&server).await;
    // Where a number of 53 or of 32 bits, or a comparison as text, would be mistaken.
    for newer in [1, 256, 1 << 32, (1 << 32) + 1, (1 << 53) + 1, 0x80_00_00, i64::MAX] {
        let key = newer.to_string();
        let before = shared.counts();
        shared.fill(vec![fill(&key, newer, b"newer")], MINUTE).await;
        shared.fill(vec![fill(&key, newer - 1, b"older"), fill(&format!("-{key}"), 0, b"new")], MINUTE).await;
        assert_eq!(get(&shared, &key).await, found(newer, b"newer"));
        assert_eq!(get(&shared, &format!("-{key}")).await, found(0, b"new"), "the others are stored");
        shared.fill(vec![fill(&key, newer, b"again")], MINUTE).await;
        assert_eq!(get(&shared, &key).await, found(newer, b"again"), "one of the same sequence is as good");
        assert_eq!(shared.counts().outdated - before.outdated, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fills_at_the_same_time_the_latest_stays() {
    let server = RedisServer::start().await;
    let nodes = [connect(&server).await, connect(&server).await, connect(&server).await];
    for round in 0..20_i64 {
        let base = (1 << 53) - 30 + round;
        let fills = (0..60).map(|number| {
            // In no order: 7 and 60 have no common divisor.
            let read_at = base + number * 7 % 60;
            let node = nodes[usize::try_from(number).unwrap() % nodes.len()].clone();
            let fills = vec![fill(&format!("{round}"), read_at, &read_at.to_be_bytes())];
            tokio::spawn(async move { node.fill(fills, MINUTE).await })
        });
        join_all(fills).await;
        let latest = base + 59;
        assert_eq!(get(&nodes[0], &format!("{round}")).await, found(latest, &latest.to_be_bytes()));
    }
    let counts = nodes.iter().map(Shared::counts);
    assert_eq!(counts.map(|counts| counts.fills + counts.outdated).sum::<u64>(), 20 * 60);
}

#[tokio::test]
async fn what_another_release_or_nobody_wrote_is_a_miss_and_replaced() {
    let server = RedisServer::start().await;
    let shared = connect(&server).await;
    shared.fill(vec![fill("value", 9, b"whole")], MINUTE).await;
    let mut foreign: Vec<u8> = server.ask(&["GET", &full("value")]).await;
    foreign[0] = FORMAT + 1;
    for (name, command, value) in [
        ("another format", "SET", &foreign[..]),
        ("text", "SET", b"hello"),
        ("nothing", "SET", b""),
        ("a list", "LPUSH", b"x"),
    ] {
        let _: u64 = server.ask(&["DEL", &full("value")]).await;
        let _: redis::Value = server.ask(&[command.as_bytes(), full("value").as_bytes(), value]).await;
        assert_eq!(get(&shared, "value").await, None, "{name}");
        shared.fill(vec![fill("value", 1, b"replaced")], MINUTE).await;
        assert_eq!(get(&shared, "value").await, found(1, b"replaced"), "{name}");
    }
    let _: u64 = server.ask(&["SETRANGE", &full("value"), "15", "x"]).await;
    assert_eq!(get(&shared, "value").await, None, "damaged");
    let counts = shared.counts();
    assert_eq!((counts.refused, counts.broken, counts.outdated), (0, 0, 0));
}

#[tokio::test]
async fn two_databases_share_one_redis() {
    let server = RedisServer::start().await;
    let one = connect(&server).await;
    let other = Options { namespace: "other".to_owned(), ..options(&server.url(), PATIENT) };
    let other = Shared::connect(&other).await.unwrap();
    one.fill(vec![fill("key", 5, b"one")], MINUTE).await;
    assert_eq!(get(&other, "key").await, None);
    other.fill(vec![fill("key", 4, b"other")], MINUTE).await;
    assert_eq!((get(&one, "key").await, get(&other, "key").await), (found(5, b"one"), found(4, b"other")));
}

#[tokio::test]
async fn plain_values_are_kept_beside_the_others() {
    let server = RedisServer::start().await;
    let shared = connect(&server).await;
    let document = b"query Awarded { awards { nodes { id } } } ".repeat(100);
    assert_eq!(shared.get_plain("hash").await, None);
    shared.put_plain("hash", &document, MINUTE).await;
    shared.fill(vec![fill("hash", 1, b"no document")], MINUTE).await;
    assert_eq!(shared.get_plain("hash").await, Some(document));
    shared.put_plain("hash", b"another", MINUTE).await;
    assert_eq!(shared.get_plain("hash").await.as_deref(), Some(&b"another"[..]));
    let _: String = server.ask(&["SET", &format!("farol:{FORMAT}:test:plain:hash"), "damaged"]).await;
    assert_eq!(shared.get_plain("hash").await, None);
}

#[tokio::test]
async fn one_node_has_a_lock_until_it_gives_it_back_or_it_lapses() {
    let server = RedisServer::start().await;
    let (one, other) = (connect(&server).await, connect(&server).await);
    let Lock::Mine { token } = one.lock("key", MINUTE).await else { panic!("nobody has it") };
    assert_eq!(other.lock("key", MINUTE).await, Lock::Taken);
    assert_eq!(one.lock("key", MINUTE).await, Lock::Taken, "also by another task of the same node");
    assert!(matches!(other.lock("another", MINUTE).await, Lock::Mine { .. }));
    let lifetime: u64 = server.ask(&["PTTL", &format!("farol:{FORMAT}:test:lock:key")]).await;
    assert!((1..=60_000).contains(&lifetime), "{lifetime}");

    let Lock::Mine { token: theirs } = other.lock("theirs", MINUTE).await else { panic!("nobody has it") };
    other.unlock("key", &theirs).await;
    assert_eq!(other.lock("key", MINUTE).await, Lock::Taken, "a token of another lock opens nothing");
    one.unlock("key", &token).await;
    let Lock::Mine { .. } = other.lock("key", Duration::from_millis(1)).await else { panic!("it is free") };

    // It lapses, and who had it first cannot take it from who has it then.
    let token = loop {
        match one.lock("key", MINUTE).await {
            Lock::Mine { token } => break token,
            Lock::Taken => tokio::time::sleep(Duration::from_millis(1)).await,
            Lock::Unknown => panic!("Redis answers"),
        }
    };
    other.unlock("key", &theirs).await;
    assert_eq!(other.lock("key", MINUTE).await, Lock::Taken);
    one.unlock("key", &token).await;
    assert_eq!(one.counts().refused + other.counts().refused, 0);
}

#[tokio::test]
async fn a_script_that_redis_forgot_is_sent_again() {
    let server = RedisServer::start().await;
    let shared = connect(&server).await;
    let _: String = server.ask(&["SCRIPT", "FLUSH"]).await;
    shared.fill(vec![fill("key", 1, b"stored")], MINUTE).await;
    assert_eq!(get(&shared, "key").await, found(1, b"stored"));
    assert_eq!(shared.counts(), Counts { hits: 1, fills: 1, ..Counts::default() });
}

#[tokio::test]
async fn tls_is_spoken_with_a_server_that_the_file_vouches_for() {
    let server = RedisServer::start_tls().await;
    let options = options(&server.url(), PATIENT);
    let trusting = Options { ca_file: Some(server.ca_file()), ..options.clone() };
    let shared = Shared::connect(&trusting).await.unwrap();
    shared.fill(vec![fill("key", 1, b"sealed")], MINUTE).await;
    assert_eq!(get(&shared, "key").await, found(1, b"sealed"));
    assert_eq!(shared.counts(), Counts { hits: 1, fills: 1, ..Counts::default() });

    let shared = Shared::connect(&options).await.unwrap();
    assert_eq!((shared.is_up(), shared.counts().broken), (false, 1), "no public authority vouches for it");
}

#[tokio::test]
async fn settings_that_no_waiting_would_mend_are_refused() {
    let options = options("rediss://127.0.0.1:1", PATIENT);
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    for (ca_file, said) in
        [(directory.path().join("none.pem"), "No such file"), (empty, "no certificate in it")]
    {
        let error =
            Shared::connect(&Options { ca_file: Some(ca_file), ..options.clone() }).await.unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    let wrong = Options { url: "memcached://:hunter2@cache".into(), ..options };
    let error = Shared::connect(&wrong).await.unwrap_err();
    assert!(matches!(error, SharedError::Url) && !error.to_string().contains("hunter2"), "{error}");
}
