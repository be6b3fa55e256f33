//! Reads the settings file: every value with its line, every unknown key refused by name.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Origin, Problem, Setting,
    layers::{Given, hint},
};

/// The file that is read when none is named. It may be absent.
const DEFAULT_FILE: &str = "farol.toml";

/// The values of the named file, or of the default one.
pub(super) fn read(
    named: Option<PathBuf>,
    settings: &[Setting],
    problems: &mut Vec<Problem>,
) -> Vec<(&'static str, Given)> {
    let may_be_absent = named.is_none();
    let path = named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    match std::fs::read_to_string(&path) {
        Ok(text) => Reader { path: &path, text: &text, settings, problems }.read(),
        Err(reason) if may_be_absent && reason.kind() == ErrorKind::NotFound => Vec::new(),
        Err(reason) => {
            problems.push(Problem::Unreadable { path, reason });
            Vec::new()
        }
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    settings: &'a [Setting],
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<(&'static str, Given)> {
        let table = match DeTable::parse(self.text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let line = self.line(error.span().map_or(0, |span| span.start));
                let reason = error.message().to_owned();
                self.problems.push(Problem::NotToml { path: self.path.to_owned(), line, reason });
                return Vec::new();
            }
        };
        let mut given = Vec::new();
        for (section, value) in &table {
            match value.get_ref() {
                DeValue::Table(keys) if self.is_section(section.get_ref()) => {
                    for (name, value) in keys {
                        let key = format!("{}.{}", section.get_ref(), name.get_ref());
                        given.extend(self.setting(&key, name.span().start, value));
                    }
                }
                _ => self.unknown(section.get_ref(), section.span().start),
            }
        }
        given
    }

    fn is_section(&self, name: &str) -> bool {
        self.settings.iter().any(|setting| setting.section() == name)
    }

    fn setting(
        &mut self,
        key: &str,
        offset: usize,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<(&'static str, Given)> {
        let Some(setting) = self.settings.iter().find(|setting| setting.key == key) else {
            self.unknown(key, offset);
            return None;
        };
        let origin = Origin::File(self.path.to_owned(), self.line(offset));
        Some((setting.key, Given { text: text(value.get_ref()), origin }))
    }

    fn unknown(&mut self, key: &str, offset: usize) {
        let keys: Vec<&str> = self.settings.iter().map(|setting| setting.key).collect();
        let sections: Vec<&str> = self.settings.iter().map(Setting::section).collect();
        let known = if key.contains('.') { keys } else { sections };
        self.problems.push(Problem::UnknownKey {
            path: self.path.to_owned(),
            line: self.line(offset),
            key: key.to_owned(),
            hint: hint(key, &known),
        });
    }

    /// The line, from 1, of a byte offset.
    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }
}

/// A value as one would write it in a variable. What no setting can be (a date, a list, a table) is
/// named by its kind, which no setting reads either.
fn text(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| number.as_str().to_owned(), |number| number.to_string()),
        DeValue::Float(number) => number.as_str().to_owned(),
        other => format!("a TOML {}", other.type_str()),
    }
}
