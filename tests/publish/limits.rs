//! How much may be published at a time.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    TestDatabase,
    site::{PUBLISH, Site, TOKEN, answer, error, request, titled},
};

#[tokio::test]
async fn only_those_who_publish_may_send_more() {
    let settings = ["--publish-token", TOKEN, "--http-max-body-bytes", "1000", "--publish-max-bytes", "4000"];
    let site = Site::open_with(TestDatabase::sqlite().await, &settings).await;
    let of = |letters: usize| request("d", &[titled("a", 1, &"x".repeat(letters))]);
    for (letters, may, refused_by) in [
        (100, false, None),
        (1000, false, Some("1000 bytes, the limit set by http.max_body_bytes")),
        (3000, true, None),
        (4000, true, Some("4000 bytes, the limit set by publish.max_bytes")),
    ] {
        let post = site.post(&of(letters));
        let told = answer(if may { post.bearer_auth(TOKEN) } else { post }).await;
        match refused_by {
            None => assert_eq!(told.status, StatusCode::OK, "{}", told.body),
            Some(limit) => {
                let (code, message) = error(&told.body);
                assert_eq!((told.status.as_u16(), code), (413, "PAYLOAD_TOO_LARGE"));
                assert!(message.contains(limit), "{message}");
            }
        }
    }
    site.close().await;
}

#[tokio::test]
async fn a_larger_limit_for_all_holds_for_those_who_publish() {
    let settings = ["--publish-token", TOKEN, "--http-max-body-bytes", "4000", "--publish-max-bytes", "1000"];
    let site = Site::open_with(TestDatabase::sqlite().await, &settings).await;
    let payload = site.publish("d", &[titled("a", 1, &"x".repeat(3000))]).await;
    assert_eq!(payload["createdCount"], 1);
    site.close().await;
}

#[tokio::test]
async fn five_hundred_releases_are_taken_and_one_more_is_not() {
    let site = Site::open(TestDatabase::sqlite().await).await;
    let releases: Vec<Value> = (0..501).map(|at| titled(&format!("p{at:03}"), 1, "Road")).collect();
    let payload = site.publish("d", &releases[..500]).await;
    assert_eq!(payload["createdCount"], 500);
    assert_eq!(payload["results"][499]["process"]["ocid"], "p499");
    // Of more than may be, nothing is selected: the cost would be refused before.
    let counts =
        "mutation($input: PublishReleasesInput!) { publishReleases(input: $input) { createdCount } }";
    let mut more = request("d", &releases);
    more["query"] = json!(counts);
    let told = answer(site.post(&more).bearer_auth(TOKEN)).await;
    let message = "input.releases has 501 releases, 500 at most; publish the others in another call";
    assert_eq!(error(&told.body), ("BAD_USER_INPUT", message));
    assert_eq!(site.ask("{ processes { totalCount } }").await["processes"]["totalCount"], 500);
    site.close().await;
}

#[tokio::test]
async fn a_dataset_has_a_name() {
    let site = Site::open(TestDatabase::sqlite().await).await;
    for name in ["", " ", "a ", "a\nb", "a\u{0}b", &"x".repeat(301)] {
        let told = answer(site.post(&request(name, &[titled("a", 1, "Road")])).bearer_auth(TOKEN)).await;
        let (code, message) = error(&told.body);
        assert_eq!(code, "BAD_USER_INPUT", "{name:?}");
        assert!(message.starts_with("input.dataset is \""), "{message}");
    }
    assert_eq!(site.ask("{ datasets { totalCount } }").await["datasets"]["totalCount"], 0);
    site.close().await;
}

#[tokio::test]
async fn publishing_costs_its_releases_and_what_is_selected_of_each() {
    let site = Site::open(TestDatabase::sqlite().await).await;
    let releases: Vec<Value> = (0..7).map(|at| titled(&format!("p{at}"), 1, "Road")).collect();
    let mut body = request("d", &releases);
    let costs = async |body: &Value| {
        let post = site.post(body).bearer_auth(TOKEN).header("graphql-cost", "report");
        let cost = answer(post).await.body["extensions"]["cost"].clone();
        (cost["estimated"].as_u64().unwrap(), cost["actual"].as_u64().unwrap())
    };
    assert_eq!(costs(&body).await, (14, 14), "each release, and its process: {PUBLISH}");
    body["query"] = json!(
        "mutation($input: PublishReleasesInput!) { publishReleases(input: $input) { results { outcome } } }"
    );
    assert_eq!(costs(&body).await, (7, 7));
    body["query"] = json!(
        "mutation { publishReleases(input: { dataset: \"d\", releases: [\"{\", \"{\"] }) { results { process { buyer { name } } } } }"
    );
    assert_eq!(costs(&body).await, (2 * 3, 2), "rejected ones have no process");
    site.close().await;
}
