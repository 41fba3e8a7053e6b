//! The guarantees, held over random histories: tabs, restarts, clocks that people set, late storage, lost snapshots.
//! `PLIMSOLL_STEPS` says how many steps to take in all, `PLIMSOLL_FROM` in which world to begin, `PLIMSOLL_SEED` runs one. A failure prints its seed.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may stop: that is how it fails"
)]

#[path = "guarantees/calendar.rs"]
mod calendar;
#[path = "guarantees/host.rs"]
mod host;
#[path = "guarantees/hostile.rs"]
mod hostile;
#[path = "guarantees/known.rs"]
mod known;
#[path = "guarantees/ladders.rs"]
mod ladders;
#[path = "guarantees/lengths.rs"]
mod lengths;
#[path = "guarantees/model.rs"]
mod model;
#[cfg(feature = "planted-bugs")]
#[path = "guarantees/planted.rs"]
mod planted;
#[path = "guarantees/random.rs"]
mod random;
#[path = "fuzz/sealed.rs"]
mod sealed;
#[cfg_attr(
    not(feature = "planted-bugs"),
    expect(
        dead_code,
        reason = "a history needs the tabs and the clock of the reader, not its cases"
    )
)]
mod spec_reader;
#[path = "guarantees/watch.rs"]
mod watch;
#[path = "guarantees/world.rs"]
mod world;

use plimsoll::engine::input::{Input, Step};
use plimsoll::engine::memory::{Memory, Table};
use plimsoll::unit::{Key, Writer};
use random::Random;
use spec_reader::tab::{Identity, Stored, Tab};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use world::counts::Counts;
use world::{METERS, World};

const STEPS: u64 = 1_000_000;
const STEPS_IN_A_WORLD: u64 = 600;
const LONG_STEPS: u64 = 12_000;
const MODELLED: u64 = 300;
const MODELLED_STEPS: u64 = 200;
/// In so many steps each fault fires and each kind of effect, event and reason comes.
const COUNTED_STEPS: u64 = 100_000;
const POLICY: &str = include_str!("guarantees/policy.json");

/// What cannot come here: the worlds' policy and host do not have it. The second engine and the cases do.
const ELSEWHERE: [(&str, &str); 8] = [
    ("input", "Force"),
    ("withdrawn", "Failed"),
    ("withdrawn", "Gone"),
    ("event", "UsageCounted"),
    ("held", "NoText"),
    ("held", "CapAll"),
    ("held", "QuietHours"),
    ("held", "Outranked"),
];

#[test]
fn no_history_breaks_a_guarantee() {
    let steps = number("PLIMSOLL_STEPS").unwrap_or(STEPS);
    if let Some(seed) = number("PLIMSOLL_SEED") {
        if let Err(error) = live(seed, true) {
            panic!("{error}");
        }
        return;
    }
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let worlds = steps.div_ceil(STEPS_IN_A_WORLD);
    let from = number("PLIMSOLL_FROM").unwrap_or(0);
    let (counts, broken) = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let (mut counts, mut broken) = (Counts::default(), Vec::new());
                    for seed in (from + thread..from + worlds).step_by(threads as usize) {
                        match live(seed, false) {
                            Ok(lived) => counts.add(&lived),
                            Err(error) => broken.push(error),
                        }
                        if broken.len() == 3 {
                            break;
                        }
                    }
                    (counts, broken)
                })
            })
            .collect();
        let (mut counts, mut broken) = (Counts::default(), Vec::new());
        for handle in handles {
            let (lived, failed) = handle.join().unwrap();
            counts.add(&lived);
            broken.extend(failed);
        }
        (counts, broken)
    });
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
    for (row, name, times) in counts.all() {
        println!("{times:>9} {row} {name}");
    }
    let never: Vec<_> = counts
        .all()
        .filter(|(row, name, times)| *times == 0 && !ELSEWHERE.contains(&(row, name)))
        .collect();
    assert!(
        steps < COUNTED_STEPS || never.is_empty(),
        "these never came in {steps} steps: {never:?}"
    );
}

/// G10: a life of years in one browser stays within the bound.
#[test]
fn a_long_life_stays_within_its_bound() {
    for seed in 0..2 {
        if let Err(error) = live_for(seed, LONG_STEPS, false) {
            panic!("{error}");
        }
    }
}

