//! Keeps memory bounded: drops rows that can no longer change a decision.
//! Owns the retention rules and their limits; knows nothing of how rows merge.
//! Runs when rows were added; what another tab still has and brings back is dropped again.

use super::Engine;
use super::crossing::{MeterView, span_id};
use super::entry::Entry;
use super::memory::{Memory, Row, Table, monday};
use super::period::Cadence;
use super::usage::{counted_of, find_period, mark_end, newest_mark};
use crate::unit::{DAY_MS, Key, MINUTE_MS, Millis, Timestamp, Writer};

/// Rows of what the policy no longer names, and stamps of the past, are kept this long.
const KEPT_MS: Millis = 62 * DAY_MS;
/// One mark a second for so long; older ones only as far as a snapshot can still ask for them.
const MARKS_MS: Millis = 5 * MINUTE_MS;
/// Marks of one writer on one meter; of older ones only every sixteenth second stays.
const MARKS_MAX: usize = 24;
/// Closed showings of dialogs and banners, and as many of notes; occasions that are not of a current
/// crossing, and as many that were answered. No cap of a policy counts further.
pub(crate) const NEWEST_MAX: usize = 64;
/// Explorations of one feature and step; no trigger of a policy asks for more.
pub(crate) const EXPLORED_MAX: usize = 16;
/// Weeks of one meter or signal, as long as any window asks for.
const WEEKS_MAX: usize = 10;
const WEEKS_MS: Millis = 70 * DAY_MS;
/// Weeks of one meter in all spans that are kept, one of two for each week.
const SPANS_OF_DAYS_MAX: usize = 20;
/// Arms of experiments, a year: phases are shorter.
const ARMS_MS: Millis = 366 * DAY_MS;
/// Spans of one meter: the current one, and the one that tells a new epoch from a first sight.
const SPANS_MAX: usize = 2;
/// Other writers' tallies on one meter that no snapshot has covered yet.
const WRITERS_MAX: usize = 64;
/// Counts of writers over all meters: with more, those of which nothing else is known here go.
const COVERS_MAX: usize = 256;
/// The surface of a note, as its row says it.
const TOAST: i64 = super::effect::Surface::Toast as i64;
/// Below this many rows there is nothing worth the walk.
const ROWS_MIN: usize = 48;
/// The bits of a mark's key that name its meter.
const METER: u64 = 0xffff_ffff_0000_0000;

impl Engine {
    /// Drops what can no longer change a decision.
    pub(super) fn compact(&mut self, now: Timestamp) {
        if self.memory.len() < ROWS_MIN.max(self.compact_at) {
            return;
        }
        let mut kept = Memory::default();
        let mut rows = self.memory.rows();
        while let Some((row, rest)) = rows.split_first() {
            if self.keeps(row, rest, now, &kept) {
                kept.join(row.table, row.a, row.b, &row.v);
            }
            rows = rest;
        }
        // Walk again when memory has grown by a sixteenth: bounding costs little per input.
        self.compact_at = kept.len().wrapping_add(kept.len() / 16).wrapping_add(8);
        self.memory = kept;
    }

