//! Many keys in one parameter, so that one prepared statement serves any number of them:
//! an array on PostgreSQL, a JSON text on SQLite.

use std::{borrow::Cow, fmt::Write as _};

use sea_orm::{DbBackend, Value, sea_query::ArrayType};

/// A statement's text on each database.
#[derive(Debug)]
pub(in crate::store) struct Sql {
    postgres: String,
    sqlite: String,
}

impl Sql {
    /// Texts that differ.
    pub(in crate::store) fn new(postgres: String, sqlite: String) -> Self {
        Self { postgres, sqlite }
    }

    /// `select` where `column` is one of the keys in the first parameter.
    pub(in crate::store) fn where_in(select: &str, column: &str) -> Self {
        Self {
            postgres: format!("{select} WHERE {column} = ANY($1)"),
            sqlite: format!("{select} WHERE {column} IN (SELECT value FROM json_each($1))"),
        }
    }

    /// A text around each of these.
    pub(in crate::store) fn map(&self, around: impl Fn(&str) -> String) -> Self {
        Self { postgres: around(&self.postgres), sqlite: around(&self.sqlite) }
    }

    /// The text for one database.
    pub(in crate::store) fn on(&self, backend: DbBackend) -> &str {
        match backend {
            DbBackend::Sqlite => &self.sqlite,
            _ => &self.postgres,
        }
    }
}

/// The parameter for [`Sql::where_in`].
pub(in crate::store) fn value(backend: DbBackend, keys: &[i64]) -> Value {
    match backend {
        DbBackend::Sqlite => json(keys).into(),
        _ => array(keys.iter().copied()),
    }
}

/// The parameter for [`Sql::where_in`] over texts.
pub(in crate::store) fn texts(backend: DbBackend, keys: &[String]) -> Value {
    if backend == DbBackend::Sqlite {
        return serde_json::to_string(keys).unwrap_or_default().into();
    }
    let keys = keys.iter().map(|key| Value::from(text(key).as_ref())).collect();
    Value::Array(ArrayType::String, Some(Box::new(keys)))
}

/// A text that is compared with stored ones: those have U+FFFD in place of U+0000, which PostgreSQL refuses.
pub fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}").into() } else { text.into() }
}

/// A PostgreSQL array of bigint.
pub(in crate::store) fn array(keys: impl Iterator<Item = i64>) -> Value {
    Value::Array(ArrayType::BigInt, Some(Box::new(keys.map(Value::from).collect())))
}

fn json(keys: &[i64]) -> String {
    let mut text = String::with_capacity(2 + keys.len() * 21);
    text.push('[');
    for (index, key) in keys.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{key}");
    }
    text.push(']');
    text
}
