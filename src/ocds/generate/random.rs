//! Random choices that are the same on every machine: `SplitMix64`, integers only.

/// A source of choices.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The source for one thing of one kind, whatever was chosen for others.
    pub(super) fn of(seed: u64, kind: u64, index: u64) -> Self {
        let mut random = Self(seed ^ kind.wrapping_mul(0x9E6C_63D0_876A_3F6B));
        random.0 = random.next() ^ index.wrapping_mul(0xD1B5_4A32_D192_ED03);
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to but not including `end`; 0 when `end` is.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        scaled(self.next(), end)
    }

    /// A number from `first` to `last`.
    pub(super) fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last + 1 - first)
    }

    /// A number below `end`, small ones far more often: a few organisations do most of the business.
    pub(super) fn skewed(&mut self, end: u64) -> u64 {
        let once = scaled(self.next(), end << 16);
        scaled(self.next(), once) >> 16
    }

    /// True that many times out of a hundred.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub(super) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[index(self.below(from.len() as u64))]
    }

    /// One of several with their weights.
    pub(super) fn weighted<T: Copy>(&mut self, from: &[(u64, T)]) -> T {
        let mut left = self.below(from.iter().map(|(weight, _)| weight).sum());
        for (weight, choice) in from {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        from[0].1
    }
}

/// `of` as a part of 2^64, scaled to `end`.
fn scaled(of: u64, end: u64) -> u64 {
    ((u128::from(of) * u128::from(end)) >> 64) as u64
}

pub(super) fn index(of: u64) -> usize {
    usize::try_from(of).unwrap_or(usize::MAX)
}
