//! The compiled policy: records of words and a pool of texts, read in place, and the writer that makes them.
//! Owns the format (header, sections, records); knows nothing of JSON or of decisions.
//! `policy` writes it where a policy is published; `engine` reads it in the browser.
//!
//! One description (`records!`) makes the reader's getters and the writer's drafts. Every field is one
//! word of eight bytes, little-endian: a number, or where a list or a text begins and how long it is. A
//! corrupt word yields 0, "" or an empty list, never a panic; the checksum refuses it before that.

use crate::unit::{Key, fnv32, whole};
use core::marker::PhantomData;

/// The format this crate reads and writes.
pub const FORMAT: u32 = 1;
const MAGIC: u32 = u32::from_le_bytes(*b"PLIM");
const HEADER_BYTES: usize = 16;
const SECTION_BYTES: usize = 16;
/// The records, beginning with the root.
const RECORDS: u32 = 1;
/// The pool of texts, UTF-8.
const TEXTS: u32 = 2;
/// What only people read, as one JSON object, which no decision asks for: `revision`, `locale`, `ui` (id to
/// tokens), `actions` (tokens in the order of `ActionKind`), `links` (by action), by index `plans`, `meters`
/// and `features`, then `experiments` (`id`, `arms`), `said`, what prompts say, and for each prompt in `prompts` which of these, its meter
/// and its feature, -1 for none.
const WORDS: u32 = 3;
/// A section with this flag must be understood; others are skipped by older readers.
const MUST_UNDERSTAND: u32 = 1;
/// No index: an absent reference to another record.
pub const NONE: u32 = u32::MAX;

/// Why bytes are not a compiled policy that this version can decide with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlimError {
    /// Not a compiled policy at all.
    NotPlim,
    /// Made for a newer package.
    Format(u32),
    /// Damaged on the way.
    Checksum,
    /// Needs a part that this version does not know.
    Section(u32),
}

impl PlimError {
    /// The stable code of the error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotPlim => "policy_not_compiled",
            Self::Format(_) => "policy_format",
            Self::Checksum => "policy_checksum",
            Self::Section(_) => "policy_section",
        }
    }
}

/// A compiled policy that has been checked: format, sections and checksum fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plim {
    /// The first record, which everybody asks for.
    root: [u64; RootDraft::WORDS],
    words: Vec<u64>,
    texts: String,
    /// For people; empty where the shell keeps them.
    said: String,
}

impl Plim {
    /// Takes bytes made by [`write`].
    ///
    /// # Errors
    /// When the bytes are not a compiled policy, are damaged, or need a newer package.
    pub fn open(bytes: &[u8]) -> Result<Self, PlimError> {
        let text = |wanted| {
            let found = sections(bytes).find(|section| word(*section, 0) == wanted);
            let content = found.map_or(&[][..], |section| content(bytes, section));
            String::from_utf8_lossy(content).into_owned()
        };
        let mut plim = Self::join(bytes, text(TEXTS))?;
        plim.said = text(WORDS);
        Ok(plim)
    }

    /// As [`Plim::open`], with the pool of texts decoded already: a browser has a decoder, and one more would
    /// have to be downloaded. What only people read stays with the caller.
    ///
    /// # Errors
    /// As [`Plim::open`].
    pub fn join(bytes: &[u8], texts: String) -> Result<Self, PlimError> {
        if word(bytes, 0) != MAGIC {
            return Err(PlimError::NotPlim);
        }
        let format = word(bytes, 4);
        if format != FORMAT {
            return Err(PlimError::Format(format));
        }
        if fnv32(bytes.get(12..).unwrap_or_default()) != word(bytes, 8) {
            return Err(PlimError::Checksum);
        }
        let (mut records, mut has_texts): (&[u8], bool) = (&[], false);
        for section in sections(bytes) {
            match word(section, 0) {
                RECORDS => records = content(bytes, section),
                TEXTS => has_texts = true,
                WORDS => {}
                id if word(section, 4) & MUST_UNDERSTAND != 0 => {
                    return Err(PlimError::Section(id));
                }
                _ => {}
            }
        }
        let (chunks, _) = records.as_chunks();
        let words: Vec<u64> = chunks
            .iter()
            .map(|word| u64::from_le_bytes(*word))
            .collect();
        let root = words.first_chunk().filter(|_| has_texts);
        Ok(Self {
            root: *root.ok_or(PlimError::NotPlim)?,
            words,
            texts,
            said: String::new(),
        })
    }

