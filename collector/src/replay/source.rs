//! The files of a replay, line by line, and how far through them it is.
//!
//! It owns which files of a folder count and what is too long for a line; it does not know what a line says.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// No line of a recording or a table is as long; a file without newlines must not fill memory.
const LINE_BYTES: u64 = 1 << 20;
const READ_BYTES: usize = 1 << 18;
const BETWEEN_PRINTS: Duration = Duration::from_millis(100);

/// What a file holds, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `.csv`
    Usage,
    /// `.jsonl`, `.ndjson`, `.json`
    Recordings,
}

pub struct Source {
    pub path: PathBuf,
    pub kind: Kind,
    pub bytes: u64,
}

/// The files of a replay: the file itself, or those of a folder, by name.
pub fn sources(inputs: &Path) -> Result<Vec<Source>, String> {
    let cannot =
        |path: &Path, error: io::Error| format!("`{}` cannot be read: {error}", path.display());
    let cannot_list = |error| cannot(inputs, error);
    let mut paths = vec![inputs.to_owned()];
    let is_folder = fs::metadata(inputs).map_err(cannot_list)?.is_dir();
    if is_folder {
        let entries = fs::read_dir(inputs).map_err(cannot_list)?;
        let found: io::Result<Vec<PathBuf>> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect();
        paths = found.map_err(cannot_list)?;
        paths.sort();
    }
    let mut sources = Vec::new();
    for path in paths {
        let Some(kind) = kind(&path) else {
            if is_folder {
                continue;
            }
            return Err(format!(
                "`{}` ends in none of .csv, .jsonl, .ndjson and .json",
                path.display()
            ));
        };
        let about = fs::metadata(&path).map_err(|error| cannot(&path, error))?;
        if !about.is_dir() {
            let bytes = about.len();
            sources.push(Source { path, kind, bytes });
        }
    }
    if sources.is_empty() {
        return Err(format!(
            "`{}` holds no file that ends in .csv, .jsonl, .ndjson or .json",
            inputs.display()
        ));
    }
    Ok(sources)
}

fn kind(path: &Path) -> Option<Kind> {
    match path.extension()?.to_str()? {
        "csv" => Some(Kind::Usage),
        "jsonl" | "ndjson" | "json" => Some(Kind::Recordings),
        _ => None,
    }
}

/// A line, without its end.
pub enum Line<'a> {
    Text(&'a str),
    NotUtf8,
    TooLong,
}

pub struct Lines {
    reader: BufReader<File>,
    buffer: Vec<u8>,
    /// The number of the line that was given last, from 1.
    number: u64,
}

impl Lines {
    pub fn open(path: &Path) -> io::Result<Lines> {
        Ok(Lines {
            reader: BufReader::with_capacity(READ_BYTES, File::open(path)?),
            buffer: Vec::new(),
            number: 0,
        })
    }

    /// The next line with its number, and how many bytes it takes with its end.
    pub fn next(&mut self) -> io::Result<Option<(u64, Line<'_>, u64)>> {
        self.buffer.clear();
        let mut part = self.reader.by_ref().take(LINE_BYTES);
        let mut bytes = part.read_until(b'\n', &mut self.buffer)? as u64;
        if bytes == 0 {
            return Ok(None);
        }
        self.number += 1;
        if bytes == LINE_BYTES && !self.buffer.ends_with(b"\n") {
            bytes += self.skip_line()?;
            return Ok(Some((self.number, Line::TooLong, bytes)));
        }
        let mut line = self.buffer.as_slice();
        for end in [b"\n".as_slice(), b"\r"] {
            line = line.strip_suffix(end).unwrap_or(line);
        }
        if self.number == 1 {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        let line = std::str::from_utf8(line).map_or(Line::NotUtf8, Line::Text);
        Ok(Some((self.number, line, bytes)))
    }

    fn skip_line(&mut self) -> io::Result<u64> {
        let mut skipped = 0;
        loop {
            let waiting = self.reader.fill_buf()?;
            let end = waiting.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(waiting.len(), |end| end + 1);
            self.reader.consume(used);
            skipped += used as u64;
            if end.is_some() || used == 0 {
                return Ok(skipped);
            }
        }
    }
}

/// How far it is, on a terminal.
pub struct Progress {
    total: u64,
    done: u64,
    is_shown: bool,
    printed: Option<Instant>,
}

impl Progress {
    pub fn new(sources: &[Source]) -> Progress {
        Progress {
            total: sources.iter().map(|source| source.bytes).sum(),
            done: 0,
            is_shown: io::stderr().is_terminal(),
            printed: None,
        }
    }

    pub fn add(&mut self, bytes: u64) {
        self.done += bytes;
        // Looking at the clock for every line would take longer than reading it.
        if self.is_shown && self.done % 64 < bytes {
            self.print();
        }
    }

    fn print(&mut self) {
        const WIDTH: u64 = 30;
        if self.printed.is_some_and(|at| at.elapsed() < BETWEEN_PRINTS) {
            return;
        }
        self.printed = Some(Instant::now());
        let total = self.total.max(1);
        let (done, percent) = (self.done * WIDTH / total, self.done * 100 / total);
        let bar: String = (0..WIDTH)
            .map(|at| if at < done { '█' } else { '░' })
            .collect();
        let _ = write!(io::stderr(), "\r{bar} {percent:3} %");
    }

    /// Leaves nothing of itself behind.
    pub fn finish(&self) {
        if self.printed.is_some() {
            let _ = write!(io::stderr(), "\r{:40}\r", "");
        }
    }
}
