//! Rules about the files themselves, each with its reason, over everything that is committed.
//! It does not know what the code does; clippy and the compiler know more about that.
//! Every rule returns its findings as `file:line: what`, and a test shows them all at once.

#![expect(
    clippy::expect_used,
    reason = "a test fails by stopping, and so do its helpers"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Generated, installed, or not ours.
const SKIPPED_FOLDERS: [&str; 5] = ["target", "node_modules", "dist", ".git", "data"];
const SKIPPED_FILES: [&str; 2] = ["Cargo.lock", "package-lock.json"];
const TEXT_ENDINGS: [&str; 12] = [
    "rs", "js", "mjs", "ts", "json", "md", "toml", "css", "html", "txt", "sql", "csv",
];
const CODE_ENDINGS: [&str; 4] = ["rs", "js", "mjs", "ts"];

/// A longer file has more than one subject.
const FILE_LINES_MAX: usize = 600;
/// A longer map is not read.
const ARCHITECTURE_LINES_MAX: usize = 150;
const README_LINES_MAX: usize = 149;

struct File {
    /// Relative to the root, with `/` between folders.
    path: String,
    text: String,
}

#[test]
fn a_code_file_has_one_subject() {
    hold(|file| {
        let lines = file.text.lines().count();
        let long = file.ends_with_any(&CODE_ENDINGS) && lines > FILE_LINES_MAX;
        long.then(|| (lines, format!("more than {FILE_LINES_MAX} lines")))
            .into_iter()
            .collect()
    });
}

#[test]
fn the_readme_and_the_map_stay_short() {
    hold(|file| {
        let lines_max = match file.path.as_str() {
            "README.md" => README_LINES_MAX,
            "ARCHITECTURE.md" => ARCHITECTURE_LINES_MAX,
            _ => return Vec::new(),
        };
        let lines = file.text.lines().count();
        let long = lines > lines_max;
        long.then(|| (lines, format!("more than {lines_max} lines")))
            .into_iter()
            .collect()
    });
}

/// A path of one machine works on no other.
#[test]
fn no_path_of_one_machine_is_written_down() {
    let homes = [
        ["/ho", "me/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/Use", "rs/"].concat(),
    ];
    let temporary = ["/t", "mp/"].concat();
    hold(|file| {
        file.lines_where(|line| {
            let found = homes
                .iter()
                .chain([&temporary])
                .find(|path| has_path(line, path))?;
            Some(format!("`{found}` is a path of one machine"))
        })
    });
}

/// A note to oneself belongs in an issue, where others see it.
#[test]
fn nothing_is_left_to_do_in_comments() {
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["XX", "X"].concat(),
    ];
    hold(|file| {
        file.lines_where(|line| {
            let mark = marks.iter().find(|mark| has_word(line, mark))?;
            Some(format!("`{mark}`: do it, or open an issue"))
        })
    });
}

/// `expect` states a reason and goes away when it is no longer needed; `allow` stays for ever.
#[test]
fn no_lint_is_allowed() {
    let allow = ["allow", "("].concat();
    hold(|file| {
        file.rust_lines_where(|line| {
            let attribute = line.trim_start().starts_with("#") && line.contains(&allow);
            attribute.then(|| "write `#[expect(lint, reason = \"…\")]`".to_owned())
        })
    });
}

/// The first comment is the map: what the module owns, what it does not know, where the flow goes.
#[test]
fn every_rust_file_begins_with_its_map() {
    hold(|file| {
        let tests = file.path.ends_with("/tests.rs");
        let bare = file.path.ends_with(".rs") && !tests && !file.text.starts_with("//! ");
        bare.then(|| {
            (
                1,
                "begin with `//! ` and say what this module owns".to_owned(),
            )
        })
        .into_iter()
        .collect()
    });
}

/// What other modules call says what it promises.
#[test]
fn every_public_item_of_the_product_is_documented() {
    let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static"];
    hold(|file| {
        if !file.path.starts_with("src/") || !file.path.ends_with(".rs") {
            return Vec::new();
        }
        let lines: Vec<&str> = file.text.lines().collect();
        let public = |line: &str| {
            // Inside a macro the name and its comment are both handed in.
            if line.contains('$') {
                return None;
            }
            let item = line.trim_start().strip_prefix("pub ")?;
            let item = item.strip_prefix("const fn").map_or(item, |_| "fn ");
            kinds
                .contains(&item.split_whitespace().next()?)
                .then_some(())
        };
        (0..lines.len())
            .filter(|&index| public(lines[index]).is_some() && !is_documented(&lines[..index]))
            .map(|index| (index + 1, "a public item without a `///`".to_owned()))
            .collect()
    });
}

/// Getters are named after what they give, as in std.
#[test]
fn nothing_is_got() {
    let start = ["fn ge", "t_"].concat();
    hold(|file| {
        file.rust_lines_where(|line| {
            line.contains(&start)
                .then(|| "name it after what it gives".to_owned())
        })
    });
}

/// Editors disagree about what they cannot see.
#[test]
fn white_space_is_plain() {
    hold(|file| {
        let mut found = file.lines_where(|line| {
            let trailing = line.ends_with(' ') || line.ends_with('\t') || line.ends_with('\r');
            // Go in a code block of Markdown is written with tabs.
            let tab = line.contains('\t') && !file.path.ends_with(".md");
            (trailing || tab).then(|| "a tab or a space at the end".to_owned())
        });
        if !file.text.is_empty() && !file.text.ends_with('\n') {
            found.push((
                file.text.lines().count(),
                "no newline at the end".to_owned(),
            ));
        }
        found
    });
}

