//! `[redis]`: what the nodes share.

use std::{fmt, ops::RangeInclusive, path::PathBuf, time::Duration};

use redis::{ConnectionAddr, IntoConnectionInfo};
use secrecy::{ExposeSecret, SecretString};

use super::{Problem, database, value::Value};

settings! {
    /// The Redis that the nodes share their caches in. Everything works without one.
    Redis = "redis" {
        /// Redis: `redis://USER:PASSWORD@HOST:PORT/DATABASE` or, with TLS, `rediss://…`, where all but the
        /// host may be left out; `redis://:PASSWORD@HOST` for a password alone. Empty for none. The password is
        /// never shown or logged.
        url: Option<RedisUrl> = "";
        /// A file of certificates (PEM) that vouch for a `rediss://` server, in place of the public ones.
        /// Empty for the public ones.
        ca_file: Option<PathBuf> = "";
        /// Milliseconds that Redis has for an answer. After that it is passed over, and not asked for a while.
        timeout_ms: u64 = 50, in 1..=10_000;
    }
}

/// The URL of a Redis. `Debug` and `Display` leave the password out.
#[derive(Clone)]
pub struct RedisUrl(SecretString);

impl Redis {
    /// How long a call may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(super) fn contradictions(&self, problems: &mut Vec<Problem>) {
        let mut contradict = |text: &str| problems.push(Problem::Contradiction(text.to_owned()));
        let Some(url) = &self.url else {
            if self.ca_file.is_some() {
                contradict("redis.ca_file is of no use without redis.url");
            }
            return;
        };
        if self.ca_file.is_some() && !url.expose().starts_with("rediss:") {
            contradict("redis.ca_file is of no use without TLS: redis.url must begin with rediss://");
        }
        if url.is_insecure() {
            contradict(
                "redis.url: #insecure would let anyone pose as the server; name the certificate that vouches \
                 for it in redis.ca_file",
            );
        }
        if url.names_only_a_user() {
            contradict(
                "redis.url: there is a user and no password; a password alone is written with a colon, \
                 redis://:PASSWORD@HOST",
            );
        }
    }
}

impl RedisUrl {
    /// The URL with its password, for the driver only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn is_insecure(&self) -> bool {
        let info = self.expose().into_connection_info().ok();
        info.is_some_and(|info| matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }))
    }

    fn names_only_a_user(&self) -> bool {
        let info = self.expose().into_connection_info().ok();
        info.map(|info| info.redis_settings().clone())
            .is_some_and(|redis| redis.username().is_some() && redis.password().is_none())
    }
}

impl From<&str> for RedisUrl {
    fn from(url: &str) -> Self {
        Self(SecretString::from(url))
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&redact(self.expose()))
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl Value for Option<RedisUrl> {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "redis://USER:PASSWORD@HOST:PORT/DATABASE, rediss://… or nothing".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        if text.is_empty() {
            return Some(None);
        }
        let known = text.starts_with("redis://") || text.starts_with("rediss://");
        let readable = known && text.into_connection_info().is_ok();
        readable.then(|| Some(RedisUrl::from(text)))
    }

    fn show(text: &str) -> String {
        if text.is_empty() { String::new() } else { redact(text) }
    }
}

/// A URL without its secrets. A user without a password is most often a password without its colon.
fn redact(url: &str) -> String {
    let shown = database::redact(url);
    match shown.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?))) {
        Some((scheme, (user, place))) if !user.contains(':') => format!("{scheme}://***@{place}"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        for (url, shown) in [
            ("", ""),
            ("redis://cache:6379", "redis://cache:6379"),
            ("rediss://cache/2", "rediss://cache/2"),
            ("redis://:hunter2@cache", "redis://:***@cache"),
            ("rediss://farol:hunter2@cache:6380/1", "rediss://farol:***@cache:6380/1"),
            ("redis://hunter2@cache", "redis://***@cache"),
            ("redis://cache?password=hunter2", "redis://cache?***"),
            ("redis+unix:///run/redis.sock?pass=hunter2", "redis+unix:///run/redis.sock?***"),
            ("hunter2", "***"),
        ] {
            assert_eq!(<Option<RedisUrl>>::show(url), shown, "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_password_is_ever_shown(password in "[!-~]{0,12}QZX[!-~]{0,12}", alone in "[!-9;-~]{0,9}QZX[!-9;-~]{0,9}") {
            for user in [format!("farol:{password}"), format!(":{password}"), alone] {
                let url = RedisUrl::from(format!("rediss://{user}@cache.example/1").as_str());
                let shown = format!("{url} {url:?}");
                prop_assert!(!shown.contains("QZX"), "{}", shown);
            }
        }
    }
}
