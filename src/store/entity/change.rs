//! An entry of the change log.

use crate::{
    ocds::model::Time,
    store::row::{Text, table},
};

table! {
    /// An entry of the change log.
    15 "changes" {
        sequence: i64,
        at: Time,
        kind: Text,
        dataset_id: i64,
        process_id: i64,
        ocid: Text,
        paths: Text,
        tags: Text,
    }
}
