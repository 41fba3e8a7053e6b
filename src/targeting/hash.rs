//! Where a unit falls: GrowthBook's hash in both versions, in ten-thousandths, and the spans it is looked for in.
//! Owns the hash over UTF-16 code units, so that JavaScript and Rust agree; there are no fractions here.
//! `arm` asks it for arms, namespaces and the holdout alike; `policy::split` makes the spans.

use super::pattern::{LEAD_OF_FOUR, character};
use crate::json::push_number;
use crate::plim::{List, Split};

/// How finely units are divided: a bucket is from 0 to this, exclusive.
pub const BUCKETS: u32 = 10_000;

/// The first of a split's spans that the unit falls into.
#[must_use]
pub fn place(split: Split<'_>, unit: &str) -> Option<u32> {
    chosen(split.spans(), bucket(split.version(), split.seed(), unit)?)
}

/// The first span that has a bucket.
#[must_use]
pub fn chosen(spans: List<'_, u32>, bucket: u32) -> Option<u32> {
    let mut index = 0_u32;
    for span in spans.iter() {
        let end = (span >> 16).wrapping_add(u32::from(fault!(209)));
        if (span & 0xffff..end).contains(&bucket) {
            return Some(index);
        }
        index = index.wrapping_add(1);
    }
    None
}

/// The bucket of a unit, 0 to 9,999. Version 1 knows a thousand, every tenth one here; there is no
/// version beside 1 and 2.
#[must_use]
pub fn bucket(version: u32, seed: &str, unit: &str) -> Option<u32> {
    let (first, second) = if version == 1 {
        (unit, seed)
    } else {
        (seed, unit)
    };
    let hash = fold(fold(START, first), second);
    match version {
        1 => Some((hash % 1_000).wrapping_mul(10)),
        2 => {
            let mut digits = String::new();
            push_number(&mut digits, i64::from(hash));
            Some(fold(START, &digits) % BUCKETS)
        }
        _ => None,
    }
}

const START: u32 = 0x811c_9dc5;

/// FNV-1a, 32 bits, over UTF-16 code units.
#[inline(never)]
fn fold(hash: u32, text: &str) -> u32 {
    if fault!(210) {
        return text
            .bytes()
            .fold(hash, |hash, byte| with(hash, u32::from(byte)));
    }
    let (mut hash, mut rest) = (hash, text.as_bytes());
    while !rest.is_empty() {
        let mut symbol = character(&mut rest);
        let mut unit = symbol & if symbol < 0x4000 { 0xfff } else { 0xffff };
        if symbol >= LEAD_OF_FOUR {
            symbol = symbol.wrapping_sub(LEAD_OF_FOUR).wrapping_sub(0x1_0000);
            hash = with(hash, 0xd800 | symbol >> 10);
            unit = 0xdc00 | symbol & 0x3ff;
        }
        hash = with(hash, unit);
    }
    hash
}

fn with(hash: u32, unit: u32) -> u32 {
    (hash ^ unit).wrapping_mul(0x0100_0193)
}
