//! `[loader]`: how related rows are fetched.

settings! {
    /// How related rows are fetched in batches.
    Loader = "loader" {
        /// Batches of one relation under way at once. Keys that come meanwhile leave together with
        /// the next one.
        max_in_flight: usize = 2, in 1..=u64::MAX;
        /// Keys in one SQL statement at most; more are split.
        max_batch_keys: usize = 1000, in 1..=u64::MAX;
    }
}
