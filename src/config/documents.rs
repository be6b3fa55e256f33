//! `[documents]`: documents that clients name instead of sending them.

use std::{fmt, ops::RangeInclusive, path::PathBuf, time::Duration};

use super::{Problem, value::Value};

settings! {
    /// Documents that clients name instead of sending their text, and which documents may run at all.
    Documents = "documents" {
        /// Whether clients may register a document with its SHA-256 and then send only that (automatic
        /// persisted queries).
        persisted: bool = true;
        /// Bytes of memory for registered documents at most.
        persisted_bytes: u64 = 16777216;
        /// Milliseconds that Redis keeps a registered document, where there is Redis.
        persisted_lifetime_ms: u64 = 86400000, in 1..=u64::MAX;
        /// A JSON file with trusted documents: an object of texts by id, or Apollo's manifest. It is read at
        /// the start, and every document in it must fit the schema. Empty for none.
        manifest: Option<PathBuf> = "";
        /// Which documents may run: open (any), log (any, and those that are not in the manifest are
        /// logged) or only (those of the manifest; GraphiQL then cannot ask for the schema).
        mode: DocumentMode = "open";
    }
}

/// Which documents may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentMode {
    /// Any.
    Open,
    /// Any; those that the manifest does not have are logged.
    Log,
    /// Those of the manifest.
    Only,
}

impl Documents {
    /// How long Redis keeps a registered document.
    pub fn persisted_lifetime(&self) -> Duration {
        Duration::from_millis(self.persisted_lifetime_ms)
    }

    pub(super) fn contradictions(&self, problems: &mut Vec<Problem>) {
        if self.mode != DocumentMode::Open && self.manifest.is_none() {
            problems.push(Problem::Contradiction(format!(
                "documents.mode = {} needs a manifest; name its file in documents.manifest, or set \
                 documents.mode = open",
                self.mode
            )));
        }
    }
}

impl Value for DocumentMode {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "open, log or only".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        match text {
            "open" => Some(Self::Open),
            "log" => Some(Self::Log),
            "only" => Some(Self::Only),
            _ => None,
        }
    }
}

impl fmt::Display for DocumentMode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Open => "open",
            Self::Log => "log",
            Self::Only => "only",
        })
    }
}
