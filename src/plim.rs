//! The compiled policy: an arena of bytes read in place, and the writer that makes it.
//! Owns the format (header, sections, records); knows nothing of JSON or of decisions.
//! `policy` writes it where a policy is published; `engine` reads it in the browser.
//!
//! One description (`records!`) makes the reader's getters and the writer's drafts. Every field takes
//! eight bytes, little-endian. A corrupt byte yields 0, "" or an empty list, never a panic; the
//! checksum refuses it before that.

use crate::unit::{Key, fnv32};
use core::marker::PhantomData;

/// The format this crate reads and writes.
pub const FORMAT: u32 = 1;
const MAGIC: u32 = u32::from_le_bytes(*b"PLIM");
const HEADER_BYTES: usize = 16;
const SECTION_BYTES: usize = 16;
const FIELD_BYTES: usize = 8;
const ROOT_SECTION: u32 = 1;
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
    arena: Arena,
    root: usize,
}

impl Plim {
    /// Takes bytes made by [`write`].
    ///
    /// # Errors
    /// When the bytes are not a compiled policy, are damaged, or need a newer package.
    pub fn open(bytes: Vec<u8>) -> Result<Self, PlimError> {
        let arena = Arena(bytes);
        if arena.word(0) != MAGIC {
            return Err(PlimError::NotPlim);
        }
        let format = arena.word(4);
        if format != FORMAT {
            return Err(PlimError::Format(format));
        }
        if fnv32(arena.0.get(12..).unwrap_or_default()) != arena.word(8) {
            return Err(PlimError::Checksum);
        }
        let mut root = None;
        let sections = (arena.word(12) as usize).min(arena.0.len() / SECTION_BYTES);
        for section in 0..sections {
            let at = HEADER_BYTES.saturating_add(section.saturating_mul(SECTION_BYTES));
            let word = |offset: usize| arena.word(at.saturating_add(offset));
            match (word(0), word(4)) {
                (ROOT_SECTION, _) => root = Some(word(8) as usize),
                (id, flags) if flags & MUST_UNDERSTAND != 0 => return Err(PlimError::Section(id)),
                _ => {}
            }
        }
        match root {
            Some(root) => Ok(Self { arena, root }),
            None => Err(PlimError::NotPlim),
        }
    }

    /// The policy's first record.
    #[must_use]
    pub fn root(&self) -> Root<'_> {
        Root::at(Slot(&self.arena, self.root))
    }

    /// The index of the meter with this key.
    #[must_use]
    pub fn meter_index(&self, key: Key) -> Option<u32> {
        index_of(self.root().meters().iter().map(|meter| meter.key()), key)
    }

    /// The index of the feature with this key.
    #[must_use]
    pub fn feature_index(&self, key: Key) -> Option<u32> {
        index_of(
            self.root().features().iter().map(|feature| feature.key()),
            key,
        )
    }

    /// The index of the plan with this key; its index is its rank.
    #[must_use]
    pub fn plan_index(&self, key: Key) -> Option<u32> {
        index_of(self.root().plans().iter().map(|plan| plan.key()), key)
    }
}

