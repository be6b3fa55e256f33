//! What is wrong is refused, and the refusal says what to mend.

use super::{file, load, refusal};

#[test]
fn an_unknown_key_is_refused_by_name() {
    let (_directory, path) = file("[http]\nlisten = \"127.0.0.1:1\"\nlisen = \"x\"\n[grapql]\n[x.y]\n");
    let said = refusal(&["--config", &path], &[]);
    assert!(said.contains(&format!("{path}:3: there is no setting http.lisen; did you mean http.listen?")));
    assert!(said.contains(&format!("{path}:4: there is no setting grapql; did you mean graphql?")), "{said}");
    assert!(said.lines().any(|line| line.ends_with(":5: there is no setting x")), "{said}");
}

#[test]
fn a_bad_value_names_key_value_expectation_and_origin() {
    for (flag, variable, value, expected) in [
        ("http-listen", "FAROL_HTTP_LISTEN", "8000", "an address and port"),
        ("database-max-connections", "FAROL_DATABASE_MAX_CONNECTIONS", "51", "a whole number from 1 to 50"),
        (
            "database-acquire-timeout-ms",
            "FAROL_DATABASE_ACQUIRE_TIMEOUT_MS",
            "2147483648",
            "a whole number from 1 to 2147483647",
        ),
        (
            "database-statement-timeout-ms",
            "FAROL_DATABASE_STATEMENT_TIMEOUT_MS",
            "2147483648",
            "a whole number from 1 to 2147483647",
        ),
        ("graphql-max-depth", "FAROL_GRAPHQL_MAX_DEPTH", "-1", "a whole number of at least 1"),
        ("graphql-introspection", "FAROL_GRAPHQL_INTROSPECTION", "yes", "true or false"),
        ("log-level", "FAROL_LOG_LEVEL", "inof", "off, error, warn, info, debug or trace"),
        ("log-format", "FAROL_LOG_FORMAT", "", "text or json"),
        ("documents-mode", "FAROL_DOCUMENTS_MODE", "closed", "open, log or only"),
        ("database-url", "FAROL_DATABASE_URL", "farol.db", "sqlite://FILE"),
        (
            "redis-url",
            "FAROL_REDIS_URL",
            "memcached://cache",
            "redis://USER:PASSWORD@HOST:PORT/DATABASE, rediss",
        ),
        ("redis-url", "FAROL_REDIS_URL", "redis+unix:///run/redis.sock", "redis://USER:PASSWORD@HOST"),
        ("redis-url", "FAROL_REDIS_URL", "redis://cache/sessions", "redis://USER:PASSWORD@HOST"),
        ("breaker-failure-percent", "FAROL_BREAKER_FAILURE_PERCENT", "101", "a whole number from 1 to 100"),
        ("redis-timeout-ms", "FAROL_REDIS_TIMEOUT_MS", "0", "a whole number from 1 to 10000"),
    ] {
        let key = flag.replacen('-', ".", 1).replace('-', "_");
        let shown = if key == "database.url" { "***" } else { value };
        let of_flag = refusal(&[&format!("--{flag}"), value], &[]);
        let of_variable = refusal(&[], &[(variable, value)]);
        for (said, origin) in [(of_flag, format!("--{flag}")), (of_variable, variable.to_owned())] {
            for part in [&format!("{key}: expected {expected}"), &format!("found {shown:?}"), &origin] {
                assert!(said.contains(part.as_str()), "{part} is not in: {said}");
            }
        }
    }
}

