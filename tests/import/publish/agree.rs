//! The import and publishing leave the same rows and the same entries in the change log.

use std::{fs::File, path::Path};

use farol::{
    import::Outcome,
    ocds::{
        reader::Reader,
        release::{self, SourceRelease},
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::outcomes;
use crate::{
    import::{
        desk::{Desk, release as made},
        dump::{Dump, assert_same},
    },
    support::{TestDatabase, real_data},
};

/// How many releases there are to publish.
const RELEASES: usize = 15;

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, failure_persistence: None, ..ProptestConfig::default() })]

    /// Releases of a few processes in any order, cut into calls anywhere, some of them twice: the rows and the
    /// change log are those of an import of each call's releases, and the processes those of one import of all.
    #[test]
    fn what_is_published_in_any_order_is_as_if_it_was_imported(
        order in Just((0..RELEASES).collect::<Vec<_>>()).prop_shuffle(),
        again in proptest::collection::vec(0..RELEASES, 0..4),
        sizes in proptest::collection::vec(1..6_usize, 20),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let at_once = Desk::new(TestDatabase::sqlite().await).await;
            let all: Vec<Value> = (0..RELEASES).map(numbered).collect();
            at_once.import_values("d", &all).await;
            let expected = without_history(at_once.dump().await);
            let order: Vec<usize> = order.into_iter().chain(again).collect();
            for (database, other) in [
                (TestDatabase::sqlite().await, TestDatabase::sqlite().await),
                (TestDatabase::postgres().await, TestDatabase::postgres().await),
            ] {
                let (publishing, importing) = (Desk::new(database).await, Desk::new(other).await);
                let (mut rest, mut sizes) = (order.as_slice(), sizes.iter());
                while !rest.is_empty() {
                    let (call, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
                    let values: Vec<Value> = call.iter().map(|at| all[*at].clone()).collect();
                    publishing.publish("d", &values).await;
                    let file = importing.write_lines("call.jsonl", &values);
                    importing.import_in_batches("d", &[file], 1000).await;
                    rest = later;
                }
                let published = publishing.dump().await;
                assert_same(&importing.dump().await, &published);
                assert_same(&expected, &without_history(published));
            }
        });
    }
}

/// A release of one of four processes, which share a buyer of whom some tell more; some say who publishes.
fn numbered(at: usize) -> Value {
    let ocid = ["x", "y", "z", "w"][at % 4];
    let buyer = match at % 5 {
        0 => json!({ "name": "Town", "address": { "locality": format!("Place {at}") } }),
        1 => json!({ "name": format!("Port {}", at % 3) }),
        _ => json!({ "name": "Town" }),
    };
    let awards: Vec<Value> =
        (0..at % 4).map(|id| json!({ "id": id, "title": format!("of {at}"), "status": "active" })).collect();
    let contracts: Vec<Value> = (0..at % 3).map(|id| json!({ "id": id, "awardID": id })).collect();
    let bids = json!({ "details": [{ "id": at % 2, "tenderers": [{ "name": format!("Firm {at}") }] }] });
    let day = u32::try_from(at).unwrap() + 1;
    let mut parts = json!({ "buyer": buyer, "tender": { "title": at.to_string() }, "awards": awards,
        "contracts": contracts, "bids": bids });
    if at.is_multiple_of(6) {
        parts["packageInfo"] =
            json!({ "publisher": { "name": "City" }, "publishedDate": "2024-03-01T00:00:00Z" });
    }
    made(ocid, day, &parts)
}

/// Real releases of three publishers, published some at a time, are what a file of them is.
#[tokio::test(flavor = "multi_thread")]
async fn real_releases_are_published_as_they_are_imported() {
    let Some(data) = real_data("publishing real releases of Armenia and Mexico") else { return };
    for database in [TestDatabase::sqlite().await, TestDatabase::postgres().await] {
        let (publishing, importing) =
            (Desk::new(database).await, Desk::new(TestDatabase::sqlite().await).await);
        for (dataset, folder) in [("armenia", "armenia"), ("mexico", "mexico-inai")] {
            let releases = releases_below(&data.join(folder));
            let mut taken = Vec::new();
            for (at, call) in releases.chunks(150).enumerate() {
                let texts = call.iter().map(|release| String::from_utf8(release.json.clone()).unwrap());
                let published = publishing.publish_texts(dataset, texts.collect()).await;
                let told = call.iter().zip(outcomes(&published));
                taken.extend(
                    told.filter(|(_, outcome)| *outcome != Outcome::Rejected).map(|(release, _)| release),
                );
                let ids = published.iter().map(|published| published.release_id.as_deref());
                assert!(ids.eq(call.iter().map(|release| release.id.as_deref())), "call {at}");
            }
            assert!(taken.len() >= 80, "{dataset}: {} of {}", taken.len(), releases.len());
            let mut lines: Vec<u8> = Vec::new();
            for release in taken {
                lines.extend_from_slice(&release.json);
                lines.push(b'\n');
            }
            importing.import(dataset, &[importing.write("releases.jsonl", lines)]).await;
        }
        assert_same(&without_history(importing.dump().await), &without_history(publishing.dump().await));
    }
}

fn releases_below(folder: &Path) -> Vec<SourceRelease> {
    let mut releases = Vec::new();
    for input in farol::import::expand(&[folder.to_owned()]).unwrap() {
        for piece in Reader::new("real", File::open(input.name()).unwrap()).flatten() {
            let found = release::read(&piece, &mut Vec::new()).releases;
            releases.extend(found.into_iter().map(|found| found.source));
        }
    }
    releases
}

/// How a process came about shows in the change log, and in the organisations that it named once and does not
/// name any more.
fn without_history(mut dump: Dump) -> Dump {
    for table in ["changes", "organizations", "datasets"] {
        dump.remove(table).expect("the table is there");
    }
    dump
}
