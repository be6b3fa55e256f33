//! To whom an award went.

use crate::{ocds::model::Time, store::row::table};

table! {
    /// To whom an award went.
    8 "award_suppliers" {
        award_id: i64,
        position: i32,
        organization_id: i64,
        process_id: i64,
        date: Option<Time>,
    }
}
