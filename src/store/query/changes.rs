//! The change log, read in its order, and which database it belongs to.

use serde::{Deserialize, Serialize};

use crate::{
    ocds::model::Time,
    store::{
        Backend, Database, StoreError, cells::Cells, database::first, entity::change::Model, row::Record,
        write::ChangeKind,
    },
};

/// What an entry says of what was touched: all that caches need to know of it. Nodes tell each other of it over
/// Redis: a change of these types is a change of the [format](crate::cache::shared::FORMAT) there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the log.
    pub sequence: i64,
    /// When it was written, by the clock of whoever wrote it.
    pub at: Time,
    /// The dataset that was written to.
    pub dataset: i64,
    /// The process that was written, or is to be forgotten by caches; `None` where the dataset itself was written.
    pub process: Option<ChangedProcess>,
    /// The organisations whose rows, lists or sums may have changed.
    pub organizations: Organizations,
}

/// A process that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedProcess {
    /// Its id.
    pub id: i64,
    /// Its ocid.
    pub ocid: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// The paths that changed, as in its compiled release; empty when everything did.
    pub paths: Vec<String>,
}

/// The organisations that a write touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Organizations {
    /// These, by id.
    Named(Vec<i64>),
    /// More than can be named: anything of the dataset may have changed.
    Any,
}

impl Entry {
    /// Whether it tells of a change of a process; others are for caches only.
    pub fn tells(&self) -> bool {
        self.process.as_ref().is_some_and(|process| process.kind != ChangeKind::Invalidated)
    }
}

/// The entries from a sequence on, which is among them, in order, at most `limit`.
pub async fn from(database: &Database, sequence: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
    const SQL: &str = "SELECT sequence, at, dataset_id, process_id, ocid, kind, paths, tags FROM changes \
         WHERE sequence >= $1 ORDER BY sequence LIMIT $2";
    database.fetch(SQL, [sequence.into(), i64::from(limit).into()], entry).await
}

/// The entries before a sequence, the newest first, at most `limit`.
pub async fn before(database: &Database, sequence: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
    const SQL: &str = "SELECT sequence, at, dataset_id, process_id, ocid, kind, paths, tags FROM changes \
         WHERE sequence < $1 ORDER BY sequence DESC LIMIT $2";
    database.fetch(SQL, [sequence.into(), i64::from(limit).into()], entry).await
}

/// The whole entries behind a sequence, in order, at most `limit`.
pub async fn after(database: &Database, sequence: i64, limit: u32) -> Result<Vec<Model>, StoreError> {
    let columns = Model::TABLE.select_list("t");
    let sql = format!("SELECT {columns} FROM changes t WHERE t.sequence > $1 ORDER BY t.sequence LIMIT $2");
    let rows = database.rows(Model::TABLE, &sql, [sequence.into(), i64::from(limit).into()]).await?;
    Ok(rows.into_iter().filter_map(Model::from_row).collect())
}

/// The sequence of the newest entry; 0 when the log is empty.
pub async fn head(database: &Database) -> Result<i64, StoreError> {
    let newest = database.fetch("SELECT max(sequence) FROM changes", [], first::<Option<i64>>).await?;
    Ok(newest.first().copied().flatten().unwrap_or(0))
}

/// Up to where entries of the log were removed because they were old; 0 where none were. Whoever has seen
/// entry N can go on behind it if and only if N is not less than this.
pub async fn removed_through(database: &Database) -> Result<i64, StoreError> {
    let found = database.fetch("SELECT log_removed_through FROM identity", [], first::<i64>).await?;
    match found[..] {
        [through] => Ok(through),
        _ => Err(StoreError::Corrupt(NOT_ONE_IDENTITY.to_owned())),
    }
}

const NOT_ONE_IDENTITY: &str = "the table `identity` has not one row; run farol migrate";

/// Which database this is: a text that no other has, the same as long as this one lives. What is kept
/// outside of the database under this text was read from this one, and sequences of the log compare.
///
/// Made at random by a migration. A copy of a SQLite file has the text of the original; on PostgreSQL a
/// copy has another, because the number of the database on its server is a part of it.
pub async fn identity(database: &Database) -> Result<String, StoreError> {
    let sql = match database.backend() {
        Backend::Sqlite => "SELECT id FROM identity",
        _ => {
            "SELECT id || '-' || (SELECT oid FROM pg_database WHERE datname = current_database()) FROM identity"
        }
    };
    let mut found = database.fetch(sql, [], first::<String>).await?;
    match (found.pop(), found.is_empty()) {
        (Some(identity), true) => Ok(identity),
        _ => Err(StoreError::Corrupt(NOT_ONE_IDENTITY.to_owned())),
    }
}

fn entry(cells: &mut Cells<'_>) -> Result<Entry, StoreError> {
    let (sequence, at, dataset) = (cells.take()?, cells.take()?, cells.take()?);
    let (id, ocid, kind) = (cells.take()?, cells.take()?, cells.take::<String>()?);
    // A kind of a later farol is a change like any other.
    let kind = ChangeKind::parse(&kind).unwrap_or(ChangeKind::Updated);
    let paths = serde_json::from_str(&cells.take::<String>()?).unwrap_or_default();
    let process = ChangedProcess { id, ocid, kind, paths };
    let organizations = organizations(&cells.take::<String>()?);
    Ok(Entry { sequence, at, dataset, process: (process.id != 0).then_some(process), organizations })
}

/// Reads the tags of an entry. One that is not known, of a later farol, stands for more than is named.
fn organizations(tags: &str) -> Organizations {
    let named = || {
        let tags: Vec<&str> = serde_json::from_str(tags).ok()?;
        let ids = tags.iter().filter(|tag| !tag.starts_with("process:"));
        ids.map(|tag| tag.strip_prefix("organization:")?.parse().ok()).collect::<Option<Vec<i64>>>()
    };
    named().map_or(Organizations::Any, Organizations::Named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_stands_for_anything() {
        let named = |ids: &[i64]| Organizations::Named(ids.to_vec());
        assert_eq!(organizations("[]"), named(&[]));
        assert_eq!(organizations(r#"["process:7","organization:8","organization:9"]"#), named(&[8, 9]));
        for tags in [r#"["process:7","dataset:1"]"#, r#"["buyer:7"]"#, r#"["organization:x"]"#, "{}", ""] {
            assert_eq!(organizations(tags), Organizations::Any, "{tags}");
        }
    }
}
