//! Which organisations, and in which order.

use async_graphql::{Enum, InputObject};

use crate::store::{
    id,
    query::filter::{Filter, Term},
};

/// Which organisations to list. Every part that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub(in crate::graphql) struct OrganizationFilter {
    /// Takes those of one of these datasets, by name.
    dataset: Option<Vec<String>>,
}

/// The order of a list of organisations.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
pub(in crate::graphql) enum OrganizationOrder {
    /// By name, in the order of code points; those without a name come last.
    NameAsc,
    /// By name backwards; those without a name come last.
    NameDesc,
}

impl OrganizationFilter {
    /// The filter as the store knows it.
    pub(super) fn stored(self) -> Filter {
        let names = |names: Vec<String>| names.iter().map(|name| id::dataset(name)).collect();
        Filter::All(self.dataset.map(|given| Filter::Is(Term::Dataset(names(given)))).into_iter().collect())
    }
}
