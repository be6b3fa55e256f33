//! Which bids, and in which order.

use async_graphql::{Enum, ID, InputObject};

use crate::{
    graphql::{
        codelist::BidStatus,
        collection::{ListOrder, Sorting},
        error::Error,
        filter::{Combined, DateInput, FilterInput, SearchedParts, Terms, ValueInput},
    },
    ocds::codelist as ocds,
    store::query::{collection::By, filter::Term},
};

/// Which bids to list. Every part that is given must hold; of a list of values one must match, and
/// an empty list matches nothing. A part never holds for what was not published, so `not` of it does.
/// `and`, `or` and `not` may lie 5 deep in each other; a filter has at most 100 values and words, and 200 filters inside it, in all.
#[derive(Clone, Debug, InputObject)]
pub(in crate::graphql) struct BidFilter {
    #[graphql(flatten)]
    process: SearchedParts,
    /// Takes those of processes of which one of these organisations was awarded a part, by global id.
    supplier: Option<Vec<ID>>,
    /// Takes those that one of these organisations made, by global id.
    tenderer: Option<Vec<ID>>,
    /// Takes those that have one of these statuses.
    status: Option<Vec<BidStatus>>,
    /// Takes those of processes with an item whose classification begins so, as `45` for CPV's construction
    /// work: an item of the tender, of an award or of a contract.
    classification: Option<Vec<String>>,
    /// Takes those whose value is in this range.
    value: Option<ValueInput>,
    /// Takes those dated in this range.
    date: Option<DateInput>,
    /// Takes those for which all of these hold.
    and: Option<Vec<BidFilter>>,
    /// Takes those for which one of these holds.
    or: Option<Vec<BidFilter>>,
    /// Takes those for which this does not hold.
    not: Option<Box<BidFilter>>,
}

/// The order of a list of bids. Equal ones are ordered by id.
#[derive(Clone, Copy, Debug, Default, Enum, PartialEq, Eq)]
pub(in crate::graphql) enum BidOrder {
    /// Newest first, by date; those without come last.
    #[default]
    DateDesc,
    /// Oldest first, by date; those without come last.
    DateAsc,
    /// Greatest value first. The filter must name a currency at its top: `value`.
    ValueDesc,
    /// Least value first. The filter must name a currency at its top: `value`.
    ValueAsc,
}

impl FilterInput for BidFilter {
    fn read(self, terms: &mut Terms) -> Result<Combined<Self>, Error> {
        terms.searched(self.process)?;
        terms.organizations(self.supplier, Term::Supplier)?;
        terms.organizations(self.tenderer, Term::Tenderer)?;
        terms.codes::<_, ocds::BidStatus>(self.status, Term::Status);
        terms.classification(self.classification);
        terms.value(self.value)?;
        terms.dates(self.date, Term::Date);
        Ok(Combined { and: self.and, or: self.or, not: self.not })
    }
}

impl ListOrder for BidOrder {
    fn sorting(self) -> Sorting {
        match self {
            Self::DateDesc => Sorting::descending("bid.date", By::Date),
            Self::DateAsc => Sorting::ascending("bid.date", By::Date),
            Self::ValueDesc => Sorting::descending("bid.value", By::Amount),
            Self::ValueAsc => Sorting::ascending("bid.value", By::Amount),
        }
    }
}
