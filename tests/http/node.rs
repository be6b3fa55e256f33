//! Tests that need Node: the peers' audit of GraphQL over HTTP, and a browser.
//!
//! A missing tool is a failure that says what to install, never a silent skip. Packages are
//! installed below the target directory, from the lock file in `tests/node`.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use tokio::process::Command as Task;

use super::app::App;
use crate::graphql::fixture;

/// npm may have to fetch the packages; a browser starts slowly on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// The directory with the packages, installed if they are not yet. Several test processes may ask
/// at once: one installs, the others wait for the lock.
fn packages() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node");
    fs::create_dir_all(&target).unwrap();
    let lock = File::create(target.join("lock")).unwrap();
    lock.lock().unwrap();
    let wanted = fs::read(source.join("package-lock.json")).unwrap();
    let stamp = target.join("installed.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return target;
    }
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), target.join(file)).unwrap();
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    let installed = Command::new("npm").args(arguments).current_dir(&target).output();
    assert_success(
        "npm ci",
        &installed.expect("npm is needed for this test: install Node 20 or later with npm"),
    );
    fs::write(stamp, wanted).unwrap();
    target
}

/// Runs a script of `tests` beside the packages, where Node looks for them.
async fn run(script: &str, arguments: &[&str]) {
    let packages = tokio::task::spawn_blocking(packages).await.unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script);
    let copy = packages.join(source.file_name().unwrap());
    fs::copy(source, &copy).unwrap();
    let mut node = Task::new("node");
    node.arg(copy).args(arguments).kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE, node.output()).await.expect("the script ends");
    assert_success(script, &ended.expect("node is needed for this test: install Node 20 or later"));
}

fn assert_success(what: &str, output: &Output) {
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{what} failed:\n{}{}", told(&output.stdout), told(&output.stderr));
}

#[tokio::test]
async fn the_peers_audit_is_content() {
    let app = App::start().await;
    run("conformance/http-audit.mjs", &[&app.url("/graphql")]).await;
}

#[tokio::test]
async fn graphiql_works_in_a_browser() {
    let browser =
        env::var_os("FAROL_TEST_CHROMIUM").map_or_else(|| "/usr/bin/chromium".into(), PathBuf::from);
    let missing = "is not there: install Chromium or name it in FAROL_TEST_CHROMIUM";
    assert!(browser.is_file(), "{} {missing}", browser.display());
    let app = App::start().await;
    fixture::load(&app.data.open().await).await;
    let screenshot = Path::new(env!("CARGO_TARGET_TMPDIR")).join("graphiql.png");
    let empty = App::start().await;
    let urls = [app.url("/"), empty.url("/")];
    run("browser/graphiql.mjs", &[&urls[0], &urls[1], screenshot.to_str().unwrap()]).await;
}