/// A link that leads nowhere is worse than none.
#[test]
fn links_in_markdown_lead_somewhere() {
    hold(|file| {
        if !file.path.ends_with(".md") {
            return Vec::new();
        }
        let folder = root()
            .join(&file.path)
            .parent()
            .expect("a file has a folder")
            .to_owned();
        file.lines_where(|line| {
            let broken = line.split("](").skip(1).find(|rest| {
                let target = rest.split([')', '#', ' ']).next().unwrap_or_default();
                let elsewhere = target.contains("://") || target.starts_with("mailto:");
                !target.is_empty() && !elsewhere && !folder.join(target).exists()
            })?;
            Some(format!(
                "`{}` does not exist",
                broken.split(')').next().unwrap_or_default()
            ))
        })
    });
}

/// One `#` title, on the first line, and fences that are closed.
#[test]
fn markdown_has_a_title_and_closed_fences() {
    hold(|file| {
        if !file.path.ends_with(".md") {
            return Vec::new();
        }
        let mut found = Vec::new();
        if !file.text.starts_with("# ") {
            found.push((1, "begin with a `# ` title".to_owned()));
        }
        if file
            .text
            .lines()
            .filter(|line| line.trim_start().starts_with("```"))
            .count()
            % 2
            == 1
        {
            found.push((
                file.text.lines().count(),
                "a code fence is not closed".to_owned(),
            ));
        }
        found
    });
}

/// One word per concept; docs/glossary.md has the word that is meant. JSON keys and names in the
/// package's types are where a second word would stay for ever.
#[test]
fn the_interface_uses_one_word_per_concept() {
    let others = [
        ("tenant", "account"),
        ("customer", "account"),
        ("entitlement", "quota"),
        ("allowance", "quota"),
        ("subscription", "plan"),
        ("tier", "plan"),
        ("paywall", "prompt"),
        ("campaign", "prompt"),
        ("impression", "exposure"),
        ("throttl", "pacing"),
        ("placement", "surface"),
        ("cta", "action"),
    ];
    hold(|file| {
        let json = file.path.starts_with("tests/spec/") || file.path == "www/demo/policy.json";
        let types = file.path == "pkg/index.d.ts";
        if !json && !types {
            return Vec::new();
        }
        file.lines_where(|line| {
            let (name, _) = line.split_once(':')?;
            let name = name.trim().trim_start_matches('{').trim().to_lowercase();
            let is_name = name
                .chars()
                .all(|c| c.is_alphanumeric() || "_\"? ".contains(c));
            let (other, word) = others.iter().find(|(other, _)| {
                is_name
                    && name
                        .split(['_', '"', '?', ' '])
                        .any(|part| part.starts_with(other))
            })?;
            Some(format!("`{other}` is called `{word}`"))
        })
    });
}

/// Runs a rule over all files and fails with all its findings.
fn hold(rule: impl Fn(&File) -> Vec<(usize, String)>) {
    let mut findings = Vec::new();
    for file in files() {
        for (line, what) in rule(&file) {
            findings.push(format!("{}:{line}: {what}", file.path));
        }
    }
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

impl File {
    fn ends_with_any(&self, endings: &[&str]) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, ending)| endings.contains(&ending))
    }

    fn lines_where(&self, rule: impl Fn(&str) -> Option<String>) -> Vec<(usize, String)> {
        let numbered = self.text.split('\n').enumerate();
        numbered
            .filter_map(|(index, line)| Some((index + 1, rule(line)?)))
            .collect()
    }

    fn rust_lines_where(&self, rule: impl Fn(&str) -> Option<String>) -> Vec<(usize, String)> {
        if self.path.ends_with(".rs") {
            self.lines_where(rule)
        } else {
            Vec::new()
        }
    }
}

/// True when the last line above that is no attribute is a doc comment.
fn is_documented(above: &[&str]) -> bool {
    let mut above = above.iter().rev().map(|line| line.trim_start());
    above
        .find(|line| !line.starts_with('#'))
        .is_some_and(|line| line.starts_with("///"))
}

/// Refusals of what a newer version made name the version that refuses.
#[test]
fn the_package_has_one_version_wherever_it_is_written() {
    let version = env!("CARGO_PKG_VERSION");
    for (path, line) in [
        ("pkg/package.json", format!("\"version\": \"{version}\"")),
        (
            "pkg/shell/faults.js",
            format!("const VERSION = \"{version}\";"),
        ),
    ] {
        let text = fs::read_to_string(root().join(path)).expect("a text file is UTF-8");
        assert!(text.contains(&line), "{path} has no {line}");
    }
}

/// A path begins after a blank, a quote or a bracket; inside a URL it is somebody else's.
fn has_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && !"._-~}*".contains(c))
    })
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|part| part == word)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files() -> Vec<File> {
    let mut files = Vec::new();
    collect(&root(), &mut files);
    assert!(
        files.iter().any(|file| file.path == "tests/tidy.rs"),
        "the walk finds this file"
    );
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn collect(folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository is readable") {
        let path = entry.expect("an entry is readable").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            if !SKIPPED_FOLDERS.contains(&name.as_str()) {
                collect(&path, files);
            }
            continue;
        }
        let ending = name.rsplit('.').next().unwrap_or_default();
        if SKIPPED_FILES.contains(&name.as_str()) || !TEXT_ENDINGS.contains(&ending) {
            continue;
        }
        let relative = path
            .strip_prefix(root())
            .expect("below the root")
            .to_string_lossy();
        let text = fs::read_to_string(&path).expect("a text file is UTF-8");
        files.push(File {
            path: relative.replace('\\', "/"),
            text,
        });
    }
}