/// G7: the same inputs give the same effects and the same stored bytes.
#[test]
fn the_same_seed_gives_the_same_effects_and_bytes() {
    for seed in 0..12 {
        let once = || {
            let plim = Rc::new(spec_reader::tab::compile(POLICY).unwrap());
            let mut world = World::new(plim, seed);
            world.digested = true;
            world.live(STEPS_IN_A_WORLD).unwrap();
            (
                world.digest,
                world.reached.iter().map(Memory::encode).collect::<Vec<_>>(),
            )
        };
        assert!(
            once() == once(),
            "G7: PLIMSOLL_SEED={seed} lived twice is not the same"
        );
    }
}

/// G8: memories that were reached merge in any order, any number of times, to the same bytes.
#[test]
fn memories_that_were_reached_merge_in_any_order() {
    for seed in 0..60 {
        if let Err(error) = merge_laws(seed) {
            panic!("PLIMSOLL_SEED={seed}: {error}");
        }
    }
}

/// G10 without cost to G8: what is let go changes no reading, whatever memories have met.
#[test]
fn letting_go_changes_no_reading() {
    for seed in 0..200 {
        if let Err(error) = let_go(seed) {
            panic!("PLIMSOLL_SEED={seed}: {error}");
        }
    }
}

fn let_go(seed: u64) -> Result<(), String> {
    let plim = Rc::new(spec_reader::tab::compile(POLICY)?);
    let mut world = World::new(Rc::clone(&plim), seed);
    world.live(STEPS_IN_A_WORLD)?;
    let mut random = Random::new(seed);
    for _ in 0..40 {
        let mut one = || random.pick(&world.reached).cloned().unwrap_or_default();
        let (mut memory, other) = (one(), one());
        memory.merge(&other);
        // Pages that died told nobody of their last uses, or of any.
        for row in memory.clone().table(Table::Cover) {
            if random.percent(30) {
                let tally = [4, 5].map(|column| row.v[column] + random.between(0, 3));
                let marks = memory.table(Table::Mark).iter();
                let own = marks.filter(|mark| mark.a == row.b && mark.b >> 32 == row.a);
                let long_ago = (row.v[3] / 1_000 - random.between(0, 400_000)) as u64;
                let mark = own
                    .map(|mark| mark.b + 1)
                    .max()
                    .unwrap_or(row.a << 32 | long_ago);
                memory.join(Table::Tally, row.a, row.b, &tally);
                memory.join(Table::Mark, row.b, mark, &tally);
            }
        }
        // No page of the world has this writer, so all that it finds is others'.
        let identity = Identity {
            writer: Writer(1),
            ..Identity::default()
        };
        let clocks = &memory.row(Table::Clock, 0, 0)[..3];
        let told = clocks.iter().max().copied();
        let now = Tab::now(
            told.unwrap_or(0) + random.between(0, 150 * 86_400_000),
            0,
            0,
        );
        let mut tab = Tab::start(
            Rc::clone(&plim),
            &identity,
            Stored::Bytes(memory.encode().into_bytes()),
        );
        let readings = |tab: &Tab| -> Vec<_> {
            METERS
                .iter()
                .map(|meter| (*meter, tab.read(now, meter).map(|reading| reading.used)))
                .collect()
        };
        let before = readings(&tab);
        let feature = Key::of("sso");
        let step = Step::Seen;
        tab.tell(now, Input::Explore { feature, step });
        let after = readings(&tab);
        if before != after {
            return Err(format!("G8: letting go turned {before:?} into {after:?}"));
        }
    }
    Ok(())
}

fn merge_laws(seed: u64) -> Result<(), String> {
    let plim = Rc::new(spec_reader::tab::compile(POLICY)?);
    let mut world = World::new(plim, seed);
    world.live(STEPS_IN_A_WORLD)?;
    let mut random = Random::new(seed);
    let joined = |one: &Memory, other: &Memory| {
        let mut both = one.clone();
        both.merge(other);
        both
    };
    for _ in 0..40 {
        let mut one = || random.pick(&world.reached).cloned().unwrap_or_default();
        let (a, b, c) = (one(), one(), one());
        let laws = [
            (
                "commutative",
                joined(&a, &b).encode() == joined(&b, &a).encode(),
            ),
            (
                "associative",
                joined(&joined(&a, &b), &c).encode() == joined(&a, &joined(&b, &c)).encode(),
            ),
            (
                "idempotent",
                joined(&joined(&a, &b), &b).encode() == joined(&a, &b).encode(),
            ),
            (
                "kept by storing",
                Memory::decode(a.encode().as_bytes()).as_ref() == Some(&a),
            ),
        ];
        if let Some((law, _)) = laws.iter().find(|(_, holds)| !holds) {
            return Err(format!("G8: merging is not {law}"));
        }
    }
    Ok(())
}

