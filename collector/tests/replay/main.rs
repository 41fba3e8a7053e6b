//! `plimsoll replay` as a program: what happened happens again, and every broken line is named.

mod bad;
mod lived;
mod pqls;
#[path = "../server/support.rs"]
#[expect(
    dead_code,
    reason = "a replay needs folders and the program, not a server"
)]
mod support;
mod tabs;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::rc::Rc;

use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use serde_json::{Value, json};

use lived::{Random, live};
use support::{Folder, plimsoll};

const POLICY: &str = r#"{"format": 1, "revision": "now", "plans": [
    {"id": "free", "name": "Free", "quotas": {"emails": {"limit": 1000, "period": "month"}}},
    {"id": "pro", "name": "Pro", "buy": "checkout", "quotas": {"emails": {"limit": 50000, "period": "month"}}, "features": ["automation"]}]}"#;
const OTHER: &str = r#"{"format": 1, "revision": "next", "thresholds": [60, 95], "plans": [
    {"id": "free", "name": "Free", "quotas": {"emails": {"limit": 1000, "period": "month"}}},
    {"id": "pro", "name": "Pro", "buy": "checkout", "quotas": {"emails": {"limit": 50000, "period": "month"}}, "features": ["automation"]}]}"#;

/// A folder with two policies and some inputs.
struct Scene(Folder);

impl Scene {
    fn new(name: &str) -> Scene {
        let scene = Scene(Folder::new(name));
        scene.write("now.json", POLICY);
        scene.write("next.json", OTHER);
        scene
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.path().join(name), text).expect("writes");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).expect("reads")
    }

    /// Exit code, standard output and standard error.
    fn run(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = plimsoll();
        command.current_dir(self.0.path()).arg("replay").args(words);
        let output = command.output().expect("runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let code = output.status.code().expect("a code");
        (code, text(output.stdout), text(output.stderr))
    }

    /// The report of a replay under the one policy, or both.
    fn report(&self, inputs: &str, more: &[&str]) -> Value {
        let words = [
            &[inputs, "--policy", "now.json", "--json", "out.json"],
            more,
        ]
        .concat();
        let (code, _, err) = self.run(&words);
        assert_eq!((code, err.as_str()), (0, ""));
        serde_json::from_str(&self.read("out.json")).expect("JSON")
    }
}

fn text_of(lines: &[(i64, String)]) -> String {
    lines.iter().map(|(_, line)| format!("{line}\n")).collect()
}

fn showings(report: &Value) -> BTreeMap<(String, String), (u64, u64)> {
    let rows = report["policy"]["showings"].as_array().expect("a list");
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let row = |row: &Value| {
        let key = (text(row, "prompt"), text(row, "subject"));
        let counts = (row["showings"].as_u64(), row["users"].as_u64());
        (
            key,
            (counts.0.expect("a count"), counts.1.expect("a count")),
        )
    };
    rows.iter().map(row).collect()
}

#[test]
fn what_was_recorded_happens_again_under_the_same_policy() {
    let scene = Scene::new("again");
    let bytes = Policy::parse(POLICY).expect("right").compile("en");
    let plim = Rc::new(Plim::open(&bytes).expect("compiled"));
    let lived = live(&plim, 60, 25);
    scene.write("inputs.jsonl", text_of(&lived.lines));
    let report = scene.report("inputs.jsonl", &[]);
    assert!(lived.showings.len() >= 6, "{:?}", lived.showings);
    assert_eq!(showings(&report), lived.showings);
    assert_eq!(
        report["policy"]["limit_hits"],
        json!(lived.limit_hits.len())
    );
    assert_eq!(report["inputs"]["kinds"], json!(["sampled"]));
    assert_eq!(report["inputs"]["users"], json!(60));
    assert_eq!(report["inputs"]["accounts"], json!(30));
    assert_eq!(report["inputs"]["recordings"], json!(lived.lines.len()));
    assert_eq!(report["inputs"]["skipped_lines"], json!(0));
}

