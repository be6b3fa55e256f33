//! What the mutation does and tells.

use serde_json::{Value, json};

use crate::support::{
    TestDatabase, on_both_databases,
    site::{Site, TOKEN, answer, error, request, titled},
};

on_both_databases!(
    whoever_publishes_reads_what_he_wrote,
    each_release_is_told_in_its_place,
    a_text_keeps_every_digit,
    a_batch_with_a_mutation_is_answered_in_turn,
    mutations_of_one_operation_see_each_other,
);

const TITLES: &str = "{ processes(orderBy: OCID_ASC) { totalCount nodes { ocid tender { title } } } \
                        datasets { nodes { name processCount releaseCount } } }";

/// Everything is read before and between, so that all of it is kept.
async fn whoever_publishes_reads_what_he_wrote(database: TestDatabase) {
    let site = Site::open(database).await;
    let mut title = String::new();
    for day in 1..=8 {
        let before = site.ask(TITLES).await;
        assert_eq!(before["processes"]["nodes"][0]["tender"]["title"].as_str().unwrap_or_default(), title);
        title = format!("Road {day}");
        let payload = site.publish("d", &[titled("a", day, &title)]).await;
        assert_eq!(payload["results"][0]["process"], json!({ "ocid": "a", "tender": { "title": title } }));
        let after = site.ask(TITLES).await;
        assert_eq!(after["processes"]["nodes"][0]["tender"]["title"], json!(title));
        assert_eq!(
            after["datasets"]["nodes"],
            json!([{ "name": "d", "processCount": 1, "releaseCount": day }])
        );
    }
    site.close().await;
}

async fn each_release_is_told_in_its_place(database: TestDatabase) {
    let site = Site::open(database).await;
    site.publish("d", &[titled("a", 1, "Road")]).await;
    let releases = [
        titled("a", 2, "Wide road"),
        json!({ "tender": { "title": "Bridge" } }),
        titled("a", 1, "Road"),
        titled("b", 1, "Dam"),
        titled("a", 1, "Rail"),
        json!("{"),
    ];
    let payload = site.publish("d", &releases).await;
    let told = |result: &Value| {
        let kinds = result["issues"].as_array().unwrap().iter().map(|issue| issue["kind"].clone());
        json!([
            result["outcome"],
            result["releaseId"],
            result["process"]["tender"]["title"],
            kinds.collect::<Value>()
        ])
    };
    let told: Value = payload["results"].as_array().unwrap().iter().map(told).collect();
    let expected = json!([
        ["UPDATED", "a-2", "Wide road", []],
        ["REJECTED", null, null, ["missing_ocid"]],
        ["UNCHANGED", "a-1", "Wide road", []],
        ["CREATED", "b-1", "Dam", []],
        ["REJECTED", "a-1", "Wide road", ["id_taken"]],
        ["REJECTED", null, null, ["invalid_json"]],
    ]);
    assert_eq!(told, expected);
    let counts = ["createdCount", "updatedCount", "unchangedCount", "rejectedCount"];
    assert_eq!(counts.map(|count| payload[count].as_i64().unwrap()), [1, 1, 1, 3]);
    let again = site.publish("d", &releases[..1]).await;
    assert_eq!(again["results"][0]["outcome"], "UNCHANGED");
    site.close().await;
}

async fn a_text_keeps_every_digit(database: TestDatabase) {
    let site = Site::open(database).await;
    let text = r#"{"ocid":"a","id":"1","tender":{"value":{"amount":9007199254740993.01,"currency":"PLN"}}}"#;
    let payload = site.publish("d", &[json!(text)]).await;
    assert_eq!(payload["createdCount"], 1, "{payload}");
    let query = "{ process(ocid: \"a\") { tender { value { amount } } releases { nodes { body } } } }";
    let process = site.ask(query).await;
    assert_eq!(process["process"]["tender"]["value"]["amount"], "9007199254740993.01");
    // The same release as an object, whose small numbers are what they were.
    let small = r#"{"ocid":"b","id":"1","tender":{"value":{"amount":100.10,"currency":"PLN"}}}"#;
    let object: Value = serde_json::from_str(small).unwrap();
    let outcomes = [site.publish("d", &[json!(small)]).await, site.publish("d", &[object]).await];
    assert_eq!(outcomes.map(|payload| payload["results"][0]["outcome"].clone()), ["CREATED", "UNCHANGED"]);
    site.close().await;
}

async fn a_batch_with_a_mutation_is_answered_in_turn(database: TestDatabase) {
    let site = Site::open(database).await;
    let query = json!({ "query": "{ processes { totalCount } }" });
    let publish = |ocid: &str| request("d", &[titled(ocid, 1, "Road")]);
    let batch = json!([query, publish("a"), query, publish("b"), query]);
    for may in [true, false] {
        let request = site.post(&batch);
        let told = answer(if may { request.bearer_auth(TOKEN) } else { request }).await.body;
        let count = |at: usize| told[at]["data"]["processes"]["totalCount"].clone();
        if may {
            assert_eq!([count(0), count(2), count(4)], [0, 1, 2], "{told}");
        } else {
            assert_eq!([count(0), count(2), count(4)], [2, 2, 2], "{told}");
            assert_eq!(error(&told[1]).0, "FORBIDDEN");
        }
    }
    site.close().await;
}

async fn mutations_of_one_operation_see_each_other(database: TestDatabase) {
    let site = Site::open(database).await;
    let field = |alias: &str, title: &str, day: u32| {
        let release = titled("a", day, title).to_string();
        format!(
            "{alias}: publishReleases(input: {{ dataset: \"d\", releases: [{}] }}) \
             {{ results {{ outcome process {{ tender {{ title }} releases {{ totalCount }} }} }} }}",
            json!(release)
        )
    };
    let document = format!("mutation {{ {} {} }}", field("one", "Road", 1), field("two", "Wide road", 2));
    let told = answer(site.post(&json!({ "query": document })).bearer_auth(TOKEN)).await.body;
    let result = |outcome: &str, title: &str, releases: u32| {
        let process = json!({ "tender": { "title": title }, "releases": { "totalCount": releases } });
        json!({ "results": [{ "outcome": outcome, "process": process }] })
    };
    assert_eq!(
        told["data"],
        json!({ "one": result("CREATED", "Road", 1), "two": result("UPDATED", "Wide road", 2) }),
        "{told}"
    );
    site.close().await;
}
