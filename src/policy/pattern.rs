//! Patterns: the letters of a `$regex` become steps that are followed in linear time.
//! Owns the subset that is understood; what lies outside is refused with its place.
//! `condition` reads patterns with it, `targeting::pattern` follows the steps.

use super::attribute::Lower;
use crate::plim::{PatternDraft, TakeDraft};
use crate::targeting::{PATTERN_END, PATTERN_START, lead};

/// A pattern's characters, `^` and `$` among them; groups and signs of repetition are none.
const STEPS_MAX: usize = 64;
const PATTERN_CHARS: usize = 200;
const LAST: u32 = 0x10_ffff;

/// Why a pattern is not understood, and at which character, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PatternError {
    pub what: String,
    pub at: usize,
}

/// Reads a pattern; `None` for one that every text has. With `lower` it is for texts in lower case.
pub(super) fn read(
    pattern: &str,
    lower: Option<Lower>,
) -> Result<Option<PatternDraft>, PatternError> {
    let mut parser = Parser {
        letters: pattern.chars().collect(),
        at: 0,
        lower,
        steps: Vec::new(),
    };
    if parser.letters.len() > PATTERN_CHARS {
        return Err(parser.error(format!("more than {PATTERN_CHARS} characters")));
    }
    let whole = parser.any()?;
    if parser.peek().is_some() {
        return Err(parser.error("a `)` that closes nothing"));
    }
    if whole.can_be_empty {
        return Ok(None);
    }
    parser.check_anchors()?;
    let mut takes = Vec::new();
    for (place, step) in parser.steps.iter().enumerate() {
        takes.extend(step.spans.iter().map(|(from, to)| TakeDraft {
            step: 1 << place,
            span: symbol(*from) << 32 | symbol(*to),
            follow: step.follow.cast_signed(),
        }));
    }
    Ok(Some(PatternDraft {
        first: whole.first.cast_signed(),
        last: whole.last.cast_signed(),
        takes,
    }))
}

/// A character to find, or an end of the text.
struct Step {
    spans: Spans,
    /// Bits of the steps that may come after it.
    follow: u64,
    /// Its place in the pattern, for errors.
    at: usize,
}

/// A part of a pattern: the steps it may begin and end with, as bits.
#[derive(Clone, Copy, Default)]
struct Part {
    first: u64,
    last: u64,
    can_be_empty: bool,
}

type Spans = Vec<(u32, u32)>;

struct Parser {
    letters: Vec<char>,
    at: usize,
    lower: Option<Lower>,
    steps: Vec<Step>,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn eat(&mut self, letter: char) -> bool {
        let is_next = self.peek() == Some(letter);
        if is_next {
            self.at = self.at.saturating_add(1);
        }
        is_next
    }

    fn take(&mut self) -> Option<char> {
        let letter = self.peek();
        self.at = self.at.saturating_add(1);
        letter
    }

    /// At the character that was looked at last.
    fn error(&self, what: impl Into<String>) -> PatternError {
        PatternError {
            what: what.into(),
            at: self.at.min(self.letters.len()).saturating_add(1),
        }
    }

    /// `a|b`
    fn any(&mut self) -> Result<Part, PatternError> {
        let mut part = self.sequence()?;
        while self.eat('|') {
            let other = self.sequence()?;
            part.first |= other.first;
            part.last |= other.last;
            part.can_be_empty |= other.can_be_empty;
        }
        Ok(part)
    }

    fn sequence(&mut self) -> Result<Part, PatternError> {
        let mut part = Part {
            can_be_empty: true,
            ..Part::default()
        };
        while !matches!(self.peek(), None | Some('|' | ')')) {
            let next = self.repeated()?;
            self.follow(part.last, next.first);
            if part.can_be_empty {
                part.first |= next.first;
            }
            part.last = next.last | if next.can_be_empty { part.last } else { 0 };
            part.can_be_empty &= next.can_be_empty;
        }
        Ok(part)
    }

