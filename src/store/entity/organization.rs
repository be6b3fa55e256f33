//! An organisation, one row per identity within a dataset.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::store::row::{Cells, Row};

/// An organisation, one row per identity within a dataset.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub dataset_id: i64,
    pub name: Option<String>,
    pub local_id: Option<String>,
    pub identifier_scheme: Option<String>,
    pub identifier_id: Option<String>,
    pub identifier_legal_name: Option<String>,
    pub identifier_uri: Option<String>,
    pub additional_identifiers: Option<String>,
    pub street: Option<String>,
    pub locality: Option<String>,
    pub region: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub contact_name: Option<String>,
    pub contact_email: Option<String>,
    pub contact_telephone: Option<String>,
    pub contact_fax: Option<String>,
    pub contact_url: Option<String>,
    pub completeness: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            id: cells.take()?,
            dataset_id: cells.take()?,
            name: cells.take()?,
            local_id: cells.take()?,
            identifier_scheme: cells.take()?,
            identifier_id: cells.take()?,
            identifier_legal_name: cells.take()?,
            identifier_uri: cells.take()?,
            additional_identifiers: cells.take()?,
            street: cells.take()?,
            locality: cells.take()?,
            region: cells.take()?,
            postal_code: cells.take()?,
            country: cells.take()?,
            contact_name: cells.take()?,
            contact_email: cells.take()?,
            contact_telephone: cells.take()?,
            contact_fax: cells.take()?,
            contact_url: cells.take()?,
            completeness: cells.take()?,
        })
    }
}
