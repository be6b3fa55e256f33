//! Who made a bid.

use crate::{ocds::model::Time, store::row::table};

table! {
    /// Who made a bid.
    6 "bid_tenderers" {
        bid_id: i64,
        position: i32,
        organization_id: i64,
        process_id: i64,
        date: Option<Time>,
    }
}
