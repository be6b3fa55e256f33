//! The tables that hold a process, and how each is written to and emptied.

use std::sync::LazyLock;

use crate::store::{
    entity::{
        award, award_supplier, bid, bid_tenderer, change, contract, contract_supplier, document, item,
        organization, party, process, process_details, release, tenderer, transaction,
    },
    row::{Kind, Record},
};

/// A table that writes go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Processes,
    ProcessDetails,
    ProcessSearch,
    Organizations,
    Parties,
    Tenderers,
    Bids,
    BidTenderers,
    Awards,
    AwardSuppliers,
    Contracts,
    ContractSuppliers,
    Items,
    ItemSearch,
    Documents,
    Transactions,
    Releases,
    Changes,
}

/// Every table, in the order of [`Table`].
pub(super) const TABLES: [Table; 18] = [
    Table::Processes,
    Table::ProcessDetails,
    Table::ProcessSearch,
    Table::Organizations,
    Table::Parties,
    Table::Tenderers,
    Table::Bids,
    Table::BidTenderers,
    Table::Awards,
    Table::AwardSuppliers,
    Table::Contracts,
    Table::ContractSuppliers,
    Table::Items,
    Table::ItemSearch,
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
            Self::Processes => Layout::of::<process::Model>().and("title_key", Kind::Text),
            Self::ProcessDetails => Layout::of::<process_details::Model>(),
            Self::ProcessSearch => Layout::search("process_search", "process_id"),
            Self::Organizations => {
                let organizations = Layout::of::<organization::Model>();
                organizations.and("name_key", Kind::Text).and("terms", Kind::Terms)
            }
            Self::Parties => Layout::of::<party::Model>(),
            Self::Tenderers => Layout::of::<tenderer::Model>(),
            Self::Bids => Layout::of::<bid::Model>().and("dataset_id", Kind::BigInt),
            Self::BidTenderers => Layout::of::<bid_tenderer::Model>(),
            Self::Awards => {
                let awards = Layout::of::<award::Model>();
                awards.and("dataset_id", Kind::BigInt).and("title_key", Kind::Text)
            }
            Self::AwardSuppliers => Layout::of::<award_supplier::Model>(),
            Self::Contracts => {
                let contracts = Layout::of::<contract::Model>();
                contracts.and("dataset_id", Kind::BigInt).and("title_key", Kind::Text)
            }
            Self::ContractSuppliers => Layout::of::<contract_supplier::Model>(),
            Self::Items => {
                let items = Layout::of::<item::Model>();
                items.and("dataset_id", Kind::BigInt).and("description_key", Kind::Text)
            }
            Self::ItemSearch => Layout::search("item_search", "item_id"),
            Self::Documents => Layout::of::<document::Model>(),
            Self::Transactions => Layout::of::<transaction::Model>(),
            Self::Releases => Layout::of::<release::Model>().and("body", Kind::Bytes),
            Self::Changes => {
                let mut changes = Layout::of::<change::Model>();
                // The database numbers the entries: their first column is not written.
                changes.columns.remove(0);
                changes.kinds.remove(0);
                changes
            }
        }
    }
}

impl Layout {
    /// All columns of a table as it is read.
    fn of<R: Record>() -> Self {
        let columns = R::TABLE.columns;
        Self {
            name: R::TABLE.name,
            columns: columns.iter().map(|column| column.name).collect(),
            kinds: columns.iter().map(|column| column.kind).collect(),
        }
    }

    /// The same with a column that is written but not a part of the row as it is read.
    fn and(mut self, column: &'static str, kind: Kind) -> Self {
        self.columns.push(column);
        self.kinds.push(kind);
        self
    }

    fn search(name: &'static str, id: &'static str) -> Self {
        Self { name, columns: vec![id, "terms"], kinds: vec![Kind::BigInt, Kind::Terms] }
    }
}

/// The statements that remove a process, children first; `{keys}` stands for the set of process ids. They
/// look up by unique indexes only: others may be put off ([`super::deferred`]).
pub(super) const REMOVALS: [&str; 23] = [
    "DELETE FROM bid_tenderers WHERE bid_id IN (SELECT id FROM bids WHERE process_id IN {keys})",
    "DELETE FROM documents WHERE parent_id IN (SELECT id FROM bids WHERE process_id IN {keys})",
    "DELETE FROM bids WHERE process_id IN {keys}",
    "DELETE FROM transactions WHERE contract_id IN (SELECT id FROM contracts WHERE process_id IN {keys})",
    "DELETE FROM contract_suppliers WHERE contract_id IN (SELECT id FROM contracts WHERE process_id IN {keys})",
    "DELETE FROM item_search WHERE item_id IN (SELECT id FROM items WHERE parent_id IN \
     (SELECT id FROM contracts WHERE process_id IN {keys}))",
    "DELETE FROM items WHERE parent_id IN (SELECT id FROM contracts WHERE process_id IN {keys})",
    "DELETE FROM documents WHERE parent_id IN (SELECT id FROM contracts WHERE process_id IN {keys})",
    "DELETE FROM contracts WHERE process_id IN {keys}",
    "DELETE FROM award_suppliers WHERE award_id IN (SELECT id FROM awards WHERE process_id IN {keys})",
    "DELETE FROM item_search WHERE item_id IN (SELECT id FROM items WHERE parent_id IN \
     (SELECT id FROM awards WHERE process_id IN {keys}))",
    "DELETE FROM items WHERE parent_id IN (SELECT id FROM awards WHERE process_id IN {keys})",
    "DELETE FROM documents WHERE parent_id IN (SELECT id FROM awards WHERE process_id IN {keys})",
    "DELETE FROM awards WHERE process_id IN {keys}",
    "DELETE FROM item_search WHERE item_id IN (SELECT id FROM items WHERE parent_id IN {keys})",
    "DELETE FROM items WHERE parent_id IN {keys}",
    "DELETE FROM documents WHERE parent_id IN {keys}",
    "DELETE FROM parties WHERE process_id IN {keys}",
    "DELETE FROM tenderers WHERE process_id IN {keys}",
    "DELETE FROM releases WHERE process_id IN {keys}",
    "DELETE FROM process_search WHERE process_id IN {keys}",
    "DELETE FROM process_details WHERE process_id IN {keys}",
    "DELETE FROM processes WHERE id IN {keys}",
];

