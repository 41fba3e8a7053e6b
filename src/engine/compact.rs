//! Keeps memory bounded: drops rows that can no longer change a decision.
//! Owns the retention rules and their limits; knows nothing of how rows merge.
//! Runs when rows were added; what another tab still has and brings back is dropped again.

use super::Engine;
use super::ledger::EXPOSURE_MS;
use super::memory::{Columns, Row, Table};
use super::usage::newest_mark;
use crate::plim::{Cap, List};
use crate::unit::{DAY_MS, Key, MINUTE_MS, Millis, Timestamp, Writer};

/// Rows of what the policy no longer names, and stamps of the past, are kept this long.
const KEPT_MS: Millis = 62 * DAY_MS;
/// One mark a second for so long; older ones only as far as a snapshot can still ask for them.
const MARKS_MS: Millis = 5 * MINUTE_MS;
/// Marks of one writer on one meter; of older ones only every sixteenth second stays.
const MARKS_MAX: usize = 24;
/// Closed exposures: more than any cap of the default pacing needs.
const EXPOSURES_MAX: usize = 64;
/// Occasions that are not of a current crossing.
const OCCASIONS_MAX: usize = 64;
/// Explorations of one feature and step.
const EXPLORED_MAX: usize = 16;
/// Spans of one meter: the current one, and the one that tells a new epoch from a first sight.
const SPANS_MAX: usize = 2;
/// Other writers' tallies on one meter that no snapshot has covered yet.
const WRITERS_MAX: usize = 64;
/// Writers that a snapshot counted and nothing here is known of, over all meters.
const COVERS_MAX: usize = 256;
/// Below this many rows there is nothing worth the walk.
const ROWS_MIN: usize = 48;

/// What every row is held against, found once for a walk.
struct Bounds {
    now: Timestamp,
    /// Order and time of the newest snapshot.
    snapshot: Columns,
    /// Ids of the spans that stay, and the identities of the crossings that may still happen in them.
    spans: Vec<u64>,
    crossings: Vec<u64>,
    /// Exposures and occasions from here on are among the newest.
    exposures_from: i64,
    occasions_from: i64,
    /// The longest window that any cap looks back on.
    window: Millis,
    few_covers: bool,
}

impl Bounds {
    fn past(&self, at: i64, span: Millis) -> bool {
        self.now.since(Timestamp(at)) > span
    }
}

impl Engine {
    /// Drops what can no longer change a decision.
    pub(super) fn compact(&mut self, now: Timestamp) {
        if self.memory.len() < ROWS_MIN.max(self.compact_at) {
            return;
        }
        let bounds = self.bounds(now);
        let rows = self.memory.rows();
        let mut keep = Vec::with_capacity(rows.len());
        for position in 0..rows.len() {
            let rest = rows.get(position..).unwrap_or_default();
            keep.push(self.keeps(rest, &bounds));
        }
        let mut keep = keep.into_iter();
        self.memory.retain(|_| keep.next().unwrap_or(true));
        // Walk again when memory has grown by an eighth: bounding costs little per input.
        let rows = self.memory.len();
        self.compact_at = rows.wrapping_add(rows / 8).wrapping_add(8);
    }

    fn bounds(&self, now: Timestamp) -> Bounds {
        let memory = &self.memory;
        let spans = memory.table(Table::Span).iter();
        let spans = spans.filter(|row| self.keeps_span(row, now));
        let steps = self.meters.iter().flat_map(|view| view.steps.iter());
        // A host may go on naming every writer it ever counted; the next snapshot names them again.
        let covers = memory.table(Table::Cover).iter();
        let unknown = covers.filter(|row| !self.has_tally(row, now)).count();
        Bounds {
            now,
            snapshot: memory
                .find(Table::Snapshot, 0, 0)
                .copied()
                .unwrap_or_default(),
            spans: spans.map(span_of).collect(),
            crossings: steps.map(|step| step.identity).collect(),
            exposures_from: self.newest(Table::Exposure, EXPOSURES_MAX, 2),
            occasions_from: self.newest(Table::Occasion, OCCASIONS_MAX, 4),
            window: self.longest_window(),
            few_covers: unknown <= COVERS_MAX,
        }
    }

    /// Whether the first of these rows stays; those after it are its neighbours.
    fn keeps(&self, rows: &[Row], bounds: &Bounds) -> bool {
        let Some(row) = rows.first() else { return true };
        let [.., v2, v3, v4, v5, _, _] = row.v;
        // Whether as many rows of the same kind follow, newer than this one.
        let followed = |count: usize, half: u32| {
            rows.get(count).is_some_and(|later| {
                later.table == row.table && later.a == row.a && later.b >> half == row.b >> half
            })
        };
        match row.table {
            Table::Clock | Table::Snapshot | Table::Converted => true,
            Table::Listed => row.v[..4] == bounds.snapshot[..4],
            Table::Figure => !bounds.past(v3, KEPT_MS),
            Table::Cover => {
                !bounds.past(v3, KEPT_MS) && (bounds.few_covers || self.has_tally(row, bounds.now))
            }
            Table::Tally => self.keeps_tally(row, bounds.now),
            Table::Mark => {
                let tally = self.memory.under(Table::Tally, row.b >> 32);
                tally
                    .iter()
                    .any(|tally| tally.b == row.a && self.keeps_tally(tally, bounds.now))
                    && (!followed(1, 32)
                        || self.asked_for(row, rows.get(1))
                        || !bounds.past(stamp(row), MARKS_MS)
                            && (row.b & 15 == 0 || !followed(MARKS_MAX, 32)))
            }
            Table::Span => self.keeps_span(row, bounds.now),
            Table::Rise | Table::Crossing => bounds.spans.contains(&row.a),
            Table::Occasion => {
                bounds.crossings.contains(&row.a)
                    || v4 >= bounds.occasions_from && !bounds.past(v4, KEPT_MS)
            }
            Table::Exposure => {
                v4 == 0
                    || v2 >= bounds.exposures_from && !bounds.past(v2, bounds.window)
                    || fault!(24)
            }
            Table::Choice => {
                let known = |key: u32| self.entries.iter().any(|entry| entry.key == key);
                v4 > bounds.now.0 && known((row.a >> 32) as u32)
                    || !bounds.past(v3.max(v5), KEPT_MS)
            }
            Table::Explored => !followed(EXPLORED_MAX, 64 - 1),
            Table::Asked => !bounds.past(row.v[0], super::action::ASK_AGAIN_MS),
        }
    }

