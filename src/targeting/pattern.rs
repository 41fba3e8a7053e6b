//! Patterns: whether a text has what `$regex` asks for, in time linear in the text.
//! Owns the walk over the compiled steps, at most 64 at a time in one word; reads no pattern's letters.
//! `policy::pattern` compiles the steps, `condition` asks; `hash` reads characters with it.

use crate::plim::Pattern;

/// What stands before the first character: `^` is the step that takes it.
pub(crate) const START: u32 = 0x1000_0000;
/// What stands after the last: `$` takes it.
pub(crate) const END: u32 = 0x1000_0001;

/// Whether the pattern is found anywhere in the text.
pub(super) fn matches(pattern: Pattern<'_>, mut text: &[u8]) -> bool {
    let (mut symbol, mut open) = (START, pattern.first());
    loop {
        let mut next = pattern.first();
        for take in pattern.takes().iter() {
            let (step, span) = (take.step() & open, take.span());
            if step != 0 && (span >> 32) as u32 <= symbol && symbol <= span as u32 {
                if pattern.last() & step != 0 {
                    return true;
                }
                if fault!(208) {
                    next &= !pattern.first();
                }
                next |= take.follow();
            }
        }
        if symbol == END || (fault!(207) && text.is_empty()) {
            return false;
        }
        open = next;
        symbol = character(&mut text);
    }
}

/// Takes a character off a text: the bits of its bytes, of those that follow the first six each. So what has
/// `n` bytes has [`lead`] over its code, and all have the order of their codes.
#[inline(never)]
pub(super) fn character(rest: &mut &[u8]) -> u32 {
    let mut symbol = END;
    while let Some((byte, after)) = rest.split_first() {
        if symbol == END {
            symbol = u32::from(*byte);
        } else if byte & 0xc0 == 0x80 {
            symbol = symbol << 6 | u32::from(byte & 0x3f);
        } else {
            break;
        }
        *rest = after;
    }
    symbol
}

/// What the first byte of a character adds to its code.
pub(crate) fn lead(code: u32) -> u32 {
    match code {
        0..0x80 => 0,
        0x80..0x800 => 0x3000,
        0x800..0x1_0000 => 0xe_0000,
        _ => LEAD_OF_FOUR,
    }
}

/// The same of one that takes two units in UTF-16.
pub(super) const LEAD_OF_FOUR: u32 = 0x3c0_0000;
