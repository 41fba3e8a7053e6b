//! How long the engine takes natively, beside what `tests/browser/bench.mjs` measures in a page.
//! It does not judge the figures; `cargo xtask bench` compares and writes them down.
//! Each line is `name nanoseconds`, the median over many blocks of calls.

#![expect(
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a bench measures time and prints it"
)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a bench may stop: nobody is shown a prompt by it"
)]

use std::hint::black_box;
use std::time::Instant;

use plimsoll::engine::input::{Context, Input, Now, Said, Snapshot};
use plimsoll::engine::memory::Table;
use plimsoll::engine::{Engine, Identity};
use plimsoll::policy::Policy;
use plimsoll::unit::{Key, Timestamp, Writer};
use plimsoll::{Memory, Plim};

/// Each meter brings five prompts: 50, 75 and 90 %, at the limit, and a blocked attempt.
const PROMPTS_PER_METER: usize = 5;
const LIMIT: i64 = 1_000_000_000;
const BLOCKS: u32 = 301;
/// 2026-11-22T10:00:00Z.
const START_MS: i64 = 1_795_341_600_000;

fn main() {
    for prompts in [50, 500] {
        let mut engine = engine(prompts / PROMPTS_PER_METER);
        let first = Key::of("m0");
        let mut calls = 0;
        print(
            &format!("use_of_{prompts}"),
            median_ns(200, || {
                calls += 1;
                let amount = 1;
                black_box(engine.handle(
                    at(calls / 100),
                    Input::Use {
                        meter: first,
                        amount,
                    },
                ));
            }),
        );
        // Every meter passes 90 %, so that every prompt is a candidate.
        for index in 0..prompts / PROMPTS_PER_METER {
            let meter = Key::of(&format!("m{index}"));
            engine.handle(
                at(calls),
                Input::Use {
                    meter,
                    amount: LIMIT / 100 * 92,
                },
            );
        }
        print(
            &format!("decision_over_{prompts}"),
            median_ns(20, || {
                black_box(engine.handle(at(calls), Input::Wake));
            }),
        );
    }
}

fn engine(meters: usize) -> Engine {
    let policy = Policy::parse(&policy(meters)).expect("the bench's policy is valid");
    let plim = Plim::open(&policy.compile("en")).expect("it was just compiled");
    let made = plim.root().prompts().len();
    assert!(
        made >= meters * PROMPTS_PER_METER,
        "{meters} meters made only {made} prompts"
    );
    let identity = Identity {
        account: "a".into(),
        user: "u".into(),
        writer: Writer(7),
    };
    let mut engine = Engine::new(plim, identity, Some(Memory::default()));
    let mut snapshot = Box::new(Snapshot::default());
    snapshot.plan = Key::of("free");
    snapshot.number(Said::PlanEpoch as u32, 1);
    snapshot.number(Said::ServerTime as u32, at(0).wall.0);
    for index in 0..meters {
        let meter = Key::of(&format!("m{index}"));
        snapshot.row(Table::Figure, meter.0.into(), 0);
        snapshot.number(Said::Used as u32, 0);
    }
    engine.handle(at(0), Input::Snapshot(snapshot));
    let context = Context {
        visible: true,
        lease: true,
        ..Default::default()
    };
    engine.handle(at(0), Input::Context(context));
    engine
}

fn policy(meters: usize) -> String {
    let quotas = |limit: i64| {
        let quota = |index| format!(r#""m{index}":{{"limit":{limit},"period":"month"}}"#);
        (0..meters).map(quota).collect::<Vec<_>>().join(",")
    };
    format!(
        r#"{{"format":1,"plans":[{{"id":"free","name":"Free","quotas":{{{}}}}},
        {{"id":"pro","name":"Pro","buy":"checkout","quotas":{{{}}}}}]}}"#,
        quotas(LIMIT),
        quotas(LIMIT * 9),
    )
}

fn at(ms: i64) -> Now {
    Now {
        wall: Timestamp(START_MS + ms),
        mono: ms,
    }
}

/// The median over blocks of the mean of a block's calls.
fn median_ns(calls_per_block: u32, mut call: impl FnMut()) -> f64 {
    let mut blocks: Vec<f64> = (0..BLOCKS)
        .map(|_| {
            let began = Instant::now();
            (0..calls_per_block).for_each(|_| call());
            began.elapsed().as_secs_f64() * 1e9 / f64::from(calls_per_block)
        })
        .collect();
    blocks.sort_by(f64::total_cmp);
    blocks[blocks.len() / 2]
}

fn print(name: &str, ns: f64) {
    println!("{name} {ns:.0}");
}
