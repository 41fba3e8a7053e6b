//! What could not be read: how many lines for which reason, and the first of them by name.
//!
//! It owns the codes and their words; it does not stop anything, a replay goes on without the line.

use std::collections::BTreeMap;

/// So many lines are named; the rest is counted.
const NAMED: usize = 10;

/// Why a line is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    NotUtf8,
    TooLong,
    NoHeader,
    Columns,
    BadAccount,
    BadDate,
    BadAmount,
    OutOfOrder,
    NotJson,
    Page,
    FieldMissing,
    NotRecording,
    NewerRecording,
    DamagedRecording,
    Repeated,
}

impl Code {
    pub const ALL: [Code; 15] = [
        Code::NotUtf8,
        Code::TooLong,
        Code::NoHeader,
        Code::Columns,
        Code::BadAccount,
        Code::BadDate,
        Code::BadAmount,
        Code::OutOfOrder,
        Code::NotJson,
        Code::Page,
        Code::FieldMissing,
        Code::NotRecording,
        Code::NewerRecording,
        Code::DamagedRecording,
        Code::Repeated,
    ];

    pub fn as_str(self) -> &'static str {
        self.words().0
    }

    pub fn help(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Code::NotUtf8 => ("not_utf8", "save the file as UTF-8"),
            Code::TooLong => ("line_too_long", "end lines with a newline"),
            Code::NoHeader => (
                "no_header",
                "begin the file with `account,date,meter,amount`, in any order",
            ),
            Code::Columns => ("columns", "give every line as many columns as the header"),
            Code::BadAccount => ("bad_account", "give an id of 1 to 256 bytes"),
            Code::BadDate => (
                "bad_date",
                "write `2026-11-22` or `2026-11-22T10:00:00Z`, from 1970 on",
            ),
            Code::BadAmount => (
                "bad_amount",
                "write a whole number from 0 to 9007199254740991",
            ),
            Code::OutOfOrder => (
                "out_of_order",
                "sort by time, below the header of a table; within an account time only goes on",
            ),
            Code::NotJson => ("not_json", "write one event as JSON on each line"),
            Code::Page => (
                "page_of_events",
                "write its events on lines of their own: `jq -c '.events[]'`",
            ),
            Code::FieldMissing => (
                "field_missing",
                "export whole events, as docs/wire.md has them",
            ),
            Code::NotRecording => ("not_recording", "leave `inputs` as the browser wrote it"),
            Code::NewerRecording => (
                "recording_format",
                concat!("use a version newer than ", env!("CARGO_PKG_VERSION")),
            ),
            Code::DamagedRecording => (
                "recording_damaged",
                "export it again; it was changed on the way",
            ),
            Code::Repeated => (
                "repeated",
                "nothing is wrong: a recording that came twice counts once",
            ),
        }
    }
}

/// A skipped line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Index of the file, and the line in it, from 1.
    pub at: (u32, u64),
    pub code: Code,
    pub about: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Faults {
    pub counts: BTreeMap<Code, u64>,
    /// The first, in the order of files and lines.
    pub first: Vec<Fault>,
}

impl Faults {
    /// Counts a line; its words are made only for one that is named.
    pub fn add(&mut self, at: (u32, u64), code: Code, about: impl FnOnce() -> String) {
        *self.counts.entry(code).or_default() += 1;
        if self.first.len() < NAMED || self.first.last().is_some_and(|last| at < last.at) {
            let about = about();
            self.name(Fault { at, code, about });
        }
    }

    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    pub fn merge(&mut self, other: Faults) {
        for (code, count) in other.counts {
            *self.counts.entry(code).or_default() += count;
        }
        for fault in other.first {
            self.name(fault);
        }
    }

    fn name(&mut self, fault: Fault) {
        let place = self.first.partition_point(|known| known.at < fault.at);
        self.first.insert(place, fault);
        self.first.truncate(NAMED);
    }
}
