//! Who may do what, by what he shows.

use std::path::Path;

use serde_json::{Value, json};

use super::admission::until;
use crate::support::{
    TestDatabase, farol, listen, on_both_databases,
    site::{PUBLISH, Site, answer, error, titled},
};

on_both_databases!(a_key_does_what_its_scope_says, the_caches_are_for_those_who_run_the_server);

/// Makes a key by the program, as whoever runs the server does.
pub(super) fn key(data: &TestDatabase, scope: &str) -> String {
    let args = ["key", "create", "a test", "--scope", scope, "--plan", "unlimited"];
    let made = farol(Path::new("."), &[("FAROL_DATABASE_URL", &data.url)], &args);
    assert_eq!(made.code, 0, "{}", made.stderr);
    made.stdout.trim().to_owned()
}

/// Ends a key by its id, which is a part of it.
pub(super) fn revoke(data: &TestDatabase, key: &str) {
    let id = key.split('_').nth(1).unwrap();
    let done = farol(Path::new("."), &[("FAROL_DATABASE_URL", &data.url)], &["key", "revoke", id]);
    assert_eq!(done.code, 0, "{}", done.stderr);
}

/// A mutation of two fields, the first for those who run the server, the second for those who publish.
fn both() -> Value {
    let input = json!({ "dataset": "d", "releases": [titled("a", 1, "Road")] });
    let first = "invalidateCache(tags: [\"*\"]) { tags } publishReleases(input";
    json!({ "query": PUBLISH.replace("publishReleases(input", first), "variables": { "input": input } })
}

async fn a_key_does_what_its_scope_says(data: TestDatabase) {
    let [read, publisher, admin] = ["read", "publish", "admin"].map(|scope| key(&data, scope));
    let site = Site::open_with(data, &[]).await;
    let ask = async |key: Option<&str>| {
        let request = site.post(&both());
        answer(match key {
            Some(key) => request.header("x-api-key", key),
            None => request,
        })
        .await
        .body
    };
    let codes = |body: &Value| -> Vec<String> {
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let told = |error: &Value| error["extensions"]["code"].as_str().unwrap().to_owned();
        errors.iter().map(told).collect()
    };
    // Each field is denied by itself: what may be done is done.
    let told = ask(None).await;
    assert_eq!(codes(&told), ["FORBIDDEN", "FORBIDDEN"]);
    assert_eq!(told["data"], json!({ "invalidateCache": null, "publishReleases": null }));
    assert_eq!(codes(&ask(Some(&read)).await), ["FORBIDDEN", "FORBIDDEN"]);
    let told = ask(Some(&publisher)).await;
    assert_eq!(codes(&told), ["FORBIDDEN"]);
    assert_eq!(told["errors"][0]["path"], json!(["invalidateCache"]));
    assert_eq!(told["data"]["publishReleases"]["createdCount"], 1);
    let told = ask(Some(&admin)).await;
    assert_eq!(codes(&told), [""; 0]);
    assert_eq!(told["data"]["publishReleases"]["unchangedCount"], 1);

    let bearer = answer(site.post(&both()).bearer_auth(&admin)).await;
    assert_eq!(bearer.body["data"]["invalidateCache"]["tags"], json!(["*"]));
    let wrong = answer(site.post(&both()).header("x-api-key", &admin[1..])).await;
    assert_eq!((wrong.status.as_u16(), error(&wrong.body).0), (401, "UNAUTHENTICATED"));
    assert_eq!(wrong.headers["www-authenticate"], "Bearer realm=\"farol\", error=\"invalid_token\"");
    let several = site.post(&both()).header("x-api-key", &admin).header("x-api-key", &admin);
    assert_eq!(answer(several).await.status, 400);
    site.close().await;
}

async fn the_caches_are_for_those_who_run_the_server(data: TestDatabase) {
    let (publisher, admin) = (key(&data, "publish"), key(&data, "admin"));
    let site = Site::open_with(data, &[]).await;
    let body = json!({ "query": "{ processes { totalCount } }" });
    for _ in 0..2 {
        answer(site.post(&body)).await;
    }
    let bypass = |key: &str| site.post(&body).header("graphql-cache", "bypass").header("x-api-key", key);
    let told = answer(bypass(&publisher)).await;
    assert_eq!((told.status.as_u16(), error(&told.body).0), (403, "FORBIDDEN"));
    let told = answer(bypass(&admin)).await;
    assert_eq!(told.headers["x-farol-cache"], "fields; hits=0, misses=1");
    assert!(
        answer(site.post(&body)).await.headers["x-farol-cache"].to_str().unwrap().starts_with("response")
    );
    site.close().await;
}

#[tokio::test]
async fn a_server_may_answer_those_alone_whom_it_knows() {
    let data = TestDatabase::sqlite().await;
    let read = key(&data, "read");
    let site = Site::open_with(data, &["--auth-anonymous", "false"]).await;
    let body = json!({ "query": "{ __typename }" });
    let told = answer(site.post(&body)).await;
    assert_eq!((told.status.as_u16(), error(&told.body).0), (401, "UNAUTHENTICATED"));
    assert_eq!(told.headers["www-authenticate"], "Bearer realm=\"farol\"");
    assert_eq!(answer(site.post(&body).bearer_auth(&read)).await.status, 200);
    let by_url = reqwest::Client::new().get(format!("{}?query={{datasets{{totalCount}}}}", site.url()));
    let told = answer(by_url.bearer_auth(&read)).await;
    let kept = told.headers["cache-control"].to_str().unwrap();
    assert!(kept.starts_with("private, max-age="), "caches between would answer anyone: {kept}");
    site.close().await;
}

#[tokio::test]
async fn details_are_for_this_machine_and_for_those_who_run_the_server() {
    let data = TestDatabase::sqlite().await;
    let (read, admin) = (key(&data, "read"), key(&data, "admin"));
    let site = Site::open_with(data, &[]).await;
    let ask = || reqwest::Client::new().get(format!("http://{}/health/detailed", site.address));
    let told = answer(ask()).await;
    assert_eq!((told.status.as_u16(), &told.body["status"]), (200, &json!("ready")), "{}", told.body);
    let far = || ask().header("x-forwarded-for", "192.0.2.1");
    assert_eq!(answer(far()).await.status, 403);
    assert_eq!(answer(far().header("x-api-key", &read)).await.status, 403);
    assert_eq!(answer(far().header("x-api-key", &admin)).await.status, 200);
    site.close().await;
}

#[tokio::test]
async fn who_leaves_while_it_is_asked_who_he_is_leaves_a_line() {
    let (lines, _guard) = listen("farol::access=info");
    let data = TestDatabase::sqlite().await;
    let gone = key(&data, "read");
    revoke(&data, &gone);
    let site = Site::open_with(data, &[]).await;
    site.data.slow_down("api_keys").await;
    let request = site.post(&json!({ "query": "{ __typename }" })).header("x-api-key", &gone);
    let asking = tokio::spawn(request.send());
    until(&site, "farol_http_requests_in_flight 1").await;
    asking.abort();
    until(&site, "farol_requests_total{status=\"499\"} 1").await;
    let written = lines.read();
    let [line] = &written[..] else { panic!("one line, not {written:?}") };
    assert_eq!((&line["status"], &line["caller"]), (&json!(499), &json!("anonymous")));
    site.close().await;
}
