//! Releases that are nested as deep as they may be, and far deeper, on a small stack: each recursion over them has a
//! bound.

use std::thread;

use farol::ocds::{
    compile::compile, diff::changed_paths, issue::Issues, json::Value, normalise::normalise, same::same,
};

use super::releases;

/// Bytes of a stack that all steps of an import fit on.
const SMALL_STACK: usize = 256 * 1024;

/// Two releases of one process that hold a value in a field of no standard and within one of the standard.
fn lines(value: &str) -> String {
    let release = |id: u8| {
        format!(
            r#"{{"ocid":"ocds-x-1","id":"{id}","date":"2026-01-0{id}T00:00:00Z","tag":["tender"],"x":{value},"tender":{{"id":"t","title":"A bridge {id}","items":[{{"id":"1","x":{value}}}]}}}}"#
        )
    };
    format!("{}\n{}\n", release(1), release(2))
}

/// How many releases are read, and what all steps find in them.
fn every_step(value: String) -> (usize, usize) {
    let run = move || {
        let (releases, mut issues) = releases(lines(&value));
        let Some(first) = releases.first() else { return (0, 0) };
        let compiled = compile(&releases).unwrap();
        let before = compile(std::slice::from_ref(first)).unwrap();
        assert!(same(&compiled, &compiled));
        let paths = changed_paths(&before, &compiled).len();
        let written = compiled.to_string();
        let again = Value::parse(written.as_bytes()).unwrap().into_owned();
        assert_eq!(again.to_string(), written);
        normalise(&again, &mut issues);
        let _: Issues = issues;
        (releases.len(), paths)
    };
    thread::Builder::new().stack_size(SMALL_STACK).spawn(run).unwrap().join().unwrap()
}

#[test]
fn nesting_is_bounded_on_a_small_stack() {
    let list = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let object = |depth: usize| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
    let mixed = |depth: usize| "[{\"a\":".repeat(depth / 2) + "1" + &"}]".repeat(depth / 2);
    let identified = |depth: usize| "[{\"id\":\"1\",\"a\":".repeat(depth / 2) + "1" + &"}]".repeat(depth / 2);
    let shapes: [fn(usize) -> String; 4] = [list, object, mixed, identified];
    for shape in shapes {
        let (read, paths) = every_step(shape(100));
        assert_eq!(read, 2);
        assert!(paths > 0);
        for depth in [120, 128, 200, 600, 100_000] {
            let (read, _) = every_step(shape(depth));
            assert!(read == 0 || depth < 200, "{depth} deep were read");
        }
    }
}
