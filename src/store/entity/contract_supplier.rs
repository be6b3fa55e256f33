//! Who supplies under a contract: the suppliers of its award.

use crate::{ocds::model::Time, store::row::table};

table! {
    /// Who supplies under a contract: the suppliers of its award.
    10 "contract_suppliers" {
        contract_id: i64,
        position: i32,
        organization_id: i64,
        process_id: i64,
        date: Option<Time>,
    }
}
