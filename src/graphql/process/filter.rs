//! Which processes, and in which order.

use async_graphql::{Enum, ID, InputObject};

use crate::{
    graphql::{
        codelist::{self, ProcurementCategory, ProcurementMethod, TenderStatus},
        cursor::Cursor,
        error::Error,
        id,
        scalars::DateTime,
    },
    ocds::codelist as ocds,
    store::{
        id::{self as store_id, Kind},
        page::Position,
        query::{
            collection::{By, Order},
            filter::{Filter, Term, TimeRange},
        },
    },
};

/// Which processes to list. Every part that is given must hold; an empty list matches nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub(in crate::graphql) struct ProcessFilter {
    /// Takes those of one of these datasets, by name.
    dataset: Option<Vec<String>>,
    /// Takes those bought by one of these organisations, by global id.
    buyer: Option<Vec<ID>>,
    /// Takes those whose tender has one of these statuses.
    status: Option<Vec<TenderStatus>>,
    /// Takes those whose tender has one of these methods.
    method: Option<Vec<ProcurementMethod>>,
    /// Takes those whose tender is mainly about one of these categories.
    category: Option<Vec<ProcurementCategory>>,
    /// Takes those dated at this moment or later; leaves out those without a date.
    date_from: Option<DateTime>,
    /// Takes those dated before this moment; leaves out those without a date.
    date_before: Option<DateTime>,
}

/// The order of a list of processes. Equal ones are ordered by id.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
pub(in crate::graphql) enum ProcessOrder {
    /// Newest first, by the date of the latest release; those without a date come last.
    DateDesc,
    /// Oldest first, by the date of the latest release; those without a date come last.
    DateAsc,
    /// By ocid, in the order of code points.
    OcidAsc,
    /// By ocid backwards.
    OcidDesc,
}

impl ProcessFilter {
    /// The filter as the store knows it.
    pub(super) fn stored(self) -> Result<Filter, Error> {
        let names = |names: Vec<String>| names.iter().map(|name| store_id::dataset(name)).collect();
        let ids = |ids: Vec<ID>| ids.iter().map(|id| id::decode_as(Kind::Organization, id)).collect();
        let (from, before) = (self.date_from.map(|moment| moment.0), self.date_before.map(|moment| moment.0));
        let dates = (from.is_some() || before.is_some()).then_some(TimeRange { from, before });
        let terms = [
            self.dataset.map(names).map(Term::Dataset),
            self.buyer.map(ids).transpose()?.map(Term::Buyer),
            codelist::codes::<_, ocds::TenderStatus>(self.status).map(Term::Status),
            codelist::codes::<_, ocds::ProcurementMethod>(self.method).map(Term::Method),
            codelist::codes::<_, ocds::ProcurementCategory>(self.category).map(Term::Category),
            dates.map(Term::Date),
        ];
        Ok(Filter::All(terms.into_iter().flatten().map(Filter::Is).collect()))
    }
}

impl ProcessOrder {
    /// The order as the store knows it.
    pub(super) fn stored(self) -> Order {
        match self {
            Self::DateDesc => Order { by: By::Date, descending: true },
            Self::DateAsc => Order { by: By::Date, descending: false },
            Self::OcidAsc => Order { by: By::Ocid, descending: false },
            Self::OcidDesc => Order { by: By::Ocid, descending: true },
        }
    }

    /// The order's name in cursors, the same for both directions.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::DateDesc | Self::DateAsc => "date",
            Self::OcidAsc | Self::OcidDesc => "ocid",
        }
    }

    /// The position that a cursor of this order means.
    pub(super) fn position(self, cursor: &str, argument: &str) -> Result<Position, Error> {
        let cursor = Cursor::decode(cursor, self.name(), argument)?;
        match self {
            Self::DateDesc | Self::DateAsc => cursor.by_time(),
            Self::OcidAsc | Self::OcidDesc => Ok(cursor.by_text()),
        }
    }
}
