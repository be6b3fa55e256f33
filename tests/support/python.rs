//! Scripts that run in Python.

use std::{env, path::Path, time::Duration};

use tokio::process::Command;

/// Longer than any of them takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Runs `tests/SCRIPT` with the interpreter that `FAROL_TEST_PYTHON` names, and prints what it printed. It must end
/// well.
pub(crate) async fn run(script: &str, arguments: &[&str]) {
    let interpreter = env::var_os("FAROL_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script);
    let mut python = Command::new(interpreter);
    python.arg(&script).args(arguments).kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE, python.output()).await.expect("the script ends");
    let output = ended.expect("Python 3.9 or later is needed, with its package websockets");
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{} failed:\n{}{}",
        script.display(),
        told(&output.stdout),
        told(&output.stderr)
    );
    print!("{}", told(&output.stdout));
}
