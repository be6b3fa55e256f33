//! Defaults ← file ← environment ← flags.

use farol::config::{self, Backend, Config, LogFormat, Origin, Setting};

use super::{file, load};

/// Every number, in every combination of layers: the highest layer that speaks decides.
#[test]
fn the_highest_layer_that_speaks_decides() {
    // The year of `http.profile` is a name.
    let is_number =
        |setting: &Setting| setting.default.parse::<u64>().is_ok() && setting.key != "http.profile";
    let numbers: Vec<Setting> = config::settings().into_iter().filter(is_number).collect();
    assert!(numbers.len() > 10, "the table has numbers");
    for setting in &numbers {
        for layers in 0..8 {
            let (in_file, in_environment, in_flags) = (layers & 1 != 0, layers & 2 != 0, layers & 4 != 0);
            let (section, name) = setting.key.split_once('.').expect("section.name");
            let (_directory, path) =
                file(&if in_file { format!("[{section}]\n{name} = 31") } else { String::new() });
            let variable = setting.variables().remove(0);
            let (flag, mut args) = (format!("--{}", setting.flag()), vec!["--config", &path]);
            if in_flags {
                args.extend([flag.as_str(), "33"]);
            }
            // A burst so small would contradict the cost limit, were there limits.
            let mut environment = vec![("FAROL_RATE_LIMIT_ENABLED", "false")];
            environment.extend(in_environment.then_some((variable.as_str(), "32")));

            let loaded = load(&args, &environment).expect("these settings are fine");

            let expected = match (in_flags, in_environment, in_file) {
                (true, _, _) => ("33", Origin::Flag(setting.flag())),
                (_, true, _) => ("32", Origin::Variable(variable.clone())),
                (_, _, true) => ("31", Origin::File(path.clone().into(), 2)),
                _ => (setting.default, Origin::Default),
            };
            let found = loaded.effective.iter().find(|one| one.key == setting.key).expect("every key");
            assert_eq!((found.shown.as_str(), &found.origin), (expected.0, &expected.1), "{}", setting.key);
        }
    }
}

#[test]
fn every_kind_of_value_reaches_its_field() {
    let (_directory, path) = file(
        "[database]\nurl = \"postgres://farol@db/farol\"\nmax_connections = 0x1f\n\
         [redis]\nurl = \"rediss://:x@cache/1\"\nca_file = \"ca.pem\"\n\
         [http]\nlisten = \"[::1]:9000\"\nmax_body_bytes = 2_000\n\
         [graphql]\nintrospection = false\n[log]\nlevel = \"info,farol::store=debug\"\nformat = \"json\"\n",
    );
    let config = load(&["--config", &path], &[("FAROL_HTTP_DRAIN_MS", "1_500")]).expect("fine").config;
    assert_eq!(config.database.url.backend(), Backend::Postgres);
    assert_eq!(config.database.max_connections, 31);
    assert_eq!(config.redis.url.expect("there is one").expose(), "rediss://:x@cache/1");
    assert_eq!(config.redis.ca_file.expect("there is one").as_os_str(), "ca.pem");
    assert_eq!(config.redis.timeout_ms, 50);
    assert_eq!(config.http.listen.to_string(), "[::1]:9000");
    assert_eq!(config.http.max_body_bytes, 2000);
    assert_eq!(config.http.drain().as_millis(), 1500);
    assert!(!config.graphql.introspection);
    assert_eq!(config.log.level.to_string(), "info,farol::store=debug");
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn the_defaults_are_valid() {
    let config = Config::default();
    assert_eq!(config.database.url.expose(), "sqlite://farol.db");
    assert!(config.redis.url.is_none() && config.redis.ca_file.is_none());
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8000");
    assert!(config.import.worker_threads() >= 1);
}

#[test]
fn the_listener_has_a_short_name_too() {
    let by_variable = load(&[], &[("FAROL_LISTEN", "0.0.0.0:1")]).expect("fine");
    assert_eq!(by_variable.config.http.listen.port(), 1);
    let by_flag = load(&["--listen", "0.0.0.0:2"], &[("FAROL_HTTP_LISTEN", "0.0.0.0:1")]).expect("fine");
    assert_eq!(by_flag.config.http.listen.port(), 2);
}

#[test]
fn the_file_may_be_named_by_a_variable_and_the_flag_wins() {
    let (_one, one) = file("[graphql]\nmax_depth = 7");
    let (_other, other) = file("[graphql]\nmax_depth = 8");
    let environment = [("FAROL_CONFIG", one.as_str())];
    assert_eq!(load(&[], &environment).expect("fine").config.graphql.max_depth, 7);
    assert_eq!(load(&["--config", &other], &environment).expect("fine").config.graphql.max_depth, 8);
}

/// Variables of the tests and of other programs are none of the server's business.
#[test]
fn an_unknown_variable_is_one_warning() {
    let environment = [("FAROL_HTTP_LISTN", "x"), ("FAROL_TEST_DATA", "x"), ("PATH", "x"), ("FAROLA", "x")];
    let loaded = load(&[], &environment).expect("a warning is no refusal");
    assert_eq!(
        loaded.warnings,
        ["the variable FAROL_HTTP_LISTN is not a setting; did you mean FAROL_HTTP_LISTEN?"]
    );
}

/// The README's table of settings is written by hand.
#[test]
fn the_readme_tells_every_setting_as_it_is() {
    let readme = include_str!("../../README.md");
    for setting in config::settings() {
        let Setting { key, default, doc, .. } = &setting;
        let default = if default.is_empty() { "empty".to_owned() } else { format!("`{default}`") };
        let row = format!("| `{key}` | `{}` | {default} | {doc} |", setting.variables().join("`, `"));
        assert!(readme.contains(&row), "README.md lacks the row\n{row}");
    }
}

/// `UPDATE_EXAMPLE=1` writes the file instead.
#[test]
fn the_example_file_is_the_one_the_table_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/farol.example.toml");
    if std::env::var_os("UPDATE_EXAMPLE").is_some() {
        std::fs::write(path, config::example()).expect("the example file is written");
    }
    let committed = std::fs::read_to_string(path).expect("the example file is there");
    assert_eq!(committed, config::example(), "run the tests with UPDATE_EXAMPLE=1");
}

/// With every setting uncommented the example says the defaults, no more and no less.
#[test]
fn the_example_file_uncommented_is_the_defaults() {
    let is_setting = |line: &&str| {
        let key = line.split_once(" = ").map_or("", |(key, _)| key);
        !key.is_empty() && key.bytes().all(|letter| letter == b'_' || letter.is_ascii_lowercase())
    };
    let example = config::example();
    let lines = example.lines().map(|line| line.strip_prefix("# ").filter(is_setting).unwrap_or(line));
    let text = lines.collect::<Vec<_>>().join("\n");
    let (_directory, path) = file(&text);
    let loaded = load(&["--config", &path], &[]).expect("the example is valid");
    for (found, setting) in loaded.effective.iter().zip(config::settings()) {
        assert_eq!((found.key, found.shown.as_str()), (setting.key, setting.default));
        assert!(matches!(found.origin, Origin::File(..)), "{} is in the example", found.key);
    }
}