#[test]
fn the_number_of_cores_changes_nothing() {
    let scene = Scene::new("cores");
    let bytes = Policy::parse(POLICY).expect("right").compile("en");
    let plim = Rc::new(Plim::open(&bytes).expect("compiled"));
    let mut lines = text_of(&live(&plim, 20, 8).lines);
    lines.push_str("half a line\n");
    scene.write("inputs.jsonl", &lines);
    scene.write("usage.csv", usage(40, 90));
    fs::create_dir(scene.0.path().join("both")).expect("makes a folder");
    for name in ["inputs.jsonl", "usage.csv"] {
        fs::rename(
            scene.0.path().join(name),
            scene.0.path().join("both").join(name),
        )
        .expect("moves");
    }
    let mut reports = BTreeSet::new();
    for jobs in ["1", "2", "5"] {
        let more = [
            "--against",
            "next.json",
            "--jobs",
            jobs,
            "--html",
            "out.html",
        ];
        let report = scene.report("both", &more);
        assert_eq!(report["inputs"]["kinds"], json!(["sampled", "usage_only"]));
        reports.insert((report.to_string(), scene.read("out.html")));
    }
    assert_eq!(reports.len(), 1);
}

/// Random rows for so many accounts and days, in the order of days.
fn usage(accounts: u64, days: u64) -> String {
    let mut random = Random(7);
    let mut text = String::from("account,date,meter,amount\n");
    for day in 0..days {
        let date = jiff::civil::date(2026, 1, 1).checked_add(jiff::Span::new().days(day as i64));
        let date = date.expect("a date");
        for account in 0..accounts {
            let amount = random.below(2 + account * 3);
            text.push_str(&format!("acc_{account},{date},emails,{amount}\n"));
        }
    }
    text
}

/// Crossings of real counts, found by adding up: 16 series, each with a limit of its month.
#[test]
fn crossings_of_real_counts_are_those_that_a_sum_finds() {
    let scene = Scene::new("real");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let series = fs::read_to_string(root.join("tests/data/forecast/series.csv")).expect("reads");
    let (mut table, mut wanted) = (String::from("account,date,meter,amount\n"), BTreeMap::new());
    let (mut month, mut sum) = (String::new(), 0_u64);
    const LIMIT: u64 = 60_000;
    for line in series.lines().skip(1) {
        let mut cells = line.rsplitn(4, ',');
        let mut cell = || cells.next().expect("four columns");
        let (value, date, _, name) = (cell(), cell(), cell(), cell());
        table.push_str(&format!("{name},{date},events,{value}\n"));
        let value: u64 = value.parse().expect("a count");
        let this = format!("{name} {}", &date[..7]);
        if this != month {
            (month, sum) = (this, 0);
        }
        for percent in [50, 75, 90, 100] {
            let count = (LIMIT * percent).div_ceil(100);
            if (sum..sum + value).contains(&(count - 1)) {
                *wanted.entry(percent).or_insert(0_u64) += 1;
            }
        }
        sum += value;
    }
    scene.write("series.csv", table);
    let policy = json!({"format": 1, "plans": [
        {"id": "free", "name": "Free", "quotas": {"events": {"limit": LIMIT, "period": "month"}}}]});
    scene.write("now.json", policy.to_string());
    let report = scene.report("series.csv", &["--respond", "never"]);
    let crossings = report["policy"]["crossings"].as_array().expect("a list");
    let found: BTreeMap<u64, u64> = crossings
        .iter()
        .map(|row| {
            (
                row["percent"].as_f64().expect("a number") as u64,
                row["count"].as_u64().expect("a count"),
            )
        })
        .collect();
    assert!(wanted.values().sum::<u64>() > 100, "{wanted:?}");
    assert_eq!(found, wanted);
    assert_eq!(
        report["inputs"]["usage_rows"],
        json!(series.lines().count() - 1)
    );
    assert_eq!(report["inputs"]["accounts"], json!(16));
}

