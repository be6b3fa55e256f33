//! `[database]`: where the data lives.

use std::{fmt, ops::RangeInclusive, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use super::{Problem, value::Value};

/// The longest time that both databases can be told: 2³¹ milliseconds, some 24 days.
const MOST_MS: u64 = 2_147_483_647;

settings! {
    /// Where the data lives, and how it is reached.
    Database = "database" {
        /// The database: `sqlite://FILE`, created when absent, or
        /// `postgres://USER:PASSWORD@HOST:PORT/NAME`, where `?sslmode=verify-full` asks for TLS. The
        /// password is never shown or logged.
        url: DatabaseUrl = "sqlite://farol.db";
        /// Connections that read, at most. PostgreSQL has up to three more: two that write, one that
        /// cancels.
        max_connections: u32 = 20, in 1..=50;
        /// Milliseconds a request waits for a free connection before it is refused.
        acquire_timeout_ms: u64 = 5000, in 1..=MOST_MS;
        /// Milliseconds one SQL statement may take before it is cancelled.
        statement_timeout_ms: u64 = 30000, in 1..=MOST_MS;
    }
}

/// Which database a URL selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// An embedded file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// A database's URL. `Debug` and `Display` leave the password out.
#[derive(Clone)]
pub struct DatabaseUrl(SecretString);

impl Database {
    /// How long a request waits for a free connection.
    pub fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout_ms)
    }

    /// How long one statement may take.
    pub fn statement_timeout(&self) -> Duration {
        Duration::from_millis(self.statement_timeout_ms)
    }

    pub(super) fn contradictions(&self, problems: &mut Vec<Problem>) {
        if self.url.backend() == Backend::Sqlite && self.url.expose().contains(":memory:") {
            problems.push(Problem::Contradiction(
                "database.url: a database in memory belongs to one connection, and the server uses several; \
                 name a file, such as sqlite://farol.db"
                    .to_owned(),
            ));
        }
    }
}

impl DatabaseUrl {
    /// The database it selects.
    pub fn backend(&self) -> Backend {
        if self.expose().starts_with("sqlite:") { Backend::Sqlite } else { Backend::Postgres }
    }

    /// The URL with its password, for the driver only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for DatabaseUrl {
    fn from(url: &str) -> Self {
        Self(SecretString::from(url))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&redact(self.expose()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl Value for DatabaseUrl {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "sqlite://FILE or postgres://USER:PASSWORD@HOST:PORT/NAME".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        const SCHEMES: [&str; 3] = ["sqlite:", "postgres://", "postgresql://"];
        SCHEMES.iter().any(|scheme| text.starts_with(scheme)).then(|| Self::from(text))
    }

    fn show(text: &str) -> String {
        redact(text)
    }
}

/// A URL without its secrets. What is not clearly harmless is left out: a password may hold any
/// character when someone forgot to escape it, and a parameter may carry one too.
pub(super) fn redact(url: &str) -> String {
    if url.starts_with("sqlite:") {
        return url.to_owned();
    }
    let Some((scheme, rest)) = url.split_once("://") else { return "***".to_owned() };
    let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let (place, parameters) = place.split_once('?').map_or((place, ""), |(place, _)| (place, "?***"));
    let host = place.split('/').next().unwrap_or_default();
    let harmless = match host.rsplit_once(':') {
        Some((_, port)) => host.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit()),
        None => true,
    };
    match user.split_once(':') {
        _ if !harmless || user.contains('?') => format!("{scheme}://***"),
        Some((user, _)) => format!("{scheme}://{user}:***@{place}{parameters}"),
        None if user.is_empty() => format!("{scheme}://{place}{parameters}"),
        None => format!("{scheme}://{user}@{place}{parameters}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        for (url, shown) in [
            ("sqlite://farol.db?mode=rw", "sqlite://farol.db?mode=rw"),
            ("postgres://farol:hunter2@db:5432/farol", "postgres://farol:***@db:5432/farol"),
            ("postgres://farol@db/farol", "postgres://farol@db/farol"),
            ("postgres://db/farol?password=hunter2", "postgres://db/farol?***"),
            ("postgres://a:b@db/farol?password=hun@ter2", "postgres://***"),
            ("postgres://farol:hunter2/farol", "postgres://***"),
            ("postgres://[::1]:5432/farol", "postgres://[::1]:5432/farol"),
            ("mysql://root:hunter2@db", "mysql://root:***@db"),
            ("hunter2", "***"),
        ] {
            assert_eq!(redact(url), shown, "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_password_is_ever_shown(password in "[!-~]{0,12}QZX[!-~]{0,12}") {
            let url = DatabaseUrl::from(format!("postgres://farol:{password}@db.example/farol").as_str());
            let shown = format!("{url} {url:?}");
            prop_assert!(!shown.contains("QZX"), "{}", shown);
        }
    }
}