fn index_of(mut keys: impl Iterator<Item = u32>, key: Key) -> Option<u32> {
    keys.position(|candidate| candidate == key.0)
        .and_then(|index| u32::try_from(index).ok())
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Arena(Vec<u8>);

impl Arena {
    // The readers are calls and not inlined: getters are everywhere, and inlined they cost 2 kB.
    #[inline(never)]
    fn field(&self, record: usize, field: usize) -> u32 {
        self.word(record.saturating_add(field.saturating_mul(FIELD_BYTES)))
    }

    #[inline(never)]
    fn long_field(&self, record: usize, field: usize) -> i64 {
        self.long(record.saturating_add(field.saturating_mul(FIELD_BYTES)))
    }

    #[inline(never)]
    fn text_field(&self, record: usize, field: usize) -> &str {
        self.text(self.field(record, field) as usize)
    }

    fn word(&self, at: usize) -> u32 {
        match self
            .0
            .get(at..at.saturating_add(4))
            .and_then(|bytes| bytes.try_into().ok())
        {
            Some(bytes) => u32::from_le_bytes(bytes),
            None => 0,
        }
    }

    fn long(&self, at: usize) -> i64 {
        match self
            .0
            .get(at..at.saturating_add(8))
            .and_then(|bytes| bytes.try_into().ok())
        {
            Some(bytes) => i64::from_le_bytes(bytes),
            None => 0,
        }
    }

    /// How many items of a size the list at a place has.
    /// INVARIANT: a list never claims more items than the arena has room for, so a corrupt length
    /// cannot make a loop long.
    #[inline(never)]
    fn list_len(&self, list: usize, item_bytes: usize) -> usize {
        let room = self.0.len().saturating_sub(list).checked_div(item_bytes);
        (self.word(list) as usize).min(room.unwrap_or(0))
    }

    /// Where an item of a list is; 0, where no item can be, when the list is shorter.
    #[inline(never)]
    fn item(&self, list: usize, index: u32, item_bytes: usize) -> usize {
        let index = index as usize;
        if index >= self.list_len(list, item_bytes) {
            return 0;
        }
        list.saturating_add(FIELD_BYTES)
            .saturating_add(index.saturating_mul(item_bytes))
    }

    fn text(&self, at: usize) -> &str {
        let from = at.saturating_add(4);
        let bytes = self
            .0
            .get(from..from.saturating_add(self.word(at) as usize));
        core::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    }
}

/// A list of records, numbers or texts inside the arena.
#[derive(Clone, Copy, Debug)]
pub struct List<'a, T> {
    arena: &'a Arena,
    at: usize,
    item: PhantomData<T>,
}

/// Something a [`List`] can hold.
pub trait Item<'a>: Copy {
    /// Its size in the arena.
    const BYTES: usize;
    /// The item at an offset.
    #[doc(hidden)]
    fn at(slot: Slot<'a>) -> Self;
}

/// A place in the arena.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Slot<'a>(&'a Arena, usize);

impl<'a, T: Item<'a>> List<'a, T> {
    fn new(arena: &'a Arena, at: usize) -> Self {
        Self {
            arena,
            at,
            item: PhantomData,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.arena.list_len(self.at, T::BYTES)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item with this index.
    #[must_use]
    pub fn get(&self, index: u32) -> Option<T> {
        match self.arena.item(self.at, index, T::BYTES) {
            0 => None,
            at => Some(T::at(Slot(self.arena, at))),
        }
    }

    /// All items in order.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let list = *self;
        let first = self.at.saturating_add(FIELD_BYTES);
        (0..self.len()).map(move |index| {
            T::at(Slot(
                list.arena,
                first.wrapping_add(index.wrapping_mul(T::BYTES)),
            ))
        })
    }
}

impl<'a> Item<'a> for u32 {
    const BYTES: usize = FIELD_BYTES;
    fn at(slot: Slot<'a>) -> Self {
        slot.0.word(slot.1)
    }
}

impl<'a> Item<'a> for i64 {
    const BYTES: usize = FIELD_BYTES;
    fn at(slot: Slot<'a>) -> Self {
        slot.0.long(slot.1)
    }
}

impl<'a> Item<'a> for &'a str {
    const BYTES: usize = FIELD_BYTES;
    fn at(slot: Slot<'a>) -> Self {
        slot.0.text(slot.0.word(slot.1) as usize)
    }
}

/// Writes an arena: reserves room, then fills it.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    interned: std::collections::BTreeMap<String, u32>,
}

/// A record or value that can be written into eight or more bytes.
pub trait Write {
    /// Its size in the arena.
    const BYTES: usize;
    /// Writes itself at an offset that has been reserved.
    #[doc(hidden)]
    fn write(&self, writer: &mut Writer, at: usize);
}

impl Writer {
    fn reserve(&mut self, bytes: usize) -> usize {
        let at = self.bytes.len();
        self.bytes.resize(at.saturating_add(bytes), 0);
        at
    }

    fn put(&mut self, at: usize, value: &[u8]) {
        if let Some(room) = self.bytes.get_mut(at..at.saturating_add(value.len())) {
            room.copy_from_slice(value);
        }
    }

    fn put_offset(&mut self, at: usize, offset: usize) {
        self.put(at, &u32::try_from(offset).unwrap_or(0).to_le_bytes());
    }
}

