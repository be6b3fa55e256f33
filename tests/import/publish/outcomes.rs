//! What is told of each release.

use farol::import::Outcome::{Created, Rejected, Unchanged, Updated};
use serde_json::{Value, json};

use super::{issues, outcomes};
use crate::{
    import::{
        desk::{Desk, package, release},
        dump::assert_same,
    },
    support::{TestDatabase, on_both_databases},
};

on_both_databases!(
    each_release_is_told_what_became_of_it,
    what_is_rejected_costs_only_itself,
    a_release_that_is_published_again_changes_nothing,
    an_id_is_not_given_to_another_text,
    what_was_imported_is_known,
    a_process_goes_from_its_tender_to_its_contract,
    what_cannot_be_read_in_a_release_is_told_and_the_rest_stored,
    nothing_that_is_new_leaves_no_dataset,
);

fn titled(ocid: &str, day: u32, title: &str) -> Value {
    release(ocid, day, &json!({ "buyer": { "name": "Town" }, "tender": { "id": "t", "title": title } }))
}

async fn each_release_is_told_what_became_of_it(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let first = desk.publish("d", &[titled("a", 1, "Road"), titled("b", 1, "Bridge")]).await;
    assert_eq!(outcomes(&first), [Created, Created]);
    assert_eq!((first[1].ocid.as_deref(), first[1].release_id.as_deref()), (Some("b"), Some("b-1")));
    let more = [
        titled("c", 2, "Wide"),
        titled("a", 2, "Wide road"),
        titled("c", 1, "Dam"),
        titled("b", 1, "Bridge"),
    ];
    let second = desk.publish("d", &more).await;
    assert_eq!(outcomes(&second), [Created, Updated, Created, Unchanged], "c was not there before the call");
    assert!(second.iter().all(|published| published.issues.is_empty()), "{second:?}");
    assert_eq!(desk.story().await, ["created a", "created b", "created c", "updated a"]);
    assert_eq!(
        desk.texts("SELECT title FROM processes ORDER BY ocid").await,
        ["Wide road", "Bridge", "Wide"]
    );
    let counts = "SELECT processes * 1000 + releases * 10 + organizations FROM datasets WHERE name = 'd'";
    assert_eq!(desk.number(counts).await, 3051, "three processes, five releases, one buyer");
    assert!(desk.text("SELECT CAST(last_import AS TEXT) FROM datasets").await.is_some());
}

async fn what_is_rejected_costs_only_itself(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let without = |key: &str| {
        let mut release = titled("x", 1, "Road");
        release.as_object_mut().unwrap().remove(key);
        release.to_string()
    };
    let empty = |key: &str| {
        let mut release = titled("x", 1, "Road");
        release[key] = json!(" ");
        release.to_string()
    };
    let record = json!({ "ocid": "x", "releases": [titled("x", 1, "Road")] });
    let texts = vec![
        without("ocid"),
        titled("a", 1, "Road").to_string(),
        "{\"ocid\":".to_owned(),
        String::new(),
        without("id"),
        empty("id"),
        package(&[titled("x", 1, "Road")]),
        record.to_string(),
        titled(&"x".repeat(301), 1, "Road").to_string(),
        "[]".to_owned(),
        "7".to_owned(),
        format!("\u{FEFF} {}\n", titled("b", 1, "Bridge")),
    ];
    let published = desk.publish_texts("d", texts).await;
    let expected = [
        Rejected, Created, Rejected, Rejected, Rejected, Rejected, Rejected, Rejected, Rejected, Rejected,
        Rejected, Created,
    ];
    assert_eq!(outcomes(&published), expected);
    let kinds: Vec<_> = issues(&published).into_iter().flatten().collect();
    assert_eq!(
        kinds,
        [
            ("missing_ocid", ""),
            ("invalid_json", ""),
            ("invalid_json", ""),
            ("missing_id", "id"),
            ("missing_id", "id"),
            ("not_a_release", ""),
            ("not_a_release", ""),
            ("too_long", "ocid"),
            ("not_ocds", ""),
            ("not_ocds", ""),
        ]
    );
    assert_eq!(published[4].ocid.as_deref(), Some("x"), "what can be read of it is told");
    assert_eq!(desk.story().await, ["created a", "created b"]);
}

async fn a_release_that_is_published_again_changes_nothing(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let text = r#"{"ocid":"a","id":"1","date":"2024-01-01T00:00:00Z","tender":{"title":"Road","value":{"amount":100.00,"currency":"PLN"}}}"#;
    let otherwise = r#"{ "id": "1", "ocid": "a", "tender": { "value": { "currency": "PLN", "amount": 1e2 }, "title": "Ro\u0061d" }, "date": "2024-01-01T00:00:00Z" }"#;
    let named = r#"{"ocid":"a","id":"\u0000 2","date":"2024-01-02T00:00:00Z","tag":["tender"]}"#;
    let twice = desk.publish_texts("d", vec![text.to_owned(), text.to_owned(), otherwise.to_owned()]).await;
    assert_eq!(outcomes(&twice), [Created, Unchanged, Unchanged]);
    desk.publish_texts("d", vec![named.to_owned()]).await;
    let (before, head) = (desk.dump().await, desk.head().await);
    for again in [text, otherwise, named] {
        let published = desk.publish_texts("d", vec![again.to_owned()]).await;
        assert_eq!(outcomes(&published), [Unchanged], "{again}");
    }
    assert_same(&before, &desk.dump().await);
    assert_eq!(desk.head().await, head);
    assert_eq!(desk.number("SELECT count(*) FROM releases").await, 2);
}

