//! The tables that the usual stack reads, as SeaORM entities.

#![expect(unreachable_pub, reason = "SeaORM derives public items")]

pub(crate) mod award {
    use farol::ocds::model::Time;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "awards")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub process_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub id: i64,
        pub local_id: Option<String>,
        pub title: Option<String>,
        pub description: Option<String>,
        pub status: Option<String>,
        pub status_text: Option<String>,
        pub status_details: Option<String>,
        pub date: Option<Time>,
        pub value_amount: Option<Decimal>,
        pub value_currency: Option<String>,
        pub contract_start: Option<Time>,
        pub contract_end: Option<Time>,
        pub contract_max_extent: Option<Time>,
        pub contract_days: Option<i32>,
        pub related_bids: Option<String>,
        pub amendments: Option<String>,
        pub item_count: i32,
        pub document_count: i32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod award_supplier {
    use farol::ocds::model::Time;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "award_suppliers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub award_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub organization_id: i64,
        pub process_id: i64,
        pub date: Option<Time>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod bid {
    use farol::ocds::model::Time;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "bids")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub process_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub id: i64,
        pub local_id: Option<String>,
        pub date: Option<Time>,
        pub status: Option<String>,
        pub status_text: Option<String>,
        pub status_details: Option<String>,
        pub value_amount: Option<Decimal>,
        pub value_currency: Option<String>,
        pub document_count: i32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod bid_tenderer {
    use farol::ocds::model::Time;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "bid_tenderers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub bid_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub organization_id: i64,
        pub process_id: i64,
        pub date: Option<Time>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod organization {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
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
}

pub(crate) mod process {
    use farol::ocds::model::Time;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "processes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub dataset_id: i64,
        pub ocid: String,
        pub date: Option<Time>,
        pub initiation_type: Option<String>,
        pub language: Option<String>,
        pub buyer_id: Option<i64>,
        pub procuring_entity_id: Option<i64>,
        pub tender_local_id: Option<String>,
        pub title: Option<String>,
        pub status: Option<String>,
        pub status_text: Option<String>,
        pub method: Option<String>,
        pub method_text: Option<String>,
        pub method_details: Option<String>,
        pub category: Option<String>,
        pub category_text: Option<String>,
        pub value_amount: Option<Decimal>,
        pub value_currency: Option<String>,
        pub date_published: Option<Time>,
        pub tender_start: Option<Time>,
        pub tender_end: Option<Time>,
        pub tender_max_extent: Option<Time>,
        pub tender_days: Option<i32>,
        pub number_of_tenderers: Option<i32>,
        pub party_count: i32,
        pub tenderer_count: i32,
        pub item_count: i32,
        pub document_count: i32,
        pub bid_count: i32,
        pub award_count: i32,
        pub contract_count: i32,
        pub release_count: i32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
