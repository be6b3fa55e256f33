//! The standard: reading, merging, normalising, generating.

mod compile;
mod conformance;
mod diff;
mod generate;
mod nesting;
mod normalise;
mod organizations;
mod packaging;
mod real_data;
mod scalars;

use std::io::Cursor;

use farol::ocds::issue::{IssueKind, Issues};
use farol::ocds::json::Value;
use farol::ocds::model::Process;
use farol::ocds::normalise::normalise;
use farol::ocds::reader::{Piece, ReadIssue, Reader};
use farol::ocds::release::{self, SourceRelease};

/// The pieces of an input, and what was broken.
fn pieces(input: impl Into<Vec<u8>>) -> (Vec<Piece>, Vec<ReadIssue>) {
    let (mut pieces, mut issues) = (Vec::new(), Vec::new());
    for piece in Reader::new("input", Cursor::new(input.into())) {
        match piece {
            Ok(piece) => pieces.push(piece),
            Err(issue) => issues.push(issue),
        }
    }
    (pieces, issues)
}

/// The releases of an input, and what could not be read of its pieces.
fn releases(input: impl Into<Vec<u8>>) -> (Vec<SourceRelease>, Issues) {
    let (mut releases, mut issues) = (Vec::new(), Issues::new());
    for piece in pieces(input).0 {
        releases.extend(release::read(&piece, &mut issues).releases.into_iter().map(|found| found.source));
    }
    (releases, issues)
}

/// The process of a release, and what could not be read as it was meant.
fn normalised(release: &str) -> (Process, Issues) {
    let mut issues = Issues::new();
    let value = Value::parse(release.as_bytes()).expect("the test's own JSON");
    (normalise(&value, &mut issues), issues)
}

/// Kind and path of each issue.
fn told(issues: &Issues) -> Vec<(IssueKind, &str)> {
    issues.iter().map(|issue| (issue.kind, issue.path.as_str())).collect()
}
