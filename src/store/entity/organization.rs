//! An organisation, one row per identity within a dataset.

use crate::store::row::{Text, table};

table! {
    /// An organisation, one row per identity within a dataset.
    2 "organizations" {
        id: i64,
        dataset_id: i64,
        name: Option<Text>,
        local_id: Option<Text>,
        identifier_scheme: Option<Text>,
        identifier_id: Option<Text>,
        identifier_legal_name: Option<Text>,
        identifier_uri: Option<Text>,
        additional_identifiers: Option<Text>,
        street: Option<Text>,
        locality: Option<Text>,
        region: Option<Text>,
        postal_code: Option<Text>,
        country: Option<Text>,
        contact_name: Option<Text>,
        contact_email: Option<Text>,
        contact_telephone: Option<Text>,
        contact_fax: Option<Text>,
        contact_url: Option<Text>,
        completeness: Text,
    }
}
