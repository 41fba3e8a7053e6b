//! Figures that tasks write into a page of docs, between two markers.
//! It does not know what a figure means.
//! `size`, `bench` and `simulate` hand it Markdown under a name.

use anyhow::{Context, Result};

use crate::host::{at, write_if_changed};

/// Replaces what stands between `<!-- name -->` and `<!-- /name -->`.
pub fn write(page: &str, name: &str, table: &str) -> Result<()> {
    let path = at(page);
    let text = std::fs::read_to_string(&path).with_context(|| format!("{page} is missing"))?;
    let text =
        replace(&text, name, table).with_context(|| format!("{page} has no place for `{name}`"))?;
    write_if_changed(&path, text.as_bytes())
}

fn replace(text: &str, name: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(&format!("<!-- {name} -->\n"))?;
    let (_, after) = rest.split_once(&format!("<!-- /{name} -->"))?;
    let table = table.trim_end();
    Some(format!(
        "{before}<!-- {name} -->\n{table}\n<!-- /{name} -->{after}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_place_changes() {
        let text = "a\n<!-- sizes -->\nold\n<!-- /sizes -->\nb\n";
        let new = "a\n<!-- sizes -->\nnew\n<!-- /sizes -->\nb\n";
        assert_eq!(replace(text, "sizes", "new\n").as_deref(), Some(new));
        assert_eq!(replace(text, "speeds", "new"), None);
    }
}