    fn repeated(&mut self) -> Result<Part, PatternError> {
        let is_anchor = matches!(self.peek(), Some('^' | '$'));
        let mut part = self.single()?;
        let sign = self.peek();
        if !matches!(sign, Some('?' | '*' | '+')) {
            return Ok(part);
        }
        if is_anchor {
            return Err(self.error("a repeated `^` or `$`"));
        }
        self.take();
        if sign != Some('?') {
            self.follow(part.last, part.first);
        }
        part.can_be_empty |= sign != Some('+');
        if matches!(self.peek(), Some('?' | '*' | '+')) {
            return Err(self.error("a second sign of repetition"));
        }
        Ok(part)
    }

    fn single(&mut self) -> Result<Part, PatternError> {
        let start = self.at;
        let spans = match self.take() {
            Some('(') => {
                if self.eat('?') && !self.eat(':') {
                    self.at = start;
                    return Err(self.error("a group that looks ahead, looks back or has a name"));
                }
                let part = self.any()?;
                if !self.eat(')') {
                    self.at = start;
                    return Err(self.error("a `(` that is not closed"));
                }
                return Ok(part);
            }
            Some('[') => self.class(start)?,
            Some('\\') => self.escape()?,
            Some('.') => without(vec![(10, 10), (13, 13), (0x2028, 0x2029)]),
            Some('^') => vec![(PATTERN_START, PATTERN_START)],
            Some('$') => vec![(PATTERN_END, PATTERN_END)],
            Some(sign @ ('?' | '*' | '+' | '{' | '}' | ']')) => {
                self.at = start;
                let what = match sign {
                    '{' => "a counted repetition `{`".into(),
                    '?' | '*' | '+' => format!("a `{sign}` that repeats nothing"),
                    _ => format!("a `{sign}` that closes nothing"),
                };
                return Err(self.error(what));
            }
            Some(letter) => self.cased(vec![(code(letter), code(letter))]),
            None => Vec::new(),
        };
        let place = self.steps.len();
        if place >= STEPS_MAX {
            self.at = start;
            return Err(self.error(format!("more than {STEPS_MAX} characters to find")));
        }
        self.steps.push(Step {
            spans,
            follow: 0,
            at: start,
        });
        Ok(Part {
            first: 1 << place,
            last: 1 << place,
            can_be_empty: false,
        })
    }

    /// After `\`.
    fn escape(&mut self) -> Result<Spans, PatternError> {
        let start = self.at;
        let letter = self.take();
        let spans = match letter.map(|letter| letter.to_ascii_lowercase()) {
            Some('d') => digits(),
            Some('w') => vec![(48, 57), (65, 90), (95, 95), (97, 122)],
            Some('s') => vec![
                (9, 13),
                (32, 32),
                (0xa0, 0xa0),
                (0x1680, 0x1680),
                (0x2000, 0x200a),
                (0x2028, 0x2029),
                (0x202f, 0x202f),
                (0x205f, 0x205f),
                (0x3000, 0x3000),
                (0xfeff, 0xfeff),
            ],
            _ => Vec::new(),
        };
        match letter {
            Some('d' | 'w' | 's') => Ok(spans),
            Some('D' | 'W' | 'S') => Ok(without(spans)),
            Some('n') => Ok(vec![(10, 10)]),
            Some('r') => Ok(vec![(13, 13)]),
            Some('t') => Ok(vec![(9, 9)]),
            Some(sign) if !sign.is_ascii_alphanumeric() => Ok(vec![(code(sign), code(sign))]),
            Some(other) => {
                self.at = start;
                Err(self.error(format!("an escape `\\{other}`")))
            }
            None => {
                self.at = start;
                Err(self.error("a `\\` with nothing after it"))
            }
        }
    }

