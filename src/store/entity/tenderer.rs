//! A tenderer of a process.

use crate::store::row::table;

table! {
    /// A tenderer of a process.
    4 "tenderers" {
        process_id: i64,
        position: i32,
        organization_id: i64,
    }
}
