//! What a browser is told for pages of other sites.

use farol::http::Options;
use reqwest::RequestBuilder;

use super::app::{App, answer, database};

const APP: &str = "https://app.example";

async fn start(origins: &[&str]) -> App {
    let cors_origins = origins.iter().map(|&origin| origin.to_owned()).collect();
    App::start_with(Options { cors_origins, ..Options::default() }, database(Ok(()))).await
}

/// What a browser asks before it sends a query with headers of the page's own.
fn question(app: &App, origin: &str) -> RequestBuilder {
    let asked = app.request("OPTIONS", "/graphql").header("origin", origin);
    asked
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,graphql-cost")
}

#[tokio::test]
async fn pages_of_named_origins_may_query_and_read() {
    let app = start(&["https://APP.example", "http://127.0.0.1:3000"]).await;
    let told = answer(question(&app, APP)).await;
    assert_eq!(told.status, 200);
    assert_eq!(told.header("access-control-allow-origin"), APP);
    assert_eq!(told.header("access-control-allow-methods"), "GET,HEAD,POST");
    assert_eq!(told.header("access-control-allow-headers"), "authorization,content-type,graphql-cost");
    assert_eq!(told.header("access-control-max-age"), "7200");

    for query in ["{ __typename }", "{ nothing }"] {
        let told = answer(app.query(query).header("origin", APP)).await;
        assert_eq!(told.header("access-control-allow-origin"), APP, "{query}");
        let exposed = told.header("access-control-expose-headers");
        for name in ["x-request-id", "x-farol-cache", "ratelimit-remaining", "retry-after"] {
            assert!(exposed.split(',').any(|one| one == name), "{name} is not in {exposed}");
        }
        assert_eq!(told.header("access-control-allow-credentials"), "");
    }
    // A refusal can be read, too, and one page's answer is not kept for another's.
    let refused = answer(app.request("PUT", "/graphql").header("origin", APP)).await;
    assert_eq!((refused.status.as_u16(), refused.header("access-control-allow-origin")), (405, APP));
    let kept = answer(app.get("/graphql?query=%7B__typename%7D")).await;
    let vary: Vec<_> = kept.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(
        vary.contains(&"origin") && vary.iter().any(|value| value.contains("accept-encoding")),
        "{vary:?}"
    );
}

#[tokio::test]
async fn other_pages_may_not() {
    for app in [start(&[]).await, start(&["http://127.0.0.1:3000"]).await] {
        for origin in [APP, "null", "http://127.0.0.1:3000.evil.example"] {
            for request in [question(&app, origin), app.query("{ __typename }").header("origin", origin)] {
                let told = answer(request).await;
                assert_eq!(told.header("access-control-allow-origin"), "", "{origin}");
            }
        }
        // Only queries may be asked for from elsewhere.
        let health = answer(app.get("/health/live").header("origin", "http://127.0.0.1:3000")).await;
        assert_eq!(health.header("access-control-allow-origin"), "");
    }
}

#[tokio::test]
async fn a_star_lets_in_every_page_without_what_the_browser_keeps() {
    let app = start(&["*"]).await;
    for request in [question(&app, APP), app.query("{ __typename }").header("origin", "null")] {
        let told = answer(request).await;
        assert_eq!(told.header("access-control-allow-origin"), "*");
        assert_eq!(told.header("access-control-allow-credentials"), "");
    }
}

#[tokio::test]
async fn every_answer_keeps_to_itself() {
    let app = start(&[]).await;
    for path in ["/graphql?query=%7B__typename%7D", "/graphql", "/health/live", "/metrics", "/nothing"] {
        let told = answer(app.get(path)).await;
        for (name, value) in [
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            // Only where there is TLS.
            ("strict-transport-security", ""),
        ] {
            assert_eq!(told.header(name), value, "{path}: {name}");
        }
    }
}
