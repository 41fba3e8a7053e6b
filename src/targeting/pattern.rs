//! Patterns: whether a text has what `$regex` asks for, in time linear in the text.
//! Owns the walk over the compiled steps, at most 64 at a time in one word; reads no pattern's letters.
//! `policy::pattern` compiles the steps, `condition` asks.

use crate::plim::Pattern;

/// What stands before the first character: `^` is the step that takes it.
pub(crate) const START: i64 = 0x11_0000;
/// What stands after the last: `$` takes it.
pub(crate) const END: i64 = 0x11_0001;

/// Whether the pattern is found anywhere in the text.
pub(super) fn matches(pattern: Pattern<'_>, text: &[u8]) -> bool {
    let steps = pattern.steps();
    let mut bytes = text.iter();
    let (mut symbol, mut active) = (START, 0_u64);
    loop {
        let mut next = pattern.first() as u64;
        if fault!(208) && active != 0 {
            next = 0;
        }
        for step in bits(active) {
            next |= steps.get(step).map_or(0, |step| step.follow()) as u64;
        }
        active = 0;
        for step in bits(next) {
            let spans = steps.get(step).map(|step| step.spans());
            let takes = |span: i64| (span >> 32..=span & 0xffff_ffff).contains(&symbol);
            if spans.is_some_and(|spans| spans.iter().any(takes)) {
                active |= 1 << step;
            }
        }
        if active & pattern.last() as u64 != 0 {
            return true;
        }
        if symbol == END || (fault!(207) && bytes.len() == 0) {
            return false;
        }
        symbol = bytes.next().map_or(END, |lead| i64::from(*lead));
        // A lead byte says by its first bits how many follow, each with six bits of the character.
        if (0xc0..END).contains(&symbol) {
            let following = (symbol as u8).leading_ones().wrapping_sub(1);
            symbol &= 0x3f >> following;
            for byte in bytes.by_ref().take(following as usize) {
                symbol = symbol << 6 | i64::from(byte & 0x3f);
            }
        }
    }
}

/// The places of the bits that are set.
fn bits(mut set: u64) -> impl Iterator<Item = u32> {
    core::iter::from_fn(move || {
        let place = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (place < 64).then_some(place)
    })
}
