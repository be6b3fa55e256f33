//! The drive itself: who wakes whom, and what happens when it ends early or never was.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use farol::loader::LoadError;
use futures_util::future::{Either, join, join_all, select};
use tokio::sync::oneshot;

use super::script::{metered, scripted, settle, values};

#[tokio::test]
async fn outside_of_a_drive_only_known_keys_are_answered() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    assert_eq!(scope.load(&relation, 1).await, Err(LoadError::NotDriven));
    assert_eq!(scope.load_many(&relation, [1, 2]).await, Err(LoadError::NotDriven));

    let (driven, _) = join(scope.drive(scope.load(&relation, 1)), calls.answer_next()).await;
    assert_eq!(driven, Ok(Some(10)));
    assert_eq!(scope.load(&relation, 1).await, Ok(Some(10)));
}

#[tokio::test]
async fn a_dropped_drive_gives_its_sets_up_and_the_scope_can_be_driven_again() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let call = {
        let drive = std::pin::pin!(scope.drive(scope.load(&relation, 1)));
        match select(drive, std::pin::pin!(calls.next())).await {
            Either::Right((call, _)) => call,
            Either::Left(_) => panic!("nobody has answered yet"),
        }
    };
    call.cancelled().await;

    let (again, keys) = join(scope.drive(scope.load(&relation, 1)), calls.answer_next()).await;
    assert_eq!((again, keys), (Ok(Some(10)), vec![1]));
}

#[tokio::test]
async fn a_load_that_outlives_its_drive_is_told() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let (in_task, loads) = (scope.clone(), relation.clone());
    let (go_on, gone_on) = oneshot::channel::<()>();
    let mut orphan = None;
    let drive = scope.drive(async {
        orphan = Some(tokio::spawn(async move { in_task.load(&loads, 1).await }));
        gone_on.await.unwrap();
    });
    let end = async {
        let call = calls.next().await;
        go_on.send(()).unwrap();
        call.cancelled().await;
    };
    join(drive, end).await;
    assert_eq!(orphan.unwrap().await.unwrap(), Err(LoadError::NotDriven));
}

#[tokio::test]
async fn a_load_in_another_task_wakes_the_sleeping_drive() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let (in_task, loads) = (scope.clone(), relation.clone());
    let driven = scope.drive(tokio::spawn(async move {
        settle().await;
        in_task.load(&loads, 1).await
    }));
    let (answer, _) = join(driven, calls.answer_next()).await;
    assert_eq!(answer.unwrap(), Ok(Some(10)));
}

#[tokio::test]
async fn a_drive_within_a_drive_lets_the_outer_one_batch() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let nested = scope.drive(scope.load(&relation, 1));
    let drive = scope.drive(join(nested, scope.load(&relation, 2)));
    let (answers, keys) = join(drive, calls.answer_next()).await;
    assert_eq!((answers, keys), ((Ok(Some(10)), Ok(Some(20))), vec![1, 2]));
}

#[tokio::test]
async fn loads_mix_with_futures_that_wait_for_something_else() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let (send, receive) = oneshot::channel();
    let late = async { scope.load(&relation, receive.await.unwrap()).await };
    let drive = scope.drive(join(late, scope.load(&relation, 1)));
    let play = async {
        let first = calls.next().await;
        send.send(2).unwrap();
        settle().await;
        assert_eq!(first.answer(), [1]);
        assert_eq!(calls.answer_next().await, [2]);
    };
    let (answers, ()) = join(drive, play).await;
    assert_eq!(answers, (Ok(Some(20)), Ok(Some(10))));
}

/// Keeps waking itself until the condition holds.
async fn spin_until(condition: impl Fn() -> bool) {
    poll_fn(|cx| {
        if condition() {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[tokio::test]
async fn a_future_that_wakes_itself_starves_neither_its_own_loads_nor_other_tasks() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let loaded = Arc::new(AtomicBool::new(false));
    let load = async {
        let answer = scope.load(&relation, 1).await;
        loaded.store(true, Ordering::SeqCst);
        answer
    };
    // Ends only after the load, which is played by another future of this single thread.
    let spin = spin_until(|| loaded.load(Ordering::SeqCst));
    let ((answer, ()), _) = join(scope.drive(join(load, spin)), calls.answer_next()).await;
    assert_eq!(answer, Ok(Some(10)));
}

#[tokio::test]
async fn a_short_self_wake_does_not_split_a_batch() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let late = async |key: u32| {
        let polls = AtomicBool::new(false);
        spin_until(|| polls.swap(true, Ordering::SeqCst)).await;
        scope.load(&relation, key).await
    };
    let keys: Vec<u32> = (1..=50).collect();
    let drive = scope.drive(join(join_all(keys.iter().map(|key| late(*key))), scope.load(&relation, 60)));
    let (answers, mut asked) = join(drive, calls.answer_next()).await;
    asked.sort_unstable();
    assert_eq!(asked, keys.iter().copied().chain([60]).collect::<Vec<_>>());
    assert_eq!(answers, (values(&keys), Ok(Some(600))));
}

#[tokio::test]
async fn a_load_polled_by_a_new_task_wakes_that_one() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let (hand_over, handed_over) = oneshot::channel();
    let (in_task, loads) = (scope.clone(), relation.clone());
    let drive = scope.drive(async move {
        let mut load = Box::pin(async move { in_task.load(&loads, 1).await });
        assert!(futures_util::poll!(&mut load).is_pending());
        let moved = tokio::spawn(load);
        settle().await;
        hand_over.send(()).unwrap();
        moved.await.unwrap()
    });
    let play = async {
        let call = calls.next().await;
        handed_over.await.unwrap();
        call.answer();
    };
    assert_eq!(join(drive, play).await.0, Ok(Some(10)));
}
