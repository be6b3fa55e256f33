//! What an import did, in numbers, and every issue it met.

use std::{collections::BTreeMap, fmt, io::Write, time::Duration};

use serde::Serialize;

use super::ImportError;
use crate::{
    ocds::issue::{Issue, IssueKind},
    store::write::ChangeKind,
};

/// Where in the input an issue was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: u64,
    pub(super) offset: u64,
}

/// An issue and the place of the release it lies in.
#[derive(Clone, Debug)]
pub(super) struct PlacedIssue {
    pub(super) place: Place,
    pub(super) ocid: Option<String>,
    pub(super) issue: Issue,
    /// Whether input was left out because of it: a file, a line, a release.
    pub(super) refused: bool,
}

/// Collects issues: counts them, and writes each as a line of JSON where a report is wanted.
pub struct Report {
    out: Option<Box<dyn Write + Send>>,
}

impl Report {
    /// A report that is written to `out`, or only counted.
    pub fn new(out: Option<Box<dyn Write + Send>>) -> Self {
        Self { out }
    }

    pub(super) fn add(&mut self, summary: &mut Summary, placed: &PlacedIssue) -> Result<(), ImportError> {
        *summary.issues.entry(placed.issue.kind).or_default() += 1;
        summary.refused += u64::from(placed.refused);
        let Some(out) = &mut self.out else { return Ok(()) };
        let entry = Entry {
            file: &placed.place.file,
            line: placed.place.line,
            offset: placed.place.offset,
            ocid: placed.ocid.as_deref(),
            kind: placed.issue.kind.as_str(),
            path: &placed.issue.path,
            value: &placed.issue.value,
            message: &placed.issue.message,
            refused: placed.refused,
        };
        serde_json::to_writer(&mut *out, &entry).map_err(|error| ImportError::Report(error.into()))?;
        out.write_all(b"\n").map_err(ImportError::Report)
    }

    pub(super) fn finish(&mut self) -> Result<(), ImportError> {
        self.out.as_mut().map_or(Ok(()), |out| out.flush().map_err(ImportError::Report))
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    file: &'a str,
    line: u64,
    offset: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ocid: Option<&'a str>,
    kind: &'a str,
    path: &'a str,
    value: &'a str,
    message: &'a str,
    refused: bool,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The dataset.
    pub dataset: String,
    /// Inputs read.
    pub files: u64,
    /// Releases found in them.
    pub releases: u64,
    /// Processes those were about, each time they came up.
    pub processes: u64,
    /// Processes written, by what happened to them.
    pub written: BTreeMap<ChangeKind, u64>,
    /// Processes that were stored already, release by release.
    pub unchanged: u64,
    /// Parts of the input that were left out.
    pub refused: u64,
    /// Issues by kind.
    pub issues: BTreeMap<IssueKind, u64>,
    /// Rows written, over all tables.
    pub rows: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// How long the reader took, besides waiting for others.
    pub reading: Duration,
    /// How long the preparing threads took, summed up.
    pub preparing: Duration,
    /// How long the store took; the other threads went on meanwhile.
    pub storing: Duration,
}

impl Summary {
    /// How many processes changed.
    pub fn changed(&self) -> u64 {
        self.written.values().sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row =
            |f: &mut fmt::Formatter<'_>, name: &str, value: u64| writeln!(f, "  {name:<26} {value:>12}");
        writeln!(f, "dataset {}", self.dataset)?;
        row(f, "files", self.files)?;
        row(f, "releases", self.releases)?;
        row(f, "processes", self.processes)?;
        for (kind, count) in &self.written {
            row(f, &format!("  {}", kind.as_str().replace('_', " ")), *count)?;
        }
        row(f, "  unchanged", self.unchanged)?;
        row(f, "rows", self.rows)?;
        row(f, "refused", self.refused)?;
        row(f, "issues", self.issues.values().sum())?;
        for (kind, count) in &self.issues {
            row(f, &format!("  {kind}"), *count)?;
        }
        let times = [
            ("seconds", self.elapsed),
            ("  reading", self.reading),
            ("  preparing", self.preparing),
            ("  storing", self.storing),
        ];
        for (name, time) in times {
            writeln!(f, "  {name:<26} {:>12.2}", time.as_secs_f64())?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = self.processes as f64 / self.elapsed.as_secs_f64().max(0.001);
        write!(f, "  {:<26} {rate:>12.0}", "processes per second")
    }
}
