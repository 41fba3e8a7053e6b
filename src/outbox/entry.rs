//! One event as the journal keeps it: what the outbox must know of it, its JSON, and a checksum.
//! Owns the text of a place in the journal; others may write into storage too, so it is checked when it is read.
//! Knows nothing of order or sending; the queue in [`super`] does.

use crate::json::{push_hex, read_hex};
use crate::unit::{Timestamp, Writer, fnv32};
use crate::wire::Worth;

/// Worth, writer, number, time.
const HEADER_CHARS: usize = 1 + 16 + 16 + 16;
const SUM_CHARS: usize = 16;

/// An event that waits to be acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where the journal keeps it.
    pub(super) place: u64,
    /// The text in its place; what is asked of it is read out of there.
    pub(super) text: String,
}

impl Entry {
    pub(super) fn new(worth: Worth, writer: Writer, seq: u64, time: Timestamp, json: &str) -> Self {
        let mut text = String::new();
        text.push(worth.digit());
        push_hex(&mut text, writer.0);
        push_hex(&mut text, seq);
        push_hex(&mut text, time.0.cast_unsigned());
        text.push_str(json);
        let sum = fnv32(text.as_bytes());
        push_hex(&mut text, u64::from(sum));
        Self { place: 0, text }
    }

    /// Reads a place of the journal; nothing when another program wrote it, or it is damaged.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (event, sum) = text.split_at_checked(text.len().wrapping_sub(SUM_CHARS))?;
        let is_whole =
            event.len() > HEADER_CHARS && read_hex(sum) == u64::from(fnv32(event.as_bytes()));
        is_whole.then(|| Self {
            place: 0,
            text: text.to_owned(),
        })
    }

    #[inline(never)]
    fn part(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Who made it; another writer when it was adopted.
    pub(super) fn writer(&self) -> Writer {
        Writer(read_hex(self.part(1, 17)))
    }

    /// Its number within the writer.
    pub(super) fn seq(&self) -> u64 {
        read_hex(self.part(17, 33))
    }

    /// When it was made, in engine time.
    pub(super) fn time(&self) -> Timestamp {
        Timestamp(read_hex(self.part(33, HEADER_CHARS)).cast_signed())
    }

    /// Whether it is worth this, and no more.
    pub(super) fn is(&self, worth: Worth) -> bool {
        self.text.starts_with(worth.digit())
    }

    /// The event's JSON.
    pub(super) fn json(&self) -> &str {
        self.part(HEADER_CHARS, self.text.len().wrapping_sub(SUM_CHARS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_as_it_was_written() {
        let entry = Entry::new(Worth::Seen, Writer(1), 2, Timestamp(3), "{\"é\":1}");
        let read = Entry::read(&entry.text).unwrap();
        assert_eq!(
            (read.writer(), read.seq(), read.time()),
            (Writer(1), 2, Timestamp(3))
        );
        assert_eq!(
            (read.is(Worth::Seen), read.json(), read.is(Worth::Account)),
            (true, "{\"é\":1}", false)
        );
    }

    #[test]
    fn a_damaged_place_is_no_event() {
        let text = Entry::new(Worth::Kept, Writer(1), 2, Timestamp(3), "{\"a\":\"é\"}").text;
        for garbage in [
            "",
            "undefined",
            "null",
            "{}",
            "\u{0}",
            &"9".repeat(70),
            &"é".repeat(40),
        ] {
            assert!(Entry::read(garbage).is_none(), "{garbage}");
        }
        for (at, character) in text.char_indices() {
            assert!(Entry::read(&text[..at]).is_none(), "cut at {at}");
            let mut other = text.clone();
            let replacement = if character == '0' { "1" } else { "0" };
            other.replace_range(at..at + character.len_utf8(), replacement);
            assert!(Entry::read(&other).is_none(), "changed at {at}");
        }
    }
}
