//! A password is in no text that Farol makes of its settings.

use super::{file, load, refusal};

const URL: &str = "postgres://farol:hunter2@db.example:5432/farol?sslmode=require";

#[test]
fn no_text_shows_the_password() {
    let (_directory, path) = file(&format!("[database]\nurl = \"{URL}\""));
    for loaded in [
        load(&["--config", &path], &[]),
        load(&[], &[("FAROL_DATABASE_URL", URL)]),
        load(&["--database-url", URL], &[]),
    ] {
        let loaded = loaded.expect("the URL is fine");
        assert_eq!(loaded.config.database.url.expose(), URL, "the driver gets it all");
        let texts = format!("{loaded:?} {loaded:#?} {}", loaded.config.database.url);
        assert!(!texts.contains("hunter2"), "{texts}");
        assert!(texts.contains("postgres://farol:***@db.example:5432/farol"), "{texts}");
    }
}

#[test]
fn no_text_shows_the_password_of_redis() {
    let url = "rediss://farol:hunter2@cache.example:6380/1";
    let loaded = load(&["--redis-url", url], &[]).expect("the URL is fine");
    let kept = loaded.config.redis.url.as_ref().expect("there is one");
    assert_eq!(kept.expose(), url, "the driver gets it all");
    let texts = format!("{loaded:?} {loaded:#?}");
    assert!(!texts.contains("hunter2"), "{texts}");
    assert!(texts.contains("rediss://farol:***@cache.example:6380/1"), "{texts}");
}

#[test]
fn no_refusal_shows_the_password() {
    for url in [&URL.replace("postgres", "mysql"), "hunter2", "postgres:hunter2"] {
        let refused = load(&["--database-url", url], &[]).expect_err("not a database we know");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused:?}");
    }
    for url in
        ["redis://hunter2@cache", "redis://:hunter2@cache/x", "hunter2", "rediss://:hunter2@cache#insecure"]
    {
        let refused = load(&["--redis-url", url], &[]).expect_err("not a Redis we take");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused:?}");
    }
    let said = refusal(&["--database-url", URL, "--http-drain-ms", "x"], &[]);
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn no_text_shows_the_token_of_those_who_publish() {
    let token = "hunter2-hunter2-hunter2";
    for loaded in [load(&["--publish-token", token], &[]), load(&[], &[("FAROL_PUBLISH_TOKEN", token)])] {
        let loaded = loaded.expect("the token is long enough");
        let kept = loaded.config.publish.token.as_ref().expect("there is one");
        assert_eq!(kept.expose(), token, "it is compared with what comes");
        let texts = format!("{loaded:?} {loaded:#?} {kept}");
        assert!(!texts.contains("hunter2"), "{texts}");
    }
    for token in ["hunter2-hunter2", "hunter2 hunter2 hunter2", "hunter2-hunter2-hunter\u{e9}"] {
        let refused = load(&["--publish-token", token], &[]).expect_err("too short, or no header carries it");
        let texts = format!("{refused} {refused:?}");
        assert!(texts.contains("publish.token") && !texts.contains("hunter2"), "{texts}");
    }
    assert!(load(&[], &[]).expect("none is needed").config.publish.token.is_none());
}

#[test]
fn no_text_shows_the_secret_of_tokens() {
    let secret = "hunter2-hunter2-hunter2-hunter2-hunter2";
    let others = ["--auth-jwt-algorithm", "HS256", "--auth-jwt-issuer", "i", "--auth-jwt-audience", "a"];
    let loaded = load(&others, &[("FAROL_AUTH_JWT_SECRET", secret)]).expect("the secret is long enough");
    let kept = loaded.config.auth.jwt_secret.as_ref().expect("there is one");
    assert_eq!(kept.expose(), secret, "tokens are verified with it");
    let texts = format!("{loaded:?} {loaded:#?} {kept}");
    assert!(!texts.contains("hunter2"), "{texts}");
    let refused = load(&["--auth-jwt-secret", "hunter2"], &[]).expect_err("too short");
    let texts = format!("{refused} {refused:?}");
    assert!(texts.contains("auth.jwt_secret") && !texts.contains("hunter2"), "{texts}");
}