    fn has_tally(&self, cover: &Row, now: Timestamp) -> bool {
        let tallies = self.memory.under(Table::Tally, cover.a);
        tallies
            .iter()
            .any(|row| row.b == cover.b && self.keeps_tally(row, now))
    }

    /// Other writers' tallies go when the snapshot's figure holds them whole.
    fn keeps_tally(&self, row: &Row, now: Timestamp) -> bool {
        let own = self.identity.writer.0;
        if row.b == own {
            return true;
        }
        let meter = Key(u32::try_from(row.a).unwrap_or(0));
        let mark = newest_mark(&self.memory, Writer(row.b), meter).unwrap_or_default();
        let flushed = row.v[0] <= row.v[2] && row.v[1] <= row.v[3];
        let silent = now.since(mark) > DAY_MS;
        let figure = self.memory.find(Table::Figure, row.a, 0);
        let held = match figure.filter(|figure| figure[4] >= 0) {
            Some(figure) if figure[4] & 1 == 1 => Timestamp(figure[3]).since(mark) > DAY_MS,
            Some(figure) => mark.0 < figure[3].wrapping_sub(self.plim.root().settle_ms()),
            None => mark.0 < self.period_start(meter),
        };
        let before = self.memory.under(Table::Tally, row.a);
        let before = before
            .iter()
            .filter(|other| other.b < row.b && other.b != own)
            .count();
        !(held && (flushed || silent)) && before < WRITERS_MAX
    }

    /// Whether a reading may ask for this mark: the newest before an instant that counts.
    fn asked_for(&self, row: &Row, next: Option<&Row>) -> bool {
        let meter = Key((row.b >> 32) as u32);
        let figure = self.memory.find(Table::Figure, row.b >> 32, 0);
        let settled = figure.map_or(0, |row| row[3].wrapping_sub(self.plim.root().settle_ms()));
        let next = next.map_or(i64::MAX, stamp);
        [settled, self.period_start(meter)]
            .iter()
            .any(|at| stamp(row) < *at && next >= *at)
    }

    fn period_start(&self, meter: Key) -> i64 {
        let index = self.plim.meter_index(meter).unwrap_or(u32::MAX);
        let view = self.meters.get(index as usize);
        view.map_or(0, |view| view.reading.period_start.0)
    }

    /// The newest spans of a meter stay. One that begins in the future was entered while a clock was
    /// wrong: it must not push out the current one, whose crossings would then be reported again.
    fn keeps_span(&self, row: &Row, now: Timestamp) -> bool {
        let stands = |row: &Row| {
            now.0 >= row.b as i64 && (row.v[1] == 0 || now.since(Timestamp(row.v[1])) <= KEPT_MS)
        };
        let newer = |other: &&Row| {
            other.a >> 32 == row.a >> 32
                && stands(other)
                && (other.v[2], other.b) > (row.v[2], row.b)
        };
        stands(row) && self.memory.table(Table::Span).iter().filter(newer).count() < SPANS_MAX
    }

    /// The stamp from which on at most `count` rows of a table are.
    fn newest(&self, table: Table, count: usize, column: usize) -> i64 {
        let stamp = |row: &Row| row.v.get(column).copied().unwrap_or(0);
        let mut stamps: Vec<i64> = self.memory.table(table).iter().map(stamp).collect();
        stamps.sort_unstable();
        let first_out = stamps.len().checked_sub(count.wrapping_add(1));
        let out = first_out.and_then(|position| stamps.get(position));
        out.map_or(i64::MIN, |stamp| stamp.wrapping_add(1))
    }

    fn longest_window(&self) -> Millis {
        let root = self.plim.root();
        let mut longest = EXPOSURE_MS;
        let mut look = |caps: List<'_, Cap<'_>>| {
            for cap in caps.iter() {
                longest = longest.max(cap.per_ms());
            }
        };
        root.prompts().iter().for_each(|prompt| look(prompt.caps()));
        root.groups().iter().for_each(|group| look(group.caps()));
        root.pacing().iter().for_each(|pacing| look(pacing.caps()));
        longest
    }
}

fn span_of(row: &Row) -> u64 {
    super::crossing::span_id((row.a >> 32) as u32, row.b as i64, row.v[2])
}

fn stamp(row: &Row) -> i64 {
    let second = i64::try_from(row.b & 0xffff_ffff).unwrap_or(0);
    second.wrapping_mul(1_000).wrapping_add(row.v[2])
}
