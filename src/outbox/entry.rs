//! One event as the journal keeps it: what the outbox must know of it, then its JSON.
//! Owns the text of a journal slot, which carries a checksum because others may write into storage too.
//! Knows nothing of order or sending; the queue in [`super`] does.

use crate::json::{push_hex, read_hex};
use crate::unit::{Timestamp, Writer, fnv32};
use crate::wire::{DropReason, Dropped, Worth};

/// Checksum, kind, writer, number, time.
const HEADER_CHARS: usize = 16 + 1 + 16 + 16 + 16;

/// An event that waits to be acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where the journal keeps it.
    pub(super) slot: u64,
    /// Who made it; another's when it was adopted.
    pub(super) writer: Writer,
    /// Its number within the writer.
    pub(super) seq: u64,
    /// When it was made, in engine time.
    pub(super) time: Timestamp,
    /// What it is worth when room runs out.
    pub(super) worth: Worth,
    account: Account,
    text: String,
}

/// Whether the entry accounts for dropped events.
#[derive(Clone, Copy, Debug)]
enum Account {
    /// It is an event like others.
    No,
    /// It was not sent yet, so it may still grow.
    Growing { dropped: Dropped, written: bool },
    /// It was sent, maybe, so what it says is said.
    Fixed,
}

impl Entry {
    pub(super) fn new(
        writer: Writer,
        seq: u64,
        time: Timestamp,
        worth: Worth,
        text: String,
    ) -> Self {
        Self {
            slot: 0,
            writer,
            seq,
            time,
            worth,
            account: Account::No,
            text,
        }
    }

    pub(super) fn account(writer: Writer, seq: u64, dropped: Dropped) -> Self {
        Self {
            account: Account::Growing {
                dropped,
                written: false,
            },
            ..Self::new(writer, seq, Timestamp(0), Worth::Kept, String::new())
        }
    }

    /// The event's JSON.
    pub(super) fn json(&self) -> &str {
        &self.text
    }

    /// What it takes in the journal.
    pub(super) fn bytes(&self) -> usize {
        self.text.len().wrapping_add(HEADER_CHARS)
    }

    pub(super) fn is_account(&self) -> bool {
        !matches!(self.account, Account::No)
    }

    pub(super) fn is_growing(&self) -> bool {
        matches!(self.account, Account::Growing { .. })
    }

    /// What it says must not change any more: it is about to be sent.
    pub(super) fn fix(&mut self) {
        if self.is_growing() {
            self.account = Account::Fixed;
        }
    }

    /// Takes a dropped event into this account, if it is one that may grow to it without passing
    /// any of `numbers` but its own.
    pub(super) fn widen(
        &mut self,
        reason: DropReason,
        writer: Writer,
        seq: u64,
        numbers: &[u64],
    ) -> bool {
        let own = self.seq;
        let Account::Growing { dropped, written } = &mut self.account else {
            return false;
        };
        let (from, to) = (dropped.from.min(seq), dropped.to.max(seq));
        if dropped.reason != reason
            || dropped.writer != writer
            || numbers
                .iter()
                .any(|number| *number != own && (from..=to).contains(number))
        {
            return false;
        }
        *written = false;
        (dropped.from, dropped.to) = (from, to);
        dropped.count = dropped.count.wrapping_add(1);
        true
    }

    /// What an account that grew now says.
    pub(super) fn unwritten(&self) -> Option<Dropped> {
        match self.account {
            Account::Growing {
                dropped,
                written: false,
            } => Some(dropped),
            _ => None,
        }
    }

    /// The account's new text.
    pub(super) fn write(&mut self, time: Timestamp, text: String) {
        if let Account::Growing { written, .. } = &mut self.account {
            *written = true;
        }
        self.time = time;
        self.text = text;
    }

    /// The text of its journal slot.
    pub(super) fn to_text(&self) -> String {
        let mut rest = String::with_capacity(self.bytes());
        rest.push(match (self.is_account(), self.worth) {
            (true, _) => 'd',
            (_, Worth::Held) => '0',
            (_, Worth::Seen) => '1',
            (_, Worth::Fact) => '2',
            (_, Worth::Kept) => '3',
        });
        push_hex(&mut rest, self.writer.0);
        push_hex(&mut rest, self.seq);
        push_hex(&mut rest, u64::try_from(self.time.0).unwrap_or(0));
        rest.push_str(&self.text);
        let mut text = String::with_capacity(self.bytes());
        push_hex(&mut text, u64::from(fnv32(rest.as_bytes())));
        text.push_str(&rest);
        text
    }

    /// Reads a journal slot; nothing when another program wrote it, or it is damaged.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (sum, rest) = text.split_at_checked(16)?;
        if read_hex(sum)? != u64::from(fnv32(rest.as_bytes())) {
            return None;
        }
        let (kind, rest) = rest.split_at_checked(1)?;
        let (writer, rest) = rest.split_at_checked(16)?;
        let (seq, rest) = rest.split_at_checked(16)?;
        let (time, json) = rest.split_at_checked(16)?;
        let worth = match kind {
            "0" => Worth::Held,
            "1" => Worth::Seen,
            "2" => Worth::Fact,
            "3" | "d" => Worth::Kept,
            _ => return None,
        };
        let time = Timestamp(i64::try_from(read_hex(time)?).ok()?);
        let entry = Self::new(
            Writer(read_hex(writer)?),
            read_hex(seq)?,
            time,
            worth,
            json.to_owned(),
        );
        let account = if kind == "d" {
            Account::Fixed
        } else {
            Account::No
        };
        Some(Self { account, ..entry })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_read_back_as_it_was_written() {
        let mut entry = Entry::new(
            Writer(1),
            2,
            Timestamp(3),
            Worth::Seen,
            "{\"é\":1}".to_owned(),
        );
        entry.slot = 9;
        let read = Entry::read(&entry.to_text()).unwrap();
        assert_eq!(
            (read.writer, read.seq, read.time),
            (Writer(1), 2, Timestamp(3))
        );
        assert_eq!(
            (read.worth, read.json(), read.is_account()),
            (Worth::Seen, "{\"é\":1}", false)
        );
    }

    #[test]
    fn a_damaged_slot_is_no_event() {
        let text = Entry::new(
            Writer(1),
            2,
            Timestamp(3),
            Worth::Kept,
            "{\"a\":\"é\"}".to_owned(),
        )
        .to_text();
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
