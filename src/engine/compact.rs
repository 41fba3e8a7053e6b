//! Keeps memory bounded: drops rows that can no longer change a decision.
//! Owns the retention rules and their limits; knows nothing of how rows merge.
//! Runs when rows were added; what another tab still has and brings back is dropped again.

use super::Engine;
use super::ledger::EXPOSURE_MS;
use super::memory::{Row, Table};
use super::usage::newest_mark;
use crate::unit::{DAY_MS, Key, MINUTE_MS, Millis, Timestamp, Writer};

/// Rows of what the policy no longer names, and stamps of the past, are kept this long.
const KEPT_MS: Millis = 62 * DAY_MS;
/// One mark a second for so long; older ones only as far as a snapshot can still ask for them.
const MARKS_MS: Millis = 5 * MINUTE_MS;
/// Marks of one writer on one meter; beyond it every second one of the older half goes.
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

impl Engine {
    /// Drops what can no longer change a decision.
    pub(super) fn compact(&mut self, now: Timestamp) {
        if self.memory.len() < ROWS_MIN.max(self.compact_at) {
            return;
        }
        self.drop_tallies(now);
        self.drop_marks(now);
        self.drop_history(now);
        // Walk again when memory has grown by an eighth: bounding costs little per input.
        self.compact_at = self
            .memory
            .len()
            .saturating_add(self.memory.len() / 8)
            .saturating_add(8);
    }

    /// Other writers' tallies that the snapshot's figure holds whole.
    fn drop_tallies(&mut self, now: Timestamp) {
        let own = self.identity.writer.0;
        let settle = self.plim.root().settle_ms();
        let mut dropped: Vec<(u64, u64)> = Vec::new();
        let mut kept = (0_u64, 0_usize);
        for row in self
            .memory
            .table(Table::Tally)
            .iter()
            .filter(|row| row.b != own)
        {
            let meter = Key(u32::try_from(row.a).unwrap_or(0));
            let mark = newest_mark(&self.memory, Writer(row.b), meter).unwrap_or_default();
            let flushed = row.v[0] <= row.v[2] && row.v[1] <= row.v[3];
            let silent = now.since(mark) > DAY_MS;
            let figure = self.memory.find(Table::Figure, row.a, 0);
            let held = match figure.filter(|figure| figure[4] >= 0) {
                Some(figure) if figure[4] & 1 == 1 => Timestamp(figure[3]).since(mark) > DAY_MS,
                Some(figure) => mark.0 < figure[3].saturating_sub(settle),
                None => {
                    let start = self
                        .meters
                        .iter()
                        .zip(self.plim.root().meters().iter())
                        .find(|(_, known)| known.key() == meter.0)
                        .map_or(0, |(view, _)| view.reading.period_start.0);
                    mark.0 < start
                }
            };
            if kept.0 != row.a {
                kept = (row.a, 0);
            }
            kept.1 = kept.1.saturating_add(1);
            if (held && (flushed || silent)) || kept.1 > WRITERS_MAX {
                dropped.push((row.a, row.b));
            }
        }
        self.memory.retain(|row| {
            let meter_writer = match row.table {
                Table::Tally => (row.a, row.b),
                Table::Mark => (row.b >> 32, row.a),
                _ => return true,
            };
            dropped.binary_search(&meter_writer).is_err()
        });
    }

    fn drop_marks(&mut self, now: Timestamp) {
        let settle = self.plim.root().settle_ms();
        let marks = self.memory.table(Table::Mark);
        let mut keep: Vec<(u64, u64)> = Vec::with_capacity(marks.len());
        for group in marks.chunk_by(|one, next| one.a == next.a && one.b >> 32 == next.b >> 32) {
            let meter = group.first().map_or(0, |row| row.b >> 32);
            let figure = self.memory.find(Table::Figure, meter, 0);
            let period = self
                .meters
                .iter()
                .zip(self.plim.root().meters().iter())
                .find(|(_, known)| u64::from(known.key()) == meter)
                .map_or(0, |(view, _)| view.reading.period_start.0);
            // The newest mark before each instant that a reading may ask for.
            let asked = [
                figure.map_or(0, |row| row[3].saturating_sub(settle)),
                period,
            ];
            let young = |row: &Row| now.since(Timestamp(stamp(row))) <= MARKS_MS;
            let needed = |position: usize, row: &Row| {
                let next = group
                    .get(position.saturating_add(1))
                    .map_or(i64::MAX, stamp);
                asked.iter().any(|at| stamp(row) < *at && next >= *at)
            };
            let thin = group.len() > MARKS_MAX;
            for (position, row) in group.iter().enumerate() {
                let last = position.saturating_add(1) == group.len();
                let fine =
                    young(row) && (!thin || position >= group.len() / 2 || position % 2 == 0);
                if last || fine || needed(position, row) {
                    keep.push((row.a, row.b));
                }
            }
        }
        self.memory
            .retain(|row| row.table != Table::Mark || keep.binary_search(&(row.a, row.b)).is_ok());
    }

