//! Who may know whom: a pull of data goes one way, http → graphql → loader → store.
//!
//! Each rule names a folder and what no file in it may name. A new edge is either wrong, or a decision
//! that changes the table here.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A folder (or file) below `src`, and the paths that it must not name.
const RULES: &[(&str, &[&str])] = &[
    (
        "ocds",
        &[
            "crate::store",
            "crate::import",
            "crate::graphql",
            "tokio",
            "sqlx",
            "sea_orm",
            "async_graphql",
            "axum",
        ],
    ),
    (
        "loader",
        &["crate::store", "crate::graphql", "crate::http", "sea_orm", "sqlx", "async_graphql", "axum"],
    ),
    ("cache", &["crate::store", "crate::graphql", "crate::http", "sea_orm", "sqlx", "async_graphql", "axum"]),
    (
        "store",
        &[
            "crate::graphql",
            "crate::http",
            "crate::loader",
            "crate::import",
            "async_graphql",
            "axum",
            "redis",
        ],
    ),
    (
        "limit",
        &[
            "crate::store",
            "crate::graphql",
            "crate::http",
            "crate::loader",
            "crate::import",
            "crate::config",
            "crate::cli",
            "sea_orm",
            "sqlx",
            "async_graphql",
            "axum",
        ],
    ),
    (
        "auth",
        &[
            "crate::graphql",
            "crate::http",
            "crate::loader",
            "crate::import",
            "crate::config",
            "crate::cli",
            "sea_orm",
            "sqlx",
            "async_graphql",
            "axum",
            "redis",
        ],
    ),
    (
        "events",
        &[
            "crate::graphql",
            "crate::http",
            "crate::loader",
            "crate::import",
            "crate::cli",
            "sea_orm",
            "sqlx",
            "async_graphql",
            "axum",
        ],
    ),
    (
        "import",
        &["crate::graphql", "crate::http", "crate::loader", "sea_orm", "sqlx", "async_graphql", "axum"],
    ),
    (
        "jobs",
        &[
            "crate::graphql",
            "crate::http",
            "crate::loader",
            "crate::config",
            "crate::cli",
            "sea_orm",
            "sqlx",
            "async_graphql",
            "axum",
            "redis",
        ],
    ),
    (
        "graphql",
        &["crate::http", "crate::import", "crate::config", "crate::cli", "sea_orm", "sqlx", "axum", "redis"],
    ),
    (
        "http",
        &[
            "crate::store",
            "crate::loader",
            "crate::import",
            "crate::ocds",
            "crate::cli",
            "sea_orm",
            "sqlx",
            "redis",
        ],
    ),
    (
        "telemetry",
        &["crate::store", "crate::graphql", "crate::http", "crate::loader", "crate::import", "crate::cli"],
    ),
    (
        "config",
        &["crate::store", "crate::graphql", "crate::http", "crate::loader", "crate::import", "crate::cli"],
    ),
    ("cli", &["sea_orm", "sqlx", "async_graphql", "axum"]),
    ("jobs", &["crate::graphql", "crate::http", "crate::loader", "sea_orm", "sqlx", "async_graphql", "axum"]),
    ("app.rs", &["sea_orm", "sqlx", "async_graphql", "axum"]),
    ("app", &["sea_orm", "sqlx", "async_graphql", "axum"]),
];

#[test]
fn no_module_names_what_it_must_not_know() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    let mut forbidden = Vec::new();
    for (place, names) in RULES {
        for file in rust_files(&source.join(place)) {
            seen += 1;
            let text = absolute_paths(&fs::read_to_string(&file).unwrap());
            for (number, line) in
                text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
            {
                for name in names.iter().filter(|name| names_it(line, name)) {
                    forbidden.push(format!("{}:{}: {name}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(seen > 50, "the rules find the sources: {seen} files");
    assert_eq!(forbidden, Vec::<String>::new(), "see tests/architecture.rs");
}

/// The text with `use crate::{…}` spelt out: a path begins its line within the braces.
fn absolute_paths(text: &str) -> String {
    let mut within = false;
    let mut line = |line: &str| {
        let spelt = if within && line.starts_with("    ") && !line.starts_with("     ") {
            format!("    crate::{}", line.trim_start())
        } else {
            line.to_owned()
        };
        within = (within || line.ends_with("use crate::{")) && !line.starts_with("};");
        spelt
    };
    text.lines().map(&mut line).collect::<Vec<_>>().join("\n")
}

/// Whether a line of code names a path, as a path: `sqlx::` or `use sqlx;`, not `from_sqlx`.
fn names_it(line: &str, name: &str) -> bool {
    let begins =
        |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == ':');
    let path = format!("{name}::");
    line.match_indices(&path).any(|(at, _)| begins(at)) || line.trim_end() == format!("use {name};")
}

fn rust_files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let entries = fs::read_dir(place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    entries
        .flat_map(|entry| rust_files(&entry.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .collect()
}

#[test]
fn a_forbidden_name_is_seen_in_every_spelling() {
    assert!(names_it("use crate::store::id;", "crate::store"));
    let block = absolute_paths("use crate::{\n    store::{\n        id::x,\n    },\n};\n    store::y");
    assert_eq!(block, "use crate::{\n    crate::store::{\n        id::x,\n    crate::},\n};\n    store::y");
    assert!(names_it("use sqlx::Row;", "sqlx"));
    assert!(names_it("    let x = sqlx::query(y);", "sqlx"));
    assert!(!names_it("    StoreError::from_sqlx(x)", "sqlx"));
    assert!(!names_it("use crate::store_like::id;", "crate::store"));
}