    /// What only people read, as JSON.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.said
    }

    /// The policy's first record.
    #[must_use]
    pub fn root(&self) -> Root<'_> {
        Root::at(self, &self.root)
    }

    /// The index of the meter with this key.
    #[must_use]
    #[inline(always)]
    pub fn meter_index(&self, key: Key) -> Option<u32> {
        let meters = self.root().meters();
        some(self.index_of(meters.list, Meter::WORDS, key))
    }

    /// The id of the meter or feature that a prompt is about; "" when it is about neither.
    #[must_use]
    pub fn subject_of(&self, prompt: Prompt<'_>) -> &str {
        let (root, index) = (self.root(), prompt.subject());
        let id = match prompt.subject_kind() {
            1 => root.meters().get(index).map(|meter| meter.id()),
            2 => root.features().get(index).map(|feature| feature.id()),
            _ => None,
        };
        id.unwrap_or_default()
    }

    /// The index of the feature with this key.
    #[must_use]
    #[inline(always)]
    pub fn feature_index(&self, key: Key) -> Option<u32> {
        let features = self.root().features();
        some(self.index_of(features.list, Feature::WORDS, key))
    }

    /// The index of the plan with this key; its index is its rank.
    #[must_use]
    #[inline(always)]
    pub fn plan_index(&self, key: Key) -> Option<u32> {
        let plans = self.root().plans();
        some(self.index_of(plans.list, Plan::WORDS, key))
    }

    /// An experiment by its index, and the id of one of its arms.
    #[must_use]
    #[inline(never)]
    pub fn arm(&self, experiment: u32, arm: u32) -> Option<(Experiment<'_>, &str)> {
        let experiment = self.root().experiments().get(experiment)?;
        Some((experiment, experiment.names().get(arm)?))
    }

    /// The index of the signal with this key.
    #[must_use]
    #[inline(always)]
    pub fn signal_index(&self, key: Key) -> Option<u32> {
        let signals = self.root().signals();
        some(self.index_of(signals.list, Signal::WORDS, key))
    }

    /// The key is the first word of each record that has one. [`NONE`] when none has it.
    #[inline(never)]
    fn index_of(&self, list: u64, width: usize, key: Key) -> u32 {
        let (words, mut place) = (&whole(self).words, start(list));
        for index in 0..len(list) {
            match words.get(place) {
                Some(word) if *word == u64::from(key.0) => return index,
                // What is damaged may say any length.
                None => break,
                _ => place = place.wrapping_add(width),
            }
        }
        NONE
    }

    // The readers are calls and not inlined: getters are everywhere.
    #[inline(never)]
    fn row<const WORDS: usize>(&self, list: u64, index: u32) -> Option<&[u64; WORDS]> {
        if index >= len(list) {
            return None;
        }
        let place = start(list).wrapping_add((index as usize).wrapping_mul(WORDS));
        self.words.get(place..)?.first_chunk()
    }

    #[inline(never)]
    fn text(&self, at: u64) -> &str {
        let from = start(at);
        let text = whole(self)
            .texts
            .get(from..from.wrapping_add(len(at) as usize));
        text.unwrap_or_default()
    }
}

/// An entry of the table of sections: id, flags, where the content begins, and its length.
type Section = [u8; SECTION_BYTES];

fn sections(bytes: &[u8]) -> impl Iterator<Item = &Section> {
    let (sections, _) = bytes.get(HEADER_BYTES..).unwrap_or_default().as_chunks();
    sections.iter().take(word(bytes, 12) as usize)
}

fn content<'a>(bytes: &'a [u8], section: &Section) -> &'a [u8] {
    let start = word(section, 8) as usize;
    let end = start.wrapping_add(word(section, 12) as usize);
    bytes.get(start..end).unwrap_or_default()
}

/// An index, unless it is [`NONE`].
fn some(index: u32) -> Option<u32> {
    (index != NONE).then_some(index)
}

#[inline(never)]
fn word(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Where a list or text begins: the upper half of its word.
fn start(word: u64) -> usize {
    (word >> 32) as usize
}

/// How many items or bytes it has: the lower half.
fn len(word: u64) -> u32 {
    word as u32
}

/// A list of records, numbers or texts.
#[derive(Clone, Copy, Debug)]
pub struct List<'a, T> {
    plim: &'a Plim,
    list: u64,
    item: PhantomData<T>,
}

/// Something a [`List`] can hold.
pub trait Item<'a>: Copy {
    /// The item of a list with this index.
    #[doc(hidden)]
    fn read(plim: &'a Plim, list: u64, index: u32) -> Option<Self>;
}

