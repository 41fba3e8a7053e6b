//! Plants one bug at a time in the engine and looks for a guarantee that finds it.
//! Which bug has which number is said where it is planted: `fault!(n)` in `src/engine`.

use super::{LONG_STEPS, POLICY, hostile, live, live_for, merge_laws, modelled, periods};

/// How many bugs there are.
pub const BUGS: u8 = 37;
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
