//! `[import]`: how files are brought in.

settings! {
    /// How files are brought in.
    Import = "import" {
        /// Contracting processes written in one transaction. Fewer make an import into SQLite slower.
        batch_processes: usize = 5000, in 1..=u64::MAX;
        /// Threads that read and normalise; 0 takes one per processor core.
        workers: usize = 0;
    }
}

impl Import {
    /// Threads that read and normalise: the setting, or one per core.
    pub fn worker_threads(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
    }
}
