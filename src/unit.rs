//! Units and ids: the small types every other module speaks in.
//! Knows nothing of policies, memory or browsers; a number that has a unit has a type here.
//! Everything flows from here into `plim`, `engine` and `wire`.

/// Milliseconds since 1970-01-01T00:00:00Z. Minimum 0, maximum [`Timestamp::MAX`] (the end of year 9999).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

/// A span in milliseconds; never negative where a span is expected.
pub type Millis = i64;

/// One second, in milliseconds.
pub const SECOND_MS: Millis = 1_000;
/// One minute, in milliseconds.
pub const MINUTE_MS: Millis = 60 * SECOND_MS;
/// One hour, in milliseconds.
pub const HOUR_MS: Millis = 60 * MINUTE_MS;
/// A day is 24 hours: windows of caps are rolling, not calendar days.
pub const DAY_MS: Millis = 24 * HOUR_MS;

/// The largest amount a host can state exactly in JavaScript, 2^53 - 1.
pub const COUNT_MAX: i64 = 9_007_199_254_740_991;

impl Timestamp {
    /// 9999-12-31T23:59:59.999Z: the last instant RFC 3339 can write.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant within the range that can be written down.
    #[must_use]
    pub fn clamped(self) -> Self {
        Self(self.0.clamp(0, Self::MAX.0))
    }

    /// This instant moved by a span, staying within range.
    #[must_use]
    #[inline(never)]
    pub fn plus(self, span: Millis) -> Self {
        // A call and not inlined: it stands in fifty places of a module that has to be small.
        Self(self.0.wrapping_add(span)).clamped()
    }

    /// The span from an earlier instant to this one; negative when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Millis {
        self.0.wrapping_sub(earlier.0)
    }
}

/// The interned name of a policy id: FNV-1a over its UTF-8, 32 bits.
/// Compiling refuses a policy in which two ids of one kind share a key, so a key is the id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub u32);

impl Key {
    /// The key of an id.
    #[must_use]
    pub fn of(id: &str) -> Self {
        Self(fnv32(id.as_bytes()))
    }
}

/// A berth with its generation: the one place that may add to its own tallies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Writer(pub u64);

/// One showing of one prompt to one user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExposureId(pub u64);

/// How much of a meter may be used: at most this many, 1 or more, or one of the constants.
/// One number everywhere, in memory, in a compiled policy and on the way to the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub i64);

impl Limit {
    /// The meter is not in the plan: a locked feature.
    pub const NONE: Self = Self(0);
    /// Neither the plan nor a snapshot says one.
    pub const UNKNOWN: Self = Self(-1);
    /// As much as wanted.
    pub const UNLIMITED: Self = Self(-2);

    /// The limit, when it is a number.
    #[must_use]
    pub fn number(self) -> Option<i64> {
        (self.0 > 0).then_some(self.0)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

/// A ratio in hundredths of a percent, rounded down; 10,000 only when `part >= whole`.
#[must_use]
pub fn basis_points(part: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    let part = part.clamp(0, COUNT_MAX);
    let (times, mut rest) = (
        part.checked_div(whole).unwrap_or(0),
        part.checked_rem(whole).unwrap_or(0),
    );
    // Long division, one decimal digit at a time: four digits of 2^53 overflow 64 bits, and code for
    // 128 bits would have to be downloaded. Beyond this many times the whole nobody counts.
    let mut ratio = times.min(COUNT_MAX / 10);
    for _ in 0..4 {
        rest = rest.wrapping_mul(10);
        ratio = ratio
            .wrapping_mul(10)
            .wrapping_add(rest.checked_div(whole).unwrap_or(0));
        rest = rest.checked_rem(whole).unwrap_or(0);
    }
    ratio
}

/// The count at which `basis_points` of `whole` is reached: rounded up.
#[must_use]
pub fn count_at(basis_points: i64, whole: i64) -> i64 {
    let (whole, basis_points) = (whole.clamp(0, COUNT_MAX), basis_points.clamp(0, 10_000));
    let thousands = (whole / 10_000).wrapping_mul(basis_points);
    let rest = (whole % 10_000)
        .wrapping_mul(basis_points)
        .wrapping_add(9_999)
        / 10_000;
    thousands.wrapping_add(rest)
}

/// FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
#[must_use]
pub fn fnv32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// A 64-bit hash of strings and numbers, for ids that must come out the same in every tab.
/// FNV-1a with a final avalanche (the finaliser of SplitMix64), so that near inputs part well.
#[derive(Clone, Copy, Debug)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// The digest of a text and two numbers.
    #[must_use]
    #[inline(never)]
    pub fn of(text: &str, first: i64, second: i64) -> u64 {
        let digest = Self::default().text(text);
        digest.number(first).number(second).finish()
    }

    /// Adds a string and its end.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        let folded = text.bytes().fold(self.0, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self((folded ^ 0xff).wrapping_mul(0x0000_0100_0000_01b3))
    }

    /// Adds a number.
    #[must_use]
    pub fn number(self, number: i64) -> Self {
        let folded = number.to_le_bytes().iter().fold(self.0, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(folded)
    }

    /// The hash; never 0, which tables use for "none".
    #[must_use]
    pub fn finish(self) -> u64 {
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).max(1)
    }
}

/// The same. Of what is called in a hundred places the compiler would take the fields one by one instead of
/// their owner, and each place would have to fetch them: this hides from it which they are.
pub(crate) fn whole<T>(owner: &T) -> &T {
    core::hint::black_box(owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_full_only_at_the_limit() {
        assert_eq!(basis_points(999, 1000), 9_990);
        assert_eq!(basis_points(1000, 1000), 10_000);
        assert_eq!(basis_points(i64::MAX, 1), COUNT_MAX / 10 * 10_000);
        assert_eq!(basis_points(1, 0), 0);
    }

    #[test]
    fn the_count_of_a_threshold_is_rounded_up() {
        assert_eq!(count_at(5_000, 3), 2);
        assert_eq!(count_at(9_000, 3), 3);
        assert_eq!(count_at(7_500, 1_000), 750);
    }
}
