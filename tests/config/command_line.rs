//! The program: its help, its exit codes, what it prints.

use clap::{Args, CommandFactory};
use farol::cli::{
    Cli, dataset::DatasetArgs, generate::GenerateArgs, import::ImportArgs, key::KeyArgs,
    migrate::MigrateArgs, rebuild::RebuildArgs, serve::ServeArgs,
};
use tempfile::tempdir;

use crate::support::farol;

#[test]
fn every_subcommand_explains_itself() {
    let directory = tempdir().expect("a directory");
    Cli::command().debug_assert();
    for command in Cli::command().get_subcommands() {
        let output = farol(directory.path(), &[], &[command.get_name(), "--help"]);
        assert_eq!(output.code, 0);
        for part in ["Example", "Usage: farol", "--config <FILE>", "--database-url <VALUE>", "FAROL_LISTEN"] {
            assert!(output.stdout.contains(part), "{part} is not in: {}", output.stdout);
        }
    }
}

#[test]
fn the_arguments_of_every_subcommand_are_sound() {
    for augment in [
        ServeArgs::augment_args,
        ImportArgs::augment_args,
        GenerateArgs::augment_args,
        MigrateArgs::augment_args,
        DatasetArgs::augment_args,
        KeyArgs::augment_args,
        RebuildArgs::augment_args,
    ] {
        let mut command = augment(clap::Command::new("farol"));
        command.clone().debug_assert();
        assert!(command.render_long_help().to_string().contains("Example"));
    }
}

#[test]
fn the_exit_code_tells_done_from_misuse() {
    let directory = tempdir().expect("a directory");
    for (args, code) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&["schema"], 0),
        (&["doctor"], 0),
        (&["schema", "--graphql-max-depth", "5"], 0),
        (&["--graphql-max-depth", "5", "schema"], 0),
        (&[], 2),
        (&["sail"], 2),
        (&["doctor", "--no-such-flag"], 2),
        (&["doctor", "--http-listen", "nowhere"], 2),
        (&["doctor", "--config", "absent.toml"], 2),
    ] {
        let output = farol(directory.path(), &[], args);
        assert_eq!(output.code, code, "{args:?}: {}", output.stderr);
        assert_eq!(output.code != 0, output.stdout.is_empty(), "answers go to stdout, complaints to stderr");
    }
}

#[test]
fn the_committed_schema_is_printed() {
    let directory = tempdir().expect("a directory");
    let output = farol(directory.path(), &[], &["schema"]);
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql"));
    assert!(output.stdout == committed.expect("schema.graphql"), "farol schema > schema.graphql mends it");
}

#[test]
fn the_doctor_shows_settings_origins_and_warnings() {
    let directory = tempdir().expect("a directory");
    std::fs::write(directory.path().join("farol.toml"), "[graphql]\nmax_depth = 7\n").expect("writes");
    let variables = [
        ("FAROL_DATABASE_URL", "postgres://farol:hunter2@db/farol"),
        ("FAROL_X", ""),
        ("FAROL_AUTH_JWT_SECRET", "hunter2-hunter2-hunter2-hunter2-hunter2"),
        ("FAROL_AUTH_JWT_ALGORITHM", "HS256"),
        ("FAROL_AUTH_JWT_ISSUER", "https://id.example"),
        ("FAROL_AUTH_JWT_AUDIENCE", "farol"),
    ];
    let output = farol(directory.path(), &variables, &["doctor", "--listen", "127.0.0.1:9"]);
    for (key, value) in [
        ("graphql.max_depth", "7  (from farol.toml:2)"),
        ("database.url", "postgres://farol:***@db/farol  (from the variable FAROL_DATABASE_URL)"),
        ("http.listen", "127.0.0.1:9  (from the flag --http-listen)"),
        ("graphql.max_cost", "1000"),
        ("auth.jwt_secret", "***  (from the variable FAROL_AUTH_JWT_SECRET)"),
        ("warning:", "the variable FAROL_X is not a setting"),
    ] {
        let line = output.stdout.lines().find(|line| line.trim().starts_with(key)).unwrap_or_default();
        assert!(line.ends_with(value), "{key} … {value} is not in: {}", output.stdout);
    }
}

#[test]
fn the_doctor_prints_the_example_file() {
    let directory = tempdir().expect("a directory");
    let output = farol(directory.path(), &[], &["doctor", "--example"]);
    assert_eq!(output.stdout, farol::config::example());
}
