//! Which awards, and in which order.

use async_graphql::{Enum, ID, InputObject};

use crate::{
    graphql::{
        codelist::AwardStatus,
        collection::{ListOrder, Sorting},
        error::Error,
        filter::{Combined, DateInput, FilterInput, SearchedParts, Terms, ValueInput},
    },
    ocds::codelist as ocds,
    store::query::{collection::By, filter::Term},
};

/// Which awards to list. Every part that is given must hold; of a list of values one must match, and
/// an empty list matches nothing. A part never holds for what was not published, so `not` of it does.
/// `and`, `or` and `not` may lie 5 deep in each other; a filter has at most 100 values and words, and 200 filters inside it, in all.
#[derive(Clone, Debug, InputObject)]
pub(in crate::graphql) struct AwardFilter {
    #[graphql(flatten)]
    process: SearchedParts,
    /// Takes those that went to one of these organisations, by global id.
    supplier: Option<Vec<ID>>,
    /// Takes those of processes for which one of these organisations made a bid or is listed as a
    /// tenderer, by global id.
    tenderer: Option<Vec<ID>>,
    /// Takes those that have one of these statuses.
    status: Option<Vec<AwardStatus>>,
    /// Takes those of processes with an item whose classification begins so, as `45` for CPV's construction
    /// work: an item of the tender, of an award or of a contract.
    classification: Option<Vec<String>>,
    /// Takes those whose value is in this range.
    value: Option<ValueInput>,
    /// Takes those dated in this range.
    date: Option<DateInput>,
    /// Takes those for which all of these hold.
    and: Option<Vec<AwardFilter>>,
    /// Takes those for which one of these holds.
    or: Option<Vec<AwardFilter>>,
    /// Takes those for which this does not hold.
    not: Option<Box<AwardFilter>>,
}

/// The order of a list of awards. Equal ones are ordered by id.
#[derive(Clone, Copy, Debug, Default, Enum, PartialEq, Eq)]
pub(in crate::graphql) enum AwardOrder {
    /// Newest first, by date; those without come last.
    #[default]
    DateDesc,
    /// Oldest first, by date; those without come last.
    DateAsc,
    /// Greatest value first. The filter must name a currency at its top: `value`.
    ValueDesc,
    /// Least value first. The filter must name a currency at its top: `value`.
    ValueAsc,
    /// By the words of the title, without case and diacritics; those without one come last.
    TitleAsc,
    /// By the words of the title backwards; those without one come last.
    TitleDesc,
}

impl FilterInput for AwardFilter {
    fn read(self, terms: &mut Terms) -> Result<Combined<Self>, Error> {
        terms.searched(self.process)?;
        terms.organizations(self.supplier, Term::Supplier)?;
        terms.organizations(self.tenderer, Term::Tenderer)?;
        terms.codes::<_, ocds::AwardStatus>(self.status, Term::Status);
        terms.classification(self.classification);
        terms.value(self.value)?;
        terms.dates(self.date, Term::Date);
        Ok(Combined { and: self.and, or: self.or, not: self.not })
    }
}

impl ListOrder for AwardOrder {
    fn sorting(self) -> Sorting {
        match self {
            Self::DateDesc => Sorting::descending("award.date", By::Date),
            Self::DateAsc => Sorting::ascending("award.date", By::Date),
            Self::ValueDesc => Sorting::descending("award.value", By::Amount),
            Self::ValueAsc => Sorting::ascending("award.value", By::Amount),
            Self::TitleAsc => Sorting::ascending("award.title", By::Title),
            Self::TitleDesc => Sorting::descending("award.title", By::Title),
        }
    }
}
