//! Amounts arrive exactly.

use super::desk::Desk;
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(an_amount_beyond_floating_point_survives);

/// Written as text: a JSON library might already round these.
async fn an_amount_beyond_floating_point_survives(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let process = |ocid: &str, amount: &str| {
        format!(r#"{{"ocid":"{ocid}","tender":{{"value":{{"amount":{amount},"currency":"EUR"}}}}}}"#)
    };
    let amounts = ["9007199254740993.01", "9007199254740993.02", "-0.5", "0", "1e3", "\"12.10\"", "\"-\""];
    let lines: Vec<String> =
        amounts.iter().enumerate().map(|(at, amount)| process(&format!("p{at}"), amount)).collect();
    let file = desk.write("amounts.jsonl", lines.join("\n"));
    let (_, issues) = desk.import_in_batches("d", &[file], 100).await;
    let dump = desk.dump().await;
    let stored: Vec<&str> = dump["processes"]
        .iter()
        .map(|row| row.split(" · ").find_map(|cell| cell.strip_prefix("value_amount=")).unwrap_or("none"))
        .collect();
    let mut expected = ["9007199254740993.01", "9007199254740993.02", "-0.5", "0", "1000", "12.1", "none"];
    let mut sorted = stored.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!(issues.iter().filter(|issue| issue["kind"] == "unreadable_amount").count(), 1, "{issues:?}");
    let order =
        "SELECT ocid FROM processes WHERE value_amount IS NOT NULL ORDER BY value_amount DESC LIMIT 1";
    assert_eq!(desk.text(order).await.as_deref(), Some("p1"));
}
