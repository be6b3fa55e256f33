//! Batched loading without I/O: ours against async-graphql's `DataLoader` and the `dataloader` crate.
//!
//! `cargo bench --bench loader`. Every case runs in a task of a multi-threaded runtime, as a request
//! does, and prints the batches that one request took. Compare within one run only.
//!
//! - `flat/N`: N keys asked for together.
//! - `levels`: 50 parents, each followed through three relations; 3 batches are ideal.
//! - `concurrent`: 32 such requests at the same time, against batch functions of which each call
//!   costs 20 µs of processor time, as a statement to a database on the same machine would.

#[path = "../tests/loader/adapters.rs"]
mod adapters;

use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use adapters::AsyncGraphql;
use async_graphql::dataloader::DataLoader;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use farol::{
    loader::{Batch, Limits, Relation, RequestScope},
    telemetry::meter::Meter,
};
use futures_util::future::join_all;
use tokio::runtime::Runtime;

const DEPTH: usize = 3;
const REQUESTS: usize = 32;

/// Makes a row for every key, and counts its calls.
struct Rows {
    calls: AtomicUsize,
    cost: Duration,
}

impl Batch<u32> for Rows {
    type Value = Arc<u32>;
    type Error = Infallible;

    async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, Arc<u32>>, Infallible> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if !self.cost.is_zero() {
            tokio::task::yield_now().await;
            let begun = Instant::now();
            while begun.elapsed() < self.cost {
                std::hint::spin_loop();
            }
        }
        Ok(keys.iter().map(|key| (*key, Arc::new(*key))).collect())
    }
}

/// The batch functions of the relations that follow each other.
type Levels = [Arc<Rows>; DEPTH];
type Relations = [Relation<u32, Arc<Rows>>; DEPTH];
type DataLoaders = [DataLoader<AsyncGraphql<Rows>>; DEPTH];

fn levels(cost: Duration) -> Levels {
    std::array::from_fn(|_| Arc::new(Rows { calls: AtomicUsize::new(0), cost }))
}

fn relations(levels: &Levels, in_flight: usize) -> Arc<Relations> {
    let limits = Limits { in_flight, ..Limits::default() };
    Arc::new(levels.each_ref().map(|level| Relation::new(level.clone(), limits)))
}

fn data_loaders(levels: &Levels, delay: Duration) -> Arc<DataLoaders> {
    Arc::new(levels.each_ref().map(|level| adapters::async_graphql(level.clone(), delay)))
}

/// One request: `parents` keys, each followed through `depth` relations.
#[derive(Clone, Copy)]
struct Request {
    parents: u32,
    depth: usize,
}

impl Request {
    async fn ours(self, relations: Arc<Relations>) {
        let scope = RequestScope::new(Meter::default());
        let follow = async |parent| {
            for relation in &relations[..self.depth] {
                let _ = black_box(scope.load(relation, parent).await);
            }
        };
        scope.drive(join_all((0..self.parents).map(follow))).await;
    }

    /// Merging alone: every key is a set of its own, with a waiter of its own.
    async fn ours_not_gathered(self, relations: Arc<Relations>) {
        let follow = async |parent| {
            for relation in &relations[..self.depth] {
                let scope = RequestScope::new(Meter::default());
                let _ = black_box(scope.drive(scope.load(relation, parent)).await);
            }
        };
        join_all((0..self.parents).map(follow)).await;
    }

    async fn async_graphql(self, loaders: Arc<DataLoaders>) {
        let follow = async |parent| {
            for loader in &loaders[..self.depth] {
                let _ = black_box(loader.load_one(parent).await);
            }
        };
        join_all((0..self.parents).map(follow)).await;
    }

    /// Its loaders are made per request: shared, they keep every key they ever loaded.
    async fn dataloader_crate(self, levels: Levels) {
        let loaders = levels.map(adapters::dataloader_crate);
        let follow = async |parent| {
            for loader in &loaders[..self.depth] {
                let _ = black_box(loader.load(parent).await);
            }
        };
        join_all((0..self.parents).map(follow)).await;
    }
}

