//! Two imports at the same time.

use std::{path::Path, process::Child};

use serde_json::{Value, json};

use super::desk::{Desk, release, text};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    two_imports_into_one_dataset_write_each_process_once,
    two_first_imports_into_two_datasets_do_not_hinder_each_other,
);

fn processes() -> Vec<Value> {
    let firm = |at: i32| json!({ "name": format!("Firm {}", at % 7) });
    let parts = |at| json!({ "buyer": firm(at), "tender": { "title": format!("Road {at}"), "tenderers": [firm(at + 1)] } });
    (0..1200).map(|at| release(&format!("p{at}"), 1, &parts(at))).collect()
}

fn start(desk: &Desk, dataset: &str, file: &Path) -> Child {
    desk.command(&["import", "--dataset", dataset, "--import-batch-processes", "30", text(file)])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

async fn two_imports_into_one_dataset_write_each_process_once(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let file = desk.write_lines("values.jsonl", &processes());
    for mut import in [start(&desk, "d", &file), start(&desk, "d", &file)] {
        assert!(import.wait().unwrap().success());
    }
    assert_eq!(desk.changes().await.len(), 1200);
    assert_eq!(desk.number("SELECT processes FROM datasets").await, 1200);
    assert_eq!(desk.number("SELECT count(*) FROM deferred").await, 0);
}

async fn two_first_imports_into_two_datasets_do_not_hinder_each_other(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let file = desk.write_lines("values.jsonl", &processes());
    for mut import in [start(&desk, "one", &file), start(&desk, "other", &file)] {
        assert!(import.wait().unwrap().success());
    }
    assert_eq!(desk.number("SELECT sum(processes) FROM datasets").await, 2400);
    assert_eq!(desk.changes().await.len(), 2400);
    assert_eq!(desk.number("SELECT count(*) FROM deferred").await, 0);
}
