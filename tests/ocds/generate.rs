//! Generated data: the same for the same seed, like published data, and read without an issue.

use std::collections::{BTreeMap, BTreeSet};

use farol::ocds::codelist::TenderStatus;
use farol::ocds::generate::Generator;
use farol::ocds::model::Process;
use sha2::{Digest, Sha256};

use super::{normalised, releases};

fn processes(count: u64) -> Vec<Process> {
    let read = |line: String| {
        let (process, issues) = normalised(&line);
        assert_eq!(issues, [], "{line}");
        process
    };
    Generator::new(7, count).map(read).collect()
}

/// Changing what is generated changes every demo database: do it on purpose, and this digest with it.
#[test]
fn the_same_seed_gives_the_same_bytes_everywhere() {
    let digest = |seed: u64| {
        let lines: Vec<String> = Generator::new(seed, 1000).take(200).collect();
        Sha256::digest(lines.join("\n")).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    };
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
    insta::assert_snapshot!(digest(1), @"5196baf9351f7424641b2b159155e1e3932daa835c0d9b4c61f24ef4c19955d9");
}

#[test]
fn generated_data_is_read_without_an_issue() {
    let lines: Vec<String> = Generator::new(1, 300).collect();
    let (found, issues) = releases(lines.join("\n"));
    assert_eq!((found.len(), issues.len()), (300, 0));
    assert!(found.iter().all(|release| release.compiled && release.date.is_some()));
    assert_eq!(Generator::new(1, 300).size_hint(), (300, Some(300)));
}

#[test]
fn generated_data_looks_like_published_data() {
    let processes = processes(3000);
    let count = |of: &dyn Fn(&Process) -> bool| processes.iter().filter(|process| of(process)).count();
    let status = |status: TenderStatus| {
        move |process: &Process| process.tender.status.as_ref().is_some_and(|s| s.code == status)
    };
    for code in
        [TenderStatus::Active, TenderStatus::Cancelled, TenderStatus::Unsuccessful, TenderStatus::Complete]
    {
        assert!(count(&status(code)) > 20, "{code:?}");
    }
    assert!(count(&|process| process.tender.value.is_none()) > 200, "values are missing");
    assert!(count(&|process| process.bids.len() > 100) > 0, "some are huge");
    assert!(count(&|process| process.awards.len() > 1) > 100, "several awards");
    assert!(
        count(&|process| process.awards.iter().any(|award| award.suppliers.len() > 1)) > 50,
        "several suppliers"
    );
    assert!(
        count(&|process| process.awards.iter().any(|award| award.date.is_none())) > 100,
        "dates are missing"
    );
    assert!(
        count(&|process| process.contracts.iter().any(|contract| !contract.transactions.is_empty())) > 100
    );
    assert!(count(&|process| process.tender.title.as_ref().is_some_and(|title| !title.is_ascii())) > 1000);
    let currencies: BTreeSet<_> =
        processes.iter().filter_map(|process| process.tender.value.as_ref()?.currency.clone()).collect();
    assert!(currencies.len() >= 5, "{currencies:?}");
}

#[test]
fn a_few_buyers_and_suppliers_do_most_of_the_business() {
    let processes = processes(3000);
    let mut buyers: BTreeMap<&str, usize> = BTreeMap::new();
    for process in &processes {
        *buyers.entry(&process.parties[process.buyer.expect("a buyer")].key).or_default() += 1;
    }
    let mut counts: Vec<usize> = buyers.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let top: usize = counts.iter().take(counts.len() / 5).sum();
    assert!(counts.len() > 40 && top * 10 > processes.len() * 5, "{counts:?}");
}

#[test]
fn contracts_rest_on_their_awards() {
    for process in processes(500) {
        assert!(process.contracts.iter().all(|contract| contract.award.is_some()), "{}", process.ocid);
    }
}
