//! What has arrived of one writer's sequence: a high-water mark, a bitmap below it and a count of gaps.
//!
//! It owns the arithmetic of gaps; it does not decide duplicates (message ids do), so a window that is
//! too small can lose a figure but never an event. `append` keeps one per writer.

/// Sequence numbers below the highest whose arrival is known one by one.
const WINDOW: u64 = 256;
const WORDS: usize = 4;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriterMarks {
    /// Highest sequence number seen; 0 before the first.
    pub high: u64,
    /// Numbers from 1 to `high` that neither arrived nor were given up on purpose.
    pub missing: u64,
    /// Bit `i` (from the lowest) is `high − i`.
    seen: [u64; WORDS],
}

impl WriterMarks {
    pub(super) fn from_parts(high: u64, seen: [u8; WORDS * 8], missing: u64) -> WriterMarks {
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(seen.chunks_exact(8)) {
            *word = bytes
                .iter()
                .rev()
                .fold(0, |word, byte| (word << 8) | u64::from(*byte));
        }
        WriterMarks {
            high,
            missing,
            seen: words,
        }
    }

    pub(super) fn seen_bytes(&self) -> [u8; WORDS * 8] {
        let mut bytes = [0; WORDS * 8];
        for (out, word) in bytes.chunks_exact_mut(8).zip(self.seen) {
            out.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// One number has arrived.
    pub fn mark(&mut self, seq: u64) {
        if seq == 0 {
            return;
        }
        if seq > self.high {
            let step = seq - self.high;
            self.shift(step);
            self.missing += step - 1;
            self.high = seq;
            self.set(0);
        } else if let below @ 0..WINDOW = self.high - seq
            && !self.has(below)
        {
            self.set(below);
            self.missing = self.missing.saturating_sub(1);
        }
        // INVARIANT: the highest number has arrived or been given up.
        debug_assert!(self.has(0));
    }

    /// The numbers `from..=to` will never arrive, and that is known.
    pub fn close(&mut self, from: u64, to: u64) {
        if from == 0 || to < from {
            return;
        }
        for seq in from.max(self.high.saturating_sub(WINDOW - 1))..=to.min(self.high) {
            self.mark(seq);
        }
        let first_new = from.max(self.high + 1);
        if first_new > to {
            return;
        }
        // Only the last of a long stretch stand in the bitmap; the others are counted off at once.
        let tail = first_new.max(to.saturating_sub(WINDOW - 1));
        for seq in tail..=to {
            self.mark(seq);
        }
        self.missing = self.missing.saturating_sub(tail - first_new);
    }

    fn has(&self, below: u64) -> bool {
        self.seen[(below / 64) as usize] & (1 << (below % 64)) != 0
    }

    fn set(&mut self, below: u64) {
        self.seen[(below / 64) as usize] |= 1 << (below % 64);
    }

    fn shift(&mut self, step: u64) {
        if step >= WINDOW {
            self.seen = [0; WORDS];
            return;
        }
        let (words, bits) = ((step / 64) as usize, step % 64);
        for i in (0..WORDS).rev() {
            let high = if i >= words {
                self.seen[i - words] << bits
            } else {
                0
            };
            let low = if bits > 0 && i > words {
                self.seen[i - words - 1] >> (64 - bits)
            } else {
                0
            };
            self.seen[i] = high | low;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_dense_sequence_has_no_gap_in_any_order_within_the_window() {
        let mut marks = WriterMarks::default();
        for seq in [3, 1, 2, 2, 5, 4, 3] {
            marks.mark(seq);
        }
        assert_eq!((marks.high, marks.missing), (5, 0));
    }

    #[test]
    fn a_stretch_given_up_on_purpose_is_not_missing() {
        let mut marks = WriterMarks::default();
        marks.mark(10);
        assert_eq!(marks.missing, 9);
        marks.close(1, 9);
        assert_eq!(marks.missing, 0);
        marks.close(11, (1 << 53) - 1);
        assert_eq!((marks.high, marks.missing), ((1 << 53) - 1, 0));
    }

    /// Against a plain set, for sequences whose disorder stays within the window.
    #[test]
    fn the_count_of_gaps_agrees_with_a_plain_set() {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        for _ in 0..200 {
            let (mut marks, mut set) = (WriterMarks::default(), BTreeSet::new());
            for _ in 0..200 {
                let floor = marks.high.saturating_sub(WINDOW - 1).max(1);
                let from = floor + next(300);
                if next(10) == 0 {
                    let to = from + next(700);
                    marks.close(from, to);
                    set.extend(from..=to);
                } else {
                    marks.mark(from);
                    set.insert(from);
                }
                marks = WriterMarks::from_parts(marks.high, marks.seen_bytes(), marks.missing);
                assert_eq!(marks.high, *set.last().expect("something was marked"));
                assert_eq!(marks.missing, marks.high - set.len() as u64);
            }
        }
    }
}
