//! What strangers send: whatever it is, it is judged, and none of it lets anyone in.

use std::{
    env,
    time::{Duration, Instant},
};

use farol::auth::{Authenticator, jwt::Algorithm};
use futures_util::FutureExt;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::json;

use super::{
    issuer::{ALGORITHMS, Issuer, claims, encode},
    keys::{Node, QUICK, create},
    tokens::{Files, believer},
};
use crate::support::TestDatabase;

/// How long each test goes on.
fn seconds() -> Duration {
    let seconds = env::var("FAROL_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs_f64(seconds.unwrap_or(2.0))
}

/// Runs a property until the time is over, and tells the smallest case that breaks it.
fn until_the_deadline<S: Strategy>(share: u32, strategy: &S, property: impl Fn(S::Value) -> bool) {
    let deadline = Instant::now() + seconds() / share;
    let mut cases = 0;
    while cases == 0 || Instant::now() < deadline {
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(100) });
        let ran = runner.run(strategy, |value| {
            prop_assert!(property(value));
            Ok(())
        });
        ran.unwrap_or_else(|broken| panic!("{broken}"));
        cases += 100;
    }
}

/// A change of a text, by places that are taken modulo its length.
#[derive(Clone, Debug)]
enum Change {
    Replace(usize, u8),
    Insert(usize, u8),
    Remove(usize),
    Swap(usize, usize),
    Cut(usize),
    Repeat(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    // What a header can carry, for most of the time what tokens and keys are made of.
    let byte = prop_oneof![
        5 => prop::sample::select(b"abcdefxyzABCDEF0123456789-_.=+/ ".as_slice()),
        1 => any::<u8>(),
    ];
    let at = any::<usize>;
    prop_oneof![
        (at(), byte.clone()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        (at(), byte).prop_map(|(at, byte)| Change::Insert(at, byte)),
        at().prop_map(Change::Remove),
        (at(), at()).prop_map(|(one, other)| Change::Swap(one, other)),
        at().prop_map(Change::Cut),
        (at(), at()).prop_map(|(from, to)| Change::Repeat(from, to)),
    ]
}

fn changed(text: &str, changes: &[Change]) -> Vec<u8> {
    let mut text = text.as_bytes().to_vec();
    for change in changes {
        let length = text.len().max(1);
        match *change {
            Change::Insert(at, byte) => text.insert(at % (text.len() + 1), byte),
            _ if text.is_empty() => {}
            Change::Replace(at, byte) => text[at % length] = byte,
            Change::Remove(at) => drop(text.remove(at % length)),
            Change::Swap(one, other) => text.swap(one % length, other % length),
            Change::Cut(at) => text.truncate(at % length),
            Change::Repeat(from, to) => {
                let (from, to) = (from % length, to % length);
                text.extend_from_within(from.min(to)..from.max(to));
            }
        }
    }
    text
}

/// Whether someone is let in who shows this. Judging it waits for nothing where there are no keys.
fn is_let_in(authenticator: &Authenticator, token: &[u8]) -> bool {
    let line = [b"Bearer ".as_slice(), token].concat();
    authenticator.caller(Some(&line), None).now_or_never().expect("nothing is waited for").is_ok()
}

#[test]
fn no_changed_token_is_believed() {
    for algorithm in ALGORITHMS {
        let (files, issuer) = (Files::new(), Issuer::new(algorithm));
        let believer = believer(algorithm, files.own(&issuer));
        let right = issuer.token(&claims());
        assert!(is_let_in(&believer, right.as_bytes()));
        until_the_deadline(4, &prop::collection::vec(change(), 1..4), |changes| {
            let token = changed(&right, &changes);
            token.trim_ascii() == right.as_bytes() || !is_let_in(&believer, &token)
        });
    }
}

#[test]
fn no_forged_token_is_believed() {
    let (files, issuer) = (Files::new(), Issuer::new(Algorithm::EdDsa));
    let believer = believer(Algorithm::EdDsa, files.set(&[issuer.jwk("key")]));
    let forgers = ALGORITHMS.map(Issuer::new);
    let header = (
        prop::sample::select(vec!["EdDSA", "HS256", "RS256", "ES256", "none", "", "\u{0}"]),
        prop::option::of(prop::sample::select(vec!["key", "", "other", "../key"])),
        any::<bool>(),
    );
    let parts = (header, 0..forgers.len(), prop::option::of("[ -~]{0,60}"), "\\PC{0,20}");
    until_the_deadline(1, &parts, |((alg, kid, bare), forger, text, words)| {
        let mut header = json!({ "alg": alg });
        if let Some(kid) = kid {
            header["kid"] = kid.into();
        }
        let mut says = claims();
        says["sub"] = words.as_str().into();
        let token = match text {
            // A header or claims that are no JSON, or anything.
            Some(text) => format!("{}.{}.{}", encode(header.to_string()), encode(&text), encode(&words)),
            None if bare => format!("{}.{}.", encode(header.to_string()), encode(says.to_string())),
            None => forgers[forger].sign(&header, &says),
        };
        !is_let_in(&believer, token.as_bytes())
    });
}

/// Over a real ring of keys, with `X-API-Key` and `Authorization`.
#[tokio::test(flavor = "multi_thread")]
async fn no_changed_key_is_known() {
    let data = TestDatabase::sqlite().await;
    let right = create(&data, &["key"]);
    let node = Node::start(&data, QUICK).await;
    let handle = tokio::runtime::Handle::current();
    let judge = |shown: &[u8]| {
        tokio::task::block_in_place(|| {
            let line = [b"Bearer ".as_slice(), shown].concat();
            let one = handle.block_on(node.auth.caller(None, Some(shown))).is_ok();
            (one, handle.block_on(node.auth.caller(Some(&line), None)).is_ok())
        })
    };
    assert_eq!(judge(right.as_bytes()), (true, true));
    until_the_deadline(1, &prop::collection::vec(change(), 1..4), |changes| {
        let shown = changed(&right, &changes);
        shown.trim_ascii() == right.as_bytes() || judge(&shown) == (false, false)
    });
    node.stop().await;
}
