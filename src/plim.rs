//! The compiled policy: an arena of bytes read in place, and the writer that makes it.
//! Owns the format (header, sections, records); knows nothing of JSON or of decisions.
//! `policy` writes it where a policy is published; `engine` reads it in the browser.
//!
//! One description (`records!`) makes the reader's getters and the writer's drafts. Every field takes
//! eight bytes, little-endian. A corrupt byte yields 0, "" or an empty list, never a panic; the
//! checksum refuses it before that.

use crate::unit::{Key, Limit, fnv32};
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
        Root {
            arena: &self.arena,
            at: self.root,
        }
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

records! {
    /// The whole policy, in one locale.
    Root, RootDraft {
        /// The policy's revision, at most 32 characters; copied into every event.
        revision: text,
        /// BCP 47 tag of the texts.
        locale: text,
        /// Plans; the order is the rank, lowest first.
        plans: list<Plan, PlanDraft>,
        /// Meters.
        meters: list<Meter, MeterDraft>,
        /// Features.
        features: list<Feature, FeatureDraft>,
        /// Prompts, one for each meter or feature they apply to, in policy order.
        prompts: list<Prompt, PromptDraft>,
        /// Indexes of prompts whose subject is neither a meter nor a feature (trial ending).
        general_prompts: words,
        /// Caps by group; a group named by a prompt is in here.
        groups: list<Group, GroupDraft>,
        /// How interruptions are spaced.
        pacing: list<Pacing, PacingDraft>,
        /// Link to the checkout, with `{plan}` and other placeholders; "" when there is none.
        checkout_link: text,
        /// Link to the prices; "" when there is none.
        pricing_link: text,
        /// Link to a conversation with sales; "" when there is none.
        sales_link: text,
        /// Uses younger than this at a snapshot without `counted` stay on top of it. Default 5,000.
        settle_ms: long,
        /// Labels of the actions: token JSON by action, in the order of `ActionKind`.
        action_labels: texts,
        /// All other texts of the surfaces, one JSON object of id to tokens.
        ui: text,
    }

    /// A plan.
    Plan, PlanDraft {
        /// Key of the id.
        key: word,
        /// Id.
        id: text,
        /// Name in the locale.
        name: text,
        /// How it is bought: 0 not at all, 1 at the checkout, 2 through sales.
        buy: word,
        /// Price in minor units of the currency; -1 when the policy has none.
        price_minor: long,
        /// ISO 4217 code; "" without a price.
        price_currency: text,
        /// What the price is for (`month`, `year`, …); "" without a price.
        price_per: text,
        /// Quotas, one for each meter of the policy, in the meters' order.
        quotas: list<Quota, QuotaDraft>,
        /// Indexes of the features it includes, ascending.
        features: words,
    }

    /// What a plan grants on a meter.
    Quota, QuotaDraft {
        /// 0 none, 1 of `limit`, 2 unlimited.
        limit_kind: word,
        /// The limit, 1 or more, when the kind is 1.
        limit: long,
        /// 1 when going over is allowed and billed or tolerated.
        soft: word,
        /// 0 level, 1 day, 2 week, 3 month, 4 year.
        period: word,
    }

    /// A meter.
    Meter, MeterDraft {
        /// Key of the id.
        key: word,
        /// Id.
        id: text,
        /// Plural forms in the locale, as one JSON object: `{"one":"e-mail","other":"e-mails"}`.
        name: text,
        /// 0 counter, 1 level.
        kind: word,
        /// Its thresholds, ascending within a kind.
        thresholds: list<Threshold, ThresholdDraft>,
        /// Indexes of the prompts about it.
        prompts: words,
    }

    /// Where something happens on the way to a limit.
    Threshold, ThresholdDraft {
        /// 0 percent (value in basis points), 1 used (absolute), 2 remaining (absolute).
        kind: word,
        /// Its value in the unit of the kind.
        value: long,
    }

    /// A feature.
    Feature, FeatureDraft {
        /// Key of the id.
        key: word,
        /// Id.
        id: text,
        /// Name in the locale.
        name: text,
        /// What others reached with it, in the locale; "" when the policy has none.
        outcome: text,
        /// Picture, https or same-origin; "" when there is none.
        image: text,
        /// Alternative text of the picture.
        image_alt: text,
        /// Indexes of the prompts about it.
        prompts: words,
    }

    /// A prompt about one subject.
    Prompt, PromptDraft {
        /// Key of the id; the same for all subjects of one prompt.
        key: word,
        /// Id.
        id: text,
        /// 0 threshold, 1 at limit, 2 limit hit, 3 explored, 4 trial ending.
        trigger: word,
        /// Kind of the threshold, as in `Threshold`, for trigger 0.
        threshold_kind: word,
        /// Threshold's value; explorations needed; for trial ending the milliseconds before the end.
        value: long,
        /// Window in which explorations count, for trigger 3.
        window_ms: long,
        /// Bits of the exploration steps that count, 1 << step, for trigger 3.
        steps: word,
        /// 0 none, 1 meter, 2 feature.
        subject_kind: word,
        /// Index of the meter or feature.
        subject: word,
        /// 0 banner, 1 modal, 2 preview dialog, 3 toast, 4 inline, 5 inline preview.
        surface: word,
        /// 0 interrupt, 1 ambient, 2 inline.
        lane: word,
        /// 0 notice, 1 warning, 2 urgent, 3 limit, 4 offer.
        tone: word,
        /// Place in its lane: a lower rank goes first. Made when compiling from trigger, `rank` and policy order.
        rank: word,
        /// Key of its group, 0 for none.
        group: word,
        /// Its own caps.
        caps: list<Cap, CapDraft>,
        /// Routes it may appear on; empty for all. A trailing `*` matches the rest.
        routes_in: texts,
        /// Routes it stays away from.
        routes_out: texts,
        /// How long after its trigger it may first appear.
        delay_ms: long,
        /// Title, token JSON.
        title: text,
        /// Sentences of the body, token JSON each.
        body: texts,
        /// Actions offered when the resolver allows them: bits 1 << `ActionKind`; 0 means all.
        actions: word,
    }

    /// At most `count` in any span of `per_ms`.
    Cap, CapDraft {
        /// At most this many, 1 or more.
        count: word,
        /// Length of the rolling window.
        per_ms: long,
    }

    /// Caps shared by the prompts of a group.
    Group, GroupDraft {
        /// Key of the group's id.
        key: word,
        /// Its caps.
        caps: list<Cap, CapDraft>,
    }

    /// How interruptions are spaced.
    Pacing, PacingDraft {
        /// Caps over all interruptions. The cap of seven days is the weekly budget.
        caps: list<Cap, CapDraft>,
        /// Least time between two interruptions.
        gap_ms: long,
        /// No banner while the account is younger.
        min_account_age_ms: long,
        /// No prompt above inline while the user is younger.
        min_user_age_ms: long,
        /// How long `later` holds: first, second, third time; the next is a `never` for the period.
        ladder_ms: longs,
        /// A blocked attempt's modal: once per meter in this span.
        limit_hit_gap_ms: long,
        /// A blocked attempt's modals in 24 hours.
        limit_hit_per_day: word,
        /// Quiet hours from, minutes after local midnight; equal to `quiet_to` for none.
        quiet_from: word,
        /// Quiet hours until, minutes after local midnight.
        quiet_to: word,
    }
}

