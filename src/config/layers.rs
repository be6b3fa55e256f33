//! The layers, one over the other: who gives which setting its value.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use super::{Effective, Flags, Problem, Setting, file, settings, value::Value};

/// The variable that names the settings file.
const CONFIG_VARIABLE: &str = "FAROL_CONFIG";
/// Variables of the test suite (where its servers are), no settings of the server.
const TEST_PREFIX: &str = "FAROL_TEST_";

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing was said.
    Default,
    /// The settings file, and the line in it.
    File(PathBuf, usize),
    /// A variable.
    Variable(String),
    /// A flag.
    Flag(String),
}

/// The text of one value and the layer it comes from.
// No `Debug`: the text may hold a password.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// The winning text of every setting that was given one.
#[derive(Default)]
pub(super) struct Layers(BTreeMap<&'static str, Given>);

impl Layers {
    /// Reads the file, the variables and the flags, in this order. The second value lists warnings,
    /// the third what is wrong.
    pub(super) fn gather(
        flags: &Flags,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> (Self, Vec<String>, Vec<Problem>) {
        let mut variables: BTreeMap<String, String> = environment
            .into_iter()
            .filter(|(name, _)| name.starts_with("FAROL_") && !name.starts_with(TEST_PREFIX))
            .collect();
        let named = flags.config.clone().or(variables.remove(CONFIG_VARIABLE).map(PathBuf::from));
        let settings = settings();
        let mut layers = Self::default();
        let mut problems = Vec::new();

        layers.0.extend(file::read(named, &settings, &mut problems));
        layers.take_variables(&mut variables, &settings, &mut problems);
        for (key, flag, text) in &flags.given {
            layers.0.insert(*key, Given { text: text.clone(), origin: Origin::Flag(flag.clone()) });
        }
        (layers, unknown_variables(variables.into_keys(), &settings), problems)
    }

    /// The value of a setting. `None`, and a problem, when it cannot be read.
    pub(super) fn value<T: Value>(&self, setting: &Setting, problems: &mut Vec<Problem>) -> Option<T> {
        let (text, origin) = self.text(setting);
        let value = T::parse(text, &setting.limits);
        if value.is_none() {
            problems.push(Problem::BadValue {
                key: setting.key,
                expected: T::expected(&setting.limits),
                found: format!("{:?}", T::show(text)),
                origin,
            });
        }
        value
    }

    /// A setting as `farol doctor` shows it.
    pub(super) fn effective(&self, setting: &Setting) -> Effective {
        let (text, origin) = self.text(setting);
        Effective { key: setting.key, shown: (setting.show)(text), origin }
    }

    fn text(&self, setting: &Setting) -> (&str, Origin) {
        self.0
            .get(setting.key)
            .map_or((setting.default, Origin::Default), |given| (&given.text, given.origin.clone()))
    }

    /// Takes the variables that are settings out of `variables`.
    fn take_variables(
        &mut self,
        variables: &mut BTreeMap<String, String>,
        settings: &[Setting],
        problems: &mut Vec<Problem>,
    ) {
        for setting in settings {
            let given: Vec<(String, String)> =
                setting.variables().iter().filter_map(|name| variables.remove_entry(name)).collect();
            if let [(first, one), (second, other)] = &given[..]
                && one != other
            {
                let (first, second) = (first.clone(), second.clone());
                problems.push(Problem::TwoNames { key: setting.key, first, second });
            }
            if let Some((name, text)) = given.into_iter().next() {
                self.0.insert(setting.key, Given { text, origin: Origin::Variable(name) });
            }
        }
    }
}

/// One warning for each variable that looks like a setting and is none. A refusal would be too
/// much: orchestrators add variables of their own (`FAROL_PORT` for a service named farol).
fn unknown_variables(names: impl Iterator<Item = String>, settings: &[Setting]) -> Vec<String> {
    let known: Vec<String> = settings.iter().flat_map(Setting::variables).collect();
    names.map(|name| format!("the variable {name} is not a setting{}", hint(&name, &known))).collect()
}

/// "; did you mean …?" when one of `known` is close enough to be what was meant.
pub(super) fn hint(given: &str, known: &[impl AsRef<str>]) -> String {
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(given, name.as_ref()), name.as_ref()))
        .min()
        // A third of the letters wrong is a typing error; more is another word.
        .filter(|(distance, _)| distance * 3 <= given.len())
        .map(|(_, name)| format!("; did you mean {name}?"))
        .unwrap_or_default()
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("the default"),
            Self::File(path, line) => write!(out, "{}:{line}", path.display()),
            Self::Variable(name) => write!(out, "the variable {name}"),
            Self::Flag(name) => write!(out, "the flag --{name}"),
        }
    }
}
