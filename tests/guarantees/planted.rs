//! Plants one bug at a time in the engine and looks for a guarantee that finds it.
//! Which bug has which number is said where it is planted: `fault!(n)` in `src/engine` and `src/pql`.

use super::{
    LONG_STEPS, POLICY, hostile, live, live_for, merge_laws, modelled, periods, spec_reader,
};
use std::path::Path;

/// How many bugs there are.
pub const BUGS: u8 = 71;
/// Of the bugs that the second engine can find, it finds all in so many histories.
const MODELLED_MAX: u64 = 40;
/// A bug that no world of so many shows is not found.
const WORLDS_MAX: u64 = 1_000;

/// The sentence of the guarantee that found a bug; `None` when none did.
pub fn found(bug: u8) -> Option<String> {
    plimsoll::fault::plant(Some(bug));
    // The quickest first.
    let found = periods(1_000)
        .err()
        .or_else(|| (0..MODELLED_MAX).find_map(|seed| modelled(seed).err()))
        .or_else(case_that_fails)
        .or_else(|| (0..WORLDS_MAX).find_map(|seed| live(seed, false).err()))
        .or_else(|| live_for(0, LONG_STEPS, false).err())
        .or_else(|| (0..20).find_map(|seed| merge_laws(seed).err()))
        .or_else(|| (0..300).find_map(|seed| hostile::live(POLICY, seed).err()));
    let fired = plimsoll::fault::fired();
    plimsoll::fault::plant(None);
    println!(
        "bug {bug}, come by {fired} times: {}",
        found
            .as_deref()
            .unwrap_or("NOT FOUND")
            .lines()
            .next()
            .unwrap_or_default()
    );
    found.filter(|_| fired > 0)
}

/// A case of the specification that a bug breaks.
fn case_that_fails() -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec");
    let read = |name: &str| std::fs::read_to_string(folder.join("policies").join(name)).ok();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files.iter().filter(|path| path.is_file()).find_map(|path| {
        let name = path.file_name()?.to_string_lossy();
        let text = std::fs::read_to_string(path).ok()?;
        let failures = spec_reader::run(&name, &text, &read, "").failures;
        failures.first().map(|failure| format!("a case: {failure}"))
    })
}
