//! A contract.

use rust_decimal::Decimal;

use crate::{
    ocds::model::Time,
    store::row::{Text, table},
};

table! {
    /// A contract.
    9 "contracts" {
        process_id: i64,
        position: i32,
        id: i64,
        local_id: Option<Text>,
        award_id: Option<i64>,
        award_local_id: Option<Text>,
        title: Option<Text>,
        description: Option<Text>,
        status: Option<Text>,
        status_text: Option<Text>,
        status_details: Option<Text>,
        value_amount: Option<Decimal>,
        value_currency: Option<Text>,
        date_signed: Option<Time>,
        period_start: Option<Time>,
        period_end: Option<Time>,
        period_max_extent: Option<Time>,
        period_days: Option<i32>,
        milestones: Option<Text>,
        amendments: Option<Text>,
        item_count: i32,
        document_count: i32,
        transaction_count: i32,
    }
}