impl Write for u32 {
    const BYTES: usize = FIELD_BYTES;
    fn write(&self, writer: &mut Writer, at: usize) {
        writer.put(at, &self.to_le_bytes());
    }
}

impl Write for i64 {
    const BYTES: usize = FIELD_BYTES;
    fn write(&self, writer: &mut Writer, at: usize) {
        writer.put(at, &self.to_le_bytes());
    }
}

impl Write for String {
    const BYTES: usize = FIELD_BYTES;
    fn write(&self, writer: &mut Writer, at: usize) {
        let offset = match writer.interned.get(self) {
            Some(offset) => *offset,
            None => {
                let offset = writer.reserve(self.len().saturating_add(4));
                writer.put_offset(offset, self.len());
                writer.put(offset.saturating_add(4), self.as_bytes());
                let offset = u32::try_from(offset).unwrap_or(0);
                writer.interned.insert(self.clone(), offset);
                offset
            }
        };
        writer.put(at, &offset.to_le_bytes());
    }
}

impl<T: Write> Write for Vec<T> {
    const BYTES: usize = FIELD_BYTES;
    fn write(&self, writer: &mut Writer, at: usize) {
        let bytes = self
            .len()
            .saturating_mul(T::BYTES)
            .saturating_add(FIELD_BYTES);
        let offset = writer.reserve(bytes);
        writer.put_offset(offset, self.len());
        writer.put_offset(at, offset);
        for (index, item) in self.iter().enumerate() {
            let place = index.saturating_mul(T::BYTES).saturating_add(FIELD_BYTES);
            item.write(writer, offset.saturating_add(place));
        }
    }
}

/// The bytes of a compiled policy.
#[must_use]
pub fn write(root: &RootDraft) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.reserve(HEADER_BYTES + SECTION_BYTES);
    let at = writer.reserve(RootDraft::BYTES);
    root.write(&mut writer, at);
    let len = writer.bytes.len().saturating_sub(at);
    for (offset, word) in [
        (0, MAGIC),
        (4, FORMAT),
        (12, 1),
        (16, ROOT_SECTION),
        (20, MUST_UNDERSTAND),
    ] {
        writer.put(offset, &word.to_le_bytes());
    }
    writer.put_offset(24, at);
    writer.put_offset(28, len);
    let checksum = fnv32(writer.bytes.get(12..).unwrap_or_default());
    writer.put(8, &checksum.to_le_bytes());
    writer.bytes
}

macro_rules! records {
    ($( $(#[$about:meta])* $name:ident, $draft:ident {
        $( $(#[$field_about:meta])* $field:ident: $kind:ident $(<$item:ident, $item_draft:ident>)? ),* $(,)?
    } )*) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a> { arena: &'a Arena, at: usize }

        impl<'a> Item<'a> for $name<'a> {
            const BYTES: usize = FIELD_BYTES * [$(stringify!($field)),*].len();
            fn at(slot: Slot<'a>) -> Self { Self { arena: slot.0, at: slot.1 } }
        }

        impl<'a> $name<'a> {
            records!(@getters $name 0; $( [$(#[$field_about])*] $field: $kind $(<$item>)?, )*);
        }

        /// What is written for the record of the same name.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $draft {
            $( $(#[$field_about])* pub $field: records!(@owned $kind $(<$item_draft>)?), )*
        }

        impl Write for $draft {
            const BYTES: usize = FIELD_BYTES * [$(stringify!($field)),*].len();
            fn write(&self, writer: &mut Writer, at: usize) {
                let mut place = at;
                $( self.$field.write(writer, place); place = place.saturating_add(FIELD_BYTES); )*
                debug_assert_eq!(place, at.saturating_add(Self::BYTES));
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
    (@fetch $this:ident, $n:expr, word) => { $this.arena.field($this.at, $n) };
    (@fetch $this:ident, $n:expr, long) => { $this.arena.long_field($this.at, $n) };
    (@fetch $this:ident, $n:expr, text) => { $this.arena.text_field($this.at, $n) };
    (@fetch $this:ident, $n:expr, $list:ident) => { List::new($this.arena, $this.arena.field($this.at, $n) as usize) };
}

mod record;
#[cfg(test)]
mod tests;

pub use record::*;
