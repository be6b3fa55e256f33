//! A payment under a contract.

use rust_decimal::Decimal;

use crate::{
    ocds::model::Time,
    store::row::{Text, table},
};

table! {
    /// A payment under a contract.
    13 "transactions" {
        contract_id: i64,
        position: i32,
        id: i64,
        local_id: Option<Text>,
        source: Option<Text>,
        date: Option<Time>,
        value_amount: Option<Decimal>,
        value_currency: Option<Text>,
        payer_id: Option<i64>,
        payee_id: Option<i64>,
        uri: Option<Text>,
    }
}