/// Measures a run, made afresh each time, and prints the batches per request.
fn measure<F: Future<Output = ()> + Send + 'static>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    (name, requests, levels): (&str, usize, &Levels),
    run: impl Fn() -> F + Clone + Send + 'static,
) {
    let runs = AtomicU64::new(0);
    for level in levels {
        level.calls.store(0, Ordering::Relaxed);
    }
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            let run = run.clone();
            runs.fetch_add(times, Ordering::Relaxed);
            let task = runtime.spawn(async move {
                let begun = Instant::now();
                for _ in 0..times {
                    run().await;
                }
                begun.elapsed()
            });
            runtime.block_on(task).expect("a run does not panic")
        });
    });
    let calls: usize = levels.iter().map(|level| level.calls.load(Ordering::Relaxed)).sum();
    let requests = runs.into_inner() * requests as u64;
    if requests > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
        let batches = calls as f64 / requests as f64;
        println!("{name}: {batches:.2} batches per request");
    }
}

fn lone(criterion: &mut Criterion, runtime: &Runtime, name: &str, request: Request) {
    let mut group = criterion.benchmark_group(name);
    let levels = levels(Duration::ZERO);
    let shared = relations(&levels, 2);
    measure(&mut group, runtime, ("ours", 1, &levels), move || request.ours(shared.clone()));
    for (name, delay) in [("async-graphql 0 ms", 0), ("async-graphql 1 ms", 1)] {
        let shared = data_loaders(&levels, Duration::from_millis(delay));
        measure(&mut group, runtime, (name, 1, &levels), move || request.async_graphql(shared.clone()));
    }
    let shared = levels.clone();
    let run = move || request.dataloader_crate(shared.clone());
    measure(&mut group, runtime, ("dataloader crate", 1, &levels), run);
    group.finish();
}

/// Runs as many requests as `REQUESTS` at the same time, each in a task.
async fn at_once<F: Future<Output = ()> + Send + 'static>(request: impl Fn() -> F) {
    let tasks: Vec<_> = (0..REQUESTS).map(|_| tokio::spawn(request())).collect();
    join_all(tasks).await;
}

fn concurrent(criterion: &mut Criterion, runtime: &Runtime) {
    let mut group = criterion.benchmark_group("concurrent");
    let request = Request { parents: 50, depth: DEPTH };
    let levels = levels(Duration::from_micros(20));
    for (name, in_flight) in [("ours, 1 slot", 1), ("ours, 2 slots", 2), ("ours, not merged", REQUESTS)] {
        let shared = relations(&levels, in_flight);
        let run = move || {
            let shared = shared.clone();
            at_once(move || request.ours(shared.clone()))
        };
        measure(&mut group, runtime, (name, REQUESTS, &levels), run);
    }
    let shared = relations(&levels, 2);
    let run = move || {
        let shared = shared.clone();
        at_once(move || request.ours_not_gathered(shared.clone()))
    };
    measure(&mut group, runtime, ("ours, 2 slots, not gathered", REQUESTS, &levels), run);
    let shared = data_loaders(&levels, Duration::ZERO);
    let run = move || {
        let shared = shared.clone();
        at_once(move || request.async_graphql(shared.clone()))
    };
    measure(&mut group, runtime, ("async-graphql 0 ms, shared", REQUESTS, &levels), run);
    let shared = levels.clone();
    let run = move || {
        let shared = shared.clone();
        at_once(move || request.dataloader_crate(shared.clone()))
    };
    measure(&mut group, runtime, ("dataloader crate", REQUESTS, &levels), run);
    group.finish();
}

fn all(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("threads can be started");
    for parents in [20, 100, 1_000] {
        lone(criterion, &runtime, &format!("flat/{parents}"), Request { parents, depth: 1 });
    }
    lone(criterion, &runtime, "levels", Request { parents: 50, depth: DEPTH });
    concurrent(criterion, &runtime);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = all
}
criterion_main!(benches);