impl<'a, T: Item<'a>> List<'a, T> {
    fn new(plim: &'a Plim, list: u64) -> Self {
        Self {
            plim,
            list,
            item: PhantomData,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        // A corrupt length ends with the file.
        (len(self.list) as usize).min(self.plim.words.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        len(self.list) == 0
    }

    /// The item with this index.
    #[must_use]
    #[inline(always)]
    pub fn get(&self, index: u32) -> Option<T> {
        T::read(self.plim, self.list, index)
    }

    /// All items in order.
    #[must_use]
    pub fn iter(&self) -> Items<'a, T> {
        Items {
            list: *self,
            next: 0,
        }
    }
}

/// The items of a [`List`] in order.
#[derive(Clone, Copy, Debug)]
pub struct Items<'a, T> {
    list: List<'a, T>,
    next: u32,
}

impl<'a, T: Item<'a>> Iterator for Items<'a, T> {
    type Item = T;

    // Inlined, because what it stands for is one call of the reader.
    #[inline(always)]
    fn next(&mut self) -> Option<T> {
        // It ends at the first item that is not there, so a corrupt length cannot make a loop long.
        let item = self.list.get(self.next);
        self.next = self.next.wrapping_add(1);
        item
    }
}

impl<'a> Item<'a> for u32 {
    #[inline(always)]
    fn read(plim: &'a Plim, list: u64, index: u32) -> Option<Self> {
        plim.row::<1>(list, index).map(|row| row[0] as u32)
    }
}

impl<'a> Item<'a> for i64 {
    #[inline(always)]
    fn read(plim: &'a Plim, list: u64, index: u32) -> Option<Self> {
        plim.row::<1>(list, index).map(|row| row[0] as i64)
    }
}

impl<'a> Item<'a> for &'a str {
    fn read(plim: &'a Plim, list: u64, index: u32) -> Option<Self> {
        plim.row::<1>(list, index).map(|row| plim.text(row[0]))
    }
}

/// Writes records: reserves room, then fills it.
#[derive(Debug, Default)]
pub struct Writer {
    words: Vec<u64>,
    texts: String,
    interned: Numbers,
}

/// Texts, each with a number, sorted.
#[derive(Debug, Default)]
pub(crate) struct Numbers(Vec<(String, u64)>);

impl Numbers {
    /// The number of a text; a new one gets `next`.
    pub(crate) fn of(&mut self, text: &str, next: u64) -> u64 {
        match self.0.binary_search_by(|(own, _)| own.as_str().cmp(text)) {
            Ok(at) => self.0.get(at).map_or(next, |(_, number)| *number),
            Err(at) => {
                self.0.insert(at, (text.into(), next));
                next
            }
        }
    }
}

/// A record or value that can be written into one or more words.
pub trait Write {
    /// How many words it takes.
    const WORDS: usize;
    /// Writes itself at a place that has been reserved.
    #[doc(hidden)]
    fn write(&self, writer: &mut Writer, at: usize);
}

impl Writer {
    fn reserve(&mut self, words: usize) -> usize {
        let at = self.words.len();
        self.words.resize(at.saturating_add(words), 0);
        at
    }

    fn put(&mut self, at: usize, value: u64) {
        if let Some(word) = self.words.get_mut(at) {
            *word = value;
        }
    }
}

/// A beginning and a length in one word.
fn span(start: usize, len: usize) -> u64 {
    let half = |number: usize| u64::from(u32::try_from(number).unwrap_or(0));
    half(start) << 32 | half(len)
}

impl Write for u32 {
    const WORDS: usize = 1;
    fn write(&self, writer: &mut Writer, at: usize) {
        writer.put(at, u64::from(*self));
    }
}

impl Write for i64 {
    const WORDS: usize = 1;
    fn write(&self, writer: &mut Writer, at: usize) {
        writer.put(at, *self as u64);
    }
}

impl Write for String {
    const WORDS: usize = 1;
    fn write(&self, writer: &mut Writer, at: usize) {
        let end = span(writer.texts.len(), self.len());
        let text = writer.interned.of(self, end);
        if text == end {
            writer.texts.push_str(self);
        }
        writer.put(at, text);
    }
}

impl<T: Write> Write for Vec<T> {
    const WORDS: usize = 1;
    fn write(&self, writer: &mut Writer, at: usize) {
        let start = writer.reserve(self.len().saturating_mul(T::WORDS));
        writer.put(at, span(start, self.len()));
        for (index, item) in self.iter().enumerate() {
            item.write(writer, start.saturating_add(index.saturating_mul(T::WORDS)));
        }
    }
}

