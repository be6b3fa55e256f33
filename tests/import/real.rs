//! Real published files.

use std::path::{Path, PathBuf};

use farol::config::Backend;

use super::{desk::Desk, dump::assert_same};
use crate::support::{TestDatabase, real_data};

/// A publisher's files, and how many processes and releases are in them.
struct Publisher {
    name: &'static str,
    path: &'static str,
    processes: i64,
    /// None where the manifest does not say.
    releases: Option<u64>,
    /// Parts that are left out: files that are no JSON, records with nothing but a versioned release.
    refused: u64,
}

const PUBLISHERS: [Publisher; 5] = [
    Publisher { name: "armenia", path: "armenia", processes: 900, releases: None, refused: 0 },
    Publisher { name: "hp", path: "hp_health.json.gz", processes: 3791, releases: None, refused: 0 },
    Publisher { name: "mexico", path: "mexico-inai", processes: 88, releases: None, refused: 0 },
    // Eight of its 151 are empty compiled releases.
    Publisher { name: "paraguay", path: "paraguay", processes: 43, releases: Some(143), refused: 9 },
    Publisher { name: "taiwan", path: "taiwan", processes: 11, releases: Some(31), refused: 0 },
];

/// Every publisher but Assam, into both databases: what the manifest says is there, and the same rows.
#[tokio::test(flavor = "multi_thread")]
async fn both_databases_hold_the_same_of_every_publisher() {
    let Some(data) = real_data("importing the files of five publishers") else { return };
    let sqlite = Desk::new(TestDatabase::sqlite().await).await;
    let postgres = Desk::new(TestDatabase::postgres().await).await;
    for publisher in &PUBLISHERS {
        for desk in [&sqlite, &postgres] {
            import(desk, &data, publisher).await;
        }
    }
    let dump = sqlite.dump().await;
    assert_same(&dump, &postgres.dump().await);
    let head = sqlite.head().await;
    for publisher in &PUBLISHERS {
        let summary = sqlite.import(publisher.name, &[data.join(publisher.path)]).await;
        assert_eq!(summary.changed(), 0, "{}: {summary}", publisher.name);
        let rebuilt = farol::import::rebuild(&sqlite.store, publisher.name).await.unwrap();
        assert_eq!(rebuilt.changed, 0, "{}", publisher.name);
    }
    assert_eq!(sqlite.head().await, head);
    assert_same(&dump, &sqlite.dump().await);
}

async fn import(desk: &Desk, data: &Path, publisher: &Publisher) {
    let Publisher { name, path, processes, releases, refused } = publisher;
    let files: [PathBuf; 1] = [data.join(path)];
    let (summary, issues) = desk.import_in_batches(name, &files, 200).await;
    let count = |column: &str| format!("SELECT {column} FROM datasets WHERE name = '{name}'");
    assert_eq!(desk.number(&count("processes")).await, *processes, "{name}");
    if let Some(releases) = releases {
        assert_eq!(summary.releases, *releases, "{name}");
    }
    let refusals: Vec<_> = issues.iter().filter(|issue| issue["refused"] == true).collect();
    assert_eq!(summary.refused, *refused, "{name}: {refusals:?}");
}

/// The largest file, once into each database, with the program as people run it.
#[tokio::test(flavor = "multi_thread")]
async fn assam_is_the_same_in_both_databases() {
    let Some(data) = real_data("importing Assam's 35,458 processes") else { return };
    let mut answers = Vec::new();
    for database in [TestDatabase::sqlite().await, TestDatabase::postgres().await] {
        let desk = Desk::new(database).await;
        let file = data.join("assam.jsonl.gz");
        let run = desk.farol(&["import", "--dataset", "assam", file.to_str().unwrap()]);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        let mut answer = Vec::new();
        for sql in aggregates(desk.database.backend) {
            answer.push(desk.number(&sql).await);
        }
        assert_eq!(answer[..4], [35_458, 138_819, 51_757, 43_502], "{}", run.stdout);
        answers.push(answer);
    }
    assert_eq!(answers[0], answers[1]);
}

/// Counts, and sums that a misplaced row would change. Ids are reduced, so that sums do not overflow.
fn aggregates(backend: Backend) -> Vec<String> {
    let day = |column: &str| match backend {
        Backend::Sqlite => format!("sum({column} / 1000)"),
        Backend::Postgres => format!("sum(extract(epoch FROM {column}))::bigint"),
    };
    let sum =
        |expression: &str, table: &str| format!("SELECT CAST(sum({expression}) AS BIGINT) FROM {table}");
    let mut queries: Vec<String> = [
        "processes",
        "bids",
        "awards",
        "contracts",
        "organizations",
        "parties",
        "items",
        "documents",
        "releases",
    ]
    .map(|table| format!("SELECT count(*) FROM {table}"))
    .into();
    queries.push(sum("buyer_id % 1000003", "processes"));
    queries.push(sum("id % 1000003 * (position + 1)", "bids"));
    queries.push(sum("organization_id % 1000003 * (position + 1)", "bid_tenderers"));
    queries.push(sum("award_id % 1000003 + organization_id % 1009", "award_suppliers"));
    queries.push(sum("award_id % 1000003 + item_count", "contracts"));
    queries.push(sum("length(body) + id % 1009", "releases"));
    queries.push(sum("length(title)", "processes"));
    queries.push(sum("length(name) + id % 1009", "organizations"));
    queries.push(format!("SELECT {} FROM processes", day("date")));
    queries.push(format!("SELECT {} FROM awards", day("date")));
    queries
}
