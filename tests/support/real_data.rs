//! Real published data, which is not part of the project: tests find it through a variable.

use std::{env, fs::OpenOptions, io::Write, path::PathBuf};

/// The directory of real data that `FAROL_TEST_DATA` names. Without it `None`, and the run's
/// summary says that `what` was left out. A directory that is named and absent is a failure.
pub(crate) fn real_data(what: &str) -> Option<PathBuf> {
    let Some(path) = env::var_os("FAROL_TEST_DATA").map(PathBuf::from) else {
        leave_out(&format!("{what} (set FAROL_TEST_DATA to a directory of real data)"));
        return None;
    };
    assert!(path.is_dir(), "FAROL_TEST_DATA is not a directory: {}", path.display());
    Some(path)
}

/// Says what is left out, here and in the file from which `scripts/test` makes its summary.
fn leave_out(line: &str) {
    eprintln!("left out: {line}");
    if let Some(path) = env::var_os("FAROL_TEST_LEFT_OUT") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        // One write: lines of processes that run side by side do not mix.
        file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
            .expect("FAROL_TEST_LEFT_OUT names a file that can be written");
    }
}