    fn drop_history(&mut self, now: Timestamp) {
        let newest = self
            .memory
            .find(Table::Snapshot, 0, 0)
            .copied()
            .unwrap_or_default();
        let spans = self.kept_spans(now);
        let current = self.current_occasions();
        let exposures = self.newest(Table::Exposure, EXPOSURES_MAX, |row| row.v[2]);
        let occasions = self.newest(Table::Occasion, OCCASIONS_MAX, |row| row.v[4]);
        let window = self.longest_window();
        let known_prompt = |key: u32| {
            self.plim
                .root()
                .prompts()
                .iter()
                .any(|prompt| prompt.key() == key)
        };
        let explored = self.newest_explorations();
        let past = |at: i64, span: Millis| now.since(Timestamp(at)) > span;
        let never_prune = fault!(24);
        // A host may go on naming every writer it ever counted; the next snapshot names them again.
        let has_tally = |row: &Row| self.memory.find(Table::Tally, row.a, row.b).is_some();
        let covers = self.memory.table(Table::Cover);
        let few_covers = covers.iter().filter(|row| !has_tally(row)).count() <= COVERS_MAX;
        let mut kept: Vec<(Table, u64, u64)> = Vec::new();
        for table in [
            Table::Listed,
            Table::Figure,
            Table::Cover,
            Table::Span,
            Table::Rise,
            Table::Crossing,
            Table::Occasion,
            Table::Exposure,
            Table::Choice,
            Table::Explored,
            Table::Asked,
        ] {
            kept.extend(self.memory.table(table).iter().filter_map(|row| {
                let keep = match table {
                    Table::Listed => row.v[..4] == newest[..4],
                    Table::Figure => !past(row.v[3], KEPT_MS),
                    Table::Cover => !past(row.v[3], KEPT_MS) && (has_tally(row) || few_covers),
                    Table::Span => spans.contains(&(row.a, row.b)),
                    Table::Rise | Table::Crossing => self.span_known(&spans, row.a),
                    Table::Occasion => {
                        current.binary_search(&row.a).is_ok()
                            || (row.v[4] >= occasions && !past(row.v[4], KEPT_MS))
                    }
                    Table::Exposure => {
                        never_prune
                            || row.v[4] == 0
                            || (row.v[2] >= exposures && !past(row.v[2], window))
                    }
                    Table::Choice => {
                        let said = row.v[3].max(row.v[5]);
                        let never = row.v[4] > now.0;
                        (never && known_prompt((row.a >> 32) as u32)) || !past(said, KEPT_MS)
                    }
                    Table::Explored => explored.binary_search(&(row.a, row.b)).is_ok(),
                    Table::Asked => !past(row.v[0], super::action::ASK_AGAIN_MS),
                    _ => true,
                };
                keep.then_some((table, row.a, row.b))
            }));
        }
        self.memory.retain(|row| {
            let always = matches!(
                row.table,
                Table::Clock | Table::Snapshot | Table::Tally | Table::Mark | Table::Converted
            );
            always || kept.binary_search(&(row.table, row.a, row.b)).is_ok()
        });
    }

    /// The newest spans of each meter, as keys.
    fn kept_spans(&self, now: Timestamp) -> Vec<(u64, u64)> {
        let mut spans: Vec<&Row> = self.memory.table(Table::Span).iter().collect();
        // By meter, newest epoch and period first.
        spans.sort_unstable_by_key(|row| (row.a >> 32, core::cmp::Reverse((row.v[2], row.b))));
        let mut kept = Vec::new();
        for group in spans.chunk_by(|one, next| one.a >> 32 == next.a >> 32) {
            // One that begins in the future was entered while a clock was wrong: it must not push out the
            // current one, whose crossings would then be reported again.
            let current = group
                .iter()
                .filter(|row| now.0 >= row.b as i64)
                .filter(|row| row.v[1] == 0 || now.since(Timestamp(row.v[1])) <= KEPT_MS);
            kept.extend(current.take(SPANS_MAX).map(|row| (row.a, row.b)));
        }
        kept
    }

    fn span_known(&self, spans: &[(u64, u64)], id: u64) -> bool {
        spans.iter().any(|(a, b)| {
            let epoch = self
                .memory
                .find(Table::Span, *a, *b)
                .map_or(0, |row| row[2]);
            super::crossing::span_id((*a >> 32) as u32, *b as i64, epoch) == id
        })
    }

    /// The crossings of every meter's current span, as occasions; sorted.
    fn current_occasions(&self) -> Vec<u64> {
        let steps = self.meters.iter().flat_map(|view| view.steps.iter());
        let mut ids: Vec<u64> = steps.map(|step| step.identity).collect();
        ids.sort_unstable();
        ids
    }

    /// The stamp from which on at most `count` rows of a table are.
    fn newest(&self, table: Table, count: usize, stamp: impl Fn(&Row) -> i64) -> i64 {
        let mut stamps: Vec<i64> = self.memory.table(table).iter().map(stamp).collect();
        stamps.sort_unstable_by_key(|stamp| core::cmp::Reverse(*stamp));
        stamps
            .get(count)
            .map_or(i64::MIN, |stamp| stamp.saturating_add(1))
    }

    fn newest_explorations(&self) -> Vec<(u64, u64)> {
        let rows = self.memory.table(Table::Explored);
        rows.chunk_by(|one, next| one.a == next.a)
            .flat_map(|group| group.iter().skip(group.len().saturating_sub(EXPLORED_MAX)))
            .map(|row| (row.a, row.b))
            .collect()
    }

    /// The longest window that any cap looks back on.
    fn longest_window(&self) -> Millis {
        let root = self.plim.root();
        let own = root
            .prompts()
            .iter()
            .flat_map(|prompt| prompt.caps().iter());
        let groups = root.groups().iter().flat_map(|group| group.caps().iter());
        let all = root.pacing().iter().flat_map(|pacing| pacing.caps().iter());
        own.chain(groups)
            .chain(all)
            .map(|cap| cap.per_ms())
            .fold(EXPOSURE_MS, Millis::max)
    }
}

fn stamp(row: &Row) -> i64 {
    let second = i64::try_from(row.b & 0xffff_ffff).unwrap_or(0);
    second.saturating_mul(1_000).saturating_add(row.v[2])
}
