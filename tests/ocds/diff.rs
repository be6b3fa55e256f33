//! The change log names what changed.

use farol::ocds::diff::{MAX_PATHS, changed_paths};
use farol::ocds::json::Value;

fn changed(old: &str, new: &str) -> Vec<String> {
    let read = |json: &'static str| Value::parse(json.as_bytes()).expect("JSON");
    let leak = |json: &str| -> &'static str { json.to_owned().leak() };
    changed_paths(&read(leak(old)), &read(leak(new)))
}

#[test]
fn paths_name_keys_and_the_ids_of_elements() {
    let old = r#"{"id":"1","tender":{"status":"active","title":"t"},
        "awards":[{"id":"7","value":{"amount":1}},{"id":"8"}],"tags":["a","b"],"a/b":1,"gone":{"x":1}}"#;
    let new = r#"{"id":"2","tender":{"title":"t","status":"complete"},
        "awards":[{"id":"9"},{"id":"7","value":{"amount":2}}],"tags":["a","c"],"a/b":2,"new":[1]}"#;
    let expected =
        ["awards/7/value/amount", "awards/8", "awards/9", "a~1b", "gone", "new", "tags/1", "tender/status"];
    assert_eq!(changed(old, new), expected);
    assert_eq!(changed(old, old), [] as [&str; 0]);
}

#[test]
fn elements_without_ids_of_their_own_go_by_position_while_there_are_as_many() {
    assert_eq!(changed(r#"{"x":[{"a":1},{"a":2}]}"#, r#"{"x":[{"a":1},{"a":3}]}"#), ["x/1/a"]);
    assert_eq!(changed(r#"{"x":[{"id":1},{"id":1}]}"#, r#"{"x":[{"id":1}]}"#), ["x"]);
    assert_eq!(changed(r#"{"x":[1]}"#, r#"{"x":{"a":1}}"#), ["x"]);
}

#[test]
fn many_paths_are_given_by_what_they_lie_in() {
    let awards = |amount: u8| {
        let award =
            |id: u8| format!(r#"{{"id":"{id:03}","value":{{"amount":{amount},"currency":"{amount}"}}}}"#);
        format!(r#"{{"awards":[{}]}}"#, (0..80).map(award).collect::<Vec<_>>().join(","))
    };
    let paths = changed(&awards(1), &awards(2));
    assert_eq!((paths.len(), paths[0].as_str()), (80, "awards/000/value"));
    let keys = |n: u8| {
        format!("{{{}}}", (0..200).map(|key| format!("\"k{key:03}\":{n}")).collect::<Vec<_>>().join(","))
    };
    assert_eq!(changed(&keys(1), &keys(2)).len(), MAX_PATHS);
}
