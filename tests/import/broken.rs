//! Broken input costs itself, never the run, and the report says what and where.

use std::{io::Write, os::unix::fs::symlink};

use farol::config::Backend;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use super::desk::{Desk, Run, package, release, text};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    a_broken_line_costs_itself,
    a_truncated_gzip_file_is_read_up_to_its_break,
    a_file_that_is_not_json_is_named,
    a_release_without_an_ocid_is_named,
    a_key_too_long_for_an_index_costs_itself,
    a_directory_is_read_without_its_hidden_files,
    an_unreadable_file_costs_itself,
    standard_input_is_an_input,
    a_path_that_is_not_there_is_a_mistake,
);

fn road(ocid: &str) -> Value {
    release(ocid, 1, &json!({ "tender": { "title": "Road" } }))
}

fn import(desk: &Desk, paths: &[&str]) -> Run {
    desk.farol(&[&["import", "--dataset", "d", "--report", "report.jsonl"], paths].concat())
}

/// The one issue, which must name all that a person needs.
fn the_issue(run: &Run, kind: &str, file: &str, line: u64, offset: u64) -> String {
    let [issue] = &*run.issues else { panic!("one issue was expected: {:?}", run.issues) };
    assert_eq!((issue["kind"].as_str(), issue["file"].as_str()), (Some(kind), Some(file)), "{issue}");
    assert_eq!((issue["line"].as_u64(), issue["offset"].as_u64()), (Some(line), Some(offset)), "{issue}");
    assert_eq!(issue["refused"], true, "{issue}");
    issue["message"].as_str().unwrap().to_owned()
}

/// A number of the summary.
fn row(run: &Run, name: &str) -> u64 {
    let number = run.stdout.lines().find_map(|line| line.trim().strip_prefix(name)?.trim().parse().ok());
    number.unwrap_or_else(|| panic!("no {name} in: {}", run.stdout))
}

async fn ocids(desk: &Desk) -> Vec<String> {
    let mut ocids: Vec<String> =
        desk.changes().await.into_iter().map(|change| change.ocid().to_owned()).collect();
    ocids.sort_unstable();
    ocids
}

