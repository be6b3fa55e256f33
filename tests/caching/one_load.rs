//! What costs much is loaded by one node for all of them.

use farol::graphql::Source;
use futures_util::future::join_all;
use serde_json::Value;

use super::node::{Keeping, Node, text};
use crate::{
    graphql::fixture,
    support::{RedisServer, TestDatabase, on_both_databases},
};

on_both_databases!(nine_hundred_requests_of_three_nodes_are_one_load);

async fn nine_hundred_requests_of_three_nodes_are_one_load(data: TestDatabase) {
    fixture::load(&data.open().await).await;
    let redis = RedisServer::start().await;
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::start(&data, Keeping { redis: Some(&redis), ..Keeping::default() }).await);
    }
    let loads = || nodes.iter().map(|node| node.figures().loads).sum::<u64>();
    let mut questions = Vec::new();
    for group in ["BUYER", "SUPPLIER", "CATEGORY", "METHOD", "YEAR", "MONTH"] {
        for measure in ["AWARDED", "CONTRACTED", "TENDERED"] {
            let arguments = format!("groupBy: {group}, measure: {measure}");
            questions.push(format!("{{ spending({arguments}) {{ currency count sum }} }}"));
        }
    }
    for (number, question) in (1..).zip(&questions) {
        let asked = nodes.iter().flat_map(|node| (0..300).map(|_| node.ask(question, Value::Null)));
        let answers = join_all(asked).await;
        assert_eq!(loads(), number, "one load for each question");
        assert_eq!(answers.iter().map(|answer| answer.stats.database.statements).sum::<u64>(), 1);
        assert!(answers.iter().all(|answer| text(answer) == text(&answers[0])));
        assert!(matches!(answers[0].source, Source::Fields(_)), "{}", text(&answers[0]));
    }
}
