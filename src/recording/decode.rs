//! Reads recordings: strict about what is one, patient with one whose end is missing.
//! Owns the checks; whatever text somebody made, what it makes is a list of inputs the engine can take.
//! `plimsoll replay` tells them to an engine; a test holds it to [`super::encode`].

use super::encode::base_of;
use super::{
    ATTEMPT, BECAUSE, CONTEXT, CONVERTED, DIGITS, EXPLORE, LEFT_OUT, LIMIT_HIT, MARK, Moment,
    PAINTED, RELEASE, RESPOND, Recording, SIGNAL, SNAPSHOT, Told, USE,
};
use crate::engine::input::{
    ActionKind, Context, Input, Now, Objection, Paint, Response, Snapshot, Step,
};
use crate::engine::memory::{Columns, Row, Table};
use crate::unit::{COUNT_MAX, Key, Timestamp, fnv32};

/// Why a text is not a recording that this version can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Not a recording at all.
    NotRecording,
    /// Made by a newer package.
    Format,
    /// All of it is there, and it was changed on the way.
    Damaged,
}

/// Reads a recording. Of one that was cut off, what is there; the rest is counted as lost.
///
/// # Errors
/// When the text is not a recording, needs a newer version, or was changed.
pub fn decode(text: &str) -> Result<Recording, Unreadable> {
    let Some(rest) = text.strip_prefix(MARK) else {
        let newer = text.starts_with(|first| MARK.starts_with(first));
        let other = newer && text.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        return Err(if other {
            Unreadable::Format
        } else {
            Unreadable::NotRecording
        });
    };
    let mut reader = Reader(rest.as_bytes());
    let head = (reader.number(), reader.number(), reader.number());
    let (Some(length), Some(count), Some(checksum)) = head else {
        return Err(Unreadable::NotRecording);
    };
    let found = reader.0.len() as u64;
    let changed = found == length && u64::from(fnv32(reader.0)) != checksum;
    if changed || found > length {
        return Err(Unreadable::Damaged);
    }
    let mut tape = Tape::default();
    let mut recording = Recording {
        part: 0,
        moments: Vec::new(),
        lost: 0,
    };
    if let Some(part) = tape.begin(&mut reader) {
        recording.part = part;
        while let Some(moment) = tape.entry(&mut reader) {
            recording.moments.push(moment);
        }
    }
    recording.lost = count.saturating_sub(recording.moments.len() as u64);
    Ok(recording)
}

/// What entries are read against.
#[derive(Default)]
struct Tape {
    now: Now,
    names: Vec<u64>,
    snapshot: Snapshot,
}

impl Tape {
    fn begin(&mut self, reader: &mut Reader<'_>) -> Option<u64> {
        let part = reader.number()?;
        self.now.wall = Timestamp(reader.count()?).clamped();
        self.now.mono = reader.count()?.min(Timestamp::MAX.0);
        Some(part)
    }

    fn entry(&mut self, reader: &mut Reader<'_>) -> Option<Moment> {
        let kind = reader.number()?;
        let after = reader.count()?.min(Timestamp::MAX.0);
        self.now.wall = self.now.wall.plus(after);
        self.now.mono = self.now.mono.wrapping_add(after).min(Timestamp::MAX.0);
        let told = match kind {
            USE => Told::Input(Input::Use {
                meter: self.key(reader)?,
                amount: reader.count()?,
            }),
            RELEASE => Told::Input(Input::Release {
                meter: self.key(reader)?,
                amount: reader.count()?,
            }),
            ATTEMPT => Told::Input(Input::Attempt {
                meter: self.key(reader)?,
                amount: reader.count()?,
            }),
            LIMIT_HIT => Told::Input(Input::LimitHit {
                meter: self.key(reader)?,
            }),
            EXPLORE => Told::Input(Input::Explore {
                feature: self.key(reader)?,
                step: *Step::ALL.get(reader.place()?)?,
            }),
            SIGNAL => Told::Input(Input::Signal {
                name: self.key(reader)?,
                count: reader.count()?,
            }),
            PAINTED => Told::Painted {
                prompt: self.key(reader)?,
                subject: self.key(reader)?,
                paint: *Paint::ALL.get(reader.place()?)?,
            },
            RESPOND => Told::Respond {
                prompt: self.key(reader)?,
                subject: self.key(reader)?,
                response: response(reader.place()?)?,
            },
            BECAUSE => Told::Because {
                prompt: self.key(reader)?,
                subject: self.key(reader)?,
                objection: *Objection::ALL.get(reader.place()?)?,
            },
            CONVERTED => Told::Input(Input::Converted {
                from_epoch: Some(reader.count()?.wrapping_sub(1)).filter(|epoch| *epoch >= 0),
            }),
            CONTEXT => Told::Input(Input::Context(context(reader)?)),
            SNAPSHOT => Told::Input(Input::Snapshot(self.snapshot(reader)?)),
            LEFT_OUT => Told::LeftOut(reader.number()?),
            _ => return None,
        };
        Some(Moment { at: self.now, told })
    }