/// The statements that remove the lists of bids, awards and contracts by these parents' ids `{keys}`.
pub(super) const ORPHANS: [&str; 7] = [
    "DELETE FROM bid_tenderers WHERE bid_id IN {keys}",
    "DELETE FROM award_suppliers WHERE award_id IN {keys}",
    "DELETE FROM contract_suppliers WHERE contract_id IN {keys}",
    "DELETE FROM transactions WHERE contract_id IN {keys}",
    "DELETE FROM item_search WHERE item_id IN (SELECT id FROM items WHERE parent_id IN {keys})",
    "DELETE FROM items WHERE parent_id IN {keys}",
    "DELETE FROM documents WHERE parent_id IN {keys}",
];

/// The statement that reads who is named by the processes `{keys}`: pairs of a process and an organisation,
/// each once. It looks up by unique indexes only, as the [`REMOVALS`] do.
pub(super) const ORGANIZATIONS: &str = "\
    SELECT process_id, organization_id FROM parties WHERE process_id IN {keys} UNION \
    SELECT process_id, organization_id FROM tenderers WHERE process_id IN {keys} UNION \
    SELECT b.process_id, m.organization_id FROM bids b JOIN bid_tenderers m ON m.bid_id = b.id \
    WHERE b.process_id IN {keys} UNION \
    SELECT a.process_id, m.organization_id FROM awards a JOIN award_suppliers m ON m.award_id = a.id \
    WHERE a.process_id IN {keys} UNION \
    SELECT c.process_id, m.organization_id FROM contracts c JOIN contract_suppliers m ON m.contract_id = c.id \
    WHERE c.process_id IN {keys} UNION \
    SELECT c.process_id, t.payer_id FROM contracts c JOIN transactions t ON t.contract_id = c.id \
    WHERE c.process_id IN {keys} AND t.payer_id IS NOT NULL UNION \
    SELECT c.process_id, t.payee_id FROM contracts c JOIN transactions t ON t.contract_id = c.id \
    WHERE c.process_id IN {keys} AND t.payee_id IS NOT NULL UNION \
    SELECT id, buyer_id FROM processes WHERE id IN {keys} AND buyer_id IS NOT NULL UNION \
    SELECT id, procuring_entity_id FROM processes WHERE id IN {keys} AND procuring_entity_id IS NOT NULL";

/// The table and the condition of one of the [`REMOVALS`].
pub(super) fn parts(removal: &'static str) -> (&'static str, &'static str) {
    removal.trim_start_matches("DELETE FROM ").split_once(" WHERE ").unwrap_or((removal, "false"))
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

    use super::*;

    /// An import that removes what it replaces would else go through whole tables while indexes are put off.
    #[tokio::test]
    async fn removals_look_up_by_unique_indexes() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        for migration in [
            include_str!("../../../migrations/sqlite/0001_first_light.sql"),
            include_str!("../../../migrations/sqlite/0002_query_api.sql"),
            include_str!("../../../migrations/sqlite/0003_change_tail.sql"),
            include_str!("../../../migrations/sqlite/0004_log_retention.sql"),
        ] {
            sqlx::raw_sql(migration).execute(&mut connection).await.unwrap();
        }
        let indexes = "SELECT 'DROP INDEX ' || name FROM sqlite_master WHERE sql LIKE 'CREATE INDEX %'";
        let indexes: Vec<String> = sqlx::query_scalar(indexes).fetch_all(&mut connection).await.unwrap();
        for drop in indexes {
            sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut connection).await.unwrap();
        }
        for removal in REMOVALS.iter().chain(&ORPHANS).chain(&[ORGANIZATIONS]) {
            let removal = removal.replace("{keys}", "(SELECT value FROM json_each('[]'))");
            let plan = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {removal}"));
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(plan).fetch_all(&mut connection).await.unwrap();
            let scans =
                plan.iter().filter(|(.., step)| step.starts_with("SCAN") && !step.contains("json_each"));
            assert_eq!(scans.count(), 0, "{removal}: {plan:?}");
        }
    }

    /// A column that names an organisation and is not read would leave cached sums of it as they are.
    #[test]
    fn every_column_that_names_an_organisation_is_read() {
        let names = ["organization_id", "buyer_id", "procuring_entity_id", "payer_id", "payee_id"];
        let mut seen = 0;
        for layout in TABLES.map(Table::layout) {
            let columns = layout.columns.iter().filter(|column| names.contains(column));
            for column in columns {
                seen += 1;
                assert!(ORGANIZATIONS.contains(&format!(" {} ", layout.name)), "{}", layout.name);
                assert!(ORGANIZATIONS.contains(column), "{column}");
            }
        }
        assert_eq!(seen, 9, "all columns are known by their names");
    }
}
