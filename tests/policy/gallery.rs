//! Holds every policy of `tests/policies` to what a product would expect: no mistake, each locale compiles.
//! The folder is the list: a file that is added is tested, and its README says where the figures are from.

use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use std::{fs, path::PathBuf};

/// Name and text of every policy of the gallery.
pub fn gallery() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/policies");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut all: Vec<(String, String)> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    all.sort();
    assert!(all.len() >= 12, "{} policies", all.len());
    all
}

#[test]
fn every_policy_of_the_gallery_compiles_in_all_its_locales() {
    for (name, text) in gallery() {
        let policy = Policy::parse(&text).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
        for locale in policy.locales() {
            let plim = Plim::open(&policy.compile(&locale)).unwrap();
            let root = plim.root();
            assert!(
                !root.meters().is_empty() && !root.prompts().is_empty(),
                "{name}"
            );
            assert!(
                root.prompts().iter().all(|prompt| prompt.titled() == 1),
                "{name} {locale}"
            );
        }
    }
}

#[test]
fn the_readme_names_the_source_of_every_policy() {
    let page = include_str!("../policies/README.md");
    for (name, _) in gallery() {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` |")));
        assert!(row.is_some_and(|row| row.contains("<https://")), "{name}");
    }
}
