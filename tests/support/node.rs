//! Scripts that run in Node, beside the packages they import.
//!
//! Packages are installed below the target directory, from a lock file below `tests/node`. A missing
//! tool is a failure that says what to install, never a silent skip.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use tempfile::TempDir;
use tokio::process::Command as Task;

/// npm may have to fetch the packages; a browser starts slowly on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Runs `tests/FOLDER/NAME` and gives back what it printed, printing it here too. It runs in a fresh copy
/// of its folder, with `schema.graphql`, below the packages (a folder of lock files in `tests`): there
/// Node finds them, and there it may leave files.
pub(crate) async fn run(packages: &'static str, script: &str, arguments: &[&str]) -> String {
    let packages = tokio::task::spawn_blocking(|| install(packages)).await.unwrap();
    let (folder, name) = script.split_once('/').expect("a folder and a script");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let runs = packages.join("run");
    fs::create_dir_all(&runs).unwrap();
    // Of its own: the same script may run for another test at the same time.
    let directory = TempDir::with_prefix_in(name, runs).unwrap();
    let place = directory.path();
    copy(&root.join("tests").join(folder), place);
    fs::copy(root.join("schema.graphql"), place.join("schema.graphql")).unwrap();

    let mut node = Task::new("node");
    node.current_dir(place).arg(name).args(arguments).kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE, node.output()).await.expect("the script ends");
    let printed = succeeded(script, &ended.expect("node is needed: install Node 20 or later"));
    print!("{printed}");
    printed
}

/// The directory with the packages, installed if they are not yet. Several test processes may ask
/// at once: one installs, the others wait for the lock.
fn install(packages: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(packages);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(packages.replace('/', "-"));
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
    succeeded("npm ci", &installed.expect("npm is needed: install Node 20 or later with npm"));
    fs::write(stamp, wanted).unwrap();
    target
}

/// Copies a directory with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What a program printed, which must have ended well.
fn succeeded(what: &str, output: &Output) -> String {
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{what} failed:\n{}{}", told(&output.stdout), told(&output.stderr));
    told(&output.stdout)
}