#[test]
fn two_policies_are_held_against_each_other() {
    let scene = Scene::new("against");
    // Passes 55 % and no more: a prompt at 50 and none at 60. The other passes 65 %: one of each.
    scene.write(
        "usage.csv",
        "account,date,meter,amount\nlow,2026-01-05,emails,550\nhigh,2026-01-05,emails,650\n",
    );
    let report = scene.report(
        "usage.csv",
        &["--against", "next.json", "--html", "out.html"],
    );
    let difference = &report["difference"];
    assert_eq!(difference["users_newly_prompted"], json!(1));
    assert_eq!(difference["newly_prompted"], json!([{"account": "low"}]));
    assert_eq!(difference["users_no_longer_prompted"], json!(0));
    let change = |prompt: &str, newly: u64, no_longer: u64| {
        json!({"prompt": prompt, "subject": "emails", "newly_seen_by_users": newly,
            "no_longer_seen_by_users": no_longer})
    };
    assert_eq!(
        difference["prompts"],
        json!([change("default-50", 2, 0), change("default-60", 0, 1)])
    );
    let html = scene.read("out.html");
    assert!(html.contains("next.json") && html.contains("low") && !html.contains("<script"));
    assert!(
        !html.contains("http://") && !html.contains("https://"),
        "self-contained"
    );
}

#[test]
fn a_broken_line_is_named_with_its_file_and_reason_and_skipped() {
    let scene = Scene::new("broken");
    let mut csv = b"account,date,meter,amount\n".to_vec();
    for line in [
        "a,2026-01-05,emails,550",
        "a,2026-01-04,emails,1",
        "b,yesterday,emails,1",
        "b,2026-01-05,emails,-1",
        "b,2026-01-05,emails",
        ",2026-01-05,emails,1",
        "b,2026-01-05,other,1",
    ] {
        csv.extend(format!("{line}\n").bytes());
    }
    csv.extend(b"b,2026-01-05,emails,\xff\n");
    csv.extend(vec![b'x'; 3 << 20]);
    csv.extend(b"\nb,2026-01-06,emails,2\n");
    scene.write("usage.csv", &csv);
    let report = scene.report("usage.csv", &[]);
    assert_eq!(report["inputs"]["usage_rows"], json!(2));
    assert_eq!(
        report["inputs"]["skipped"],
        json!({"bad_account": 1, "bad_amount": 1, "bad_date": 1, "columns": 1, "line_too_long": 1,
            "not_utf8": 1, "out_of_order": 1})
    );
    assert_eq!(report["inputs"]["unknown_meters"], json!({"other": 1}));
    let (_, out, _) = scene.run(&["usage.csv", "--policy", "now.json"]);
    for words in [
        "7 lines were skipped",
        "  usage.csv:3: out_of_order: `a` goes back in time\n    help: sort by time",
        "  usage.csv:4: bad_date: `yesterday` is not a date\n    help: write `2026-11-22`",
        "  usage.csv:10: line_too_long: longer than a mebibyte",
        "1 row of `other`, which no policy has",
    ] {
        assert!(out.contains(words), "{words}\n{out}");
    }
}

#[test]
fn a_broken_recording_is_named_and_its_neighbours_count() {
    let scene = Scene::new("damaged");
    let bytes = Policy::parse(POLICY).expect("right").compile("en");
    let plim = Rc::new(Plim::open(&bytes).expect("compiled"));
    let lines: Vec<String> = live(&plim, 1, 3)
        .lines
        .into_iter()
        .map(|(_, line)| line)
        .collect();
    let inputs = |line: &str, change: &dyn Fn(String) -> String| {
        let mut event: Value = serde_json::from_str(line).expect("JSON");
        let text = event["properties"]["inputs"]
            .as_str()
            .expect("a text")
            .to_owned();
        event["properties"]["inputs"] = json!(change(text));
        event.to_string()
    };
    let changed = |text: String| {
        text[..text.len() - 1].to_owned() + if text.ends_with('A') { "B" } else { "A" }
    };
    let broken = [
        inputs(&lines[0], &changed),
        inputs(&lines[0], &|text| text.replacen("R1", "R2", 1)),
        inputs(&lines[0], &|_| "hello".into()),
        lines[0].replace("groupId", "group"),
        "{".into(),
        r#"{"type":"track","event":"Prompt Shown"}"#.into(),
        lines[0].clone(),
        lines[0].clone(),
        inputs(&lines[1], &|text| text[..text.len() - 5].to_owned()),
        lines[3].clone(),
        lines[2].clone(),
    ];
    scene.write("inputs.ndjson", broken.join("\n"));
    let report = scene.report("inputs.ndjson", &[]);
    let found = &report["inputs"];
    assert_eq!(
        found["skipped"],
        json!({"field_missing": 1, "not_json": 1, "not_recording": 1, "out_of_order": 1, "recording_damaged": 1,
            "recording_format": 1, "repeated": 1})
    );
    assert_eq!(
        (&found["other_events"], &found["cut_recordings"]),
        (&json!(1), &json!(1))
    );
    assert!(found["lost_inputs"].as_u64() > Some(0));
    assert!(found["missing_recordings"].as_u64() > Some(0));
}