async fn an_id_is_not_given_to_another_text(database: TestDatabase) {
    let desk = Desk::new(database).await;
    desk.publish("d", &[titled("a", 1, "Road")]).await;
    let head = desk.head().await;
    let mut of_other_process = titled("b", 1, "Bridge");
    of_other_process["id"] = json!("a-1");
    let other = [titled("a", 1, "Rail"), titled("c", 1, "Dam"), titled("c", 1, "Weir"), of_other_process];
    let published = desk.publish("d", &other).await;
    assert_eq!(outcomes(&published), [Rejected, Created, Rejected, Created], "ids are those of a process");
    assert_eq!(issues(&published)[0], [("id_taken", "id")]);
    assert_eq!(issues(&published)[2], [("id_taken", "id")]);
    assert_eq!(desk.texts("SELECT title FROM processes ORDER BY ocid").await, ["Road", "Bridge", "Dam"]);
    assert_eq!(desk.changes().await.len(), 3);
    assert!(desk.head().await > head);
    // The same ocid and id in another dataset are another release.
    assert_eq!(outcomes(&desk.publish("e", &[titled("a", 1, "Rail")]).await), [Created]);
}

/// Files may hold several texts under one id: any of them is known, and no further one is taken.
async fn what_was_imported_is_known(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let texts = [titled("a", 1, "Road"), titled("a", 1, "Rail")];
    desk.import("d", &[desk.write("package.json", package(&texts))]).await;
    let head = desk.head().await;
    let published = desk.publish("d", &[texts[1].clone(), texts[0].clone(), titled("a", 1, "Canal")]).await;
    assert_eq!(outcomes(&published), [Unchanged, Unchanged, Rejected]);
    assert_eq!(desk.head().await, head);
    // And what was published is known to the import.
    let value = titled("b", 1, "Bridge");
    desk.publish("d", std::slice::from_ref(&value)).await;
    assert_eq!(desk.import_values("d", &[value]).await.changed(), 0);
}

async fn a_process_goes_from_its_tender_to_its_contract(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let award = json!({ "awards": [{ "id": "w", "status": "active", "suppliers": [{ "name": "Mason" }] }] });
    let contract = json!({ "contracts": [{ "id": "c", "awardID": "w", "status": "active" }] });
    let cancelled = json!({ "tender": { "id": "t", "status": "cancelled" } });
    let steps = [
        titled("a", 1, "Road"),
        release("a", 2, &award),
        release("a", 3, &contract),
        release("a", 4, &cancelled),
    ];
    for (at, step) in steps.iter().enumerate() {
        let published = desk.publish("d", std::slice::from_ref(step)).await;
        assert_eq!(outcomes(&published), [if at == 0 { Created } else { Updated }]);
        assert!(published[0].issues.is_empty(), "the award came before: {published:?}");
    }
    assert_eq!(desk.story().await, ["created a", "awarded a", "contract_signed a", "cancelled a"]);
    let of_award = "SELECT count(*) FROM contracts c JOIN awards a ON a.id = c.award_id";
    assert_eq!(desk.number(of_award).await, 1);
    let counts = "SELECT processes * 10000 + releases * 1000 + awards * 100 + contracts * 10 + organizations FROM datasets";
    assert_eq!(desk.number(counts).await, 14_112);
    let paths = desk.changes().await.pop().unwrap().paths().to_owned();
    assert_eq!(paths, r#"["date","tender/status"]"#);
}

async fn what_cannot_be_read_in_a_release_is_told_and_the_rest_stored(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let parts =
        json!({ "tender": { "title": "Road", "status": "sleeping", "value": { "amount": "a lot" } } });
    let published = desk.publish("d", &[release("a", 1, &parts)]).await;
    assert_eq!(outcomes(&published), [Created]);
    let mut told = issues(&published).remove(0);
    told.sort_unstable();
    assert_eq!(told, [("unknown_code", "tender.status"), ("unreadable_amount", "tender.value.amount")]);
    assert_eq!(desk.text("SELECT title FROM processes").await.as_deref(), Some("Road"));
}

async fn nothing_that_is_new_leaves_no_dataset(database: TestDatabase) {
    let desk = Desk::new(database).await;
    assert!(desk.publish("d", &[]).await.is_empty());
    let published = desk.publish("d", &[json!({ "ocid": "a" })]).await;
    assert_eq!(outcomes(&published), [Rejected]);
    assert_eq!(desk.number("SELECT count(*) FROM datasets").await, 0);
    assert_eq!(desk.head().await, 0);
}
