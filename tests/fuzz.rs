//! The bodies of `tests/fuzz` on mutated bytes, on any compiler: a million memories and compiled policies.
//! `PLIMSOLL_FUZZ` says how many of each, `PLIMSOLL_FUZZ_SECONDS` for how long instead; a failure names its
//! seed, and `PLIMSOLL_FUZZ_SEED` runs it again.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop: that is how it fails"
)]

#[path = "fuzz/bodies.rs"]
mod bodies;
#[expect(dead_code, reason = "mutations need fewer kinds of chance than worlds")]
#[path = "guarantees/random.rs"]
mod random;

use plimsoll::engine::memory::{Memory, Table};
use plimsoll::plim::{Plim, PlimError};
use plimsoll::policy::Policy;
use plimsoll::unit::fnv32;
use random::Random;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const MUTATIONS: u64 = 500_000;
/// Policies are parsed a hundred times slower than compiled ones are opened.
const TEXTS_PART: u64 = 100;
const HISTORIES_PART: u64 = 20;
const FULL: &str = include_str!("policy/full.json");

/// G10: half a million memories, damaged in any way, with wrong and right checksums.
#[test]
fn no_mutated_memory_does_harm() {
    let plim = bodies::policy();
    let lived = |seed| bodies::inputs(&plim, &noise(&mut Random::new(seed), 4_000));
    let seeds: Vec<Vec<u8>> = (0..40)
        .map(|seed| lived(seed).encode().into_bytes())
        .collect();
    fuzz("memory", 1, &seeds, |bytes| bodies::memory(&plim, bytes));
}

/// G10: half a million compiled policies.
#[test]
fn no_mutated_compiled_policy_does_harm() {
    let compile = |text| Policy::parse(text).unwrap().compile("en");
    let seeds = [compile(bodies::POLICY), compile(FULL)];
    fuzz("compiled", 1, &seeds, bodies::compiled);
}

/// G10: policies' texts.
#[test]
fn no_mutated_text_of_a_policy_does_harm() {
    let seeds = [bodies::POLICY.as_bytes().to_vec(), FULL.as_bytes().to_vec()];
    fuzz("text", TEXTS_PART, &seeds, bodies::text);
}

/// G10: inputs in any order.
#[test]
fn no_list_of_inputs_does_harm() {
    let plim = bodies::policy();
    let seeds: Vec<Vec<u8>> = (0..20)
        .map(|seed| noise(&mut Random::new(seed), 600))
        .collect();
    fuzz("inputs", HISTORIES_PART, &seeds, |bytes| {
        bodies::inputs(&plim, bytes);
    });
}

/// A memory of millions of rows is refused before it costs anybody time.
#[test]
fn a_memory_of_more_rows_than_any_engine_keeps_is_refused() {
    let mut memory = Memory::default();
    for row in 0..40_000_u64 {
        memory.join(Table::Occasion, row, 0, &[1]);
    }
    let began = Instant::now();
    assert_eq!(Memory::decode(memory.encode().as_bytes()), None);
    assert!(began.elapsed() < Duration::from_secs(5));
}

/// A list that says it has four thousand million meters ends where the file does.
#[test]
fn a_list_of_any_length_ends_with_its_file() {
    let mut bytes = Policy::parse(bodies::POLICY).unwrap().compile("en");
    // The records follow the header and three sections of sixteen bytes; the meters are the fourth word.
    let meters = 16 + 3 * 16 + 3 * 8;
    bytes.splice(meters..meters + 4, u32::MAX.to_le_bytes());
    bodies::compiled(&bytes);
}

/// Without its texts a file would show prompts that say nothing.
#[test]
fn a_compiled_policy_without_texts_is_refused() {
    let mut bytes = Policy::parse(bodies::POLICY).unwrap().compile("en");
    // The second section calls itself something that may be skipped.
    bytes.splice(32..40, [99, 0, 0, 0, 0, 0, 0, 0]);
    let checksum = fnv32(&bytes[12..]).to_le_bytes();
    bytes.splice(8..12, checksum);
    assert_eq!(Plim::open(&bytes), Err(PlimError::NotPlim));
}

/// Runs a body on mutations of some seeds, on every core.
fn fuzz(name: &str, part: u64, seeds: &[Vec<u8>], body: impl Fn(&[u8]) + Sync) {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let run = |seed: u64| {
        let mut random = Random::new(seed);
        let bytes = mutated(&mut random, seeds);
        if catch_unwind(AssertUnwindSafe(|| body(&bytes))).is_err() {
            panic!("{name}: PLIMSOLL_FUZZ_SEED={seed} broke with {bytes:?}");
        }
    };
    if let Some(seed) = number("PLIMSOLL_FUZZ_SEED") {
        return run(seed);
    }
    let limit = number("PLIMSOLL_FUZZ_SECONDS").map(Duration::from_secs);
    let count = limit.map_or(number("PLIMSOLL_FUZZ").unwrap_or(MUTATIONS) / part, |_| {
        u64::MAX
    });
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let (began, done) = (Instant::now(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (run, done) = (&run, &done);
            scope.spawn(move || {
                let mut seed = thread;
                while seed < count && limit.is_none_or(|limit| began.elapsed() < limit) {
                    run(seed);
                    seed += threads;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    println!(
        "fuzz {name}: {} in {} s",
        done.into_inner(),
        began.elapsed().as_secs()
    );
}

fn noise(random: &mut Random, most: u64) -> Vec<u8> {
    (0..random.below(most))
        .map(|_| random.next() as u8)
        .collect()
}

/// One of the seeds with a few bytes changed, moved, doubled, cut off or taken from another.
fn mutated(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.pick(seeds).cloned().unwrap_or_default();
    for _ in 0..random.between(1, 6) {
        let length = bytes.len() as u64;
        let place = random.below(length) as usize;
        let end = place + random.below((length - place as u64).min(64)) as usize;
        match random.below(9) {
            0..3 => {}
            3 => drop(bytes.drain(place..end)),
            4 => bytes.truncate(place),
            5 => {
                let span = bytes.get(place..end).unwrap_or_default().to_vec();
                bytes.splice(place..place, span).for_each(drop);
            }
            6 => {
                let other = random.pick(seeds).cloned().unwrap_or_default();
                let from = random.below(other.len() as u64) as usize;
                let span: Vec<u8> = other.into_iter().skip(from).take(end - place).collect();
                bytes.splice(place..end, span).for_each(drop);
            }
            7 => {
                let value = [0, 0xff, 0x7f, 0x80][random.below(4) as usize];
                bytes
                    .iter_mut()
                    .skip(place)
                    .take(4)
                    .for_each(|byte| *byte = value);
            }
            _ => {
                let extra = noise(random, 12);
                bytes.splice(place..place, extra).for_each(drop);
            }
        }
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1 << random.below(8);
        }
    }
    bytes
}