/// G10: no bytes panic, whether they come as a memory, a line or a policy; nor does an engine over them.
#[test]
fn no_bytes_and_no_inputs_panic() {
    for seed in 0..300 {
        if let Err(error) = hostile::live(POLICY, seed) {
            panic!("{error}");
        }
    }
}

/// G10: a stored showing that no engine made keeps no page at work for ever.
#[test]
fn no_stored_showing_wakes_a_page_for_ever() {
    hostile::showings_that_nobody_made(POLICY);
}

/// Quotas: every period, calendar or rolled, is what the civil arithmetic of another library says.
#[test]
fn periods_are_those_of_the_calendar() {
    if let Err(error) = periods(40_000) {
        panic!("{error}");
    }
}

fn periods(rounds: usize) -> Result<(), String> {
    calendar::is_the_calendar_of_jiff()?;
    calendar::rolls_as_jiff(&mut Random::new(1970), rounds)?;
    calendar::shortened_periods_roll_from_their_end(&mut Random::new(2100))
}

/// Quotas: a plan may count in months what another counts in days.
#[test]
fn usage_outlasts_a_change_of_plan() {
    for seed in 0..200 {
        if let Err(error) = lengths::outlast_a_change_of_plan(seed) {
            panic!("{error}");
        }
    }
}

/// G5: what was put off months ago still counts in its epoch.
#[test]
fn a_ladder_outlasts_the_memory_of_its_rungs() {
    for seed in 0..60 {
        if let Err(error) = ladders::climb_for_years(seed) {
            panic!("{error}");
        }
    }
}

/// The engine and a second one, written apart from it, agree over random policies and histories.
#[test]
fn a_second_engine_says_the_same() {
    if let Some(seed) = number("PLIMSOLL_MODEL_SEED") {
        if let Err(error) = modelled(seed) {
            panic!("{error}");
        }
        return;
    }
    for seed in 0..number("PLIMSOLL_MODELLED").unwrap_or(MODELLED) {
        if let Err(error) = modelled(seed) {
            panic!("{error}");
        }
    }
}

fn modelled(seed: u64) -> Result<(), String> {
    let policy = model::policies::policy(&mut Random::new(seed));
    model::compare::live(&policy, seed, MODELLED_STEPS)
}

/// A harness that finds nothing proves nothing: each planted bug has to be found by some guarantee.
#[cfg(feature = "planted-bugs")]
#[test]
fn every_planted_bug_is_found() {
    let from = number("PLIMSOLL_BUG").map_or(1, |bug| bug as u8);
    let missed: Vec<u8> = (from..=planted::BUGS)
        .filter(|bug| planted::found(*bug).is_none())
        .collect();
    assert!(
        missed.is_empty(),
        "no guarantee found the planted bugs {missed:?}"
    );
}

/// Lives one world and says what came in it; the error names its seed. `told` prints what led to it.
fn live(seed: u64, told: bool) -> Result<Counts, String> {
    live_for(seed, STEPS_IN_A_WORLD, told)
}

fn live_for(seed: u64, steps: u64, told: bool) -> Result<Counts, String> {
    let plim = Rc::new(spec_reader::tab::compile(POLICY)?);
    let mut world = World::new(plim, seed);
    world.log = told.then(Vec::new);
    let lived = catch_unwind(AssertUnwindSafe(|| world.live(steps)));
    for entry in world.log.iter().flatten() {
        println!("{entry}");
    }
    match lived {
        Ok(Ok(())) => Ok(world.counts),
        Ok(Err(error)) => Err(format!("PLIMSOLL_SEED={seed}: {error}")),
        Err(_) => Err(format!("PLIMSOLL_SEED={seed}: G10: the engine panicked")),
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
