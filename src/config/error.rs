//! What can be wrong with the settings, said so that one knows what to mend.

use std::{fmt, path::PathBuf};

use super::layers::Origin;

/// Everything that is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError(pub Vec<Problem>);

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The settings file cannot be read.
    #[error("cannot read the settings file {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The settings file is not TOML.
    #[error("{}:{line}: {reason}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// The settings file holds a key that no setting has.
    #[error("{}:{line}: there is no setting {key}{hint}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// The key as written.
        key: String,
        /// What may have been meant.
        hint: String,
    },
    /// A value is not of the setting's type or out of its limits.
    #[error("{key}: expected {expected}, found {found} (from {origin})")]
    BadValue {
        /// The setting.
        key: &'static str,
        /// What would do.
        expected: String,
        /// The value, without its secret parts.
        found: String,
        /// The layer that gave it.
        origin: Origin,
    },
    /// Two names of one setting are given different values in one layer.
    #[error("{key}: {first} and {second} say different things; keep one of them")]
    TwoNames {
        /// The setting.
        key: &'static str,
        /// One variable.
        first: String,
        /// The other.
        second: String,
    },
    /// Two settings contradict each other.
    #[error("{0}")]
    Contradiction(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the settings cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(out, "\n  {problem}"))
    }
}