impl Quota<'_> {
    /// The limit as the engine speaks of it.
    #[must_use]
    pub fn granted(self) -> Limit {
        match self.limit_kind() {
            1 => Limit::Of(self.limit().max(1)),
            2 => Limit::Unlimited,
            _ => Limit::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> RootDraft {
        RootDraft {
            revision: "r1".into(),
            plans: vec![PlanDraft {
                key: 7,
                id: "free".into(),
                features: vec![1, 2],
                ..Default::default()
            }],
            meters: vec![MeterDraft {
                key: Key::of("emails").0,
                id: "emails".into(),
                thresholds: vec![ThresholdDraft {
                    kind: 0,
                    value: 5_000,
                }],
                ..Default::default()
            }],
            settle_ms: -5,
            ..Default::default()
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        let plim = Plim::open(write(&small())).unwrap();
        let root = plim.root();
        assert_eq!((root.revision(), root.settle_ms()), ("r1", -5));
        let plan = root.plans().get(0).unwrap();
        assert_eq!(
            (plan.id(), plan.features().iter().collect::<Vec<_>>()),
            ("free", vec![1, 2])
        );
        assert_eq!(plim.meter_index(Key::of("emails")), Some(0));
        assert_eq!(
            root.meters()
                .get(0)
                .unwrap()
                .thresholds()
                .get(0)
                .unwrap()
                .value(),
            5_000
        );
        assert!(root.plans().get(1).is_none());
    }

    #[test]
    fn a_flipped_bit_is_refused_and_a_cut_never_panics() {
        let bytes = write(&small());
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(Plim::open(flipped).is_err(), "byte {at}");
            assert!(Plim::open(bytes[..at].to_vec()).is_err(), "cut at {at}");
        }
    }
}
