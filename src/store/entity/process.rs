//! The hot row of a contracting process: what lists show and filter by.

use rust_decimal::Decimal;

use crate::{
    ocds::model::Time,
    store::row::{Text, table},
};

table! {
    /// The hot row of a contracting process: what lists show and filter by.
    0 "processes" {
        id: i64,
        dataset_id: i64,
        ocid: Text,
        date: Option<Time>,
        initiation_type: Option<Text>,
        language: Option<Text>,
        buyer_id: Option<i64>,
        procuring_entity_id: Option<i64>,
        tender_local_id: Option<Text>,
        title: Option<Text>,
        status: Option<Text>,
        status_text: Option<Text>,
        method: Option<Text>,
        method_text: Option<Text>,
        method_details: Option<Text>,
        category: Option<Text>,
        category_text: Option<Text>,
        value_amount: Option<Decimal>,
        value_currency: Option<Text>,
        date_published: Option<Time>,
        tender_start: Option<Time>,
        tender_end: Option<Time>,
        tender_max_extent: Option<Time>,
        tender_days: Option<i32>,
        number_of_tenderers: Option<i32>,
        party_count: i32,
        tenderer_count: i32,
        item_count: i32,
        document_count: i32,
        bid_count: i32,
        award_count: i32,
        contract_count: i32,
        release_count: i32,
    }
}
