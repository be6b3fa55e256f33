//! Global ids: a row's kind and id as one opaque text, the same on every database.
//!
//! base64url over `TYPE:NUMBER`, the type as the schema names it. Clients keep ids.

use async_graphql::ID;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

use super::error::Error;
use crate::{error::quoted, store::id::Kind};

const NAMES: [(Kind, &str); 10] = [
    (Kind::Dataset, "Dataset"),
    (Kind::Process, "ContractingProcess"),
    (Kind::Organization, "Organization"),
    (Kind::Bid, "Bid"),
    (Kind::Award, "Award"),
    (Kind::Contract, "Contract"),
    (Kind::Item, "Item"),
    (Kind::Document, "Document"),
    (Kind::Transaction, "Transaction"),
    (Kind::Release, "Release"),
];

/// The global id of a row.
pub(super) fn encode(kind: Kind, id: i64) -> ID {
    ID(BASE64_URL_SAFE_NO_PAD.encode(format!("{}:{id}", name(kind))))
}

/// The row that a global id means.
pub(super) fn decode(id: &ID) -> Result<(Kind, i64), Error> {
    let plain =
        BASE64_URL_SAFE_NO_PAD.decode(id.as_str()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = plain.as_deref().and_then(|plain| plain.split_once(':'));
    let row = parts.and_then(|(name, number)| {
        let (kind, _) = NAMES.iter().find(|(_, known)| *known == name)?;
        Some((*kind, number.parse().ok()?))
    });
    row.ok_or_else(|| {
        Error::BadInput(format!("{} is not an id; take one from a field named id", quoted(id, 80)))
    })
}

/// The same where only one kind will do.
pub(super) fn decode_as(wanted: Kind, id: &ID) -> Result<i64, Error> {
    match decode(id)? {
        (kind, number) if kind == wanted => Ok(number),
        (kind, _) => Err(Error::BadInput(format!(
            "{:?} is an id of {}; an id of {} is needed here",
            id.as_str(),
            name(kind),
            name(wanted)
        ))),
    }
}

fn name(kind: Kind) -> &'static str {
    NAMES.iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_are_pinned() {
        assert_eq!(encode(Kind::Award, 7).as_str(), "QXdhcmQ6Nw");
        for (kind, name) in NAMES {
            assert_eq!(decode(&encode(kind, i64::MAX)).unwrap(), (kind, i64::MAX), "{name}");
        }
    }

    #[test]
    fn the_wrong_kind_is_named() {
        let message = decode_as(Kind::Organization, &encode(Kind::Award, 7)).unwrap_err().to_string();
        assert_eq!(message, "\"QXdhcmQ6Nw\" is an id of Award; an id of Organization is needed here");
        assert!(decode(&ID("7".to_owned())).is_err());
    }
}
