//! Real publications, where the data is there: nothing is lost, and what is wrong is told.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use farol::ocds::compile::compile;
use farol::ocds::issue::{IssueKind, Issues};
use farol::ocds::model::Process;
use farol::ocds::normalise::normalise;
use farol::ocds::reader::{ReadIssue, Reader};
use farol::ocds::release::{self, SourceRelease};

/// The path of real data; none, said once per test, where it is not there.
pub(super) fn data(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("FAROL_TEST_DATA").map(|root| Path::new(&root).join(name));
    let path = path.filter(|path| path.exists());
    if path.is_none() {
        println!("left out: {name} is not in FAROL_TEST_DATA");
    }
    path
}

/// What a publication comes to.
#[derive(Default)]
struct Publication {
    releases: BTreeMap<String, Vec<SourceRelease>>,
    broken: Vec<ReadIssue>,
    kinds: BTreeMap<IssueKind, usize>,
    processes: Vec<Process>,
}

impl Publication {
    fn read(path: &Path) -> Self {
        let mut publication = Self::default();
        for file in files(path) {
            publication.read_file(&file);
        }
        let mut issues = Issues::new();
        for releases in publication.releases.values() {
            let compiled = compile(releases).expect("releases are JSON");
            publication.processes.push(normalise(&compiled, &mut issues));
        }
        publication.count_kinds(&issues);
        publication
    }

    fn read_file(&mut self, file: &Path) {
        for piece in Reader::new(file.to_string_lossy(), File::open(file).expect("the file opens")) {
            let mut issues = Issues::new();
            match piece {
                Ok(piece) => {
                    for found in release::read(&piece, &mut issues).releases {
                        self.releases.entry(found.source.ocid.clone()).or_default().push(found.source);
                    }
                }
                Err(issue) => self.broken.push(issue),
            }
            self.count_kinds(&issues);
        }
    }

    fn count_kinds(&mut self, issues: &Issues) {
        for issue in issues {
            *self.kinds.entry(issue.kind).or_default() += 1;
        }
    }

    fn count(&self, of: impl Fn(&Process) -> usize) -> usize {
        self.processes.iter().map(of).sum()
    }

    fn kind(&self, kind: IssueKind) -> usize {
        self.kinds.get(&kind).copied().unwrap_or_default()
    }
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let mut files: Vec<PathBuf> = fs::read_dir(path)
        .expect("the directory opens")
        .flat_map(|entry| files(&entry.expect("an entry").path()))
        .collect();
    files.sort();
    files
}

#[test]
fn assam_is_read_whole_and_without_an_issue() {
    let Some(path) = data("assam.jsonl.gz") else { return };
    // One release for each process: nothing to merge, so that each can be let go of at once.
    let mut assam = Publication::default();
    let mut issues = Issues::new();
    for piece in Reader::new("assam", File::open(path).expect("the file opens")) {
        let piece = piece.expect("a release");
        for found in release::read(&piece, &mut issues).releases {
            assam.processes.push(normalise(&found.value, &mut issues));
        }
    }
    assam.count_kinds(&issues);
    assert_eq!(assam.processes.len(), 35_458);
    assert_eq!(assam.count(|process| process.bids.len()), 138_819);
    assert_eq!(assam.count(|process| process.awards.len()), 51_757);
    assert_eq!(assam.count(|process| process.contracts.len()), 43_502);
    assert_eq!(assam.kinds, BTreeMap::new());
    assert!(assam.processes.iter().all(|process| process.buyer.is_some()));
    assert!(
        assam
            .processes
            .iter()
            .flat_map(|process| &process.contracts)
            .all(|contract| contract.award.is_some())
    );
}

#[test]
fn the_package_of_himachal_pradesh_tells_its_misspelt_keys() {
    let Some(path) = data("hp_health.json.gz") else { return };
    let health = Publication::read(&path);
    assert_eq!(health.processes.len(), 3_791);
    assert_eq!(health.count(|process| process.awards.len()), 4_211);
    assert_eq!(health.kinds, BTreeMap::from([(IssueKind::UnknownField, 3_791 + 3_771)]));
    // Two organisations with one id are told apart by their names.
    assert!(health.processes.iter().all(|process| process.buyer != process.tender.procuring_entity));
}

#[test]
fn armenia_has_its_bids_with_values() {
    let Some(path) = data("armenia") else { return };
    let armenia = Publication::read(&path);
    assert_eq!(armenia.processes.len(), 900);
    assert_eq!(armenia.count(|process| process.bids.iter().filter(|bid| bid.value.is_some()).count()), 1_468);
    assert_eq!(armenia.kinds, BTreeMap::from([(IssueKind::UnknownCode, 1_468)]));
}

#[test]
fn paraguay_keeps_every_release_it_publishes() {
    let Some(path) = data("paraguay") else { return };
    let paraguay = Publication::read(&path);
    assert_eq!(paraguay.broken.len(), 3, "{:?}", paraguay.broken);
    assert_eq!(paraguay.processes.len(), 43);
    assert_eq!(paraguay.kind(IssueKind::VersionedOnly), 6);
    assert_eq!(paraguay.kind(IssueKind::LinkedRelease), 6);
}

#[test]
fn mexico_and_taiwan_are_read_with_their_own_codes() {
    let (Some(mexico), Some(taiwan)) = (data("mexico-inai"), data("taiwan")) else { return };
    let (mexico, taiwan) = (Publication::read(&mexico), Publication::read(&taiwan));
    assert_eq!((mexico.processes.len(), taiwan.processes.len()), (88, 11));
    assert_eq!(mexico.count(|process| process.contracts.len()), 89);
    assert!(
        mexico
            .processes
            .iter()
            .flat_map(|process| &process.parties)
            .any(|party| party.other_roles == ["Comprador"])
    );
    assert_eq!(taiwan.count(|process| process.awards.len()), 11);
    assert!(
        taiwan.processes.iter().all(|process| process.tender.tender_period.is_some()),
        "tederPeriod is read"
    );
    assert_eq!(mexico.kind(IssueKind::DuplicateId) + mexico.kind(IssueKind::UnreadableAmount), 3);
}
