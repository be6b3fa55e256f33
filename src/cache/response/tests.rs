//! What is found when, and who makes what is not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt, future::join_all};
use tokio::time::{Instant, advance};

use super::*;
use crate::cache::{Slot, Tag};

const STALE: Duration = Duration::from_secs(30);
const AWAY: Duration = Duration::from_mins(10);

fn open() -> (Arc<Ledger>, Arc<Responses>) {
    let ledger = Arc::new(Ledger::default());
    ledger.open(0, 10);
    let options = Options { bytes: 1_000_000, stale_while_revalidate: STALE, stale_if_error: AWAY };
    (ledger.clone(), Responses::new(ledger, options))
}

fn key(text: &str) -> Key {
    Key::new(text.into())
}

/// What was read now of a process.
fn reading(ledger: &Ledger, process: i64) -> Dependencies {
    let mut dependencies = Dependencies::begin(ledger);
    dependencies.add(ledger.position(), None, &[Slot::of(Tag::Process(process))]);
    dependencies
}

fn write(ledger: &Ledger, sequence: i64, process: i64) {
    ledger.mark(sequence, [Slot::of(Tag::Process(process))]);
    ledger.advance(sequence);
}

fn body(text: &str) -> impl FnOnce() -> Option<Bytes> {
    let body = Bytes::copy_from_slice(text.as_bytes());
    move || Some(body)
}

/// The right to make a response that nobody makes.
fn making(responses: &Arc<Responses>, key: &Key) -> Making {
    match responses.turn(key, 1).now_or_never() {
        Some(Turn::Make(making)) => making,
        Some(Turn::Take(_)) => panic!("it is there"),
        None => panic!("somebody makes it"),
    }
}

fn found(responses: &Arc<Responses>, key: &Key) -> Option<Bytes> {
    responses.find(key, false).map(|hit| hit.stored.body().clone())
}

#[tokio::test]
async fn a_response_is_found_by_its_key_until_a_write_touches_it() {
    let (ledger, responses) = open();
    let (one, other) = (key("one"), key("other"));
    assert!(responses.find(&one, false).is_none());
    let kept = making(&responses, &one).made(reading(&ledger, 1), body("{}")).unwrap();
    assert!(kept.entity_tag().starts_with("W/\"") && kept.entity_tag().ends_with('"'));
    assert_eq!(found(&responses, &one).unwrap(), "{}");
    assert!(responses.find(&other, false).is_none());

    write(&ledger, 11, 2);
    assert!(responses.find(&one, false).is_some(), "another process was written");
    write(&ledger, 12, 1);
    assert!(responses.find(&one, false).is_none());
    making(&responses, &one).made(reading(&ledger, 1), body("[]")).unwrap();
    assert_eq!(found(&responses, &one).unwrap(), "[]");
    ledger.close();
    assert!(!responses.is_open() && responses.find(&one, false).is_none());
    let Figures { hits, misses, .. } = responses.figures();
    assert_eq!((hits, misses), (3, 4));
}

