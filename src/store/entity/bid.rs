//! A bid.

use rust_decimal::Decimal;

use crate::{
    ocds::model::Time,
    store::row::{Text, table},
};

table! {
    /// A bid.
    5 "bids" {
        process_id: i64,
        position: i32,
        id: i64,
        local_id: Option<Text>,
        date: Option<Time>,
        status: Option<Text>,
        status_text: Option<Text>,
        status_details: Option<Text>,
        value_amount: Option<Decimal>,
        value_currency: Option<Text>,
        document_count: i32,
    }
}
