//! Follows changes over server-sent events, and goes on where it was whenever the server was away.
//!
//!     cargo run --example follow -- http://127.0.0.1:8000/graphql
//!
//! prints what happened to which process until it is stopped.

use std::{env, error::Error, time::Duration};

use reqwest::{Client, Response, header::ACCEPT};
use serde_json::{Value, json};

const CHANGES: &str = "subscription { processChanges { changes { at kind ocid } cursor } }";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:8000/graphql".to_owned());
    let client = Client::new();
    let mut cursor = None;
    loop {
        let mut request = client.post(&endpoint).header(ACCEPT, "text/event-stream");
        if let Some(cursor) = &cursor {
            request = request.header("Last-Event-ID", cursor);
        }
        if let Ok(events) = request.json(&json!({ "query": CHANGES })).send().await {
            follow(events, &mut cursor).await?;
        }
        eprintln!("connecting again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Prints the events of one connection until it breaks; `cursor` is that of the last one printed. Fails where the
/// server refuses the subscription.
async fn follow(mut events: Response, cursor: &mut Option<String>) -> Result<(), Box<dyn Error>> {
    let mut received = Vec::new();
    while let Ok(Some(chunk)) = events.chunk().await {
        received.extend_from_slice(&chunk);
        // An event ends with an empty line.
        while let Some(end) = received.windows(2).position(|pair| pair == b"\n\n") {
            let event = String::from_utf8(received.drain(..end + 2).collect())?;
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let Some(data) = field("data:").filter(|_| field("event:") == Some("next")) else { continue };
            print(&serde_json::from_str(data)?)?;
            *cursor = field("id:").map(str::to_owned).or(cursor.take());
        }
    }
    Ok(())
}

fn print(message: &Value) -> Result<(), String> {
    if let Some(errors) = message.get("errors") {
        return Err(errors.to_string());
    }
    for change in message["data"]["processChanges"]["changes"].as_array().into_iter().flatten() {
        let text = |name: &str| change[name].as_str().unwrap_or_default();
        println!("{}  {:<15} {}", text("at"), text("kind"), text("ocid"));
    }
    Ok(())
}
