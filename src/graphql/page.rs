//! Page arguments and page sizes: the one place where their rules are written.
//!
//! The same table of sizes feeds pagination and cost, so the two cannot disagree.

use super::error::Error;

/// Changes in a message that names no size.
pub(super) const BATCH: u32 = 50;

/// The groups of an aggregate at most.
pub(super) const MAX_GROUPS: i64 = 1_000;

/// How many rows a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSizes {
    /// Of a root field that names no size.
    pub root: u32,
    /// Of a nested field that names no size.
    pub nested: u32,
    /// At most, whatever is asked for.
    pub most: u32,
}

/// Where a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// On the query root.
    Root,
    /// On any other type.
    Nested,
    /// The changes of a message, on the subscription root.
    Batch,
}

/// The arguments of a connection, as given.
#[derive(Clone, Debug, Default)]
pub(super) struct PageArgs {
    pub(super) first: Option<i64>,
    pub(super) after: Option<String>,
    pub(super) last: Option<i64>,
    pub(super) before: Option<String>,
}

/// The part of a list that valid arguments ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Rows at most; may be 0.
    pub(super) size: u32,
    /// Counted from the end instead of the start.
    pub(super) backward: bool,
    /// The cursor behind which rows are taken.
    pub(super) after: Option<String>,
    /// The cursor before which rows are taken.
    pub(super) before: Option<String>,
}

impl Default for PageSizes {
    fn default() -> Self {
        Self { root: 20, nested: 5, most: 100 }
    }
}

impl PageSizes {
    /// The size when none is named.
    fn default_at(self, level: Level) -> u32 {
        match level {
            Level::Root => self.root,
            Level::Nested => self.nested,
            Level::Batch => BATCH.min(self.most),
        }
    }

    /// The rows to pay for. A size that [`PageArgs::window`] will refuse costs as much as the nearest
    /// one that it accepts, so that the caller reads about the argument and not about the cost.
    pub(super) fn priced(self, level: Level, first: Option<i64>, last: Option<i64>) -> u64 {
        let asked = first.or(last).unwrap_or_else(|| self.default_at(level).into());
        u64::try_from(asked).unwrap_or(0).min(self.most.into())
    }

    /// The groups of an aggregate to pay for: as many as it may return.
    pub(super) fn priced_groups(self, first: Option<i64>) -> u64 {
        let asked = first.unwrap_or_else(|| self.root.into()).min(MAX_GROUPS);
        u64::try_from(asked).unwrap_or(0)
    }
}

impl PageArgs {
    /// Checks the arguments.
    pub(super) fn window(self, sizes: PageSizes, level: Level) -> Result<Window, Error> {
        let (size, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::BadInput(
                    "first and last cannot be given together: give first to page forward, last to page backward"
                        .to_owned(),
                ));
            }
            (Some(first), None) => (size("first", first, sizes.most)?, false),
            (None, Some(last)) => (size("last", last, sizes.most)?, true),
            (None, None) => (sizes.default_at(level), false),
        };
        Ok(Window { size, backward, after: self.after, before: self.before })
    }
}

fn size(argument: &str, asked: i64, most: u32) -> Result<u32, Error> {
    if asked < 0 {
        return Err(Error::BadInput(format!("{argument} is {asked}; it must be 0 to {most}")));
    }
    u32::try_from(asked).ok().filter(|size| *size <= most).ok_or_else(|| {
        Error::BadInput(format!(
            "{argument} is {asked}; a page has at most {most} rows: ask for {most} and go on with pageInfo's cursor"
        ))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn args(first: Option<i64>, last: Option<i64>) -> PageArgs {
        PageArgs { first, last, ..PageArgs::default() }
    }

    fn message(first: Option<i64>, last: Option<i64>) -> String {
        args(first, last).window(PageSizes::default(), Level::Root).unwrap_err().to_string()
    }

    #[test]
    fn sizes_default_by_level() {
        for (level, size) in [(Level::Root, 20), (Level::Nested, 5)] {
            let window = args(None, None).window(PageSizes::default(), level).unwrap();
            assert_eq!((window.size, window.backward), (size, false));
        }
    }

    #[test]
    fn refusals_name_the_argument_its_value_and_the_limit() {
        assert_eq!(message(Some(-1), None), "first is -1; it must be 0 to 100");
        assert!(message(None, Some(101)).starts_with("last is 101; a page has at most 100 rows"));
        assert!(message(Some(i64::MAX), None).starts_with("first is 9223372036854775807"));
        assert!(message(Some(1), Some(1)).starts_with("first and last cannot be given together"));
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_priced_as_it_is_paged(
            first in proptest::option::of(-10..200_i64),
            last in proptest::option::of(-10..200_i64),
            root in any::<bool>(),
        ) {
            let (level, sizes) = (if root { Level::Root } else { Level::Nested }, PageSizes::default());
            let priced = sizes.priced(level, first, last);
            prop_assert!(priced <= u64::from(sizes.most));
            if let Ok(window) = args(first, last).window(sizes, level) {
                prop_assert_eq!(u64::from(window.size), priced);
                prop_assert_eq!(window.backward, first.is_none() && last.is_some());
            }
        }
    }
}
