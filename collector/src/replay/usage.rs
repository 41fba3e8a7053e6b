//! Usage as a table: `account,date,meter,amount` in any order of columns, a row at a time.
//!
//! It owns the columns and what a cell may hold; it does not know what becomes of a row. It allocates
//! nothing for a row without quotes, because there are millions of them.

use plimsoll::unit::{COUNT_MAX, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

use super::faults::Code;

const NAMES: [&str; 4] = ["account", "date", "meter", "amount"];
/// A day without a time counts as its noon: away from the ends of days and periods.
const NOON_MS: i64 = 12 * HOUR_MS;
const ID_BYTES: usize = 256;

/// Which column holds what.
#[derive(Debug)]
pub struct Table {
    /// In the order of `NAMES`.
    places: [usize; 4],
    columns: usize,
    /// The date that was read last: tables repeat them.
    date: (String, i64),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Row<'a> {
    pub account: &'a str,
    pub meter: &'a str,
    pub at: i64,
    pub amount: i64,
}

type Refused = (Code, String);

impl Table {
    /// Reads the header.
    pub fn header(line: &str) -> Result<Table, Refused> {
        let names: Vec<&str> = line
            .split(',')
            .map(|name| name.trim().trim_matches('"'))
            .collect();
        let mut places = [0; 4];
        for (place, wanted) in places.iter_mut().zip(NAMES) {
            let found = names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted));
            *place = found.ok_or_else(|| {
                let about = format!("the header has no column `{wanted}`");
                (Code::NoHeader, about)
            })?;
        }
        Ok(Table {
            places,
            columns: names.len(),
            date: (String::new(), 0),
        })
    }

    /// Reads a row; `quoted` is room for cells with quotes.
    pub fn row<'a>(
        &mut self,
        line: &'a str,
        quoted: &'a mut Vec<String>,
    ) -> Result<Row<'a>, Refused> {
        let mut cells = [""; 4];
        let mut columns = 0;
        let mut cell = |place: usize, text: &'a str| {
            for (cell, wanted) in cells.iter_mut().zip(self.places) {
                if wanted == place {
                    *cell = text;
                }
            }
        };
        if line.contains('"') {
            *quoted = unquote(line);
            for text in quoted.iter() {
                cell(columns, text);
                columns += 1;
            }
        } else {
            for text in line.split(',') {
                cell(columns, text);
                columns += 1;
            }
        }
        if columns != self.columns {
            let wanted = self.columns;
            return Err((
                Code::Columns,
                format!(
                    "{columns} {} where the header has {wanted}",
                    if columns == 1 { "column" } else { "columns" }
                ),
            ));
        }
        let [account, date, meter, amount] = cells.map(str::trim);
        if account.is_empty() || account.len() > ID_BYTES {
            let about = format!("the account's id has {} bytes", account.len());
            return Err((Code::BadAccount, about));
        }
        if date != self.date.0 {
            let Some(at) = instant(date) else {
                let about = format!("`{}` is not a date", short(date));
                return Err((Code::BadDate, about));
            };
            self.date.0.clear();
            self.date.0.push_str(date);
            self.date.1 = at;
        }
        let Some(amount) = whole(amount) else {
            let about = format!("`{}` is not an amount", short(amount));
            return Err((Code::BadAmount, about));
        };
        let at = self.date.1;
        Ok(Row {
            account,
            meter,
            at,
            amount,
        })
    }
}

/// The first characters of something a person wrote.
pub fn short(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn whole(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 16 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|amount| *amount <= COUNT_MAX)
}

/// An ISO day, or an instant as RFC 3339 writes it; not before 1970.
fn instant(text: &str) -> Option<i64> {
    let at = match text.as_bytes() {
        [_, _, _, _, b'-', _, _, b'-', _, _] => {
            let date: jiff::civil::Date = text.parse().ok()?;
            let first = jiff::civil::date(1970, 1, 1);
            let days = date.since((jiff::Unit::Day, first)).ok()?.get_days();
            i64::from(days) * DAY_MS + NOON_MS
        }
        // The common form, without the generality of the other.
        [.., b'Z'] if text.len() == 20 => {
            let day = instant(text.get(..10)?)? - NOON_MS;
            let two = |from: usize| whole(text.get(from..from + 2)?);
            let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
            let plain = text.as_bytes()[10] == b'T'
                && text.as_bytes()[13] == b':'
                && text.as_bytes()[16] == b':';
            if !plain || hour > 23 || minute > 59 || second > 59 {
                return None;
            }
            day + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS
        }
        _ => text.parse::<jiff::Timestamp>().ok()?.as_millisecond(),
    };
    (0..=Timestamp::MAX.0).contains(&at).then_some(at)
}

/// The cells of a line in which some stand in quotes, where two of them are one.
fn unquote(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut within) = (Vec::new(), String::new(), false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if within && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => within = !within,
            ',' if !within => cells.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    cells.push(cell);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_any_order_and_cells_in_quotes() {
        let mut table = Table::header("amount,\"date\",plan,METER,account").expect("a header");
        let mut room = Vec::new();
        let row = table.row("41,2026-11-22,free,emails,\"acc, \"\"7\"\"\"", &mut room);
        let wanted = Row {
            account: "acc, \"7\"",
            meter: "emails",
            at: 1_795_348_800_000,
            amount: 41,
        };
        assert_eq!(row, Ok(wanted));
    }

    #[test]
    fn a_date_is_a_day_or_an_instant() {
        let noon = instant("2026-11-22");
        assert_eq!(noon, instant("2026-11-22T12:00:00Z"));
        assert_eq!(noon, instant("2026-11-22T09:00:00.000-03:00"));
        assert_eq!(instant("1970-01-01"), Some(NOON_MS));
        assert!(instant("9999-12-31").is_some());
        for wrong in [
            "",
            "today",
            "2026-13-01",
            "2026-02-30",
            "1969-12-31",
            "22.11.2026",
            "2026-11-22T10",
            "2026-11-22T24:00:00Z",
            "2026-11-22 10:00:0",
            "2026-1-2",
            "20261122",
            "1795341600",
            "2026-11-22T1a:00:00Z",
            "2026-11-22é10:00:0Z",
        ] {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_cell_that_is_wrong_has_its_code() {
        let mut table = Table::header("account,date,meter,amount").expect("a header");
        for (line, code) in [
            ("", Code::Columns),
            ("a,2026-11-22,emails", Code::Columns),
            ("a,2026-11-22,emails,1,2", Code::Columns),
            (",2026-11-22,emails,1", Code::BadAccount),
            ("a,yesterday,emails,1", Code::BadDate),
            ("a,2026-11-22,emails,", Code::BadAmount),
            ("a,2026-11-22,emails,-1", Code::BadAmount),
            ("a,2026-11-22,emails,1.5", Code::BadAmount),
            ("a,2026-11-22,emails,1e9", Code::BadAmount),
            ("a,2026-11-22,emails,9007199254740992", Code::BadAmount),
        ] {
            let mut room = Vec::new();
            let refused = table.row(line, &mut room).map_err(|(code, _)| code);
            assert_eq!(refused, Err(code), "{line}");
        }
        let long = format!("{},2026-11-22,emails,1", "a".repeat(257));
        let mut room = Vec::new();
        let refused = table.row(&long, &mut room).map_err(|(code, _)| code);
        assert_eq!(refused, Err(Code::BadAccount));
        for header in ["", "account,date,meter", "a,2026-11-22,emails,1"] {
            let refused = Table::header(header).map(|_| ()).map_err(|(code, _)| code);
            assert_eq!(refused, Err(Code::NoHeader), "{header}");
        }
    }
}
