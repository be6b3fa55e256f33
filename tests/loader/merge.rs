//! Several requests: sets wait for a slot, leave together, and depend on no one request.

use farol::loader::LoadError;

use super::script::{metered, request, request_in, scripted, settle, values};

#[tokio::test]
async fn sets_gather_while_the_slot_is_busy_and_leave_together() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, meter) = metered();
    let first = request(&relation, &[1, 2]);
    let busy = calls.next().await;
    let second = request_in(scope, &relation, &[2, 3, 4]);
    let third = request(&relation, &[4, 5, 100]);
    settle().await;
    assert!(calls.made().is_none());

    assert_eq!(busy.answer(), [1, 2]);
    assert_eq!(calls.answer_next().await, [2, 3, 4, 5, 100]);
    assert_eq!(first.await.unwrap(), values(&[1, 2]));
    assert_eq!(second.await.unwrap(), values(&[2, 3, 4]));
    assert_eq!(third.await.unwrap(), values(&[4, 5, 100]));
    assert_eq!(meter.read().statements, 1, "a merged batch counts once for each who waited");
}

#[tokio::test]
async fn as_many_batches_fly_as_there_are_slots() {
    let (relation, mut calls) = scripted(2, 1_000);
    let requests = [1, 2, 3, 4].map(|key| request(&relation, &[key]));
    settle().await;
    let (first, second) = (calls.next().await, calls.next().await);
    assert!(calls.made().is_none());

    assert_eq!(second.answer(), [2]);
    assert_eq!(calls.answer_next().await, [3, 4]);
    assert_eq!(first.answer(), [1]);
    for (request, key) in requests.into_iter().zip([1, 2, 3, 4]) {
        assert_eq!(request.await.unwrap(), values(&[key]));
    }
}

#[tokio::test]
async fn gathered_sets_leave_in_order_and_in_batches_that_fit() {
    let (relation, mut calls) = scripted(1, 4);
    let sets: [&[u32]; 5] = [&[1], &[2, 3], &[4, 5], &[6], &[7, 8, 9, 10, 11]];
    let requests = sets.map(|keys| request(&relation, keys));
    settle().await;
    assert_eq!(calls.answer_next().await, [1]);
    assert_eq!(calls.answer_next().await, [2, 3, 4, 5]);
    assert_eq!(calls.answer_next().await, [6]);
    assert_eq!(calls.answer_next().await, [7, 8, 9, 10]);
    assert_eq!(calls.answer_next().await, [11]);
    for (request, keys) in requests.into_iter().zip(sets) {
        assert_eq!(request.await.unwrap(), values(keys));
    }
}

#[tokio::test]
async fn a_merged_batch_outlives_the_request_that_began_it() {
    let (relation, mut calls) = scripted(1, 1_000);
    let busy = request(&relation, &[9]);
    let call = calls.next().await;
    let [initiator, other] = [request(&relation, &[1]), request(&relation, &[2])];
    settle().await;
    call.answer();
    let merged = calls.next().await;

    initiator.abort();
    assert!(initiator.await.unwrap_err().is_cancelled());
    settle().await;
    assert_eq!(merged.answer(), [1, 2]);
    assert_eq!(other.await.unwrap(), values(&[2]));
    assert_eq!(busy.await.unwrap(), values(&[9]));
}

#[tokio::test]
async fn the_last_waiter_to_leave_cancels_the_batch_and_frees_the_slot() {
    let (relation, mut calls) = scripted(1, 1_000);
    let busy = request(&relation, &[9]);
    let call = calls.next().await;
    let waiters = [request(&relation, &[1]), request(&relation, &[2])];
    settle().await;
    call.answer();
    let merged = calls.next().await;
    let next = request(&relation, &[3]);
    settle().await;

    waiters[0].abort();
    settle().await;
    assert!(!merged.is_cancelled());
    waiters[1].abort();
    merged.cancelled().await;
    assert_eq!(calls.answer_next().await, [3]);
    assert_eq!(next.await.unwrap(), values(&[3]));
    assert_eq!(busy.await.unwrap(), values(&[9]));
}

#[tokio::test]
async fn a_batch_given_up_counts_for_whoever_waited() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, meter) = metered();
    let late = request_in(scope, &relation, &[1]);
    let call = calls.next().await;
    late.abort();
    assert!(late.await.unwrap_err().is_cancelled());
    assert_eq!(meter.read().statements, 1);
    call.cancelled().await;
}

#[tokio::test]
async fn a_set_given_up_while_it_gathers_is_not_loaded() {
    let (relation, mut calls) = scripted(1, 1_000);
    let first = request(&relation, &[1]);
    let busy = calls.next().await;
    let (gone, stays) = (request(&relation, &[2]), request(&relation, &[3]));
    settle().await;
    gone.abort();
    settle().await;
    busy.answer();
    assert_eq!(calls.answer_next().await, [3]);
    assert_eq!(stays.await.unwrap(), values(&[3]));
    assert_eq!(first.await.unwrap(), values(&[1]));
}

#[tokio::test]
async fn errors_and_panics_reach_every_request_and_the_next_batch_works() {
    let (relation, mut calls) = scripted(1, 1_000);
    let first = request(&relation, &[1]);
    let failing = calls.next().await;
    let panicked = [request(&relation, &[2]), request(&relation, &[3])];
    settle().await;
    failing.fail("timeout");
    let call = calls.next().await;
    let healthy = request(&relation, &[4]);
    settle().await;
    call.panic("bad row");

    assert_eq!(first.await.unwrap(), [Err(LoadError::Batch("timeout".to_string()))]);
    for request in panicked {
        let answers = request.await.unwrap();
        assert!(
            matches!(&answers[..], [Err(LoadError::Panicked { message, .. })] if &**message == "bad row")
        );
    }
    assert_eq!(calls.answer_next().await, [4]);
    assert_eq!(healthy.await.unwrap(), values(&[4]));
}

#[tokio::test]
async fn two_sets_of_one_request_in_one_batch_count_once() {
    let (relation, mut calls) = scripted(1, 1_000);
    let other = request(&relation, &[9]);
    let busy = calls.next().await;
    let (scope, meter) = metered();
    let (go_on, gone_on) = tokio::sync::oneshot::channel::<()>();
    let (in_task, loads) = (scope.clone(), relation.clone());
    let two_sets = tokio::spawn(async move {
        let late = async {
            gone_on.await.unwrap();
            in_task.load(&loads, 2).await
        };
        in_task.drive(async { tokio::join!(in_task.load(&loads, 1), late) }).await
    });
    settle().await;
    go_on.send(()).unwrap();
    settle().await;
    busy.answer();
    assert_eq!(calls.answer_next().await, [1, 2]);
    assert_eq!(two_sets.await.unwrap(), (Ok(Some(10)), Ok(Some(20))));
    assert_eq!(meter.read().statements, 1);
    assert_eq!(other.await.unwrap(), values(&[9]));
}

#[test]
fn a_runtime_that_shuts_down_loses_the_batch_but_hangs_nobody() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let ended = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let elsewhere = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut drive = Box::pin(scope.drive(scope.load(&relation, 1)));
    ended.block_on(async {
        assert!(futures_util::poll!(&mut drive).is_pending());
        calls.next().await;
    });
    drop(ended);
    assert_eq!(elsewhere.block_on(drive), Err(LoadError::Lost));
    assert_eq!(
        elsewhere.block_on(async { tokio::join!(request(&relation, &[2]), calls.answer_next()) }).0.unwrap(),
        values(&[2])
    );
}