    fn key(&mut self, reader: &mut Reader<'_>) -> Option<Key> {
        Some(Key(self.name(reader)? as u32))
    }

    fn name(&mut self, reader: &mut Reader<'_>) -> Option<u64> {
        let place = reader.place()?;
        if place == self.names.len() {
            self.names.push(reader.number()?);
        }
        self.names.get(place).copied()
    }

    fn snapshot(&mut self, reader: &mut Reader<'_>) -> Option<Box<Snapshot>> {
        let mut snapshot = Snapshot {
            plan: self.key(reader)?,
            ..Snapshot::default()
        };
        let (_, facts) = reader.changes()?;
        snapshot.facts = said(&facts, &self.snapshot.facts, 1);
        for _ in 0..reader.number()? {
            let (table, changes) = reader.changes()?;
            // What a snapshot may say of an account; anything else is not one.
            let tables = [Table::Listed, Table::Figure, Table::Cover];
            let mut tables = tables.into_iter();
            let table = tables.find(|known| *known as u64 == table)?;
            let (a, b) = (self.name(reader)?, self.name(reader)?);
            let base = base_of(table, a, b, &self.snapshot.rows, &snapshot.rows);
            let v = said(&changes, &base, 2);
            snapshot.rows.push(Row { table, a, b, v });
        }
        let mut figure = 0_i64;
        match reader.number()? {
            0 => snapshot.daily.clone_from(&self.snapshot.daily),
            count => {
                for _ in 1..count {
                    let meter = self.key(reader)?;
                    figure = figure.wrapping_add(reader.signed()?).clamp(-2, COUNT_MAX);
                    snapshot.daily.push((u64::from(meter.0), figure));
                }
            }
        }
        self.snapshot = snapshot.clone();
        Some(Box::new(snapshot))
    }
}

fn response(code: usize) -> Option<Response> {
    Some(match code {
        0 => Response::Later,
        1 => Response::Never,
        2 => Response::Close,
        _ => Response::Act(*ActionKind::ALL.get(code.wrapping_sub(3))?),
    })
}

fn context(reader: &mut Reader<'_>) -> Option<Context> {
    let (bits, offset) = (reader.number()?, reader.signed()?);
    let flag = |place: u32| bits >> place & 1 == 1;
    Some(Context {
        visible: flag(0),
        busy: flag(1),
        dialog_open: flag(2),
        storage: flag(3),
        lease: flag(4),
        route: String::new(),
        utc_offset_minutes: offset.clamp(-24 * 60, 24 * 60) as i32,
    })
}

/// Columns that differ from others, within what a host can say; a column may hold a count so many times.
fn said(changes: &Columns, others: &Columns, times: i64) -> Columns {
    let mut columns = *others;
    for (column, change) in columns.iter_mut().zip(changes) {
        let most = COUNT_MAX.wrapping_mul(times).wrapping_add(1);
        *column = column.wrapping_add(*change).clamp(-4, most);
    }
    columns
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(5) {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            let digit = DIGITS.iter().position(|digit| digit == first)? as u64;
            number |= (digit & 31) << shift;
            if digit < 32 {
                return Some(number);
            }
        }
        None
    }

    fn count(&mut self) -> Option<i64> {
        Some(self.number()?.min(COUNT_MAX.unsigned_abs()) as i64)
    }

    fn place(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some(((number >> 1) as i64) ^ ((number & 1) as i64).wrapping_neg())
    }

    /// A number, and by how much each column differs.
    fn changes(&mut self) -> Option<(u64, Columns)> {
        let head = self.number()?;
        let mut columns = Columns::default();
        for (place, column) in columns.iter_mut().enumerate() {
            if head >> 5 >> place & 1 == 1 {
                *column = self.signed()?;
            }
        }
        Some((head & 31, columns))
    }
}
