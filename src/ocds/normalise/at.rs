//! A place in a release: reads the fields of an object there, coerces what can be read as it was meant,
//! and reports, with its path, what cannot.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::spelling;
use crate::ocds::codelist::Codelist;
use crate::ocds::issue::{Issue, IssueKind, Issues, LONGEST_KEY};
use crate::ocds::json::Value;
use crate::ocds::model::{Coded, Json, Time};
use crate::ocds::{amount, moment};

/// The keys of an object that have a meaning; what is close to one of them is a misspelling of it.
pub(super) type Keys = &'static [&'static str];

/// An object in a release.
pub(super) struct At<'a> {
    value: &'a Value<'a>,
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
    issues: &'a RefCell<Issues>,
    /// The values under misspelt keys, by the key that was meant.
    misspelt: Vec<(&'static str, &'a Value<'a>)>,
}

/// How one comes from an object to a part of it.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Root,
    Key(&'a str),
    /// An element of the list under a key.
    Element(&'a str, usize),
}

impl<'a> At<'a> {
    /// The outermost object.
    pub(super) fn root(value: &'a Value<'a>, keys: Keys, issues: &'a RefCell<Issues>) -> Self {
        let mut root = At { value, parent: None, step: Step::Root, issues, misspelt: Vec::new() };
        root.check_keys(keys);
        root
    }

    /// An object within this one.
    fn child<'b>(&'b self, step: Step<'b>, value: &'b Value<'b>, keys: Keys) -> At<'b> {
        let mut child = At { value, parent: Some(self), step, issues: self.issues, misspelt: Vec::new() };
        child.check_keys(keys);
        child
    }

    /// The value under a key, unless it stands for nothing.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value<'a>> {
        let exact = self.value.get(key).filter(|value| !value.is_empty());
        exact.or_else(|| self.misspelt.iter().find(|(meant, _)| *meant == key).map(|(_, value)| *value))
    }

    /// Whether there is something under a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The object itself.
    pub(super) fn value(&self) -> &'a Value<'a> {
        self.value
    }

    /// Reads the object under a key; a list of one counts as its element.
    pub(super) fn object<T>(&self, key: &str, keys: Keys, read: impl FnOnce(&At<'_>) -> T) -> Option<T> {
        let value = self.get(key)?;
        match value {
            Value::Object(_) => Some(read(&self.child(Step::Key(key), value, keys))),
            Value::Array(elements) => {
                let mut objects = elements.iter().enumerate().filter(|(_, element)| !element.is_empty());
                let (index, first) = objects.next()?;
                if objects.next().is_some() {
                    self.report(
                        IssueKind::WrongType,
                        Step::Key(key),
                        "",
                        "a list; only its first element was read",
                    );
                }
                self.expect_object(Step::Element(key, index), first, keys, read)
            }
            _ => self.expect_object(Step::Key(key), value, keys, read),
        }
    }

    fn expect_object<T>(
        &self,
        step: Step<'_>,
        value: &Value<'_>,
        keys: Keys,
        read: impl FnOnce(&At<'_>) -> T,
    ) -> Option<T> {
        if let Value::Object(_) = value {
            return Some(read(&self.child(step, value, keys)));
        }
        self.wrong_type(step, value, "an object was expected; left out");
        None
    }

    /// Reads each object of the list under a key; an object alone counts as a list of one.
    pub(super) fn each<T>(&self, key: &str, keys: Keys, mut read: impl FnMut(&At<'_>) -> T) -> Vec<T> {
        let mut all = Vec::new();
        self.each_value(key, |step, value| all.extend(self.expect_object(step, value, keys, &mut read)));
        all
    }

    /// Goes through the values of the list under a key that stand for something.
    pub(super) fn each_value(&self, key: &str, mut read: impl FnMut(Step<'_>, &'a Value<'a>)) {
        let elements: &mut dyn Iterator<Item = &'a Value<'a>> = match self.get(key) {
            None => return,
            Some(Value::Array(elements)) => &mut elements.iter(),
            // A list that lost elements in PHP: {"0": …, "2": …}.
            Some(Value::Object(members)) if members.iter().all(|(key, _)| is_digits(key)) => {
                &mut members.iter().map(|(_, value)| value)
            }
            Some(value) => return read(Step::Key(key), value),
        };
        for (index, element) in elements.enumerate().filter(|(_, element)| !element.is_empty()) {
            read(Step::Element(key, index), element);
        }
    }

    /// The object found at a step by [`Self::each_value`].
    pub(super) fn at<'b>(&'b self, step: Step<'b>, value: &'b Value<'b>, keys: Keys) -> At<'b> {
        self.child(step, value, keys)
    }

    /// The text under a key, trimmed. A number or a word such as `true` is taken as its text.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.raw(key).and_then(|text| clean(&text))
    }

    /// The text under a key that rows are found by.
    pub(super) fn key(&self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        if text.chars().nth(LONGEST_KEY).is_none() {
            return Some(text);
        }
        let message = format!("longer than {LONGEST_KEY} characters; left out");
        self.report(IssueKind::TooLong, Step::Key(key), &text, &message);
        None
    }

    /// The texts of the list under a key; a single text counts as a list of one.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let mut texts = Vec::new();
        self.each_value(key, |step, value| {
            let text = value.scalar_text().or_else(|| value.get("id")?.scalar_text());
            match text {
                Some(text) => texts.extend(clean(text)),
                None => self.wrong_type(step, value, "a text was expected; left out"),
            }
        });
        texts
    }

    /// The scalar under a key as text; of a list of scalars, all of them.
    fn raw(&self, key: &str) -> Option<Cow<'a, str>> {
        let value = self.get(key)?;
        if let Some(text) = value.scalar_text() {
            return Some(Cow::Borrowed(text));
        }
        let elements = value.as_array().unwrap_or_default();
        let texts: Option<Vec<&str>> =
            elements.iter().filter(|element| !element.is_empty()).map(Value::scalar_text).collect();
        if let Some(texts) = texts.filter(|texts| !texts.is_empty()) {
            return Some(Cow::Owned(texts.join("; ")));
        }
        self.wrong_type(Step::Key(key), value, "a text was expected; left out");
        None
    }

    /// The code under a key.
    pub(super) fn code<C: Codelist>(&self, key: &str) -> Option<Coded<C>> {
        let text = self.text(key)?;
        let code = C::parse(&text);
        if C::ALL.last() == Some(&code) {
            self.report(
                IssueKind::UnknownCode,
                Step::Key(key),
                &text,
                "not a code of its list; kept as text",
            );
        }
        Some(Coded { code, text })
    }

    /// The moment under a key.
    pub(super) fn time(&self, key: &str) -> Option<Time> {
        let text = self.raw(key)?;
        let time = moment::parse(&text);
        if time.is_none() {
            self.report(
                IssueKind::UnreadableDate,
                Step::Key(key),
                &text,
                "not a date that can be read; left out",
            );
        }
        time
    }

    /// The exact number under a key.
    pub(super) fn decimal(&self, key: &str, kind: IssueKind) -> Option<Decimal> {
        let text = self.raw(key)?;
        let number = amount::parse(&text);
        if number.is_none() {
            self.report(kind, Step::Key(key), &text, "not a number that can be read exactly; left out");
        }
        number
    }

    /// The whole number under a key.
    pub(super) fn integer(&self, key: &str) -> Option<i32> {
        let number = self.decimal(key, IssueKind::UnreadableNumber)?;
        let integer = Some(number).filter(Decimal::is_integer).and_then(|number| number.to_i32());
        if integer.is_none() {
            let text = number.to_string();
            self.report(IssueKind::UnreadableNumber, Step::Key(key), &text, "not a whole number; left out");
        }
        integer
    }

    /// The value under a key as JSON text.
    pub(super) fn json(&self, key: &str) -> Option<Json> {
        self.get(key).map(Value::to_string)
    }

    /// Reports a value of a type that does not belong there.
    pub(super) fn wrong_type(&self, step: Step<'_>, value: &Value<'_>, message: &str) {
        self.report(IssueKind::WrongType, step, &value.to_string(), message);
    }

    /// Reports what is wrong at a step from here.
    pub(super) fn report(&self, kind: IssueKind, step: Step<'_>, value: &str, message: &str) {
        let path = format!("{}{}", self, AfterObject(step, self.parent.is_none()));
        self.issues.borrow_mut().push(Issue::new(kind, path, value, message));
    }

    fn check_keys(&mut self, keys: Keys) {
        for (key, value) in self.value.as_object().unwrap_or_default() {
            if keys.contains(&key.as_ref()) || value.is_empty() {
                continue;
            }
            match spelling::meant(key, keys) {
                Some(meant) if self.has(meant) => {
                    let message = format!("misspelt for `{meant}`, which is there as well; left out");
                    self.report(IssueKind::UnknownField, Step::Key(key), "", &message);
                }
                Some(meant) => {
                    let message = format!("misspelt; read as `{meant}`");
                    self.report(IssueKind::UnknownField, Step::Key(key), "", &message);
                    self.misspelt.push((meant, value));
                }
                None if key.trim() != key => {
                    self.report(
                        IssueKind::UnknownField,
                        Step::Key(key),
                        "",
                        "a key with spaces around it; left out",
                    );
                }
                None => {}
            }
        }
    }
}

/// The path of the object: `awards[3].value`.
impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else { return Ok(()) };
        write!(f, "{parent}{}", AfterObject(self.step, parent.parent.is_none()))
    }
}

/// A step as it follows the path of an object; nothing comes before it in the outermost.
struct AfterObject<'a>(Step<'a>, bool);

impl fmt::Display for AfterObject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.1 { "" } else { "." };
        match self.0 {
            Step::Root => Ok(()),
            Step::Key(key) => write!(f, "{dot}{key}"),
            Step::Element(key, index) => write!(f, "{dot}{key}[{index}]"),
        }
    }
}

/// The text trimmed and without NUL, which no database stores; none when nothing is left.
pub(super) fn clean(text: &str) -> Option<String> {
    let text = text.trim();
    let text = if text.contains('\0') { text.replace('\0', "").trim().to_owned() } else { text.to_owned() };
    (!text.is_empty()).then_some(text)
}

fn is_digits(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}
