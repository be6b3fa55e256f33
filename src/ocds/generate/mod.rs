//! Generates contracting data that looks like published data: a few buyers and suppliers do most of
//! the business, some processes are huge, some are open, values and dates are missing here and there.
//!
//! The same seed and number of processes give the same bytes on every machine. Nothing generated is
//! about anyone: names are put together from lists.

mod organization;
mod plan;
mod random;
mod words;
mod write;
mod writer;

use plan::Plan;

/// How many organisations a dataset has.
#[derive(Clone, Copy, Debug)]
struct Scale {
    buyers: u64,
    suppliers: u64,
}

/// Compiled releases as JSON, one for each process, without line ends.
#[derive(Clone, Debug)]
pub struct Generator {
    seed: u64,
    scale: Scale,
    numbers: std::ops::Range<u64>,
}

impl Generator {
    /// A generator of that many processes.
    pub fn new(seed: u64, processes: u64) -> Self {
        let scale = Scale {
            buyers: (processes / 25).clamp(12, 20_000),
            suppliers: (processes / 3).clamp(120, 400_000),
        };
        Self { seed, scale, numbers: 1..processes + 1 }
    }
}

impl Iterator for Generator {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.numbers.next().map(|number| Plan::of(self.seed, number, self.scale).write())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.numbers.size_hint()
    }
}