#[test]
fn a_policy_of_something_else_is_told_by_what_it_does_not_have() {
    let scene = Scene::new("unknown");
    let bytes = Policy::parse(POLICY).expect("right").compile("en");
    let plim = Rc::new(Plim::open(&bytes).expect("compiled"));
    scene.write("inputs.jsonl", text_of(&live(&plim, 4, 5).lines));
    let foreign = POLICY.replace("emails", "seats").replace("free", "hobby");
    scene.write("other.json", foreign);
    let report = scene.report("inputs.jsonl", &["--against", "other.json"]);
    assert_eq!(report["policy"]["unknown_inputs"], json!(0));
    let unknown = report["against"]["unknown_inputs"].as_u64();
    assert!(unknown > Some(0), "{unknown:?}");
    let (_, out, _) = scene.run(&["inputs.jsonl", "--policy", "other.json"]);
    assert!(
        out.contains("of a meter, feature or plan that other.json does not have"),
        "{out}"
    );
}

#[test]
fn policies_of_one_file_name_are_told_apart_by_their_revision() {
    let scene = Scene::new("twice");
    scene.write(
        "usage.csv",
        "account,date,meter,amount\na,2026-01-05,emails,550\n\n",
    );
    fs::create_dir(scene.0.path().join("old")).expect("a folder");
    scene.write("old/now.json", OTHER);
    let report = scene.report("usage.csv", &["--against", "old/now.json"]);
    assert_eq!(report["against"]["file"], json!("now.json next"));
    // The empty line at the end of a table is no mistake.
    assert_eq!(report["inputs"]["skipped_lines"], json!(0));
}

#[test]
fn a_file_without_a_header_and_an_empty_one_are_nothing_to_replay() {
    let scene = Scene::new("nothing");
    scene.write("usage.csv", "a,2026-01-05,emails,550\n");
    let (code, out, err) = scene.run(&["usage.csv", "--policy", "now.json"]);
    assert!(code == 1 && out.contains("usage.csv:1: no_header"), "{out}");
    assert!(!out.contains("Users who see a prompt"), "{out}");
    assert_eq!(
        err,
        "error: there was nothing to replay\n  help: export more, or see above which lines were skipped; docs/replay.md has the formats\n"
    );
    scene.write("empty.jsonl", "");
    let (code, _, err) = scene.run(&["empty.jsonl", "--policy", "now.json"]);
    assert_eq!(
        (code, err.as_str()),
        (
            1,
            "error: there was nothing to replay\n  help: export more, or see above which lines were skipped; docs/replay.md has the formats\n"
        )
    );
}

