//! Where in a file a path of the policy leads: the line, and the id of what it is in.
//!
//! It reads the text again, only for what is told; it does not know what a policy means.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// What a path such as `prompts[17].trigger` leaves to be counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Of the nearest element around that has an id.
    pub id: Option<String>,
    /// From 1; none for the whole file.
    pub line: Option<usize>,
}

enum Step<'p> {
    Name(&'p str),
    Item(usize),
}

/// Follows a path as far as the text goes: what is missing has the place of what it is missing in.
pub fn locate(text: &str, path: &str) -> Place {
    let mut place = Place::default();
    let mut here = text.trim_start_matches('\u{feff}');
    let mut steps = steps(path).into_iter();
    loop {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(here).unwrap_or_default();
        if let Some(id) = members.get("id").map(|id| serde_json::from_str(id.get())) {
            place.id = id.ok().or(place.id);
        }
        let inner = match steps.next() {
            None => return place,
            Some(Step::Name(name)) => members.get(name).copied(),
            Some(Step::Item(index)) => {
                let items: Vec<&RawValue> = serde_json::from_str(here).unwrap_or_default();
                items.get(index).copied()
            }
        };
        let Some(inner) = inner else {
            return place;
        };
        here = inner.get();
        let before = here.as_ptr() as usize - text.as_ptr() as usize;
        place.line = Some(text[..before].matches('\n').count() + 1);
    }
}

/// The steps of a path, up to a name that is written in backticks because it is odd.
fn steps(path: &str) -> Vec<Step<'_>> {
    let parts = path.split(['.', '[']).filter(|part| !part.is_empty());
    let steps = parts.map_while(|part| match part.strip_suffix(']') {
        Some(index) => index.parse().ok().map(Step::Item),
        None => Some(part)
            .filter(|part| !part.contains('`'))
            .map(Step::Name),
    });
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_line_and_the_nearest_id() {
        let text = "\u{feff}{\n \"plans\": [\n  {\"id\": \"free\"},\n  {\n   \"id\": \"pro\", \"quotas\": {\n    \"a b\": 1, \"seats\": {\n\"limit\": 0}}}]}";
        let place = |path| {
            let Place { id, line } = locate(text, path);
            (id.unwrap_or_default(), line.unwrap_or(0))
        };
        for (path, id, line) in [
            ("", "", 0),
            ("prompts[0].id", "", 0),
            ("plans", "", 2),
            ("plans[0]", "free", 3),
            ("plans[1].quotas", "pro", 5),
            ("plans[1].quotas[`a b`].limit", "pro", 5),
            ("plans[1].quotas.seats.limit", "pro", 7),
            ("plans[1].quotas.seats.period", "pro", 6),
            ("plans[7].id", "", 2),
        ] {
            assert_eq!(place(path), (id.to_owned(), line), "{path}");
        }
        assert_eq!(locate("{", "plans[0]"), Place::default());
    }
}
