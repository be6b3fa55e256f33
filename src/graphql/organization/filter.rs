//! Which organisations, and in which order.

use async_graphql::{Enum, InputObject};

use crate::{
    graphql::{
        collection::{ListOrder, Sorting},
        error::Error,
        filter::{Combined, FilterInput, Terms},
    },
    store::query::collection::By,
};

/// Which organisations to list. Every part that is given must hold; of a list of values one must match,
/// and an empty list matches nothing. `and`, `or` and `not` may lie 5 deep in each other; a filter has at
/// most 100 values and words, and 200 filters inside it, in all.
#[derive(Clone, Debug, InputObject)]
pub(in crate::graphql) struct OrganizationFilter {
    /// Takes those in whose name, the registered one included, all these words occur, the last one as a
    /// beginning, whatever their case and diacritics. A text without a letter or digit demands nothing.
    search: Option<String>,
    /// Takes those in one of these datasets, by name.
    dataset: Option<Vec<String>>,
    /// Takes those for which all of these hold.
    and: Option<Vec<OrganizationFilter>>,
    /// Takes those for which one of these holds.
    or: Option<Vec<OrganizationFilter>>,
    /// Takes those for which this does not hold.
    not: Option<Box<OrganizationFilter>>,
}

/// The order of a list of organisations. Equal ones are ordered by id.
#[derive(Clone, Copy, Debug, Default, Enum, PartialEq, Eq)]
pub(in crate::graphql) enum OrganizationOrder {
    /// By the words of the name, without case and diacritics; those without a name come last.
    #[default]
    NameAsc,
    /// By the words of the name backwards; those without a name come last.
    NameDesc,
}

impl FilterInput for OrganizationFilter {
    fn read(self, terms: &mut Terms) -> Result<Combined<Self>, Error> {
        terms.search(self.search);
        terms.datasets(self.dataset);
        Ok(Combined { and: self.and, or: self.or, not: self.not })
    }
}

impl ListOrder for OrganizationOrder {
    fn sorting(self) -> Sorting {
        match self {
            Self::NameAsc => Sorting::ascending("name", By::Title),
            Self::NameDesc => Sorting::descending("name", By::Title),
        }
    }
}
