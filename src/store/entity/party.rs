//! An organisation in a process, with its roles there.

use crate::store::row::{Text, table};

table! {
    /// An organisation in a process, with its roles there.
    3 "parties" {
        process_id: i64,
        position: i32,
        organization_id: i64,
        roles: i32,
        other_roles: Option<Text>,
    }
}
