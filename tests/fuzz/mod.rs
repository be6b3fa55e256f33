//! Hostile input at random, from the pieces that real input is made of: nothing may panic, hang or show a fault of
//! the server. Each target takes `FAROL_FUZZ_SECONDS`, 2 by default; what fails is shrunk and printed.

mod cursors;
mod documents;
mod headers;

use std::{
    env,
    fmt::Debug,
    time::{Duration, Instant},
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::Value;
use tokio::{runtime::Handle, task::block_in_place};

/// Cases between two looks at the clock.
const CASES: u32 = 16;

/// Tries input until the time is over. Must be called in a runtime of several threads.
pub(crate) fn fuzz<S, C>(target: &str, input: &S, check: impl Fn(S::Value) -> C)
where
    S: Strategy<Value: Debug>,
    C: Future<Output = Result<(), TestCaseError>>,
{
    let seconds =
        env::var("FAROL_FUZZ_SECONDS").map_or(2, |text| text.parse().expect("FAROL_FUZZ_SECONDS: seconds"));
    let (since, time, mut tried) = (Instant::now(), Duration::from_secs(seconds), 0);
    let runtime = Handle::current();
    block_in_place(|| {
        while tried == 0 || since.elapsed() < time {
            let mut runner =
                TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
            if let Err(error) = runner.run(input, |value| runtime.block_on(check(value))) {
                panic!("{target}: {error}");
            }
            tried += CASES;
        }
    });
    println!("{target}: {tried} cases in {:?}", since.elapsed());
}

/// Checks the errors of an answer: each has a code, and none is a fault of the server.
fn faultless(errors: &Value) -> Result<(), TestCaseError> {
    for error in errors.as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str();
        prop_assert!(code.is_some_and(|code| code != "INTERNAL_SERVER_ERROR"), "{error}");
    }
    Ok(())
}

/// A text with a piece of it left out, doubled, or replaced by another.
fn damaged(
    text: impl Strategy<Value = String>,
    by: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    let place = any::<prop::sample::Index>;
    (text, place(), place(), by, 0..3_u8).prop_map(|(text, from, to, by, how)| {
        let characters: Vec<char> = text.chars().collect();
        let (from, to) = (from.index(characters.len() + 1), to.index(characters.len() + 1));
        let part = |from: usize, to: usize| characters[from..to].iter().collect::<String>();
        let (from, to) = (from.min(to), from.max(to));
        let (before, within, after) = (part(0, from), part(from, to), part(to, characters.len()));
        match how {
            0 => before + &by + &after,
            1 => before + &within + &by + &within + &after,
            _ => before + &after,
        }
    })
}
