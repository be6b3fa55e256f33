//! Writes JSON objects field by field.

use std::fmt::{Display, Write};

use crate::ocds::json::write_text;

/// An object or list that is being written. Writing to memory cannot fail.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
}

impl Writer {
    /// An outermost object.
    pub(super) fn document(write: impl FnOnce(&mut Self)) -> String {
        let mut writer = Self { text: String::with_capacity(8 * 1024) };
        writer.element(write);
        writer.text
    }

    fn comma(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(['{', '[', ':']) {
            self.text.push(',');
        }
    }

    fn key(&mut self, key: &str) {
        self.comma();
        let _ = write_text(&mut self.text, key);
        self.text.push(':');
    }

    /// A text.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        let _ = write_text(&mut self.text, value);
    }

    /// A number.
    pub(super) fn number(&mut self, key: &str, value: impl Display) {
        self.key(key);
        let _ = write!(self.text, "{value}");
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, key: &str, values: &[&str]) {
        self.list(key, |writer| {
            for value in values {
                writer.comma();
                let _ = write_text(&mut writer.text, value);
            }
        });
    }

    /// An object under a key.
    pub(super) fn object(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.text.push('{');
        write(self);
        self.text.push('}');
    }

    /// A list under a key.
    pub(super) fn list(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.text.push('[');
        write(self);
        self.text.push(']');
    }

    /// An object in a list.
    pub(super) fn element(&mut self, write: impl FnOnce(&mut Self)) {
        self.comma();
        self.text.push('{');
        write(self);
        self.text.push('}');
    }
}