/// The bytes of a compiled policy, and with them what only people read, as JSON.
#[must_use]
pub fn write(root: &RootDraft, words: &str) -> Vec<u8> {
    let mut writer = Writer::default();
    let at = writer.reserve(RootDraft::WORDS);
    root.write(&mut writer, at);
    let records: Vec<u8> = writer
        .words
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let sections: [(u32, u32, &[u8]); 3] = [
        (RECORDS, MUST_UNDERSTAND, &records),
        (TEXTS, MUST_UNDERSTAND, writer.texts.as_bytes()),
        (WORDS, 0, words.as_bytes()),
    ];
    let half = |number: usize| u32::try_from(number).unwrap_or(0);
    // The checksum is of all that follows it: the number of sections, their table, and their contents.
    let mut rest: Vec<u8> = half(sections.len()).to_le_bytes().to_vec();
    let mut start = HEADER_BYTES.saturating_add(SECTION_BYTES.saturating_mul(sections.len()));
    for (id, flags, content) in sections {
        for word in [id, flags, half(start), half(content.len())] {
            rest.extend(word.to_le_bytes());
        }
        start = start.saturating_add(content.len());
    }
    for (_, _, content) in sections {
        rest.extend(content);
    }
    let head = [MAGIC, FORMAT, fnv32(&rest)];
    let mut bytes: Vec<u8> = head.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.append(&mut rest);
    bytes
}

macro_rules! records {
    ($( $(#[$about:meta])* $name:ident, $draft:ident {
        $( $(#[$field_about:meta])* $field:ident: $kind:ident $(<$item:ident, $item_draft:ident>)? ),* $(,)?
    } )*) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a> { plim: &'a Plim, row: &'a [u64; $draft::WORDS] }

        impl<'a> Item<'a> for $name<'a> {
            #[inline(always)]
            fn read(plim: &'a Plim, list: u64, index: u32) -> Option<Self> {
                plim.row(list, index).map(|row| Self::at(plim, row))
            }
        }

        impl<'a> $name<'a> {
            /// How many words it takes.
            pub const WORDS: usize = $draft::WORDS;

            /// The policy it is in.
            #[must_use]
            pub fn plim(self) -> &'a Plim {
                self.plim
            }

            pub(super) fn at(plim: &'a Plim, row: &'a [u64; $draft::WORDS]) -> Self {
                Self { plim, row }
            }

            records!(@getters $name 0; $( [$(#[$field_about])*] $field: $kind $(<$item>)?, )*);
        }

        /// What is written for the record of the same name.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $draft {
            $( $(#[$field_about])* pub $field: records!(@owned $kind $(<$item_draft>)?), )*
        }

        impl Write for $draft {
            const WORDS: usize = [$(stringify!($field)),*].len();
            fn write(&self, writer: &mut Writer, at: usize) {
                let mut place = at;
                $( self.$field.write(writer, place); place = place.saturating_add(1); )*
                debug_assert_eq!(place, at.saturating_add(Self::WORDS));
            }
        }
    )* };
    (@getters $name:ident $n:expr;) => {};
    (@getters $name:ident $n:expr; [$($about:tt)*] $field:ident: $kind:ident $(<$item:ident>)?, $($rest:tt)*) => {
        $($about)*
        #[must_use]
        pub fn $field(self) -> records!(@read $kind $(<$item>)?) {
            records!(@fetch self, $n, $kind)
        }
        records!(@getters $name $n + 1; $($rest)*);
    };
    (@owned word) => { u32 };
    (@owned long) => { i64 };
    (@owned text) => { String };
    (@owned words) => { Vec<u32> };
    (@owned longs) => { Vec<i64> };
    (@owned texts) => { Vec<String> };
    (@owned list<$item:ident>) => { Vec<$item> };
    (@read word) => { u32 };
    (@read long) => { i64 };
    (@read text) => { &'a str };
    (@read words) => { List<'a, u32> };
    (@read longs) => { List<'a, i64> };
    (@read texts) => { List<'a, &'a str> };
    (@read list<$item:ident>) => { List<'a, $item<'a>> };
    (@fetch $this:ident, $n:expr, word) => { $this.row[$n] as u32 };
    (@fetch $this:ident, $n:expr, long) => { $this.row[$n] as i64 };
    (@fetch $this:ident, $n:expr, text) => { $this.plim.text($this.row[$n]) };
    (@fetch $this:ident, $n:expr, $list:ident) => { List::new($this.plim, $this.row[$n]) };
}

mod record;
#[cfg(test)]
mod tests;

pub use record::*;
