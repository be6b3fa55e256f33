//! Whoever sees how far the log was followed sees the marks of everything up to there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use chrono::Utc;
use farol::{
    cache::{Ledger, Slot, Tag},
    events::mark,
    store::{
        query::changes::{ChangedProcess, Entry, Organizations},
        write::ChangeKind,
    },
};

use super::world::{World, append, change};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(what_is_seen_of_the_position_is_seen_of_the_marks);

/// The entry of this sequence touches what is numbered like it, among a few that come again and again.
const NUMBERS: i64 = 64;

fn entry(sequence: i64) -> Entry {
    let number = sequence % NUMBERS;
    let organizations = if sequence % 1000 == 0 {
        Organizations::Any
    } else {
        Organizations::Named(vec![number, NUMBERS + number])
    };
    let process = Some(ChangedProcess {
        id: number,
        ocid: format!("ocds-{number}"),
        kind: ChangeKind::Updated,
        paths: vec![],
    });
    Entry { sequence, at: Utc::now(), dataset: 1, process, organizations }
}

/// Readers on other threads, while one thread marks and advances as fast as it can.
#[test]
fn no_thread_sees_a_position_before_its_marks() {
    const LAST: i64 = 60_000;
    let (ledger, done) = (Arc::new(Ledger::default()), Arc::new(AtomicBool::new(false)));
    ledger.open(0, 0);
    let reader = |offset: i64| {
        let (ledger, done) = (ledger.clone(), done.clone());
        let slots: Vec<Slot> = (0..NUMBERS).map(|number| Slot::of(Tag::Process(number))).collect();
        thread::spawn(move || {
            let (mut looks, mut at) = (0_u64, 0);
            while !done.load(SeqCst) || at < LAST {
                at = ledger.position().unwrap();
                // The last few entries: each touched its number, so a value read just before is dropped.
                for sequence in (1..=at).rev().skip(usize::try_from(offset).unwrap()).take(3) {
                    let slot = slots[usize::try_from(sequence % NUMBERS).unwrap()];
                    assert!(!ledger.counts(sequence - 1, &[slot]), "{sequence} is not marked at {at}");
                    if sequence % 1000 == 0 {
                        assert!(!ledger.counts(sequence - 1, &[]), "{sequence} is more than can be named");
                    }
                }
                looks += 1;
            }
            looks
        })
    };
    let readers = [reader(0), reader(1), reader(NUMBERS)];
    for page in (1..=LAST).collect::<Vec<_>>().chunks(7) {
        for sequence in page {
            mark(&ledger, &entry(*sequence));
        }
        ledger.advance(*page.last().unwrap());
    }
    done.store(true, SeqCst);
    for reader in readers {
        assert!(reader.join().unwrap() > 0, "it looked");
    }
    assert!(ledger.counts(LAST, &[Slot::of(Tag::Process(LAST % NUMBERS))]));
}

/// The same of a followed database that others write to.
async fn what_is_seen_of_the_position_is_seen_of_the_marks(database: TestDatabase) {
    const WRITES: i64 = 40;
    let world = Arc::new(World::follow(database, super::world::without_timer()).await);
    let writers = [0, 1].map(|writer| {
        let world = world.clone();
        tokio::spawn(async move {
            let store = world.writer().await;
            for number in 1..=WRITES {
                append(&store, Utc::now(), &[change(2 * number + writer), change(2 * number + writer)]).await;
                world.tail.catch_up().await.unwrap();
            }
        })
    });
    let watching = {
        let world = world.clone();
        tokio::task::spawn_blocking(move || {
            let mut seen = 0;
            while world.position() < 4 * WRITES {
                let position = world.position();
                // Each entry up to there touched anything.
                assert!(position == 0 || !world.counts(position - 1, Tag::Anything), "{position}");
                seen += 1;
            }
            seen
        })
    };
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(watching.await.unwrap() > 0);
}
