//! The conformance cases of the merge routine, and the rules of the published schema.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use farol::ocds::json::Value;
use farol::ocds::merge::merge;
use farol::ocds::rules::Rules;

use super::real_data::data;

/// A value whose objects have their keys in order, to compare what the order does not matter to.
#[derive(Debug, PartialEq)]
enum Sorted {
    Scalar(String),
    Array(Vec<Sorted>),
    Object(BTreeMap<String, Sorted>),
}

fn sorted(value: &Value<'_>) -> Sorted {
    match value {
        Value::Array(elements) => Sorted::Array(elements.iter().map(sorted).collect()),
        Value::Object(members) => {
            Sorted::Object(members.iter().map(|(key, value)| (key.to_string(), sorted(value))).collect())
        }
        scalar => Sorted::Scalar(scalar.to_string()),
    }
}

fn rules_of(schema: &Path) -> Rules {
    let schema = fs::read(schema).expect("the schema is readable");
    Rules::from_schema(&Value::parse(&schema).expect("the schema is JSON"))
}

fn cases(directory: &Path) -> Vec<PathBuf> {
    let names = fs::read_dir(directory).expect("the cases are readable");
    let mut cases: Vec<PathBuf> = names.map(|entry| entry.expect("a case").path()).collect();
    cases.retain(|path| path.to_string_lossy().ends_with("-compiled.json"));
    cases.sort();
    cases
}

fn passes(expected: &Path, rules: &Rules) {
    let input = expected.to_string_lossy().replace("-compiled.json", ".json");
    let (input, output) = (fs::read(&input).expect("the input"), fs::read(expected).expect("the output"));
    let (input, output) = (Value::parse(&input).expect("JSON"), Value::parse(&output).expect("JSON"));
    let merged = merge(input.as_array().expect("a list of releases"), rules);
    assert_eq!(sorted(&merged), sorted(&output), "{}", expected.display());
}

#[test]
fn every_compiled_case_of_the_merge_routine_passes() {
    let Some(data) = data("ocds-merge") else { return };
    let directories = [
        ("1.0", "release-schema-1__0__3.json"),
        ("1.1", "release-schema-1__1__4.json"),
        ("schema", "schema.json"),
    ];
    let mut passed = 0;
    for (directory, schema) in directories {
        let rules = rules_of(&data.join(schema));
        for case in cases(&data.join(directory)) {
            passes(&case, &rules);
            passed += 1;
        }
    }
    assert_eq!(passed, 31, "the number of cases");
}

#[test]
fn the_cases_of_1_1_pass_with_the_built_in_rules() {
    let Some(data) = data("ocds-merge") else { return };
    for case in cases(&data.join("1.1")) {
        passes(&case, Rules::ocds_1_1());
    }
}

#[test]
fn the_built_in_rules_are_those_of_the_published_schema() {
    let Some(schema) = data("release-schema-1.1.5.json") else { return };
    assert_eq!(&rules_of(&schema), Rules::ocds_1_1());
}