#[tokio::test]
async fn what_a_write_has_overtaken_or_may_not_be_kept_is_not_kept() {
    let (ledger, responses) = open();
    let one = key("one");
    let before = reading(&ledger, 1);
    write(&ledger, 11, 1);
    assert!(making(&responses, &one).made(before, body("{}")).is_none(), "it was read before the write");
    let mut never = reading(&ledger, 1);
    never.add(None, None, &[]);
    assert!(making(&responses, &one).made(never, body("{}")).is_none());
    assert!(making(&responses, &one).made(reading(&ledger, 1), || None).is_none());
    making(&responses, &one).failed();
    assert!(responses.find(&one, false).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_too_old_is_used_for_a_while_and_made_anew_by_one() {
    let (ledger, responses) = open();
    let one = key("one");
    let lasting = || {
        let mut dependencies = reading(&ledger, 1);
        dependencies.add(ledger.position(), Some(Instant::now() + Duration::from_mins(5)), &[]);
        dependencies.add(ledger.position(), Some(Instant::now() + Duration::from_mins(1)), &[]);
        dependencies
    };
    making(&responses, &one).made(lasting(), body("old")).unwrap();
    advance(Duration::from_secs(59)).await;
    assert!(responses.find(&one, false).unwrap().refresh.is_none());

    advance(Duration::from_secs(1)).await;
    let first = responses.find(&one, false).unwrap();
    assert_eq!((first.stored.body().as_ref(), first.stored.age().as_secs()), (&b"old"[..], 60));
    let refresh = first.refresh.expect("the first is to make it anew");
    assert!(responses.find(&one, false).unwrap().refresh.is_none(), "one is enough");
    refresh.failed();
    assert!(responses.find(&one, false).unwrap().refresh.is_none(), "not at once again");
    advance(Duration::from_secs(1)).await;
    let refresh = responses.find(&one, false).unwrap().refresh.expect("the next may try");
    refresh.made(lasting(), body("new")).unwrap();
    assert_eq!(found(&responses, &one).unwrap(), "new");

    advance(Duration::from_mins(1) + STALE).await;
    assert!(responses.find(&one, false).is_none(), "it is much too old");
    assert!(responses.find(&one, true).is_some(), "better than nothing");
    advance(AWAY).await;
    assert!(responses.find(&one, true).is_none());
    making(&responses, &one).made(lasting(), body("newer")).unwrap();
    advance(Duration::from_secs(61)).await;
    write(&ledger, 11, 1);
    assert!(responses.find(&one, false).is_none(), "a write has touched it: it is never used");
}

#[tokio::test]
async fn nobody_waits_for_what_is_less_urgent() {
    let (ledger, responses) = open();
    let one = key("one");
    let turn = |urgency| responses.turn(&one, urgency).now_or_never();
    let Some(Turn::Make(slow)) = turn(3) else { panic!("nobody makes it") };
    assert!(turn(3).is_none(), "as urgent as the one who makes it");
    let Some(Turn::Make(urgent)) = turn(1) else { panic!("it is more urgent") };
    assert!(turn(1).is_none() && turn(2).is_none(), "one of them is enough");
    slow.failed();
    assert!(turn(2).is_none(), "the urgent one goes on");
    urgent.made(reading(&ledger, 1), body("{}")).unwrap();
    assert_eq!(found(&responses, &one).unwrap(), "{}");
    assert!(responses.under_way().is_empty());
}

/// Asks as a request does: takes what is there or makes it, in a moment.
async fn ask(responses: &Arc<Responses>, ledger: &Ledger, made: &AtomicUsize, keep: bool) -> Bytes {
    let one = key("one");
    if let Some(hit) = responses.find(&one, false) {
        return hit.stored.body().clone();
    }
    match responses.turn(&one, 1).await {
        Turn::Take(stored) => stored.body().clone(),
        Turn::Make(making) => {
            made.fetch_add(1, SeqCst);
            let dependencies = reading(ledger, 1);
            tokio::time::sleep(Duration::from_millis(100)).await;
            if keep {
                making.made(dependencies, body("{}"));
            } else {
                making.failed();
            }
            Bytes::from_static(b"{}")
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_that_ask_at_once_one_makes_it() {
    let (ledger, responses) = open();
    let (made, began) = (AtomicUsize::new(0), Instant::now());
    let answers = join_all((0..1_000).map(|_| ask(&responses, &ledger, &made, true))).await;
    assert!(answers.iter().all(|answer| answer == "{}"));
    assert_eq!((made.load(SeqCst), began.elapsed()), (1, Duration::from_millis(100)));
    assert!(responses.under_way().is_empty());
}

#[tokio::test(start_paused = true)]
async fn when_it_may_not_be_kept_all_make_it_for_themselves_at_once() {
    let (ledger, responses) = open();
    let (made, began) = (AtomicUsize::new(0), Instant::now());
    join_all((0..100).map(|_| ask(&responses, &ledger, &made, false))).await;
    assert_eq!((made.load(SeqCst), began.elapsed()), (100, Duration::from_millis(200)));
    assert!(responses.under_way().is_empty());
}

#[tokio::test(start_paused = true)]
async fn when_the_maker_is_dropped_one_of_those_who_wait_makes_it() {
    let (ledger, responses) = open();
    let made = AtomicUsize::new(0);
    let leader = making(&responses, &key("one"));
    let waiting = join_all((0..10).map(|_| ask(&responses, &ledger, &made, true)));
    let leaves = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        drop(leader);
    };
    let (answers, ()) = futures_util::join!(waiting, leaves);
    assert_eq!((answers.len(), made.load(SeqCst)), (10, 1));

    // One who waits may go too: nothing is left of it.
    let leader = making(&responses, &key("two"));
    let two = key("two");
    assert!(responses.turn(&two, 1).now_or_never().is_none());
    leader.made(reading(&ledger, 1), body("{}")).unwrap();
    assert!(responses.find(&two, false).is_some() && responses.under_way().is_empty());
}

#[tokio::test(start_paused = true)]
async fn when_a_write_overtakes_it_one_makes_it_again_and_nobody_waits_for_ever() {
    let (ledger, responses) = open();
    let made = AtomicUsize::new(0);
    let writes = async |count: i64| {
        for _ in 0..count {
            tokio::time::sleep(Duration::from_millis(50)).await;
            write(&ledger, ledger.position().unwrap() + 1, 1);
        }
    };
    let waiting = join_all((0..10).map(|_| ask(&responses, &ledger, &made, true)));
    futures_util::join!(waiting, writes(1));
    assert_eq!(made.load(SeqCst), 2, "the first was overtaken");

    made.store(0, SeqCst);
    write(&ledger, ledger.position().unwrap() + 1, 1);
    let began = Instant::now();
    let waiting = async {
        join_all((0..10).map(|_| ask(&responses, &ledger, &made, true))).await;
        began.elapsed()
    };
    let (took, ()) = futures_util::join!(waiting, writes(20));
    // Three rounds of one maker each, then all that are left together.
    assert_eq!((made.load(SeqCst), took), (10, Duration::from_millis(400)));
}

#[tokio::test]
async fn what_is_found_often_is_packed_once_and_weighed_again() {
    let (ledger, responses) = open();
    let (long, short) = (key("long"), key("short"));
    let text = "{\"title\":\"Gravel\"},".repeat(100);
    making(&responses, &long).made(reading(&ledger, 1), body(&text)).unwrap();
    making(&responses, &short).made(reading(&ledger, 1), body("{}")).unwrap();
    let before = responses.figures().bytes;
    for _ in 0..7 {
        assert!(responses.find(&long, false).unwrap().stored.packed().is_none());
    }
    let stored = responses.find(&long, false).unwrap().stored;
    (0..20).for_each(|_| drop(responses.find(&short, false)));
    tokio::time::timeout(Duration::from_secs(20), async {
        while responses.figures().bytes == before {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it is packed");
    let packed = stored.packed().unwrap().size() as u64;
    assert_eq!(responses.figures().bytes, before + packed);
    assert!(responses.find(&short, false).unwrap().stored.packed().is_none(), "there is nothing to win");
    responses.end().await;
}

#[tokio::test(start_paused = true)]
async fn the_end_cuts_what_goes_on_in_the_background() {
    let (_, responses) = open();
    let alive = Arc::new(());
    let held = alive.clone();
    responses.spawn(async move {
        std::future::pending::<()>().await;
        drop(held);
    });
    tokio::task::yield_now().await;
    assert_eq!(Arc::strong_count(&alive), 2);
    responses.end().await;
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[tokio::test]
async fn no_more_is_kept_than_the_budget_allows() {
    let (ledger, responses) = open();
    let text = "x".repeat(10_000);
    for number in 0..500 {
        let one = key(&format!("number {number}"));
        making(&responses, &one).made(reading(&ledger, 1), body(&text)).unwrap();
        assert!(responses.figures().bytes <= 1_000_000);
    }
    assert!(responses.figures().bytes > 500_000, "and not much less: {}", responses.figures().bytes);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_counted_is_what_responses_take() {
    use crate::cache::resident::{assert_counted, bytes};

    // All are held to the end: what one freed would be the memory of the next.
    let mut held = Vec::new();
    for (key_bytes, body_bytes) in [(60, 200), (60, 20_000), (2_000, 500)] {
        let ledger = Arc::new(Ledger::default());
        ledger.open(0, 10);
        let options = Options { bytes: 1 << 30, ..Options::default() };
        let (responses, before) = (Responses::new(ledger.clone(), options), bytes());
        for number in 0..(32_000_000 / (key_bytes + body_bytes + 500)) {
            let mut dependencies = Dependencies::begin(&ledger);
            for _ in 0..40 {
                let slots = [Slot::of(Tag::Process(1)), Slot::of(Tag::Process(2))];
                dependencies.add(ledger.position(), None, &slots);
            }
            let mut body = Vec::with_capacity(2 * body_bytes);
            body.resize(body_bytes, b'x');
            let stored = Stored::new(&body, dependencies);
            responses.keep(&key(&format!("{number:key_bytes$}")), Arc::new(stored));
        }
        assert_counted(responses.figures().bytes, bytes() - before);
        held.push(responses);
    }
}