#[test]
fn what_cannot_be_asked_is_told() {
    let scene = Scene::new("asked");
    scene.write(
        "usage.csv",
        "account,date,meter,amount\na,2026-01-05,emails,1\n",
    );
    scene.write("notes.txt", "");
    scene.write("wrong.json", "{}");
    fs::create_dir_all(scene.0.path().join("empty")).expect("makes a folder");
    let cases: [(&[&str], i32, &str); 13] = [
        (&[], 2, "needs a file or folder"),
        (&["usage.csv"], 2, "needs `--policy FILE`"),
        (
            &["usage.csv", "--policy", "now.json", "--jobs", "0"],
            2,
            "`--jobs` is 1 to 256",
        ),
        (
            &["usage.csv", "--policy", "now.json", "--respond", "soon"],
            2,
            "later, never or ignore, not `soon`",
        ),
        (
            &["nowhere", "--policy", "now.json"],
            1,
            "`nowhere` cannot be read",
        ),
        (
            &["notes.txt", "--policy", "now.json"],
            1,
            "ends in none of .csv",
        ),
        (
            &["usage.csv", "--policy", "nowhere.json"],
            1,
            "cannot be read",
        ),
        (
            &["usage.csv", "--policy", "wrong.json"],
            1,
            "error[missing_field]",
        ),
        (
            &["usage.csv", "--policy", "now.json", "--plan", "gold"],
            1,
            "no plan `gold`\n  help: its plans are free, pro",
        ),
        (
            &["usage.csv", "--policy", "now.json", "--plan", "fre"],
            1,
            "no plan `fre`\n  help: did you mean `free`?",
        ),
        (&["empty", "--policy", "now.json"], 1, "holds no file"),
        (
            &["usage.csv", "--policy", "now.json", "--json", "no/where"],
            1,
            "cannot write `no/where`",
        ),
        (
            &[
                "usage.csv",
                "--policy",
                "now.json",
                "--attributes",
                "nowhere",
            ],
            1,
            "`nowhere` cannot be read",
        ),
    ];
    for (words, code, message) in cases {
        let (found, _, err) = scene.run(words);
        assert!(
            found == code && err.contains(message) && err.contains("\n  help: "),
            "{words:?}: {found} {err}"
        );
    }
}

#[test]
fn attributes_decide_about_audiences_when_they_are_given() {
    let scene = Scene::new("audience");
    let mut policy: Value = serde_json::from_str(POLICY).expect("JSON");
    policy["prompts"] = json!([{"id": "default-50", "trigger": {"threshold_percent": 50}, "surface": "banner",
        "audience": {"country": "PT"}}]);
    scene.write("now.json", policy.to_string());
    scene.write(
        "usage.csv",
        "account,date,meter,amount\na,2026-01-05,emails,550\nb,2026-01-05,emails,550\n",
    );
    let report = scene.report("usage.csv", &[]);
    assert_eq!(report["policy"]["users_prompted"], json!(0));
    assert!(report["assumptions"].to_string().contains("(`default-50`)"));
    scene.write(
        "known.jsonl",
        "{\"account\": \"a\", \"attributes\": {\"country\": \"PT\"}}\n{\"account\": \"b\", \"user\": \"\", \"attributes\": {\"country\": \"BR\"}}\n",
    );
    let report = scene.report("usage.csv", &["--attributes", "known.jsonl"]);
    assert_eq!(report["policy"]["users_prompted"], json!(1));
    assert!(!report["assumptions"].to_string().contains("(`default-50`)"));
}

#[test]
fn attributes_that_cannot_be_read_end_the_replay_with_their_line() {
    let scene = Scene::new("attributes");
    scene.write(
        "usage.csv",
        "account,date,meter,amount\na,2026-01-05,emails,1\n",
    );
    let good = r#"{"account": "a", "user": null, "attributes": {}}"#;
    let cases = [
        (
            r#"{"account": "a", "atributes": {}}"#,
            "unknown key `atributes`\n  help: did you mean `attributes`?\n",
        ),
        (
            r#"{"account": "a", "attributes": 7}"#,
            "`attributes` is not an object\n  help: write `{",
        ),
        (r#"{"attributes": {}}"#, "`account` is missing\n  help: "),
        (
            r#"{"account": 7, "attributes": {}}"#,
            "`account` is not a text\n  help: ",
        ),
        ("[]", "not an object of JSON\n  help: "),
        ("{", "not an object of JSON\n  help: "),
    ];
    for (line, told) in cases {
        scene.write("known.jsonl", format!("{good}\n{line}\n"));
        let words = [
            "usage.csv",
            "--policy",
            "now.json",
            "--attributes",
            "known.jsonl",
        ];
        let (code, _, err) = scene.run(&words);
        let told = format!("error: `known.jsonl` cannot be read: line 2: {told}");
        assert!(
            code == 1 && err.starts_with(&told) && err.matches("help: ").count() == 1,
            "{line}: {err}"
        );
    }
}
