//! Inputs that nobody can read, one mistake at a time: file, line and reason are named, and what stands around
//! it counts. It knows the words of the report on a terminal.

use std::fs;

use serde_json::json;

use super::Scene;

const HEADER: &str = "account,date,meter,amount\n";
const GOOD: &str = "z,2026-01-05,emails,1\n";

#[test]
fn every_mistake_of_a_table_is_named_and_its_neighbours_count() {
    let scene = Scene::new("mistakes");
    let cases: [(&[u8], &str); 16] = [
        (
            b"b,2026-02-30,emails,1",
            "bad_date: `2026-02-30` is not a date",
        ),
        (
            b"b,2026-13-01,emails,1",
            "bad_date: `2026-13-01` is not a date",
        ),
        (
            b"b,2026-00-00,emails,1",
            "bad_date: `2026-00-00` is not a date",
        ),
        (b"b,1969-12-31,emails,1", "bad_date: `1969-12-31`"),
        (
            b"b,2026-01-05T25:00:00Z,emails,1",
            "bad_date: `2026-01-05T25:00:00Z`",
        ),
        (b"b,05.01.2026,emails,1", "bad_date: `05.01.2026`"),
        (b"b,,emails,1", "bad_date: `` is not a date"),
        (
            b"b,2026-01-05,emails,-1",
            "bad_amount: `-1` is not an amount",
        ),
        (b"b,2026-01-05,emails,1.5", "bad_amount: `1.5`"),
        (b"b,2026-01-05,emails,", "bad_amount: ``"),
        (
            b"b,2026-01-05,emails,9007199254740992",
            "bad_amount: `9007199254740992`",
        ),
        (
            b",2026-01-05,emails,1",
            "bad_account: the account's id has 0 bytes",
        ),
        (
            b"b,2026-01-05,emails",
            "columns: 3 columns where the header has 4",
        ),
        (b"b,2026-01-05,\"emails,1", "columns: 3 columns"),
        (b"b,2026-01-05,em\xc3\x28ils,1", "not_utf8: not UTF-8"),
        (b"b", "columns: 1 column where the header has 4"),
    ];
    for (line, words) in cases {
        let text = [
            HEADER.as_bytes(),
            GOOD.as_bytes(),
            line,
            b"\n",
            GOOD.as_bytes(),
        ];
        scene.write("usage.csv", text.concat());
        let (code, out, err) = scene.run(&["usage.csv", "--policy", "now.json"]);
        let named = format!("1 line was skipped\n  usage.csv:3: {words}");
        assert!(
            code == 0 && err.is_empty() && out.contains(&named),
            "{named}\n{out}{err}"
        );
        assert!(
            out.starts_with("2 inputs of 1 user in 1 account\n2 rows of usage only\n"),
            "{out}"
        );
    }
}

#[test]
fn a_last_line_that_is_cut_is_named_and_one_without_its_newline_counts() {
    let scene = Scene::new("cut");
    let cases = [
        ("z,2026-01-06,emails,7", 2, "\n"),
        ("z,2026-01-06,ema", 1, "usage.csv:3: columns: 3 columns"),
        ("z,2026-0", 1, "usage.csv:3: columns: 2 columns"),
    ];
    for (line, rows, words) in cases {
        scene.write("usage.csv", format!("{HEADER}{GOOD}{line}"));
        let (_, out, _) = scene.run(&["usage.csv", "--policy", "now.json"]);
        assert!(
            out.starts_with(&format!("{rows} input")) && out.contains(words),
            "{out}"
        );
    }
    fs::create_dir_all(scene.0.path().join("all")).expect("makes a folder");
    scene.write("all/usage.csv", format!("{HEADER}{GOOD}"));
    scene.write(
        "all/cut.jsonl",
        "{\"type\":\"track\",\"event\":\"Inputs Rec",
    );
    let report = scene.report("all", &[]);
    assert_eq!(report["inputs"]["skipped"], json!({"not_json": 1}));
    let first = report["inputs"]["first_skipped"]
        .as_array()
        .expect("a list");
    assert!(
        first
            .iter()
            .any(|skipped| skipped["file"] == json!("all/cut.jsonl")),
        "{first:?}"
    );
}

#[test]
fn a_wrong_header_costs_its_own_file_alone_and_so_does_an_empty_one() {
    let scene = Scene::new("headers");
    let folder = scene.0.path().join("all");
    fs::create_dir_all(folder.join("older.csv")).expect("makes folders");
    scene.write(
        "all/a.csv",
        format!("account,day,meter,amount\n{GOOD}{GOOD}"),
    );
    scene.write("all/b.csv", "");
    scene.write("all/c.csv", HEADER);
    scene.write("all/d.csv", format!("{HEADER}{GOOD}"));
    scene.write("all/e.jsonl", "");
    scene.write("all/f.csv", "\u{feff}account;date;meter;amount\n");
    scene.write("all/notes.txt", "nothing of interest");
    let (code, out, err) = scene.run(&["all", "--policy", "now.json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for words in [
        "1 input of 1 user in 1 account\n1 row of usage only\n",
        "2 lines were skipped\n",
        "  all/a.csv:1: no_header: the header has no column `date`\n",
        "  all/f.csv:1: no_header: the header has no column `account`\n    help: begin the file with `account,date,meter,amount`",
    ] {
        assert!(out.contains(words), "{words}\n{out}");
    }
    fs::create_dir_all(scene.0.path().join("none")).expect("makes a folder");
    let (code, _, err) = scene.run(&["none", "--policy", "now.json"]);
    assert!(
        code == 1 && err.contains("`none` holds no file that ends in .csv"),
        "{err}"
    );
    let (code, _, err) = scene.run(&["all/older.csv", "--policy", "now.json"]);
    assert!(
        code == 1 && err.contains("`all/older.csv` holds no file"),
        "{err}"
    );
}