    /// Whether a row stays, given those after it and what was kept of those before.
    #[inline(never)]
    fn keeps(&self, row: &Row, rest: &[Row], now: Timestamp, kept: &Memory) -> bool {
        let [v0, v1, v2, v3, v4, v5, ..] = row.v;
        let past = |at: i64, span: Millis| now.since(Timestamp(at)) > span;
        // Whether as many rows of the same kind follow, newer than this one.
        let followed = |count: usize, alike: u64| {
            rest.get(count.wrapping_sub(1)).is_some_and(|later| {
                later.table == row.table && later.a == row.a && (later.b ^ row.b) & alike == 0
            })
        };
        match row.table {
            Table::Clock | Table::Snapshot | Table::Converted => true,
            Table::Listed => self.account.made(&row.v),
            // What was said last stands until something else is said: without it a level would seem to change.
            Table::Figure => {
                self.plim.meter_index(Key(row.a as u32)).is_some() || !past(v3, KEPT_MS)
            }
            Table::Cover => {
                let known = self.memory.find(Table::Tally, row.a, row.b).is_some();
                // A host may go on naming every writer it ever counted; the next snapshot names them again.
                let few = self.memory.table(row.table).len() <= COVERS_MAX;
                let of_figure = kept.row(Table::Figure, row.a, 0)[..4] == row.v[..4];
                (of_figure || !past(v3, KEPT_MS)) && (known || few)
            }
            // Other writers' tallies go when the snapshot's figure holds them whole.
            Table::Tally => {
                let meter = Key(row.a as u32);
                let mark = newest_mark(&self.memory, Writer(row.b), meter);
                let flushed = v0 <= v2 && v1 <= v3;
                let figure = self.memory.row(Table::Figure, row.a, 0);
                let counted = if figure[4] >= 0 && figure[4] & 1 == 1 {
                    let (added, released) = counted_of(&self.memory, figure, row);
                    v0 <= added && v1 <= released
                } else {
                    mark.0 < self.counted_until(meter)
                };
                let held = counted && (flushed || past(mark.0, DAY_MS));
                row.b == self.identity.writer.0 || !held && !followed(WRITERS_MAX, 0)
            }
            Table::Mark => {
                let meter = Key((row.b >> 32) as u32);
                let newer = if followed(1, METER) {
                    rest.first()
                } else {
                    None
                };
                // A reading may ask for the newest before an instant that counts.
                let next = newer.map_or(i64::MAX, mark_end);
                let asks = |at: i64| mark_end(row) < at && next >= at;
                // A period that has ended may be rolled from its end later; and a plan that is yet to come
                // may count in days what this one counts in months.
                let figure = self.memory.find(Table::Figure, row.b >> 32, 0);
                let of_plan = |word| {
                    let cadence = Cadence::from_word(word, self.plim.root().utc_offset_ms());
                    let (period, _) = find_period(cadence, figure, now);
                    asks(period.start.0) || asks(period.end.0)
                };
                // Of those that are no longer kept one by one the last says what came before them.
                let recent = now.0.wrapping_sub(MARKS_MS);
                let young = !past(mark_end(row), MARKS_MS);
                kept.find(Table::Tally, row.b >> 32, row.a).is_some()
                    && (newer.is_none()
                        || asks(recent)
                        || asks(self.counted_until(meter))
                        || young && (row.b & 15 == 0 || !followed(MARKS_MAX, METER))
                        || (1..5).any(of_plan))
            }
            Table::Span => stands(row, now) && self.newest(row, SPANS_MAX, now),
            // What belongs to no meter is the score's: its line, and when someone was last active.
            Table::Rise if row.a == 0 => row.b < 2,
            Table::Rise | Table::Crossing => {
                let id = |span: &Row| span_id((span.a >> 32) as u32, span.b as i64, span.v[2]);
                let mut spans = kept.table(Table::Span).iter();
                spans.any(|span| id(span) == row.a)
            }
            Table::Occasion => {
                let now_passed = |view: &MeterView| {
                    let mut steps = view.steps.iter();
                    steps.any(|step| step.identity == row.a)
                };
                self.meters.iter().any(now_passed)
                    || self.newest(row, NEWEST_MAX, now) && !past(v4, KEPT_MS)
            }
            Table::Exposure => v4 == 0 || self.newest(row, NEWEST_MAX, now) || fault!(24),
            Table::Choice => {
                let known = |entry: &Entry| entry.about == row.a;
                // The ladder of an epoch goes on, however long ago its last rung was.
                let stands = v0 == self.account.epoch || v2.max(v4) > now.0;
                stands && self.entries.iter().any(known) || !past(v3.max(v5), KEPT_MS)
            }
            Table::Explored => !followed(EXPLORED_MAX, 0),
            Table::Asked => !past(v0, super::question::ASK_WHY_MS),
            Table::Daily | Table::Signal => {
                let of_meter =
                    |later: &Row| later.table == row.table && later.a >> 32 == row.a >> 32;
                // Of a meter the spans come after what the host said, the oldest first.
                let span = row.table == Table::Daily && row.a & 0xffff_ffff != 0;
                let crowded = span && rest.get(SPANS_OF_DAYS_MAX).is_some_and(of_meter);
                !(past(monday(row.b).wrapping_mul(DAY_MS), WEEKS_MS)
                    || followed(WEEKS_MAX, 0)
                    || crowded)
            }
            // A phase that an experiment is in keeps its arm; of what is over nobody asks.
            Table::Arm => !past(v0.wrapping_neg(), ARMS_MS),
        }
    }

    /// Until when the figure that is known of a meter holds a writer that was last heard of before.
    fn counted_until(&self, meter: Key) -> i64 {
        match self.memory.find(Table::Figure, u64::from(meter.0), 0) {
            Some(figure) if figure[4] >= 0 => figure[3].wrapping_sub(if figure[4] & 1 == 1 {
                DAY_MS
            } else {
                self.plim.root().settle_ms()
            }),
            _ => {
                let index = self.plim.meter_index(meter).unwrap_or(u32::MAX);
                let view = self.meters.get(index as usize);
                view.map_or(0, |view| view.reading.period_start.0)
            }
        }
    }

    /// Whether a row is among so many newest: of the showings, of the occasions, or of the spans of its meter.
    fn newest(&self, row: &Row, count: usize, now: Timestamp) -> bool {
        let newer = |other: &&Row| match row.table {
            // Notes come often and must not push out the dialogs that caps count.
            Table::Exposure => {
                (other.v[5] == TOAST) == (row.v[5] == TOAST) && other.v[2] <= row.v[2]
            }
            // Attempts that nobody answered must not push out what somebody did.
            Table::Occasion => other.v[2] == row.v[2] && other.v[4] >= row.v[4],
            _ => {
                let later = (other.v[2], other.b) >= (row.v[2], row.b);
                other.a >> 32 == row.a >> 32 && later && stands(other, now)
            }
        };
        self.memory.table(row.table).iter().filter(newer).count() <= count
    }
}

/// Whether a span is of the present. One that begins in the future was entered while a clock was wrong:
/// it must not push out the current one, whose crossings would then be reported again.
fn stands(span: &Row, now: Timestamp) -> bool {
    let ended = now.since(Timestamp(span.v[1]));
    now.0 >= span.b as i64 && (span.v[1] == 0 || ended <= KEPT_MS)
}
