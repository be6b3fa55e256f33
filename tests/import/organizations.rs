//! An organisation is one row, whoever mentions it and in whatever order.

use serde_json::{Value, json};

use super::{
    desk::{Desk, release},
    dump::assert_same,
};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    the_most_complete_mention_is_kept,
    an_identifier_decides_else_the_name,
    an_id_within_a_release_is_no_identity,
);

/// Three mentions of one supplier; the second tells most.
fn mentions() -> [Value; 3] {
    let supplier = |more: Value| {
        let mut party = json!({ "id": "s", "name": "Mason & Sons", "roles": ["supplier"] });
        party.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "parties": [party] })
    };
    [
        release("a", 1, &supplier(json!({}))),
        release("b", 2, &supplier(json!({ "address": { "locality": "Riverside", "countryName": "NO" } }))),
        release("c", 3, &supplier(json!({ "contactPoint": { "email": "a@mason.example" } }))),
    ]
}

async fn the_most_complete_mention_is_kept(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let [first, second, third] = mentions();
    desk.import_values("d", &[first.clone(), second.clone(), third.clone()]).await;
    let whole = desk.dump().await;
    assert_eq!(whole["organizations"].len(), 1);
    assert_eq!(desk.text("SELECT locality FROM organizations").await.as_deref(), Some("Riverside"));
    for order in [[&third, &second, &first], [&second, &first, &third]] {
        farol::import::remove(&desk.store, "d").await.unwrap();
        for release in order {
            desk.import_values("d", std::slice::from_ref(release)).await;
        }
        let mut dump = desk.dump().await;
        dump.insert("changes", whole["changes"].clone());
        assert_same(&whole, &dump);
    }
}

async fn an_identifier_decides_else_the_name(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let buyer = |ocid: &str, name: &str, id: Option<&str>| {
        let identifier = id.map(|id| json!({ "scheme": "NO-BRC", "id": id }));
        release(ocid, 1, &json!({ "buyer": { "name": name, "identifier": identifier } }))
    };
    let values = [
        buyer("a", "Town of Test", Some("1")),
        buyer("b", "TOWN OF TEST (renamed)", Some("1")),
        buyer("c", "Town of Test", Some("2")),
        buyer("d", "Town of Test", None),
        buyer("e", "TOWN  of Test.", None),
    ];
    desk.import_values("d", &values).await;
    let same = |one: char, other: char| {
        format!(
            "SELECT count(*) FROM processes p JOIN processes q ON p.buyer_id = q.buyer_id \
             WHERE p.ocid = '{one}' AND q.ocid = '{other}'"
        )
    };
    for (one, other, expected) in [('a', 'b', 1), ('d', 'e', 1), ('a', 'c', 0), ('a', 'd', 0)] {
        assert_eq!(desk.number(&same(one, other)).await, expected, "{one} and {other}");
    }
    assert_eq!(desk.number("SELECT organizations FROM datasets").await, 3);
}

async fn an_id_within_a_release_is_no_identity(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let named = |ocid: &str, name: &str| {
        let party = json!({ "id": "1", "name": name, "roles": ["buyer"] });
        release(ocid, 1, &json!({ "parties": [party], "buyer": { "id": "1" } }))
    };
    desk.import_values("d", &[named("a", "Town"), named("b", "Port")]).await;
    assert_eq!(desk.number("SELECT count(DISTINCT buyer_id) FROM processes").await, 2);
}
