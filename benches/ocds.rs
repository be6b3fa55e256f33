//! From bytes to processes, without a database: what one core reads, compiles and normalises.
//!
//! `cargo bench --bench ocds` on a generated sample; with `FAROL_BENCH_INPUT` naming a file (JSON Lines,
//! packages, gzip or not), on that too.

use std::fs;
use std::hint::black_box;
use std::io::Cursor;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use farol::ocds::generate::Generator;
use farol::ocds::issue::Issues;
use farol::ocds::normalise::normalise;
use farol::ocds::reader::{Piece, Reader};
use farol::ocds::release;

const PROCESSES: u64 = 2000;

fn pieces(input: &[u8]) -> Vec<Piece> {
    Reader::new("bench", Cursor::new(input.to_vec())).filter_map(Result::ok).collect()
}

/// Reads and normalises every release of the pieces; the number of parties, so that nothing is skipped.
fn normalised(pieces: &[Piece]) -> usize {
    let mut issues = Issues::new();
    let mut parties = 0;
    for piece in pieces {
        for found in release::read(piece, &mut issues).releases {
            parties += normalise(&found.value, &mut issues).parties.len();
        }
    }
    parties
}

fn stages(criterion: &mut Criterion, name: &str, input: &[u8]) {
    let pieces = pieces(input);
    let mut group = criterion.benchmark_group(format!("ocds/{name}"));
    group.sample_size(10);
    group.throughput(Throughput::Bytes(input.len() as u64));
    group
        .bench_function("split into pieces", |bencher| bencher.iter(|| self::pieces(black_box(input)).len()));
    group.bench_function("parse and normalise", |bencher| bencher.iter(|| normalised(black_box(&pieces))));
    group.throughput(Throughput::Elements(pieces.len() as u64));
    group.bench_function("the same, by process", |bencher| bencher.iter(|| normalised(black_box(&pieces))));
    group.finish();
}

fn ocds(criterion: &mut Criterion) {
    let lines: Vec<String> = Generator::new(1, PROCESSES).collect();
    stages(criterion, "generated", lines.join("\n").as_bytes());
    if let Some(path) = std::env::var_os("FAROL_BENCH_INPUT") {
        stages(criterion, "input", &fs::read(path).unwrap_or_default());
    }
    let mut group = criterion.benchmark_group("ocds/generate");
    group.throughput(Throughput::Elements(PROCESSES));
    group.bench_function("processes", |bencher| {
        bencher.iter(|| Generator::new(1, PROCESSES).map(|line| line.len()).sum::<usize>());
    });
    group.finish();
}

criterion_group!(benches, ocds);
criterion_main!(benches);
