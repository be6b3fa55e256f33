//! A document of a process, bid, award or contract.

use crate::{
    ocds::model::Time,
    store::row::{Text, table},
};

table! {
    /// A document of a process, bid, award or contract.
    12 "documents" {
        parent_id: i64,
        position: i32,
        id: i64,
        stage: Text,
        local_id: Option<Text>,
        document_type: Option<Text>,
        title: Option<Text>,
        description: Option<Text>,
        url: Option<Text>,
        date_published: Option<Time>,
        date_modified: Option<Time>,
        format: Option<Text>,
        language: Option<Text>,
    }
}
