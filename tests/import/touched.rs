//! A change names every organisation that the process named before it or names after it: cached sums and
//! lists of an organisation are dropped by nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::desk::{Desk, release};
use crate::support::{TestDatabase, on_both_databases, real_data};

on_both_databases!(
    published_data_names_no_organisation_that_its_change_does_not,
    what_rows_named_is_told_whatever_their_releases_say,
);

/// Everywhere that a row names an organisation: its process, and the organisation.
const MENTIONS: [&str; 9] = [
    "SELECT id, buyer_id FROM processes",
    "SELECT id, procuring_entity_id FROM processes",
    "SELECT process_id, organization_id FROM parties",
    "SELECT process_id, organization_id FROM tenderers",
    "SELECT process_id, organization_id FROM bid_tenderers",
    "SELECT process_id, organization_id FROM award_suppliers",
    "SELECT process_id, organization_id FROM contract_suppliers",
    "SELECT c.process_id, t.payer_id FROM transactions t JOIN contracts c ON c.id = t.contract_id",
    "SELECT c.process_id, t.payee_id FROM transactions t JOIN contracts c ON c.id = t.contract_id",
];

/// The organisations that each process names.
type Named = BTreeMap<i64, BTreeSet<i64>>;

async fn named(desk: &Desk) -> Named {
    let mut named = Named::new();
    for select in MENTIONS {
        let select = select.replacen(", ", " AS p, ", 1).replacen(" FROM", " AS o FROM", 1);
        let sql = format!(
            "SELECT DISTINCT CAST(p AS TEXT) || ' ' || CAST(o AS TEXT) FROM ({select}) m WHERE o IS NOT NULL"
        );
        for pair in desk.texts(&sql).await {
            let (process, organization) = pair.split_once(' ').unwrap();
            named.entry(process.parse().unwrap()).or_default().insert(organization.parse().unwrap());
        }
    }
    named
}

/// The organisations that the changes behind a sequence name, by process; `None` stands for any.
async fn told(desk: &Desk, behind: i64) -> BTreeMap<i64, Option<BTreeSet<i64>>> {
    let mut told: BTreeMap<i64, Option<BTreeSet<i64>>> = BTreeMap::new();
    for change in desk.changes().await.into_iter().filter(|change| change.sequence() > behind) {
        let tags: Vec<String> = serde_json::from_str(change.tags()).unwrap();
        let of_process = told.entry(change.process_id()).or_insert_with(|| Some(BTreeSet::new()));
        for tag in tags {
            match tag.split_once(':').unwrap() {
                ("organization", id) => {
                    of_process.as_mut().map(|ids| ids.insert(id.parse().unwrap()));
                }
                ("dataset", _) => *of_process = None,
                (kind, id) => assert_eq!((kind, id), ("process", change.process_id().to_string().as_str())),
            }
        }
    }
    told
}

/// Checks what was written since there were `before` and `head`. Returns how many mentions were looked at.
async fn check(desk: &Desk, before: &Named, head: i64) -> usize {
    let (after, told) = (named(desk).await, told(desk, head).await);
    for process in before.keys().chain(after.keys()) {
        assert!(told.contains_key(process) || before.get(process) == after.get(process), "{process}");
    }
    let mut seen = 0;
    for (process, told) in &told {
        let Some(told) = told else { continue };
        for organizations in [before, &after].into_iter().filter_map(|named| named.get(process)) {
            seen += organizations.len();
            let untold: Vec<_> = organizations.difference(told).collect();
            assert!(untold.is_empty(), "the change of {process} does not name {untold:?}");
        }
    }
    seen
}

/// Imports a file, and then removes what it brought.
async fn check_file(desk: &Desk, file: &Path) -> usize {
    let (before, head) = (named(desk).await, desk.head().await);
    desk.import_in_batches("d", &[file.to_owned()], 500).await;
    let imported = check(desk, &before, head).await;
    let (before, head) = (named(desk).await, desk.head().await);
    farol::import::remove(&desk.store, "d").await.unwrap();
    imported + check(desk, &before, head).await
}

