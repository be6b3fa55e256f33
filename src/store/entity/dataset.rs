//! A published dataset: one publisher, one import target.

use crate::{
    ocds::model::Time,
    store::row::{Text, table},
};

table! {
    /// A published dataset: one publisher, one import target.
    16 "datasets" {
        id: i64,
        name: Text,
        publisher_name: Option<Text>,
        publisher_uri: Option<Text>,
        license: Option<Text>,
        publication_policy: Option<Text>,
        published: Option<Time>,
        first_date: Option<Time>,
        last_date: Option<Time>,
        processes: i64,
        releases: i64,
        organizations: i64,
        bids: i64,
        awards: i64,
        contracts: i64,
        last_import: Option<Time>,
    }
}
