//! The resident memory of the process, to compare with what the caches count. A test that uses it needs a process of
//! its own, as nextest gives every test.

#![cfg(target_os = "linux")]

/// Anonymous resident memory, in bytes.
pub(super) fn bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes * 1_024
}

/// Counted and resident bytes differ by a quarter of the counted ones at most.
pub(super) fn assert_counted(counted: u64, resident: u64) {
    assert!(counted.abs_diff(resident) <= counted / 4, "counted {counted}, resident {resident}");
}
