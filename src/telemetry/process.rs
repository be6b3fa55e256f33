//! What the system says of this process (Linux; elsewhere nothing).

use std::{
    fs,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long what was found is told again.
const FRESH: Duration = Duration::from_secs(1);
/// The system counts processor time for programs in hundredths of a second, whatever it uses itself.
const TICKS_PER_SECOND: f64 = 100.0;

/// What one look found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Process {
    /// Memory in RAM, in bytes.
    pub(super) resident_bytes: Option<f64>,
    /// Processor time used, in seconds.
    pub(super) cpu_seconds: Option<f64>,
    /// Files and sockets that are open.
    pub(super) open_files: Option<f64>,
}

/// What was found lately. A look lists every open file, on a thread that should answer requests meanwhile: whoever
/// asks often must not have it do that each time.
#[derive(Default)]
pub(super) struct Lately(Mutex<Option<(Instant, Process)>>);

impl Lately {
    /// Looks, unless that was done a moment ago.
    pub(super) fn look(&self) -> Process {
        self.look_by(Process::look)
    }

    fn look_by(&self, look: impl FnOnce() -> Process) -> Process {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *last {
            Some((at, found)) if at.elapsed() < FRESH => found,
            _ => last.insert((Instant::now(), look())).1,
        }
    }
}

impl Process {
    /// Looks now.
    fn look() -> Self {
        let read = |name: &str| fs::read_to_string(format!("/proc/self/{name}")).ok();
        // Looking opens one more.
        let open = fs::read_dir("/proc/self/fd").ok().map(|files| files.count().saturating_sub(1));
        Self {
            resident_bytes: read("status").and_then(|status| resident(&status)),
            cpu_seconds: read("stat").and_then(|stat| processor(&stat)),
            open_files: open.and_then(|count| u32::try_from(count).ok()).map(f64::from),
        }
    }
}

fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kibibytes) * 1024.0)
}

/// User and system time: the 14th and 15th value. The second is the program's name in brackets, which may hold
/// spaces and brackets itself.
fn processor(stat: &str) -> Option<f64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut values = behind_name.split_ascii_whitespace().skip(11);
    let mut ticks = || values.next()?.parse::<u32>().ok().map(f64::from);
    Some((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::{FRESH, Lately, Process, processor, resident};

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_often_hears_the_same() {
        let lately = Lately::default();
        let look =
            |open_files| lately.look_by(|| Process { open_files: Some(open_files), ..Process::default() });
        assert_eq!([look(1.0), look(2.0)].map(|found| found.open_files), [Some(1.0); 2]);
        tokio::time::advance(FRESH).await;
        assert_eq!(look(3.0).open_files, Some(3.0));
    }

    #[test]
    fn what_the_system_says_is_read() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2_097_152.0));
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 1 0 0 0 150 50 0 0 20 0";
        assert_eq!(processor(stat), Some(2.0));
        assert_eq!((resident("VmRSS: x"), processor("7 (a S")), (None, None));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_memory_and_open_files() {
        let Process { resident_bytes, cpu_seconds, open_files } = Process::look();
        assert!(resident_bytes.unwrap() > 100_000.0);
        assert!(cpu_seconds.unwrap() >= 0.0);
        assert!(open_files.unwrap() >= 1.0);
    }
}
