//! The tables that hold a process, and how each is written to and emptied.

use std::sync::LazyLock;

use sea_orm::{ColumnTrait, ColumnType, EntityTrait, IdenStatic, Iterable};

use crate::store::entity::{
    award, award_supplier, bid, bid_tenderer, change, contract, document, item, organization, party, process,
    process_details, release, tenderer, transaction,
};

/// A table that writes go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Processes,
    ProcessDetails,
    Organizations,
    Parties,
    Tenderers,
    Bids,
    BidTenderers,
    Awards,
    AwardSuppliers,
    Contracts,
    Items,
    Documents,
    Transactions,
    Releases,
    Changes,
}

/// Every table, in the order of [`Table`].
pub(super) const TABLES: [Table; 15] = [
    Table::Processes,
    Table::ProcessDetails,
    Table::Organizations,
    Table::Parties,
    Table::Tenderers,
    Table::Bids,
    Table::BidTenderers,
    Table::Awards,
    Table::AwardSuppliers,
    Table::Contracts,
    Table::Items,
    Table::Documents,
    Table::Transactions,
    Table::Releases,
    Table::Changes,
];

/// The name and columns of a table; rows are pushed in the order of the columns.
pub(super) struct Layout {
    pub(super) name: &'static str,
    pub(super) columns: Vec<&'static str>,
    pub(super) kinds: Vec<Kind>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    BigInt,
    Text,
    Time,
    Amount,
    Bytes,
}

impl Table {
    pub(super) fn layout(self) -> &'static Layout {
        static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| TABLES.map(Table::describe).into());
        &LAYOUTS[self as usize]
    }

    /// What an insert does where the row is there: an organisation's becomes the better mention.
    pub(super) fn on_conflict(self) -> String {
        if self != Self::Organizations {
            return String::new();
        }
        let update = |column: &&str| format!("{column} = excluded.{column}");
        let updates: Vec<String> = self.layout().columns.iter().skip(1).map(update).collect();
        format!(
            " ON CONFLICT (id) DO UPDATE SET {} WHERE excluded.completeness > organizations.completeness",
            updates.join(", ")
        )
    }

    fn describe(self) -> Layout {
        match self {
            Self::Processes => layout::<process::Entity>("processes"),
            Self::ProcessDetails => layout::<process_details::Entity>("process_details"),
            Self::Organizations => layout::<organization::Entity>("organizations"),
            Self::Parties => layout::<party::Entity>("parties"),
            Self::Tenderers => layout::<tenderer::Entity>("tenderers"),
            Self::Bids => layout::<bid::Entity>("bids"),
            Self::BidTenderers => layout::<bid_tenderer::Entity>("bid_tenderers"),
            Self::Awards => layout::<award::Entity>("awards"),
            Self::AwardSuppliers => layout::<award_supplier::Entity>("award_suppliers"),
            Self::Contracts => layout::<contract::Entity>("contracts"),
            Self::Items => layout::<item::Entity>("items"),
            Self::Documents => layout::<document::Entity>("documents"),
            Self::Transactions => layout::<transaction::Entity>("transactions"),
            Self::Releases => {
                let mut releases = layout::<release::Entity>("releases");
                releases.columns.push("body");
                releases.kinds.push(Kind::Bytes);
                releases
            }
            Self::Changes => {
                let mut changes = layout::<change::Entity>("changes");
                // The database numbers the entries: their first column is not written.
                changes.columns.remove(0);
                changes.kinds.remove(0);
                changes
            }
        }
    }
}

fn layout<E: EntityTrait>(name: &'static str) -> Layout {
    Layout {
        name,
        columns: E::Column::iter().map(|column| column.as_str()).collect(),
        kinds: E::Column::iter().map(|column| kind(column.def().get_column_type())).collect(),
    }
}

fn kind(column: &ColumnType) -> Kind {
    match column {
        ColumnType::Integer => Kind::Int,
        ColumnType::BigInteger => Kind::BigInt,
        ColumnType::TimestampWithTimeZone => Kind::Time,
        ColumnType::Decimal(_) => Kind::Amount,
        _ => Kind::Text,
    }
}

/// The statements that remove a process, children first; `{keys}` stands for the set of process ids.
pub(super) const REMOVALS: [&str; 18] = [
    "DELETE FROM bid_tenderers WHERE bid_id IN (SELECT id FROM bids WHERE process_id IN {keys})",
    "DELETE FROM documents WHERE parent_id IN (SELECT id FROM bids WHERE process_id IN {keys})",
    "DELETE FROM bids WHERE process_id IN {keys}",
    "DELETE FROM transactions WHERE contract_id IN (SELECT id FROM contracts WHERE process_id IN {keys})",
    "DELETE FROM items WHERE parent_id IN (SELECT id FROM contracts WHERE process_id IN {keys})",
    "DELETE FROM documents WHERE parent_id IN (SELECT id FROM contracts WHERE process_id IN {keys})",
    "DELETE FROM contracts WHERE process_id IN {keys}",
    "DELETE FROM award_suppliers WHERE award_id IN (SELECT id FROM awards WHERE process_id IN {keys})",
    "DELETE FROM items WHERE parent_id IN (SELECT id FROM awards WHERE process_id IN {keys})",
    "DELETE FROM documents WHERE parent_id IN (SELECT id FROM awards WHERE process_id IN {keys})",
    "DELETE FROM awards WHERE process_id IN {keys}",
    "DELETE FROM items WHERE parent_id IN {keys}",
    "DELETE FROM documents WHERE parent_id IN {keys}",
    "DELETE FROM parties WHERE process_id IN {keys}",
    "DELETE FROM tenderers WHERE process_id IN {keys}",
    "DELETE FROM releases WHERE process_id IN {keys}",
    "DELETE FROM process_details WHERE process_id IN {keys}",
    "DELETE FROM processes WHERE id IN {keys}",
];

/// The statements that remove the lists of bids, awards and contracts by these parents' ids `{keys}`.
pub(super) const ORPHANS: [&str; 5] = [
    "DELETE FROM bid_tenderers WHERE bid_id IN {keys}",
    "DELETE FROM award_suppliers WHERE award_id IN {keys}",
    "DELETE FROM transactions WHERE contract_id IN {keys}",
    "DELETE FROM items WHERE parent_id IN {keys}",
    "DELETE FROM documents WHERE parent_id IN {keys}",
];

/// The table and the condition of one of the [`REMOVALS`].
pub(super) fn parts(removal: &'static str) -> (&'static str, &'static str) {
    removal.trim_start_matches("DELETE FROM ").split_once(" WHERE ").unwrap_or((removal, "false"))
}