    /// After `[`.
    fn class(&mut self, start: usize) -> Result<Spans, PatternError> {
        let is_negative = self.eat('^');
        let mut spans = Spans::new();
        while !self.eat(']') {
            let low = self.member(start)?;
            let is_range = self.peek() == Some('-')
                && self.letters.get(self.at.saturating_add(1)) != Some(&']');
            if !is_range {
                spans.extend(low);
                continue;
            }
            let dash = self.at;
            self.take();
            let high = self.member(start)?;
            match (low.as_slice(), high.as_slice()) {
                ([(from, end)], [(begin, to)]) if from == end && begin == to && from <= to => {
                    spans.push((*from, *to));
                }
                _ => {
                    self.at = dash;
                    return Err(self.error("a range that is none"));
                }
            }
        }
        let spans = self.cased(spans);
        Ok(if is_negative { without(spans) } else { spans })
    }

    /// One character or class in `[ ]`.
    fn member(&mut self, start: usize) -> Result<Spans, PatternError> {
        match self.take() {
            Some('\\') => self.escape(),
            Some(letter) => Ok(vec![(code(letter), code(letter))]),
            None => {
                self.at = start;
                Err(self.error("a `[` that is not closed"))
            }
        }
    }

    /// With the lower case of each character, where texts are read in lower case.
    fn cased(&self, mut spans: Spans) -> Spans {
        /// Letters that have a case are below this, but for a few old scripts.
        const CASED: u32 = 0x2_0000;
        let Some(lower) = self.lower else {
            return spans;
        };
        let mut all = String::new();
        for (from, to) in &spans {
            // Apart, for a letter of its own and not the last of a word.
            for letter in (*from..=*to.min(&CASED)).filter_map(char::from_u32) {
                all.push(letter);
                all.push('\n');
            }
        }
        let lower = lower(&all);
        let letters = lower.chars().filter(|letter| *letter != '\n').map(code);
        spans.extend(letters.map(|letter| (letter, letter)));
        joined(spans)
    }

    fn follow(&mut self, before: u64, after: u64) {
        for (place, step) in self.steps.iter_mut().enumerate() {
            if before & 1 << place != 0 {
                step.follow |= after;
            }
        }
    }

    /// A text starts and ends once, so `^^` and `$^` would find nothing.
    fn check_anchors(&mut self) -> Result<(), PatternError> {
        let anchor = |step: &Step| {
            let first = step.spans.first().map_or(0, |(from, _)| *from);
            if first >= PATTERN_START { first } else { 0 }
        };
        for step in &self.steps {
            for (place, next) in self.steps.iter().enumerate() {
                let comes = step.follow & 1 << place != 0;
                // Only `^$` can be.
                if comes && anchor(next) > 0 && anchor(step) >= anchor(next) {
                    self.at = next.at;
                    return Err(self.error("a second `^` or `$` at one place"));
                }
            }
        }
        Ok(())
    }
}

fn code(letter: char) -> u32 {
    u32::from(letter)
}

/// A character as texts are read: with the first of its bytes; `^` and `$` as they are.
fn symbol(code: u32) -> i64 {
    i64::from(if code > LAST { code } else { lead(code) | code })
}

fn digits() -> Spans {
    vec![(48, 57)]
}

/// Sorted, and what touches in one.
fn joined(mut spans: Spans) -> Spans {
    spans.sort_unstable();
    let mut out = Spans::new();
    for (from, to) in spans {
        match out.last_mut() {
            Some((_, end)) if from <= end.saturating_add(1) => *end = to.max(*end),
            _ => out.push((from, to)),
        }
    }
    out
}

/// All characters but these.
fn without(spans: Spans) -> Spans {
    let (mut out, mut from) = (Spans::new(), 0);
    for (start, end) in joined(spans) {
        if from < start {
            out.push((from, start.saturating_sub(1)));
        }
        from = end.saturating_add(1);
    }
    if from <= LAST {
        out.push((from, LAST));
    }
    out
}
