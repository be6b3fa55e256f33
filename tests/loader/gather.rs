//! One request: what it asks is gathered, loaded once and remembered.

use farol::loader::LoadError;
use futures_util::future::join_all;

use super::script::{metered, request, request_in, scripted, settle, value, values};

#[tokio::test]
async fn parents_of_a_level_share_one_batch() {
    let (relation, mut calls) = scripted(1, 1_000);
    let parents: Vec<u32> = (1..=80).map(|parent| 1 + parent % 40).collect();

    let request = request(&relation, &parents);

    assert_eq!(calls.answer_next().await, (2..=40).chain([1]).collect::<Vec<_>>());
    assert_eq!(request.await.unwrap(), values(&parents));
    assert!(calls.made().is_none());
}

#[tokio::test]
async fn absent_keys_are_none() {
    let (relation, mut calls) = scripted(1, 1_000);
    let request = request(&relation, &[7, 100, 200]);
    calls.answer_next().await;
    assert_eq!(request.await.unwrap(), [Ok(Some(70)), Ok(None), Ok(None)]);
}

#[tokio::test]
async fn a_later_level_loads_only_what_is_new() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, meter) = metered();
    let (in_task, loads) = (scope.clone(), relation.clone());
    let request = tokio::spawn(async move {
        let walk = async |key| {
            in_task.load(&loads, key).await.unwrap();
            join_all([1, key, key + 10].map(|key| in_task.load(&loads, key))).await
        };
        in_task.drive(join_all([1, 2, 100].map(walk))).await
    });

    assert_eq!(calls.answer_next().await, [1, 2, 100]);
    assert_eq!(calls.answer_next().await, [11, 12, 110]);
    assert_eq!(request.await.unwrap(), [1, 2, 100].map(|key| values(&[1, key, key + 10])));
    assert_eq!(meter.read().statements, 2);
    assert_eq!(meter.read().database_time.as_micros(), 10);
}

#[tokio::test]
async fn what_is_forgotten_is_loaded_again() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let (in_task, loads) = (scope.clone(), relation.clone());
    let request = tokio::spawn(async move {
        let both = async || join_all([1, 2].map(|key| in_task.load(&loads, key))).await;
        in_task
            .drive(async {
                let first = both().await;
                in_task.forget();
                (first, both().await, both().await)
            })
            .await
    });

    assert_eq!(calls.answer_next().await, [1, 2]);
    assert_eq!(calls.answer_next().await, [1, 2]);
    let expected = values(&[1, 2]);
    assert_eq!(request.await.unwrap(), (expected.clone(), expected.clone(), expected));
    assert!(calls.made().is_none());
}

#[tokio::test]
async fn many_keys_answer_in_their_order() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let keys = [3, 100, 1, 3];
    let (many, _) = tokio::join!(scope.drive(scope.load_many(&relation, keys)), calls.answer_next());
    assert_eq!(many, Ok(keys.map(value).to_vec()));
    assert_eq!(scope.drive(scope.load_many(&relation, [])).await, Ok(vec![]));
}

#[tokio::test]
async fn a_large_set_is_split_and_answered_as_one() {
    let (relation, mut calls) = scripted(1, 10);
    let (scope, meter) = metered();
    let keys: Vec<u32> = (1..=25).collect();
    let request = request_in(scope, &relation, &keys);

    assert_eq!(calls.answer_next().await, (1..=10).collect::<Vec<_>>());
    assert_eq!(calls.answer_next().await, (11..=20).collect::<Vec<_>>());
    settle().await;
    assert!(!request.is_finished());
    assert_eq!(calls.answer_next().await, (21..=25).collect::<Vec<_>>());
    assert_eq!(request.await.unwrap(), values(&keys));
    assert_eq!(meter.read().statements, 3);
}

#[tokio::test]
async fn an_error_reaches_every_waiter_and_is_remembered() {
    let (relation, mut calls) = scripted(1, 1_000);
    let (scope, meter) = metered();
    let request = request_in(scope.clone(), &relation, &[1, 2, 1]);
    calls.next().await.fail("disk full");

    let error = LoadError::Batch("disk full".to_string());
    assert_eq!(request.await.unwrap(), vec![Err(error.clone()); 3]);
    assert_eq!(scope.drive(scope.load(&relation, 2)).await, Err(error));
    assert!(calls.made().is_none(), "a failed key is not tried again within the request");
    assert_eq!(meter.read().statements, 1);
}

#[tokio::test]
async fn a_panic_reaches_every_waiter_and_the_relation_works_on() {
    let (relation, mut calls) = scripted(1, 1_000);
    let first = request(&relation, &[1, 2]);
    calls.next().await.panic("index 7");
    for answer in first.await.unwrap() {
        let error = answer.unwrap_err().to_string();
        assert!(error.contains("Script panicked: index 7"), "{error}");
    }

    let second = request(&relation, &[1]);
    calls.answer_next().await;
    assert_eq!(second.await.unwrap(), values(&[1]));
}

#[tokio::test]
async fn two_relations_load_at_the_same_time_and_the_next_level_waits_for_both() {
    let (buyers, mut buyer_calls) = scripted(1, 1_000);
    let (awards, mut award_calls) = scripted(1, 1_000);
    let (parties, mut party_calls) = scripted(1, 1_000);
    let (scope, _) = metered();
    let request = tokio::spawn(async move {
        let over = async |relation, key| {
            scope.load(relation, key).await.unwrap();
            scope.load(&parties, key).await
        };
        scope.drive(async { tokio::join!(over(&buyers, 1), over(&awards, 2)) }).await
    });

    let (slow, fast) = (buyer_calls.next().await, award_calls.next().await);
    fast.answer();
    settle().await;
    assert!(party_calls.made().is_none());
    slow.answer();
    let mut met = party_calls.answer_next().await;
    met.sort_unstable();
    assert_eq!(met, [1, 2]);
    assert_eq!(request.await.unwrap(), (Ok(Some(10)), Ok(Some(20))));
}
