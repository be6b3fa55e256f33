//! Filters of many parts: as many as may be are answered, more are refused, and none ends the process.

use serde_json::{Value, json};

use super::{ask, engine};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(filters_of_many_parts_are_answered_or_refused);

/// Every list with a filter: its field, the type of its filter, and what is selected.
const LISTS: [(&str, &str, &str); 7] = [
    ("processes(first: 0, filter: F)", "ProcessFilter", "{ totalCount }"),
    ("awards(first: 0, filter: F)", "AwardFilter", "{ totalCount }"),
    ("contracts(first: 0, filter: F)", "ContractFilter", "{ totalCount }"),
    ("bids(first: 0, filter: F)", "BidFilter", "{ totalCount }"),
    ("items(first: 0, filter: F)", "ItemFilter", "{ totalCount }"),
    ("organizations(first: 0, filter: F)", "OrganizationFilter", "{ totalCount }"),
    ("spending(groupBy: BUYER, filter: F)", "SpendingFilter", "{ count }"),
];

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!({}), |filter, _| json!({ "and": [filter] }))
}

async fn filters_of_many_parts_are_answered_or_refused(database: TestDatabase) {
    let engine = engine(&database).await;
    let errors = async |document: &str, variables: Value| {
        let errors = ask(&engine, document, variables).await.response.errors;
        errors.into_iter().map(|error| error.message).collect::<Vec<_>>()
    };
    for (field, ty, selection) in LISTS {
        let inline = |filter: &str| format!("{{ {} {selection} }}", field.replace('F', filter));
        let by_variable =
            format!("query ($f: {ty}) {{ {} {selection} }}", field.replace("filter: F", "filter: $f"));
        let list = |key: &str, count: usize| format!("{{{key}:[{}]}}", "{}".repeat(count));
        for key in ["and", "or"] {
            assert_eq!(errors(&inline(&list(key, 200)), json!({})).await, [""; 0], "{field}");
            for most in [201, 3_200, 7_000] {
                let refused = errors(&inline(&list(key, most)), json!({})).await;
                let expected =
                    format!("the filter has {most} filters or more inside and, or and not, 200 at most");
                assert!(refused[0].starts_with(&expected), "{field}: {refused:?}");
            }
            let values = json!({ "f": { key: vec![json!({}); 200] } });
            assert_eq!(errors(&by_variable, values).await, [""; 0], "{field}");
            let refused = errors(&by_variable, json!({ "f": { key: vec![json!({}); 7_000] } })).await;
            assert!(refused[0].contains("more than 1000 input objects"), "{field}: {refused:?}");
        }
        let halves = format!("{{or:[{},{}]}}", list("or", 99), list("and", 99));
        assert_eq!(errors(&inline(&halves), json!({})).await, [""; 0], "{field}");
        let more = format!("{{or:[{},{}]}}", list("or", 99), list("and", 100));
        assert!(errors(&inline(&more), json!({})).await[0].contains("201 filters"), "{field}");
        assert_eq!(errors(&by_variable, json!({ "f": nested(5) })).await, [""; 0], "{field}");
        let refused = errors(&by_variable, json!({ "f": nested(6) })).await;
        assert!(refused[0].contains("lie 6 deep in the filter, 5 at most"), "{field}: {refused:?}");
        let refused = errors(&by_variable, json!({ "f": nested(60) })).await;
        assert!(refused[0].contains("lie more than 32 deep"), "{field}: {refused:?}");
    }
}
