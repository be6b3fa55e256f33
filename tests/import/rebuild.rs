//! A rebuild leaves a sound database alone and mends another.

use serde_json::{Value, json};

use super::{
    desk::{Desk, release},
    dump::assert_same,
};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    a_sound_database_is_left_alone,
    a_damaged_process_is_mended_and_told_of,
    a_process_without_its_releases_is_left_as_it_is,
    a_dataset_of_an_earlier_farol_is_named_until_it_is_rebuilt,
);

fn road(at: usize) -> Value {
    let awards = json!([
        { "id": "1", "title": "North", "suppliers": [{ "name": "Mason" }], "value": { "amount": 10.50 } },
        { "id": "2", "title": "South", "items": [{ "id": "i", "quantity": 3 }] },
    ]);
    let contracts = json!([{ "id": "c", "awardID": "1", "implementation": {
        "transactions": [{ "id": "t", "value": { "amount": 1, "currency": "EUR" } }] } }]);
    let parts =
        json!({ "tender": { "title": format!("Road {at}") }, "awards": awards, "contracts": contracts });
    release(&format!("road-{at:03}"), 1, &parts)
}

async fn roads(database: TestDatabase) -> Desk {
    let desk = Desk::new(database).await;
    let mut values: Vec<Value> = (0..250).map(road).collect();
    values.push(release("road-007", 2, &json!({ "tender": { "title": "Road seven" } })));
    desk.import_values("d", &values).await;
    desk
}

async fn a_sound_database_is_left_alone(database: TestDatabase) {
    let desk = roads(database).await;
    let (before, head) = (desk.dump().await, desk.head().await);
    let run = desk.farol(&["rebuild"]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (0, "d: 250 processes compiled anew, 0 changed\n"),
        "{}",
        run.stderr
    );
    assert_same(&before, &desk.dump().await);
    assert_eq!(desk.head().await, head);
}

async fn a_damaged_process_is_mended_and_told_of(database: TestDatabase) {
    let desk = roads(database).await;
    let (mut sound, told) = (desk.dump().await, desk.story().await.len());
    let of = |ocid: &str| format!("(SELECT id FROM processes WHERE ocid = '{ocid}')");
    desk.tamper("UPDATE processes SET title = 'Rails' WHERE ocid = 'road-007'").await;
    desk.tamper(&format!("DELETE FROM awards WHERE position = 1 AND process_id = {}", of("road-100"))).await;
    desk.tamper(&format!("DELETE FROM process_details WHERE process_id = {}", of("road-200"))).await;
    let rebuilt = farol::import::rebuild(&desk.store, "d").await.unwrap();
    assert_eq!((rebuilt.seen, rebuilt.changed), (250, 3));
    let mut told: Vec<String> = desk.story().await.split_off(told);
    told.sort_unstable();
    assert_eq!(told, ["updated road-007", "updated road-100", "updated road-200"]);
    let mended = desk.dump().await;
    sound.insert("changes", mended["changes"].clone());
    assert_same(&sound, &mended);
}

/// Without releases there is nothing to compile: what is there is better than an empty process.
async fn a_process_without_its_releases_is_left_as_it_is(database: TestDatabase) {
    let desk = roads(database).await;
    desk.tamper("DELETE FROM releases").await;
    let before = desk.dump().await;
    let rebuilt = farol::import::rebuild(&desk.store, "d").await.unwrap();
    assert_eq!(rebuilt.changed, 0);
    assert_same(&before, &desk.dump().await);
}

async fn a_dataset_of_an_earlier_farol_is_named_until_it_is_rebuilt(database: TestDatabase) {
    let desk = roads(database).await;
    let warning = "warning: an earlier farol imported d: ";
    assert!(!desk.farol(&["doctor"]).stdout.contains(warning));
    desk.tamper("UPDATE datasets SET compiled_for = 1").await;
    assert!(desk.farol(&["doctor"]).stdout.contains(warning));
    assert_eq!(desk.farol(&["rebuild"]).code, 0);
    assert!(!desk.farol(&["doctor"]).stdout.contains(warning));
}
