//! Filters of changed processes cost the database nothing that the caches know: what is needed of a process is
//! read once for all who ask, and again when it was written.

use chrono::Utc;
use farol::{
    cache::Figures,
    graphql::{Counts, steps::Judge},
    ocds::{
        codelist::TenderStatus,
        model::{Award, Bid, Coded, Item, Party, Process, Tender},
    },
    store::{
        Database, id,
        query::filter::Filter,
        write::{ChangeKind, NewChange, Transaction},
    },
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::node::{Keeping, Node};
use crate::{
    graphql::world::DATASET,
    store::process::write,
    support::{TestDatabase, on_both_databases},
};

on_both_databases!(what_a_filter_needs_is_read_once, whoever_asks_at_the_same_time_shares_the_reads);

const PROCESSES: usize = 20;

/// A process that buys a kind of item from a firm; its number tells them apart.
fn process(number: usize, status: TenderStatus) -> Process {
    let firm = Party { key: "name:Firm".to_owned(), name: Some("Firm".to_owned()), ..Party::default() };
    let class = if number.is_multiple_of(2) { "45" } else { "46" };
    let item = Item { classification_id: Some(class.to_owned()), ..Item::default() };
    Process {
        ocid: format!("ocds-{number}"),
        parties: vec![firm],
        tender: Tender {
            title: Some(format!("Lot {number}")),
            status: Some(Coded { code: status, text: status_text(status).to_owned() }),
            items: vec![item],
            ..Tender::default()
        },
        bids: vec![Bid { tenderers: vec![0], ..Bid::default() }],
        awards: vec![Award { suppliers: vec![0], ..Award::default() }],
        ..Process::default()
    }
}

fn status_text(status: TenderStatus) -> &'static str {
    farol::ocds::codelist::Codelist::as_str(status)
}

fn filter(value: Value) -> Filter {
    Judge::filter(value).unwrap()
}

/// One that needs all there is to know.
fn of_everything() -> Filter {
    let firm = crate::graphql::world::global(
        id::Kind::Organization,
        id::organization(id::dataset(DATASET), "name:Firm"),
    );
    filter(json!({
        "supplier": firm, "tenderer": firm, "classification": "45", "search": "lot fir", "status": "ACTIVE"
    }))
}

fn changed() -> Vec<(i64, i64)> {
    let dataset = id::dataset(DATASET);
    (0..PROCESSES).map(|number| (id::process(dataset, &format!("ocds-{number}")), dataset)).collect()
}

async fn fill(database: &Database) {
    let processes: Vec<Process> =
        (0..PROCESSES).map(|number| process(number, TenderStatus::Active)).collect();
    write(database, &processes).await;
}

async fn what_a_filter_needs_is_read_once(data: TestDatabase) {
    let database = data.open().await;
    fill(&database).await;
    let node = Node::start(&data, Keeping::default()).await;
    let judge = Judge::new(&data.open().await, Some(node.tiers.clone()));
    let (changed, everything) = (changed(), of_everything());
    let even: Vec<bool> = (0..PROCESSES).map(|number| number.is_multiple_of(2)).collect();

    for all in [json!({}), json!({ "and": [{}, { "and": [] }] }), json!({ "search": " ?" })] {
        let verdicts = judge.judge(&filter(all), &changed).await.unwrap();
        assert_eq!(verdicts.matching, [true; PROCESSES]);
        assert_eq!(verdicts.counts, Counts::default(), "nothing is asked for");
    }
    let of_dataset = judge.judge(&filter(json!({ "dataset": ["other", DATASET] })), &changed).await.unwrap();
    assert_eq!((of_dataset.matching, of_dataset.counts), (vec![true; PROCESSES], Counts::default()));

    let cold = judge.judge(&everything, &changed).await.unwrap();
    assert_eq!((&cold.matching, cold.database.statements), (&even, 5), "one statement for each need");
    let known = 5 * u64::try_from(PROCESSES).unwrap();
    assert_eq!(cold.counts, Counts { database: known, ..Counts::default() });
    for one in [&everything, &filter(json!({ "classification": ["45"] }))] {
        let hot = judge.judge(one, &changed).await.unwrap();
        assert_eq!((&hot.matching, hot.database.statements), (&even, 0));
    }

    write(&database, &[process(0, TenderStatus::Cancelled)]).await;
    remove(&database, changed[2]).await;
    node.tail.catch_up().await.unwrap();
    let mut expected = even;
    (expected[0], expected[2]) = (false, false);
    let after = judge.judge(&everything, &changed).await.unwrap();
    assert_eq!((after.matching, after.database.statements), (expected, 5));
    assert_eq!(after.counts, Counts { database: 2 * 5, memory: known - 2 * 5, ..Counts::default() });
    let not_there =
        filter(json!({ "dataset": DATASET, "not": { "or": [{ "search": "lot" }, { "status": "ACTIVE" }] } }));
    let gone = judge.judge(&not_there, &changed).await.unwrap();
    let only_the_removed: Vec<bool> = (0..PROCESSES).map(|number| number == 2).collect();
    assert_eq!((gone.matching, gone.database.statements), (only_the_removed, 0), "its absence is known too");
}

async fn remove(database: &Database, (process, dataset): (i64, i64)) {
    let mut transaction = Transaction::begin(database).await.unwrap();
    transaction.remove(&[process]).await.unwrap();
    let change = NewChange {
        kind: ChangeKind::Removed,
        dataset,
        process,
        ocid: "ocds-2".to_owned(),
        paths: vec![],
        tags: vec![],
    };
    transaction.commit(Utc::now(), &[change]).await.unwrap();
}

async fn whoever_asks_at_the_same_time_shares_the_reads(data: TestDatabase) {
    fill(&data.open().await).await;
    let node = Node::start(&data, Keeping::default()).await;
    let judge = Judge::new(&data.open().await, Some(node.tiers.clone()));
    let (changed, everything) = (changed(), of_everything());
    let before: Figures = node.figures();
    let all = join_all((0..200).map(|_| judge.judge(&everything, &changed))).await;
    assert!(all.iter().all(|verdicts| verdicts.as_ref().unwrap().matching[..2] == [true, false]));
    assert_eq!(node.figures().loads - before.loads, 5, "one of each relation for two hundred");
}
