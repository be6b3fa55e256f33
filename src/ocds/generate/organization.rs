//! The organisations of a generated dataset, each known by its number alone.

use super::random::{Random, index};
use super::words::{LOCALES, Locale, filled};
use super::writer::Writer;

const BUYER: u64 = 1;
const SUPPLIER: u64 = 2;

/// How many names buyers can have before they are numbered.
const BUYER_NAMES: u64 = 48;

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) name: String,
    /// Scheme and id in a register, which some lack.
    identifier: Option<(&'static str, String)>,
    place: &'static str,
    country: &'static str,
}

/// The locale of the organisation of that number.
pub(super) fn locale(number: u64) -> &'static Locale {
    &LOCALES[index(number % LOCALES.len() as u64)]
}

impl Organization {
    /// The public body of that number.
    pub(super) fn buyer(seed: u64, number: u64) -> Self {
        let mut random = Random::of(seed, BUYER, number);
        let locale = locale(number);
        let rank = number / LOCALES.len() as u64;
        let place = locale.places[index(rank % 8)];
        let mut name = filled(locale.buyers[index(rank / 8 % 6)], "", place);
        if rank >= BUYER_NAMES {
            name = format!("{name} {}", rank / BUYER_NAMES + 1);
        }
        let register = format!("{:08}", 10_000_000 + random.below(9_000) * 10_000 + rank);
        Self::new(locale, locale.bodies, Some(register), name, place, number)
    }

    /// The company of that number.
    pub(super) fn supplier(seed: u64, number: u64) -> Self {
        let mut random = Random::of(seed, SUPPLIER, number);
        let locale = locale(number);
        let place = *random.pick(&locale.places);
        let (first, trade, form) =
            (random.pick(&locale.names), random.pick(&locale.trades), random.pick(&locale.forms));
        let name = match random.below(3) {
            0 => format!("{first} {trade} {form}"),
            1 => format!("{first} & {} {trade} {form}", random.pick(&locale.names)),
            _ => format!("{first} {trade} {place} {form}"),
        };
        let registered = !random.percent(10);
        let register = registered.then(|| format!("{:09}", 100_000_000 + number));
        Self::new(locale, locale.companies, register, name, place, number)
    }

    fn new(
        locale: &'static Locale,
        scheme: &'static str,
        register: Option<String>,
        name: String,
        place: &'static str,
        number: u64,
    ) -> Self {
        let id = register.as_ref().map_or_else(|| format!("org-{number}"), |id| format!("{scheme}-{id}"));
        Self { id, name, identifier: register.map(|id| (scheme, id)), place, country: locale.country }
    }

    /// Writes the entry in the list of parties.
    pub(super) fn write(&self, writer: &mut Writer, roles: &[&str]) {
        writer.text("id", &self.id);
        writer.text("name", &self.name);
        if let Some((scheme, id)) = &self.identifier {
            writer.object("identifier", |writer| {
                writer.text("scheme", scheme);
                writer.text("id", id);
                writer.text("legalName", &self.name);
            });
        }
        writer.object("address", |writer| {
            writer.text("locality", self.place);
            writer.text("countryName", self.country);
        });
        writer.texts("roles", roles);
    }

    /// Writes a mention.
    pub(super) fn mention(&self, writer: &mut Writer) {
        writer.text("id", &self.id);
        writer.text("name", &self.name);
    }
}
