//! Which processes, and in which order.

use async_graphql::{Enum, ID, InputObject};

use crate::{
    graphql::{
        codelist::TenderStatus,
        collection::{ListOrder, Sorting},
        error::Error,
        filter::{Combined, DateInput, FilterInput, ProcessParts, Terms, ValueInput},
    },
    ocds::codelist as ocds,
    store::query::{collection::By, filter::Term},
};

/// Which processes to list. Every part that is given must hold; of a list of values one must match, and
/// an empty list matches nothing. A part never holds for what was not published, so `not` of it does.
/// `and`, `or` and `not` may lie 5 deep in each other; a filter has at most 100 values and words, and 200 filters inside it, in all.
#[derive(Clone, Debug, InputObject)]
pub(in crate::graphql) struct ProcessFilter {
    /// Takes those in which all these words occur, the last one as a beginning: in titles, descriptions
    /// and the names of the parties, whatever their case and diacritics. A text without a letter or
    /// digit demands nothing.
    search: Option<String>,
    #[graphql(flatten)]
    process: ProcessParts,
    /// Takes those of which one of these organisations was awarded a part, by global id.
    supplier: Option<Vec<ID>>,
    /// Takes those for which one of these organisations made a bid or is listed as a tenderer, by global id.
    tenderer: Option<Vec<ID>>,
    /// Takes those whose tender has one of these statuses.
    status: Option<Vec<TenderStatus>>,
    /// Takes those with an item whose classification begins so, as `45` for CPV's construction work: an
    /// item of the tender, of an award or of a contract.
    classification: Option<Vec<String>>,
    /// Takes those whose tender has a value in this range.
    value: Option<ValueInput>,
    /// Takes those whose latest release is dated in this range.
    date: Option<DateInput>,
    /// Takes those whose tender period begins in this range.
    tender_start: Option<DateInput>,
    /// Takes those whose tender period ends in this range.
    tender_end: Option<DateInput>,
    /// Takes those for which all of these hold.
    and: Option<Vec<ProcessFilter>>,
    /// Takes those for which one of these holds.
    or: Option<Vec<ProcessFilter>>,
    /// Takes those for which this does not hold.
    not: Option<Box<ProcessFilter>>,
}

/// The order of a list of processes. Equal ones are ordered by id.
#[derive(Clone, Copy, Debug, Default, Enum, PartialEq, Eq)]
pub(in crate::graphql) enum ProcessOrder {
    /// Newest first, by the date of the latest release; those without a date come last.
    #[default]
    DateDesc,
    /// Oldest first, by the date of the latest release; those without a date come last.
    DateAsc,
    /// Greatest tender value first. The filter must name a currency at its top: `value`.
    ValueDesc,
    /// Least tender value first. The filter must name a currency at its top: `value`.
    ValueAsc,
    /// By the words of the title, without case and diacritics; those without a title come last.
    TitleAsc,
    /// By the words of the title backwards; those without a title come last.
    TitleDesc,
    /// Most bids first.
    BidsDesc,
    /// Fewest bids first.
    BidsAsc,
    /// By ocid, in the order of code points.
    OcidAsc,
    /// By ocid backwards.
    OcidDesc,
}

impl FilterInput for ProcessFilter {
    fn read(self, terms: &mut Terms) -> Result<Combined<Self>, Error> {
        terms.search(self.search);
        terms.process(self.process)?;
        terms.organizations(self.supplier, Term::Supplier)?;
        terms.organizations(self.tenderer, Term::Tenderer)?;
        terms.codes::<_, ocds::TenderStatus>(self.status, Term::Status);
        terms.classification(self.classification);
        terms.value(self.value)?;
        terms.dates(self.date, Term::Date);
        terms.dates(self.tender_start, Term::TenderStart);
        terms.dates(self.tender_end, Term::TenderEnd);
        Ok(Combined { and: self.and, or: self.or, not: self.not })
    }
}

impl ListOrder for ProcessOrder {
    fn sorting(self) -> Sorting {
        match self {
            Self::DateDesc => Sorting::descending("date", By::Date),
            Self::DateAsc => Sorting::ascending("date", By::Date),
            Self::ValueDesc => Sorting::descending("value", By::Amount),
            Self::ValueAsc => Sorting::ascending("value", By::Amount),
            Self::TitleAsc => Sorting::ascending("title", By::Title),
            Self::TitleDesc => Sorting::descending("title", By::Title),
            Self::BidsDesc => Sorting::descending("bids", By::Bids),
            Self::BidsAsc => Sorting::ascending("bids", By::Bids),
            Self::OcidAsc => Sorting::ascending("ocid", By::Ocid),
            Self::OcidDesc => Sorting::descending("ocid", By::Ocid),
        }
    }
}
