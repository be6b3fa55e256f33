//! Which values are summed, and by what.

use async_graphql::{Enum, ID, InputObject};

use crate::{
    graphql::{
        error::Error,
        filter::{Combined, DateInput, FilterInput, SearchedParts, Terms, ValueInput},
    },
    store::query::{
        filter::Term,
        spending::{Group, Measure},
    },
};

/// What makes a group.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "Group")]
pub(in crate::graphql) enum SpendingGroupBy {
    /// The buyer of the process.
    Buyer,
    /// The supplier. What several were awarded together counts for each of them in full.
    Supplier,
    /// The main category of the tender.
    Category,
    /// The procurement method of the tender.
    Method,
    /// The year of the measure's date, in UTC. Values without a date are a group of their own.
    Year,
    /// The month of the measure's date, in UTC. Values without a date are a group of their own.
    Month,
}

/// Which values are summed. Cancelled and unsuccessful ones are left out; a missing status counts.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "Measure")]
pub(in crate::graphql) enum SpendingMeasure {
    /// The values of awards, by the date of the award.
    Awarded,
    /// The values of contracts, by the date of their signature.
    Contracted,
    /// The values of tenders, by the beginning of the tender period.
    Tendered,
}

/// Which values to sum. Every part that is given must hold; of a list of values one must match, and an
/// empty list matches nothing. A part never holds for what was not published, so `not` of it does.
/// `and`, `or` and `not` may lie 5 deep in each other; a filter has at most 100 values and words, and 200 filters inside it, in all.
#[derive(Clone, Debug, InputObject)]
pub(in crate::graphql) struct SpendingFilter {
    #[graphql(flatten)]
    process: SearchedParts,
    /// Takes what went to one of these organisations, by global id; of tenders, those of which they were
    /// awarded a part.
    supplier: Option<Vec<ID>>,
    /// Takes those of processes for which one of these organisations made a bid or is listed as a
    /// tenderer, by global id.
    tenderer: Option<Vec<ID>>,
    /// Takes those of processes with an item whose classification begins so, as `45` for CPV's construction
    /// work: an item of the tender, of an award or of a contract.
    classification: Option<Vec<String>>,
    /// Takes values in this range.
    value: Option<ValueInput>,
    /// Takes those whose date, that of the measure, is in this range.
    date: Option<DateInput>,
    /// Takes those for which all of these hold.
    and: Option<Vec<SpendingFilter>>,
    /// Takes those for which one of these holds.
    or: Option<Vec<SpendingFilter>>,
    /// Takes those for which this does not hold.
    not: Option<Box<SpendingFilter>>,
}

impl FilterInput for SpendingFilter {
    fn read(self, terms: &mut Terms) -> Result<Combined<Self>, Error> {
        terms.searched(self.process)?;
        terms.organizations(self.supplier, Term::Supplier)?;
        terms.organizations(self.tenderer, Term::Tenderer)?;
        terms.classification(self.classification);
        terms.value(self.value)?;
        terms.dates(self.date, Term::Date);
        Ok(Combined { and: self.and, or: self.or, not: self.not })
    }
}
