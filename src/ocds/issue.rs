//! What could not be read as it was meant.
//!
//! An issue never stops an import: whatever it names was left out or kept as raw text, and nothing
//! else was lost. An absent value (`null`, an empty text) and an extension's own fields are no issues.

use std::fmt;

/// How many characters of a published value an issue repeats.
const VALUE_LENGTH: usize = 80;

/// How many characters an ocid or a code may have. Rows are found by them, and an entry of an index of
/// PostgreSQL has 2,704 bytes. A longer one names nothing that anyone could look for; cut short it would name
/// something else, so it is left out.
pub const LONGEST_KEY: usize = 300;

macro_rules! issue_kinds {
    ($($(#[$doc:meta])* $kind:ident = $text:literal,)+) => {
        /// What was wrong. The names are stable: reports and counters are keyed by them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum IssueKind {
            $($(#[$doc])* $kind,)+
        }

        impl IssueKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// The stable name: `unreadable_date`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $text,)+
                }
            }
        }
    };
}

issue_kinds! {
    /// Not JSON, or broken JSON.
    InvalidJson = "invalid_json",
    /// The input could not be read to its end (a device error, a damaged gzip stream).
    UnreadableInput = "unreadable_input",
    /// The text is not UTF-8.
    NotUtf8 = "not_utf8",
    /// A single release or record is larger than the reader's limit.
    TooLarge = "too_large",
    /// JSON, but neither a release, a record nor a package.
    NotOcds = "not_ocds",
    /// A release without an ocid.
    MissingOcid = "missing_ocid",
    /// A release without an id, where it is published by itself.
    MissingId = "missing_id",
    /// A release whose id another text of the same process has already, where it is published by itself.
    IdTaken = "id_taken",
    /// A record or a package where a single release is published.
    NotARelease = "not_a_release",
    /// A release that is only linked: its content is not in the file.
    LinkedRelease = "linked_release",
    /// A record with nothing but a versioned release, which Farol does not read.
    VersionedOnly = "versioned_only",
    /// A date that cannot be read.
    UnreadableDate = "unreadable_date",
    /// An amount that cannot be read, or not exactly.
    UnreadableAmount = "unreadable_amount",
    /// Another number that cannot be read.
    UnreadableNumber = "unreadable_number",
    /// A code outside its closed codelist, or an unknown currency.
    UnknownCode = "unknown_code",
    /// A contract of an award that is not there.
    DanglingAward = "dangling_award",
    /// Two awards, contracts or bids of one process with the same id.
    DuplicateId = "duplicate_id",
    /// A misspelt or unexpected key.
    UnknownField = "unknown_field",
    /// An ocid or a code that is longer than [`LONGEST_KEY`].
    TooLong = "too_long",
    /// A value of a type that does not belong there.
    WrongType = "wrong_type",
}

impl fmt::Display for IssueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that could not be read as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What was wrong.
    pub kind: IssueKind,
    /// Where in the release: `awards[3].date`; empty for the whole of it.
    pub path: String,
    /// The value as published, shortened.
    pub value: String,
    /// What was wrong and what was done about it, for a person.
    pub message: String,
}

impl Issue {
    /// An issue; `value` is shortened.
    pub fn new(kind: IssueKind, path: impl Into<String>, value: &str, message: impl Into<String>) -> Self {
        Self { kind, path: path.into(), value: shorten(value), message: message.into() }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, path, value, message } = self;
        write!(f, "{kind}: ")?;
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(message)?;
        if value.is_empty() { Ok(()) } else { write!(f, " ({value})") }
    }
}

/// The issues of one piece of input, in the order they were found.
pub type Issues = Vec<Issue>;

fn shorten(value: &str) -> String {
    match value.char_indices().nth(VALUE_LENGTH) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
