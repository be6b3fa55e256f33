//! Something bought: of a tender, an award or a contract.

use rust_decimal::Decimal;

use crate::{
    ocds::model::Time,
    store::row::{Text, table},
};

table! {
    /// Something bought: of a tender, an award or a contract.
    11 "items" {
        parent_id: i64,
        position: i32,
        id: i64,
        local_id: Option<Text>,
        description: Option<Text>,
        classification_scheme: Option<Text>,
        classification_id: Option<Text>,
        classification_description: Option<Text>,
        quantity: Option<Decimal>,
        unit_name: Option<Text>,
        unit_value_amount: Option<Decimal>,
        unit_value_currency: Option<Text>,
        process_id: i64,
        date: Option<Time>,
    }
}
