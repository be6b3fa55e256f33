//! Small values that lie in the row of what they describe.

use async_graphql::SimpleObject;

use super::scalars::{DateTime, Decimal};
use crate::{ocds::model::Time, store::entity::organization};

/// An amount of money.
#[derive(Clone, Debug, SimpleObject)]
pub(super) struct Money {
    /// The exact amount. Null when it was not published or not readable.
    amount: Option<Decimal>,
    /// The currency, by its ISO 4217 code where the publisher keeps to it. Null when not published.
    currency: Option<String>,
}

/// A period of time.
#[derive(Clone, Debug, SimpleObject)]
pub(super) struct Period {
    /// Its first moment. Null when not published.
    start_date: Option<DateTime>,
    /// Its last moment. Null when not published.
    end_date: Option<DateTime>,
    /// How far it can be extended. Null when not published.
    max_extent_date: Option<DateTime>,
    /// Its length in days, as published. Null when not published.
    duration_in_days: Option<i32>,
}

/// An identifier in a register of organisations.
#[derive(Clone, Debug, SimpleObject)]
pub(super) struct Identifier {
    /// The register, by its code. Null when not published.
    scheme: Option<String>,
    /// The id in the register. Null when not published.
    id: Option<String>,
    /// The registered name. Null when not published.
    legal_name: Option<String>,
    /// Where the register describes it. Null when not published.
    uri: Option<String>,
}

/// A postal address.
#[derive(Clone, Debug, SimpleObject)]
pub(super) struct Address {
    /// Street and number. Null when not published.
    #[graphql(name = "streetAddress")]
    street: Option<String>,
    /// The town. Null when not published.
    locality: Option<String>,
    /// The region. Null when not published.
    region: Option<String>,
    /// The postal code. Null when not published.
    postal_code: Option<String>,
    /// The country. Null when not published.
    country_name: Option<String>,
}

/// A person or office to ask.
#[derive(Clone, Debug, SimpleObject)]
pub(super) struct ContactPoint {
    /// The name. Null when not published.
    name: Option<String>,
    /// The e-mail address. Null when not published.
    email: Option<String>,
    /// The telephone number. Null when not published.
    telephone: Option<String>,
    /// The fax number. Null when not published.
    fax_number: Option<String>,
    /// The web page. Null when not published.
    url: Option<String>,
}

/// A moment of a row.
pub(super) fn moment(time: Option<Time>) -> Option<DateTime> {
    time.map(DateTime)
}

/// Money from its two columns; null when both are.
pub(super) fn money(amount: Option<rust_decimal::Decimal>, currency: Option<&str>) -> Option<Money> {
    let any = amount.is_some() || currency.is_some();
    any.then(|| Money { amount: amount.map(Decimal), currency: currency.map(str::to_owned) })
}

/// A period from its four columns; null when all are.
pub(super) fn period(
    start: Option<Time>,
    end: Option<Time>,
    max_extent: Option<Time>,
    days: Option<i32>,
) -> Option<Period> {
    let any = start.is_some() || end.is_some() || max_extent.is_some() || days.is_some();
    any.then(|| Period {
        start_date: moment(start),
        end_date: moment(end),
        max_extent_date: moment(max_extent),
        duration_in_days: days,
    })
}

/// The identifier of an organisation; null when it has none.
pub(super) fn identifier(row: &organization::Model) -> Option<Identifier> {
    let parts =
        [row.identifier_scheme(), row.identifier_id(), row.identifier_legal_name(), row.identifier_uri()];
    parts.iter().any(Option::is_some).then(|| Identifier {
        scheme: row.identifier_scheme().map(str::to_owned),
        id: row.identifier_id().map(str::to_owned),
        legal_name: row.identifier_legal_name().map(str::to_owned),
        uri: row.identifier_uri().map(str::to_owned),
    })
}

/// The address of an organisation; null when it has none.
pub(super) fn address(row: &organization::Model) -> Option<Address> {
    let parts = [row.street(), row.locality(), row.region(), row.postal_code(), row.country()];
    parts.iter().any(Option::is_some).then(|| Address {
        street: row.street().map(str::to_owned),
        locality: row.locality().map(str::to_owned),
        region: row.region().map(str::to_owned),
        postal_code: row.postal_code().map(str::to_owned),
        country_name: row.country().map(str::to_owned),
    })
}

/// Whom to ask at an organisation; null when nobody is named.
pub(super) fn contact_point(row: &organization::Model) -> Option<ContactPoint> {
    let parts = [
        row.contact_name(),
        row.contact_email(),
        row.contact_telephone(),
        row.contact_fax(),
        row.contact_url(),
    ];
    parts.iter().any(Option::is_some).then(|| ContactPoint {
        name: row.contact_name().map(str::to_owned),
        email: row.contact_email().map(str::to_owned),
        telephone: row.contact_telephone().map(str::to_owned),
        fax_number: row.contact_fax().map(str::to_owned),
        url: row.contact_url().map(str::to_owned),
    })
}