#[test]
fn a_value_of_another_kind_is_refused_with_its_line() {
    let (_directory, path) = file(
        "[http]\ndrain_ms = 1.5\nmax_body_bytes = [1]\n[graphql.max_depth]\n[log]\nlevel = 2020-01-01\n",
    );
    let said = refusal(&["--config", &path], &[]);
    for part in [
        format!("http.drain_ms: expected a whole number, found \"1.5\" (from {path}:2)"),
        format!("found \"a TOML array\" (from {path}:3)"),
        format!("found \"a TOML table\" (from {path}:4)"),
        format!("found \"a TOML datetime\" (from {path}:6)"),
    ] {
        assert!(said.contains(&part), "{part} is not in: {said}");
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    let said = refusal(&["--http-drain-ms", "x", "--log-format", "y"], &[("FAROL_IMPORT_WORKERS", "z")]);
    assert_eq!(said.lines().count(), 4, "{said}");
}

#[test]
fn a_named_file_must_be_there_and_be_toml() {
    let said = refusal(&["--config", "/no/such/file.toml"], &[]);
    assert!(said.contains("cannot read the settings file /no/such/file.toml"), "{said}");
    let (_directory, path) = file("[http]\nlisten = \n");
    assert!(refusal(&[], &[("FAROL_CONFIG", &path)]).contains(&format!("{path}:2: ")));
}

#[test]
fn two_names_of_a_setting_may_agree_but_not_differ() {
    let agree = [("FAROL_LISTEN", "0.0.0.0:1"), ("FAROL_HTTP_LISTEN", "0.0.0.0:1")];
    assert!(load(&[], &agree).is_ok());
    let said = refusal(&[], &[("FAROL_LISTEN", "0.0.0.0:1"), ("FAROL_HTTP_LISTEN", "0.0.0.0:2")]);
    assert!(said.contains("FAROL_HTTP_LISTEN and FAROL_LISTEN say different things"), "{said}");
}

#[test]
fn tokens_are_believed_only_as_the_settings_say_in_full() {
    let secret = "0123456789abcdef0123456789abcdef";
    for (args, part) in [
        (&["--auth-jwt-issuer", "i"][..], "auth.jwt_issuer is of no use without auth.jwt_algorithm"),
        (&["--auth-jwks-file", "f"], "auth.jwks_file is of no use without auth.jwt_algorithm"),
        (&["--auth-jwt-algorithm", "ES256"], "auth.jwt_algorithm = ES256 needs auth.jwt_audience"),
        (&["--auth-jwt-algorithm", "ES256"], "from either auth.jwt_key_file or auth.jwks_file; set is none"),
        (
            &["--auth-jwt-algorithm", "HS256", "--auth-jwt-key-file", "f"],
            "from either auth.jwt_secret or auth.jwks_file; set is auth.jwt_key_file",
        ),
        (
            &["--auth-jwt-algorithm", "HS256", "--auth-jwt-secret", secret, "--auth-jwks-file", "f"],
            "set is auth.jwt_secret and auth.jwks_file",
        ),
        (&["--auth-jwt-algorithm", "none"], "expected HS256, RS256, ES256, EdDSA or nothing"),
    ] {
        let said = refusal(args, &[]);
        assert!(said.contains(part), "{part} is not in: {said}");
    }
}

#[test]
fn contradictions_are_explained() {
    for (args, part) in [
        (["--graphql-nested-page-size", "101"], "graphql.nested_page_size = 101 is more than"),
        (["--graphql-max-page-size", "19"], "graphql.default_page_size = 20 is more than"),
        (["--graphql-max-cost", "20"], "graphql.max_cost = 20 is less than the 21"),
        (["--database-url", "sqlite::memory:"], "name a file"),
        (["--documents-mode", "only"], "documents.mode = only needs a manifest; name its file"),
        (["--documents-mode", "log"], "documents.mode = log needs a manifest; name its file"),
        (["--redis-ca-file", "ca.pem"], "redis.ca_file is of no use without redis.url"),
        (
            ["--redis-url", "rediss://cache#insecure"],
            "name the certificate that vouches for it in redis.ca_file",
        ),
        (["--http-tls-key", "key.pem"], "http.tls_certificate and http.tls_key go together"),
        (["--http-operations-listen", "127.0.0.1:8000"], "is the address of http.listen"),
        (["--redis-url", "redis://hunter2@cache"], "written with a colon, redis://:PASSWORD@HOST"),
    ] {
        let said = refusal(&args, &[]);
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    let said = refusal(&["--redis-url", "redis://cache", "--redis-ca-file", "ca.pem"], &[]);
    assert!(said.contains("redis.url must begin with rediss://"), "{said}");
}

#[test]
fn a_plan_that_would_refuse_an_operation_within_the_cost_limit_is_refused() {
    let small = "small=10/10/100/999";
    let said = refusal(&[], &[("FAROL_RATE_LIMIT_PLANS", small), ("FAROL_RATE_LIMIT_COST_BURST", "998")]);
    for part in [
        "rate_limit.cost_burst lets 998 cost units be spent at once",
        "the plan \"small\" of rate_limit.plans lets 999 cost units be spent at once",
        "less than graphql.max_cost = 1000",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert!(load(&["--graphql-max-cost", "998"], &[("FAROL_RATE_LIMIT_COST_BURST", "998")]).is_ok());
    let said = refusal(&[], &[("FAROL_RATE_LIMIT_PLANS", "partner=1000/1500")]);
    assert!(
        said.contains("rate_limit.plans: expected plans such as partner=1000/1500/200000/300000"),
        "{said}"
    );
    let off = [("FAROL_RATE_LIMIT_PLANS", small), ("FAROL_RATE_LIMIT_ENABLED", "false")];
    assert!(load(&[], &off).is_ok(), "switched off it refuses nobody");
}
