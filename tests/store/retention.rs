//! Old entries of the change log are removed, and what is left is what it must be.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use farol::{
    jobs::retention::{self as job, Options},
    lifecycle::{Drained, Tasks},
    store::{
        Database,
        query::changes,
        write::{ChangeKind, NewChange, Transaction, retention::remove_old},
    },
};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    a_log_of_old_entries_is_removed_but_for_the_newest,
    an_entry_stays_until_those_behind_it_have_settled,
    several_nodes_remove_the_same,
    the_job_removes_at_once_and_ends_when_it_is_told,
);

async fn append(store: &Database, at: DateTime<Utc>, count: usize) {
    let change = NewChange {
        kind: ChangeKind::Updated,
        dataset: 1,
        process: 7,
        ocid: "a".to_owned(),
        paths: vec![],
        tags: vec!["process:7".to_owned()],
    };
    Transaction::begin(store).await.unwrap().commit(at, &vec![change; count]).await.unwrap();
}

/// The sequences that are left, and up to where the others are gone.
async fn left(store: &Database) -> (Vec<i64>, i64) {
    let entries = changes::after(store, 0, 100_000).await.unwrap();
    let sequences = entries.into_iter().map(|entry| entry.sequence()).collect();
    (sequences, changes::removed_through(store).await.unwrap())
}

async fn a_log_of_old_entries_is_removed_but_for_the_newest(database: TestDatabase) {
    let store = database.open().await;
    let (now, week) = (Utc::now(), TimeDelta::days(7));
    assert_eq!(remove_old(&store, now, week).await.unwrap(), 0, "there is nothing");
    assert_eq!(left(&store).await, (vec![], 0));
    append(&store, now - TimeDelta::days(8), 2_500).await;
    let head = changes::head(&store).await.unwrap();
    assert_eq!(remove_old(&store, now, week).await.unwrap(), 2_499, "in more than one transaction");
    assert_eq!(left(&store).await, (vec![head], head - 1));
    assert_eq!(remove_old(&store, now, week).await.unwrap(), 0);
    append(&store, now, 1).await;
    let later = now + TimeDelta::hours(1);
    assert_eq!(remove_old(&store, later, week).await.unwrap(), 1, "it is not the newest any more");
    assert_eq!(left(&store).await, (vec![changes::head(&store).await.unwrap()], head));
    store.close().await;
}

async fn an_entry_stays_until_those_behind_it_have_settled(database: TestDatabase) {
    let store = database.open().await;
    let (now, week) = (Utc::now(), TimeDelta::days(7));
    append(&store, now - TimeDelta::days(8), 3).await;
    append(&store, now, 1).await;
    let (all, _) = left(&store).await;
    // Whoever follows the log may stand at the last of the old ones still.
    assert_eq!(remove_old(&store, now + TimeDelta::seconds(59), week).await.unwrap(), 2);
    assert_eq!(left(&store).await, (all[2..].to_vec(), all[1]));
    assert_eq!(remove_old(&store, now + TimeDelta::seconds(61), week).await.unwrap(), 1);
    assert_eq!(left(&store).await, (all[3..].to_vec(), all[2]));
    store.close().await;
}

async fn several_nodes_remove_the_same(database: TestDatabase) {
    let (one, other) = (database.open().await, database.open().await);
    let (now, week) = (Utc::now(), TimeDelta::days(7));
    append(&one, now - TimeDelta::days(9), 3_000).await;
    append(&one, now - TimeDelta::days(1), 10).await;
    let writing = async {
        for _ in 0..20 {
            append(&one, now, 1).await;
        }
    };
    let (first, second, ()) =
        tokio::join!(remove_old(&one, now, week), remove_old(&other, now, week), writing);
    assert_eq!(first.unwrap() + second.unwrap(), 3_000, "each entry by one of them");
    let (sequences, through) = left(&one).await;
    assert_eq!(sequences.len(), 30);
    assert!(sequences.iter().all(|sequence| *sequence > through));
    one.close().await;
    other.close().await;
}

async fn the_job_removes_at_once_and_ends_when_it_is_told(database: TestDatabase) {
    let store = database.open().await;
    append(&store, Utc::now() - TimeDelta::days(8), 5).await;
    let (tasks, shutdown) = (Tasks::default(), CancellationToken::new());
    job::start(&store, Options::keep(Duration::from_hours(168)), &tasks, shutdown.clone());
    let waiting = async {
        while left(&store).await.0.len() > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("the old ones go");
    shutdown.cancel();
    assert_eq!(tasks.drain(Duration::from_secs(30)).await, Drained::Clean);
    store.close().await;
}

/// What goes on in the life of a log.
#[derive(Clone, Debug)]
enum Step {
    /// Some are written, by a clock that is so many hours off.
    Write { count: usize, hours_off: i64 },
    /// So many hours pass, and what is older than so many is removed.
    Remove { hours: i64, keep: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..4_usize, -30..3_i64).prop_map(|(count, hours_off)| Step::Write { count, hours_off }),
        (0..20_i64, 1..48_i64).prop_map(|(hours, keep)| Step::Remove { hours, keep }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is written and removed when: what is left is the end of the log, the newest is in it, nothing
    /// that is young is gone, and what is told to be gone is what is gone.
    #[test]
    fn what_is_left_is_the_end_of_the_log(steps in proptest::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for database in [TestDatabase::sqlite().await, TestDatabase::postgres().await] {
                live_through(&database, &steps).await;
            }
        });
    }
}

async fn live_through(database: &TestDatabase, steps: &[Step]) {
    let store = database.open().await;
    // Whole seconds, which both databases keep.
    let mut now = DateTime::from_timestamp(Utc::now().timestamp(), 0).unwrap();
    // All that ever was: sequence and time.
    let mut written: Vec<(i64, DateTime<Utc>)> = Vec::new();
    for step in steps {
        match *step {
            Step::Write { count, hours_off } => {
                let at = now + TimeDelta::hours(hours_off);
                append(&store, at, count).await;
                let last = written.last().map_or(0, |(sequence, _)| *sequence);
                let entries = changes::after(&store, last, 1000).await.unwrap();
                written.extend(entries.iter().map(|entry| (entry.sequence(), at)));
            }
            Step::Remove { hours, keep } => {
                now += TimeDelta::hours(hours);
                let (before, _) = left(&store).await;
                let removed = remove_old(&store, now, TimeDelta::hours(keep)).await.unwrap();
                let (sequences, through) = left(&store).await;
                assert_eq!(before.len() as u64 - removed, sequences.len() as u64);
                let end: Vec<i64> = written
                    .iter()
                    .map(|(sequence, _)| *sequence)
                    .filter(|sequence| *sequence > through)
                    .collect();
                assert_eq!(sequences, end, "all behind {through}, and nothing else");
                assert_eq!(sequences.last(), written.last().map(|(sequence, _)| sequence));
                let horizon = now - TimeDelta::hours(keep);
                let gone = &written[..written.len() - sequences.len()];
                let young = gone.iter().filter(|(sequence, at)| before.contains(sequence) && *at >= horizon);
                assert_eq!(young.count(), 0, "nothing that is young goes");
                let old = written[gone.len()..].windows(2).take(1);
                let stays = old.filter(|pair| pair[0].1 < horizon && pair[1].1 < now - TimeDelta::minutes(1));
                assert_eq!(stays.count(), 0, "nothing that is old stays in front");
            }
        }
    }
    store.close().await;
}
