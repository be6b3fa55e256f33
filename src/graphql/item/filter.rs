//! Which items, and in which order.

use async_graphql::{Enum, ID, InputObject};

use crate::{
    graphql::{
        collection::{ListOrder, Sorting},
        error::Error,
        filter::{Combined, DateInput, FilterInput, ProcessParts, Terms, ValueInput},
    },
    store::query::{collection::By, filter::Term},
};

/// Which items to list: those of tenders, awards and contracts. Every part that is given must hold; of a list of values one must match, and
/// an empty list matches nothing. A part never holds for what was not published, so `not` of it does.
/// `and`, `or` and `not` may lie 5 deep in each other; a filter has at most 100 values and words, and 200 filters inside it, in all.
#[derive(Clone, Debug, InputObject)]
pub(in crate::graphql) struct ItemFilter {
    /// Takes those in which all these words occur, the last one as a beginning: in the description and in
    /// that of the classification, whatever their case and diacritics. A text without a letter or digit
    /// demands nothing.
    search: Option<String>,
    #[graphql(flatten)]
    process: ProcessParts,
    /// Takes those of processes of which one of these organisations was awarded a part, by global id.
    supplier: Option<Vec<ID>>,
    /// Takes those of processes for which one of these organisations made a bid or is listed as a
    /// tenderer, by global id.
    tenderer: Option<Vec<ID>>,
    /// Takes those whose classification begins so, as `45` for CPV's construction work.
    classification: Option<Vec<String>>,
    /// Takes those of which a unit has a value in this range.
    value: Option<ValueInput>,
    /// Takes those of processes whose latest release is dated in this range.
    date: Option<DateInput>,
    /// Takes those for which all of these hold.
    and: Option<Vec<ItemFilter>>,
    /// Takes those for which one of these holds.
    or: Option<Vec<ItemFilter>>,
    /// Takes those for which this does not hold.
    not: Option<Box<ItemFilter>>,
}

/// The order of a list of items. Equal ones are ordered by id.
#[derive(Clone, Copy, Debug, Default, Enum, PartialEq, Eq)]
pub(in crate::graphql) enum ItemOrder {
    /// Newest first, by the date of the process's latest release; those without come last.
    #[default]
    DateDesc,
    /// Oldest first, by the date of the process's latest release; those without come last.
    DateAsc,
    /// Greatest unit value first. The filter must name a currency at its top: `value`.
    ValueDesc,
    /// Least unit value first. The filter must name a currency at its top: `value`.
    ValueAsc,
    /// By the words of the description, without case and diacritics; those without one come last.
    DescriptionAsc,
    /// By the words of the description backwards; those without one come last.
    DescriptionDesc,
}

impl FilterInput for ItemFilter {
    fn read(self, terms: &mut Terms) -> Result<Combined<Self>, Error> {
        terms.search(self.search);
        terms.process(self.process)?;
        terms.organizations(self.supplier, Term::Supplier)?;
        terms.organizations(self.tenderer, Term::Tenderer)?;
        terms.classification(self.classification);
        terms.value(self.value)?;
        terms.dates(self.date, Term::Date);
        Ok(Combined { and: self.and, or: self.or, not: self.not })
    }
}

impl ListOrder for ItemOrder {
    fn sorting(self) -> Sorting {
        match self {
            Self::DateDesc => Sorting::descending("item.date", By::Date),
            Self::DateAsc => Sorting::ascending("item.date", By::Date),
            Self::ValueDesc => Sorting::descending("item.value", By::Amount),
            Self::ValueAsc => Sorting::ascending("item.value", By::Amount),
            Self::DescriptionAsc => Sorting::ascending("item.description", By::Title),
            Self::DescriptionDesc => Sorting::descending("item.description", By::Title),
        }
    }
}
