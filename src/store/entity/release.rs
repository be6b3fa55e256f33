//! A release as published. Its digest and compressed JSON stay in the table until asked for.

use crate::{
    ocds::model::Time,
    store::row::{Text, table},
};

table! {
    /// A release as published, compressed.
    14 "releases" {
        process_id: i64,
        position: i32,
        id: i64,
        local_id: Option<Text>,
        date: Option<Time>,
        tags: Option<Text>,
    }
}