async fn a_broken_line_costs_itself(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let (one, two) = (road("a").to_string(), road("b").to_string());
    let file = desk.write("lines.jsonl", format!("{one}\n{{\"ocid\": \"x\", \"tag\": [}}\n{two}\n"));
    let run = import(&desk, &[text(&file)]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let message = the_issue(&run, "invalid_json", text(&file), 2, one.len() as u64 + 1);
    assert!(message.contains("left out"), "{message}");
    assert_eq!(ocids(&desk).await, ["a", "b"]);
    assert_eq!(row(&run, "refused"), 1);
}

async fn a_truncated_gzip_file_is_read_up_to_its_break(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    for at in 0..100 {
        writeln!(gzip, "{}", road(&format!("r{at:02}"))).unwrap();
    }
    let whole = gzip.finish().unwrap();
    let cut = desk.write("cut.jsonl.gz", &whole[..whole.len() / 2]);
    let run = import(&desk, &[text(&cut)]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let kinds: Vec<_> = run.issues.iter().map(|issue| issue["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"unreadable_input"), "{:?}", run.issues);
    let read = ocids(&desk).await;
    assert!((40..60).contains(&read.len()), "{} of 100 lie before the break", read.len());
    // The whole file, later: what was there is not written again.
    let whole = desk.write("whole.jsonl.gz", whole);
    let run = import(&desk, &[text(&whole)]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(row(&run, "unchanged"), read.len() as u64);
    assert_eq!(ocids(&desk).await.len(), 100);
}

async fn a_file_that_is_not_json_is_named(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let page = desk.write("error.json", "<html>\n<body>503</body>\n</html>\n");
    let good = desk.write("good.json", package(&[road("a")]));
    let run = import(&desk, &[text(&page), text(&good)]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let message = the_issue(&run, "invalid_json", text(&page), 1, 0);
    assert!(message.contains("not JSON"), "{message}");
    assert_eq!(ocids(&desk).await, ["a"]);
}

async fn a_release_without_an_ocid_is_named(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let file =
        desk.write_lines("lines.jsonl", &[json!({ "id": "1", "tender": { "title": "Road" } }), road("a")]);
    let run = import(&desk, &[text(&file)]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let message = the_issue(&run, "missing_ocid", text(&file), 1, 0);
    assert!(message.contains("ocid"), "{message}");
    assert_eq!(ocids(&desk).await, ["a"]);
}

async fn a_key_too_long_for_an_index_costs_itself(database: TestDatabase) {
    let desk = Desk::new(database).await;
    // Letters that do not repeat: a database would compress others.
    let long: String = (0..3000_u32).filter_map(|at| char::from_u32(0x4E00 + at * 7919 % 20_000)).collect();
    let item =
        json!({ "id": 1, "description": "Sand", "classification": { "id": long, "description": "Grains" } });
    let value = json!({ "amount": 7, "currency": long });
    let tender = json!({ "title": long, "items": [item], "value": value });
    let file = desk.write_lines(
        "lines.jsonl",
        &[
            release("a", 1, &json!({ "tender": tender, "buyer": { "name": long, "id": long } })),
            release(&long, 1, &json!({})),
        ],
    );
    let run = import(&desk, &[text(&file)]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let told = |issue: &Value| (issue["path"].as_str().unwrap().to_owned(), issue["refused"] == true);
    let too_long: Vec<_> = run.issues.iter().filter(|issue| issue["kind"] == "too_long").map(told).collect();
    let expected =
        [("ocid", true), ("tender.value.currency", false), ("tender.items[0].classification.id", false)];
    assert_eq!(too_long, expected.map(|(path, refused)| (path.to_owned(), refused)), "{:?}", run.issues);
    assert_eq!(ocids(&desk).await, ["a"]);
    let rest = "SELECT title FROM processes WHERE value_currency IS NULL";
    assert_eq!(desk.text(rest).await.as_deref(), Some(&*long));
    assert_eq!(desk.text("SELECT classification_description FROM items").await.as_deref(), Some("Grains"));
}

async fn a_directory_is_read_without_its_hidden_files(database: TestDatabase) {
    let desk = Desk::new(database).await;
    desk.write("all/1.json", package(&[road("a")]));
    desk.write("all/deeper/2.json", package(&[road("b")]));
    desk.write("all/.3.json.part", "half a downlo");
    desk.write("all/.git/4.json", package(&[road("hidden")]));
    // A link back to the top must not be followed round and round.
    symlink(desk.path("all"), desk.path("all/deeper/top")).unwrap();
    let run = import(&desk, &["all"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(ocids(&desk).await, ["a", "b"]);
    assert_eq!(row(&run, "files"), 2);
}

async fn an_unreadable_file_costs_itself(database: TestDatabase) {
    let desk = Desk::new(database).await;
    desk.write("all/2.json", package(&[road("a")]));
    symlink("nowhere", desk.path("all/1.json")).unwrap();
    let run = import(&desk, &["all"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let message = the_issue(&run, "unreadable_input", "all/1.json", 0, 0);
    assert!(message.contains("cannot be opened: No such file"), "{message}");
    assert_eq!(ocids(&desk).await, ["a"]);
}

async fn standard_input_is_an_input(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let lines = format!("{}\nnot JSON\n{}", road("a"), road("b"));
    let args = ["import", "--dataset", "d", "--report", "report.jsonl", "-"];
    let run = desk.farol_reads(&args, lines.as_bytes());
    assert_eq!(run.code, 1, "{}", run.stderr);
    the_issue(&run, "invalid_json", "-", 2, road("a").to_string().len() as u64 + 1);
    assert_eq!(ocids(&desk).await, ["a", "b"]);
}

async fn a_path_that_is_not_there_is_a_mistake(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let file = desk.write("good.json", package(&[road("a")]));
    let run = desk.farol(&["import", text(&file), "gone.json"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("gone.json: No such file"), "{}", run.stderr);
    let run = desk.farol(&["import", "--report", "gone/report.jsonl", text(&file)]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("gone/report.jsonl: No such file"), "{}", run.stderr);
    assert!(desk.changes().await.is_empty(), "a mistake is found before the work begins");
    let (bad, hint) = match desk.database.backend {
        Backend::Sqlite => ("mysql://db/farol", "postgres://"),
        Backend::Postgres => ("postgres://nobody@127.0.0.1:1/farol", "127.0.0.1"),
    };
    let run = desk.farol(&["import", "--database-url", bad, text(&file)]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains(hint), "{}", run.stderr);
}
