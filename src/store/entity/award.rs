//! An award.

use rust_decimal::Decimal;

use crate::{
    ocds::model::Time,
    store::row::{Text, table},
};

table! {
    /// An award.
    7 "awards" {
        process_id: i64,
        position: i32,
        id: i64,
        local_id: Option<Text>,
        title: Option<Text>,
        description: Option<Text>,
        status: Option<Text>,
        status_text: Option<Text>,
        status_details: Option<Text>,
        date: Option<Time>,
        value_amount: Option<Decimal>,
        value_currency: Option<Text>,
        contract_start: Option<Time>,
        contract_end: Option<Time>,
        contract_max_extent: Option<Time>,
        contract_days: Option<i32>,
        related_bids: Option<Text>,
        amendments: Option<Text>,
        item_count: i32,
        document_count: i32,
    }
}
