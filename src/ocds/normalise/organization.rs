//! Organisations: the list of parties, and every place that mentions one.

use super::at::{At, Keys, Step, clean};
use crate::ocds::codelist::{Codelist, PartyRole};
use crate::ocds::issue::IssueKind;
use crate::ocds::json::Value;
use crate::ocds::model::{Address, ContactPoint, Identifier, Party, PartyIndex};
use crate::ocds::party::Parties;

const ORGANIZATION: Keys = &[
    "id",
    "name",
    "identifier",
    // Of some extensions; not a misspelling of the one before.
    "identifiers",
    "additionalIdentifiers",
    "address",
    "contactPoint",
    "roles",
    "details",
    // The identifier that OCDS 1.0 puts in the place of an organisation.
    "scheme",
    "legalName",
    "uri",
];
const IDENTIFIER: Keys = &["scheme", "id", "legalName", "uri"];
const ADDRESS: Keys = &["streetAddress", "locality", "region", "postalCode", "countryName", "country"];
const CONTACT_POINT: Keys = &["name", "email", "telephone", "faxNumber", "url", "uri"];

/// Reads the list of parties.
pub(super) fn publish(at: &At<'_>, parties: &mut Parties) {
    at.each_value("parties", |step, value| {
        if let Some(party) = organization(at, step, value) {
            parties.publish(party);
        }
    });
}

/// The organisation mentioned under a key.
pub(super) fn mention(at: &At<'_>, key: &str, role: PartyRole, parties: &mut Parties) -> Option<PartyIndex> {
    let mut found = mentions(at, key, role, parties);
    if found.len() > 1 {
        at.report(
            IssueKind::WrongType,
            Step::Key(key),
            "",
            "a list; only its first organisation was read here",
        );
    }
    (!found.is_empty()).then(|| found.swap_remove(0))
}

/// The organisations mentioned in the list under a key, each once.
pub(super) fn mentions(at: &At<'_>, key: &str, role: PartyRole, parties: &mut Parties) -> Vec<PartyIndex> {
    let mut found = Vec::new();
    at.each_value(key, |step, value| {
        let Some(party) = organization(at, step, value) else { return };
        found.push(parties.mention(party, role));
    });
    found
}

/// An organisation: an object, or its bare name.
fn organization(at: &At<'_>, step: Step<'_>, value: &Value<'_>) -> Option<Party> {
    match value {
        Value::Object(_) => {
            let party = from_object(&at.at(step, value, ORGANIZATION));
            (party != Party::default()).then_some(party)
        }
        Value::String(name) => Some(Party { name: clean(name), ..Party::default() }),
        _ => {
            at.wrong_type(step, value, "an organisation was expected; left out");
            None
        }
    }
}

fn from_object(at: &At<'_>) -> Party {
    let identifier = at.object("identifier", IDENTIFIER, identifier).or_else(|| {
        let in_place = at.has("scheme") || at.has("legalName");
        in_place.then(|| identifier(at))
    });
    let legal_name = identifier.as_ref().and_then(|identifier| identifier.legal_name.clone());
    let (roles, other_roles) = roles(at);
    Party {
        key: String::new(),
        local_id: at.text("id"),
        name: at.text("name").or(legal_name),
        identifier: identifier.filter(|identifier| *identifier != Identifier::default()),
        additional_identifiers: at.json("additionalIdentifiers"),
        address: at.object("address", ADDRESS, address).filter(|address| *address != Address::default()),
        contact_point: at
            .object("contactPoint", CONTACT_POINT, contact)
            .filter(|c| *c != ContactPoint::default()),
        roles,
        other_roles,
    }
}

fn identifier(at: &At<'_>) -> Identifier {
    Identifier {
        scheme: at.text("scheme"),
        id: at.text("id"),
        legal_name: at.text("legalName"),
        uri: at.text("uri"),
    }
}

fn address(at: &At<'_>) -> Address {
    Address {
        street: at.text("streetAddress"),
        locality: at.text("locality"),
        region: at.text("region"),
        postal_code: at.text("postalCode"),
        country: at.text("countryName").or_else(|| at.text("country")),
    }
}

fn contact(at: &At<'_>) -> ContactPoint {
    ContactPoint {
        name: at.text("name"),
        email: at.text("email"),
        telephone: at.text("telephone"),
        fax: at.text("faxNumber"),
        url: at.text("url").or_else(|| at.text("uri")),
    }
}

fn roles(at: &At<'_>) -> (Vec<PartyRole>, Vec<String>) {
    let (mut roles, mut others) = (Vec::new(), Vec::new());
    for text in at.texts("roles") {
        match PartyRole::parse(&text) {
            PartyRole::Other => {
                at.report(
                    IssueKind::UnknownCode,
                    Step::Key("roles"),
                    &text,
                    "not a code of its list; kept as text",
                );
                others.push(text);
            }
            role if roles.contains(&role) => {}
            role => roles.push(role),
        }
    }
    (roles, others)
}
