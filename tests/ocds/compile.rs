//! What several releases say together.

use farol::ocds::compile::compile;
use farol::ocds::json::Value;
use farol::ocds::merge::merge;
use farol::ocds::release::SourceRelease;
use farol::ocds::rules::Rules;
use proptest::prelude::*;

fn compiled(releases: &[&str]) -> String {
    let releases: Vec<SourceRelease> = releases
        .iter()
        .map(|json| SourceRelease::from_json("ocds-1", json.as_bytes().to_vec()).expect("a release"))
        .collect();
    compile(&releases).expect("JSON").to_string()
}

/// The value at a path of the compiled releases.
fn at(releases: &[&str], path: &str) -> String {
    let compiled = compiled(releases);
    let value = Value::parse(compiled.as_bytes()).expect("JSON");
    path.split('.').try_fold(&value, |value, key| value.get(key)).map_or("nothing".into(), Value::to_string)
}

#[test]
fn releases_are_merged_by_date_those_without_one_first() {
    let releases = [
        r#"{"ocid":"o","date":"2020-03-01T00:00:00+02:00","tender":{"title":"latest"}}"#,
        r#"{"ocid":"o","tender":{"title":"undated","status":"planned"}}"#,
        r#"{"ocid":"o","date":"2020-02-29","tender":{"title":"first","id":"1"}}"#,
    ];
    assert_eq!(at(&releases, "tender"), r#"{"title":"latest","status":"planned","id":"1"}"#);
    assert_eq!(at(&releases, "date"), r#""2020-03-01T00:00:00+02:00""#);
    assert_eq!(at(&releases, "tag"), r#"["compiled"]"#);
}

#[test]
fn the_latest_compiled_release_stands_for_all_before_it() {
    let before = r#"{"ocid":"o","date":"2020-01-01","tender":{"title":"before","id":"1"}}"#;
    let old = r#"{"ocid":"o","date":"2020-01-15","tag":["compiled"],"tender":{"title":"old","id":"2"}}"#;
    let base = r#"{"ocid":"o","date":"2020-02-01","tag":["compiled"],"tender":{"title":"compiled"}}"#;
    let after = r#"{"ocid":"o","date":"2020-03-01","tender":{"status":"active"}}"#;
    assert_eq!(at(&[before, base, old], "tender"), r#"{"title":"compiled"}"#);
    assert_eq!(at(&[after, before, base, old], "tender"), r#"{"title":"compiled","status":"active"}"#);
}

#[test]
fn a_single_release_is_taken_as_it_is() {
    let release = r#"{"ocid":"o","tag":["tender"],"awards":[{"id":"1","a":1},{"id":"1","b":2}],"x":null}"#;
    assert_eq!(compiled(&[release]), release);
}

#[test]
fn what_changes_its_type_is_not_lost() {
    let release = |n: u8, field: &str| format!(r#"{{"ocid":"o","date":"2020-01-0{n}",{field}}}"#);
    let cases = [
        (
            r#""items":{"id":"1","a":1}"#,
            r#""items":[{"id":"1","b":2},{"id":"2"}]"#,
            r#"[{"id":"1","a":1,"b":2},{"id":"2"}]"#,
        ),
        (r#""items":[{"id":"1","a":1}]"#, r#""items":{"id":"2"}"#, r#"[{"id":"1","a":1},{"id":"2"}]"#),
        (r#""items":"text""#, r#""items":{"a":1}"#, r#"{"a":1}"#),
        (r#""items":{"a":1}"#, r#""items":5"#, "5"),
        (r#""items":["a"]"#, r#""items":[{"id":1}]"#, r#"["a",{"id":1}]"#),
        (r#""items":[{"id":1,"a":1}]"#, r#""items":[{"id":"1","b":1}]"#, r#"[{"id":"1","a":1,"b":1}]"#),
        (r#""items":[{"name":"a"}]"#, r#""items":[{"name":"a"}]"#, r#"[{"name":"a"}]"#),
        (r#""items":{"a":1}"#, r#""items":null"#, "nothing"),
    ];
    for (first, second, expected) in cases {
        assert_eq!(
            at(&[&release(1, first), &release(2, second)], "items"),
            expected,
            "{first} then {second}"
        );
    }
}

/// Releases of a process with lists, objects and nulls.
fn any_release() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec!["null", "1", "\"a\"", "[]", "{}", "[1]"]).prop_map(str::to_owned);
    let key = prop::sample::select(vec!["id", "a", "b", "tag", "items"]);
    let value = scalar.prop_recursive(4, 40, 5, move |inner| {
        let object = prop::collection::btree_map(key.clone(), inner.clone(), 0..4).prop_map(|members| {
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("{{{}}}", members.join(","))
        });
        prop_oneof![
            object.clone(),
            prop::collection::vec(object, 0..4).prop_map(|all| format!("[{}]", all.join(",")))
        ]
    });
    value.prop_map(|value| format!(r#"{{"ocid":"o","date":"2020-01-01","tender":{value}}}"#))
}

proptest! {
    #[test]
    fn merging_what_was_merged_changes_nothing(releases in prop::collection::vec(any_release(), 1..4)) {
        let values: Vec<_> = releases.iter().map(|json| Value::parse(json.as_bytes()).expect("JSON")).collect();
        let once = merge(&values, Rules::ocds_1_1());
        let twice = merge(std::slice::from_ref(&once), Rules::ocds_1_1());
        prop_assert_eq!(twice.to_string(), once.to_string());
    }
}
