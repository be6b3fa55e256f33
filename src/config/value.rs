//! How the text of a setting becomes its value.

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf};

/// A type that a setting can have.
pub(super) trait Value: Sized {
    /// What a value looks like, to follow the word "expected".
    fn expected(limits: &RangeInclusive<u64>) -> String;

    /// Reads a value; `None` when it is not one.
    fn parse(text: &str, limits: &RangeInclusive<u64>) -> Option<Self>;

    /// The text as it may be shown to anyone who reads logs.
    fn show(text: &str) -> String {
        text.to_owned()
    }
}

/// Whole numbers. An underscore may group digits, as it may in the file.
macro_rules! whole_number {
    ($($Number:ty)+) => {$(
        impl Value for $Number {
            fn expected(limits: &RangeInclusive<u64>) -> String {
                match (*limits.start(), *limits.end()) {
                    (0, u64::MAX) => "a whole number".to_owned(),
                    (low, u64::MAX) => format!("a whole number of at least {low}"),
                    (low, high) => format!("a whole number from {low} to {high}"),
                }
            }

            fn parse(text: &str, limits: &RangeInclusive<u64>) -> Option<Self> {
                let number = text.replace('_', "").parse().ok().filter(|number| limits.contains(number))?;
                Self::try_from(number).ok()
            }
        }
    )+};
}

whole_number!(u32 u64 usize);

impl Value for bool {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "true or false".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for SocketAddr {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "an address and port such as 127.0.0.1:8000 or [::]:8000".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        text.parse().ok()
    }
}

/// An address, or none.
impl Value for Option<SocketAddr> {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "an address and port such as 127.0.0.1:9000 or [::]:9000, or nothing".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
    }
}

/// A file, or none.
impl Value for Option<PathBuf> {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "a file, or nothing".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        Some((!text.is_empty()).then(|| PathBuf::from(text)))
    }
}
