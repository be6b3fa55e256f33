//! An import that is killed leaves whole processes, and run again ends like one that was not.

use std::{path::PathBuf, process::Child, time::Duration};

use farol::config::Backend;
use serde_json::{Value, json};

use super::{
    desk::{Desk, number, release},
    dump::assert_same,
};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(killed_at_any_point_and_repeated_it_ends_like_one_clean_run);

const PROCESSES: i64 = 1500;

async fn killed_at_any_point_and_repeated_it_ends_like_one_clean_run(database: TestDatabase) {
    let backend = database.backend;
    let clean = Desk::new(match backend {
        Backend::Sqlite => TestDatabase::sqlite().await,
        Backend::Postgres => TestDatabase::postgres().await,
    })
    .await;
    clean.import_in_batches("d", &inputs(&clean), 40).await;
    assert_eq!(i64::try_from(clean.changes().await.len()).unwrap(), 2 * PROCESSES);

    let desk = Desk::new(database).await;
    let [tenders, awards] = inputs(&desk);
    // In the first transactions, among the new processes, among those that are there already.
    for written in [1, PROCESSES / 2, PROCESSES + 1, 2 * PROCESSES - 300] {
        let mut import = start(&desk, &[&tenders, &awards]);
        wait_for(&desk, written, &mut import).await;
        import.kill().unwrap();
        import.wait().unwrap();
        assert!(
            desk.number("SELECT count(*) FROM changes WHERE kind <> 'dataset'").await < 2 * PROCESSES,
            "it was killed on its way"
        );
        assert_whole(&desk).await;
    }
    let status = start(&desk, &[&tenders, &awards]).wait().unwrap();
    assert!(status.success());
    assert_whole(&desk).await;
    assert_same(&clean.dump().await, &desk.dump().await);
}

/// Tenders of all processes, then their awards: the second file updates what the first created.
fn inputs(desk: &Desk) -> [PathBuf; 2] {
    let firm =
        |at: i64| json!({ "name": format!("Firm {}", at % 37), "address": { "locality": format!("{at}") } });
    let bids = |at: i64| {
        (0..at % 4).map(|bid| json!({ "id": bid, "tenderers": [firm(at + bid)] })).collect::<Vec<Value>>()
    };
    let tender = |at: i64| {
        let buyer = json!({ "name": format!("Town {}", at % 11) });
        let parts = json!({ "buyer": buyer, "tender": { "title": format!("Road {at}") }, "bids": { "details": bids(at) } });
        release(&format!("p{at}"), 1, &parts)
    };
    let award = |at: i64| {
        let award = json!({ "id": "1", "status": "active", "suppliers": [firm(at)], "items": [{ "id": 1 }] });
        release(
            &format!("p{at}"),
            2,
            &json!({ "awards": [award], "contracts": [{ "id": "c", "awardID": "1" }] }),
        )
    };
    let tenders: Vec<Value> = (0..PROCESSES).map(tender).collect();
    let awards: Vec<Value> = (0..PROCESSES).map(award).collect();
    [desk.write_lines("1-tenders.jsonl", &tenders), desk.write_lines("2-awards.jsonl", &awards)]
}

fn start(desk: &Desk, files: &[&PathBuf]) -> Child {
    let mut command = desk.command(&["import", "--dataset", "d", "--import-batch-processes", "40"]);
    command.args(files).stdout(std::process::Stdio::null()).spawn().unwrap()
}

/// Returns once the change log has that many entries.
async fn wait_for(desk: &Desk, entries: i64, import: &mut Child) {
    let written = async {
        while desk.number("SELECT count(*) FROM changes WHERE kind <> 'dataset'").await < entries {
            assert!(import.try_wait().unwrap().is_none(), "it ended before it was killed");
        }
    };
    tokio::time::timeout(Duration::from_secs(90), written).await.expect("the import makes progress");
}

/// Every process has the children it says it has, no child is without its process, and the change log
/// knows them all.
async fn assert_whole(desk: &Desk) {
    let lists = [
        ("bid_count", "bids", "process_id"),
        ("award_count", "awards", "process_id"),
        ("contract_count", "contracts", "process_id"),
        ("party_count", "parties", "process_id"),
        ("release_count", "releases", "process_id"),
    ];
    for (count, table, key) in lists {
        let wrong = format!(
            "SELECT count(*) FROM processes p LEFT JOIN \
             (SELECT {key}, count(*) AS n FROM {table} GROUP BY {key}) t ON t.{key} = p.id \
             WHERE p.{count} <> coalesce(t.n, 0)"
        );
        assert_eq!(number(&desk.database, &wrong).await, 0, "{table}");
        let orphans = format!("SELECT count(*) FROM {table} WHERE {key} NOT IN (SELECT id FROM processes)");
        assert_eq!(number(&desk.database, &orphans).await, 0, "{table}");
    }
    let items = "SELECT count(*) FROM awards a LEFT JOIN items i ON i.parent_id = a.id WHERE i.id IS NULL";
    assert_eq!(desk.number(items).await, 0, "every award has its item");
    let unknown = "SELECT count(*) FROM parties WHERE organization_id NOT IN (SELECT id FROM organizations)";
    assert_eq!(desk.number(unknown).await, 0, "every party is an organisation");
    let created = desk.number("SELECT count(*) FROM changes WHERE kind = 'created'").await;
    assert_eq!(desk.number("SELECT count(*) FROM processes").await, created);
    let awarded = desk.number("SELECT count(*) FROM changes WHERE kind = 'awarded'").await;
    assert_eq!(desk.number("SELECT count(*) FROM awards").await, awarded);
}