async fn published_data_names_no_organisation_that_its_change_does_not(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let run = desk.farol(&["generate", "--processes", "300", "--seed", "7", "--out", "generated.jsonl"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(check_file(&desk, &desk.path("generated.jsonl")).await > 1000);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for name in ["north", "south", "east"] {
        assert!(check_file(&desk, &fixtures.join(name).with_extension("jsonl")).await > 0, "{name}");
    }
    let Some(data) = real_data("the organisations that changes of real data name") else { return };
    for path in ["assam.jsonl.gz", "hp_health.json.gz", "armenia", "paraguay", "taiwan", "mexico-inai"] {
        assert!(check_file(&desk, &data.join(path)).await > 0, "{path}");
    }
}

/// As an earlier farol may have read them in another way.
async fn what_rows_named_is_told_whatever_their_releases_say(database: TestDatabase) {
    let parts = |title: &str| {
        let (town, firm) = (json!({ "name": "Town" }), json!({ "name": "Firm" }));
        let paid = json!({ "transactions": [{ "id": "t", "payer": town, "payee": firm }] });
        json!({
            "buyer": town,
            "tender": { "title": title, "procuringEntity": town, "tenderers": [firm] },
            "bids": { "details": [{ "id": "b", "tenderers": [firm] }] },
            "awards": [{ "id": "a", "suppliers": [firm] }],
            "contracts": [{ "id": "c", "awardID": "a", "implementation": paid }],
        })
    };
    let columns = [
        ("processes", "buyer_id"),
        ("processes", "procuring_entity_id"),
        ("parties", "organization_id"),
        ("tenderers", "organization_id"),
        ("bid_tenderers", "organization_id"),
        ("award_suppliers", "organization_id"),
        ("contract_suppliers", "organization_id"),
        ("transactions", "payer_id"),
        ("transactions", "payee_id"),
    ];
    let desk = Desk::new(database).await;
    desk.import_values("d", &[release("p", 1, &parts("Road"))]).await;
    let tamper = async |first: i64| {
        for ((table, column), id) in columns.into_iter().zip(first..) {
            desk.tamper(&format!("UPDATE {table} SET {column} = {id}")).await;
        }
        (named(&desk).await, desk.head().await)
    };
    let (before, head) = tamper(100).await;
    desk.import_values("d", &[release("p", 2, &parts("Wide road"))]).await;
    assert!(check(&desk, &before, head).await >= 9 + 2);
    let (before, head) = tamper(200).await;
    assert_eq!(farol::import::rebuild(&desk.store, "d").await.unwrap().changed, 1);
    assert!(check(&desk, &before, head).await >= 9 + 2);
    let (before, head) = tamper(300).await;
    farol::import::remove(&desk.store, "d").await.unwrap();
    assert!(check(&desk, &before, head).await >= 9);
}

/// A release of one of three processes; each number is the organisation of a role.
fn numbered(day: u32, process: usize, roles: &[usize]) -> Value {
    let firm = |role: usize| json!({ "name": format!("Firm {}", roles[role]) });
    let transaction = json!({ "id": "t", "payer": firm(6), "payee": firm(7) });
    let parts = json!({
        "parties": [firm(0)],
        "buyer": firm(1),
        "tender": { "procuringEntity": firm(2), "tenderers": [firm(3)] },
        "bids": { "details": [{ "id": roles[0], "tenderers": [firm(4)] }] },
        "awards": [{ "id": roles[1], "suppliers": [firm(5)] }, { "id": "none" }],
        "contracts": [
            { "id": "c", "awardID": "none", "suppliers": [firm(8)] },
            { "id": roles[2], "implementation": { "transactions": [transaction] } },
        ],
    });
    release(["x", "y", "z"][process], day, &parts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Releases that name any of a few organisations in any role, in two imports.
    #[test]
    fn a_change_names_all_that_was_and_is_named(
        releases in prop::collection::vec((0..3_usize, prop::collection::vec(0..40_usize, 9)), 2..12),
        cut in 0..12_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let desk = Desk::new(TestDatabase::sqlite().await).await;
            let releases: Vec<Value> = (1..).zip(&releases)
                .map(|(day, (process, roles))| numbered(day, *process, roles)).collect();
            let (first, second) = releases.split_at(cut.min(releases.len()));
            let mut seen = 0;
            for values in [first, second] {
                let (before, head) = (named(&desk).await, desk.head().await);
                desk.import_values("d", values).await;
                seen += check(&desk, &before, head).await;
            }
            assert!(seen > 0);
        });
    }
}
