//! The command line: what is printed where, and with which exit code.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use plimsoll::plim::Plim;
use serde_json::Value;

use crate::support::{Folder, Request, Server, foreign, plimsoll};

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = plimsoll().args(arguments).output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code().expect("a code"),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn wrong_usage_is_exit_code_2_with_a_sentence() {
    let cases: [&[&str]; 9] = [
        &[],
        &["sail"],
        &["serve"],
        &["serve", "--data"],
        &["serve", "--data", "x", "--port", "65536"],
        &["serve", "--data", "x", "--origin", "*"],
        &["check"],
        &["check", "/nowhere/policy.json"],
        &["keys", "--list"],
    ];
    for arguments in cases {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(
            err.starts_with("error: ") && err.contains("\n  help: "),
            "{err}"
        );
    }
    let told: [(&[&str], &str); 9] = [
        (
            &["lint", "p.json"],
            "there is no command `lint`\n  help: did you mean `plimsoll check`?",
        ),
        (
            &["chekc"],
            "there is no command `chekc`\n  help: did you mean `plimsoll check`?",
        ),
        (&["schema"], "`policy.schema.json` in the npm package"),
        (
            &["check", "a", "--agains", "b"],
            "there is no option `--agains`\n  help: did you mean `--against`?",
        ),
        (
            &["check", "a.json", "b.json"],
            "`b.json` is one word too many\n  help: write `plimsoll check FILE [--against OLD] ",
        ),
        (
            &["check", "a", "--against"],
            "`--against` has no value\n  help: write `plimsoll check FILE ",
        ),
        (
            &["check", "a", "--json=1"],
            "`--json` takes no value such as `1`\n",
        ),
        (
            &["replay", "--polcy", "x"],
            "there is no option `--polcy`\n  help: did you mean `--policy`?",
        ),
        (
            &["--hepl"],
            "there is no option `--hepl`\n  help: `plimsoll --help` lists the commands",
        ),
    ];
    for (arguments, message) in told {
        let (code, _, err) = run(arguments);
        assert!(code == 2 && err.contains(message), "{arguments:?}: {err}");
    }
    let (code, out, _) = run(&["--help"]);
    assert!(code == 0 && out.contains("plimsoll serve --data DIR"));
    assert_eq!(
        run(&["--version"]).1,
        format!("plimsoll {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn what_cannot_work_is_exit_code_1() {
    let folder = Folder::new("cannot");
    let file = folder.path().join("file");
    std::fs::write(&file, "x").expect("writes");
    let (code, _, err) = run(&[
        "serve",
        "--port",
        "0",
        "--data",
        file.to_str().expect("text"),
    ]);
    assert!(
        code == 1 && err.contains("cannot use the data folder"),
        "{err}"
    );
    let data = folder.path().join("data");
    let data = data.to_str().expect("text");
    let (code, _, err) = run(&[
        "serve",
        "--port",
        "0",
        "--data",
        data,
        "--policy",
        "/nowhere.json",
    ]);
    assert!(code == 1 && err.contains("cannot be read"), "{err}");
    let server = Server::start(folder.path());
    let port = server.address.port().to_string();
    let (code, _, err) = run(&["serve", "--port", &port, "--data", data]);
    assert!(code == 1 && err.contains("cannot listen on"), "{err}");
    let short = plimsoll()
        .args(["serve", "--port", "0", "--data", data])
        .env("PLIMSOLL_PUBLISHABLE_KEY", "pk_x")
        .output()
        .expect("runs");
    assert_eq!(short.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&short.stderr).contains("a publishable key begins with `pk_`"));
}

#[test]
fn the_first_start_shows_its_keys_once_and_keeps_only_their_hashes() {
    let folder = Folder::new("first");
    let start = || {
        let mut child = plimsoll()
            .args(["serve", "--port", "0", "--data"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
            lines.push(line.expect("reads"));
            if lines
                .last()
                .is_some_and(|line| line.starts_with("listening on http://127.0.0.1:"))
            {
                break;
            }
        }
        (child, lines)
    };
    let (mut child, lines) = start();
    assert_eq!(lines.len(), 3, "{lines:?}");
    let secret = lines[1].split(' ').nth(2).expect("a key");
    assert!(lines[0].starts_with("publishable key pk_live_") && secret.starts_with("sk_live_"));
    child.kill().expect("killed");
    child.wait().expect("ended");
    let (mut child, lines) = start();
    assert_eq!(lines.len(), 1, "{lines:?}");
    child.kill().expect("killed");
    child.wait().expect("ended");
    for entry in std::fs::read_dir(folder.path()).expect("reads") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("reads");
        assert!(
            !bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes())
        );
    }
}

#[test]
fn a_new_key_works_in_a_running_server_and_a_revoked_one_stops() {
    let folder = Folder::new("rotate");
    let server = Server::start(folder.path());
    let data = folder.path().to_str().expect("text");
    let (code, out, _) = run(&["keys", "--data", data]);
    let publishable = out.split(' ').nth(2).expect("a key").to_owned();
    assert!(code == 0 && publishable.starts_with("pk_live_"), "{out}");
    let status = || {
        let body = serde_json::json!({"batch": [foreign("a", "acc")]}).to_string();
        let bearer = format!("Bearer {publishable}");
        Request::post("/v1/batch", body)
            .header("authorization", &bearer)
            .send(server.address)
            .status
    };
    let becomes = |wanted| {
        (0..60).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            status() == wanted
        })
    };
    assert!(becomes(202));
    let id = out
        .split("(id ")
        .nth(1)
        .and_then(|rest| rest.split(',').next())
        .expect("an id");
    let (_, listed, _) = run(&["keys", "--data", data, "--list"]);
    assert!(
        listed.lines().count() == 4 && listed.contains(id),
        "{listed}"
    );
    assert!(!listed.contains(&publishable));
    assert_eq!(run(&["keys", "--data", data, "--revoke", id]).0, 0);
    assert!(becomes(401));
    assert_eq!(run(&["keys", "--data", data, "--revoke", id]).0, 1);
}

#[test]
fn a_policy_without_mistakes_is_fine_and_compiles_to_a_file_for_each_locale() {
    let folder = Folder::new("check");
    let out = folder.path().join("out");
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../www/demo/policy.json");
    let (code, printed, err) = run(&["check", policy]);
    assert!(
        code == 0 && printed.contains("policy.json: fine, revision ") && err.is_empty(),
        "{printed}{err}"
    );
    let (code, printed, _) = run(&[
        "check",
        policy,
        "--json",
        "--out",
        out.to_str().expect("text"),
    ]);
    let report: Value = serde_json::from_str(&printed).expect("JSON");
    assert!(
        code == 0 && report["ok"] == true && report["errors"] == serde_json::json!([]),
        "{printed}"
    );
    for locale in report["locales"].as_array().expect("a list") {
        let locale = locale.as_str().expect("text");
        let bytes = std::fs::read(out.join(format!("policy.{locale}.plim"))).expect("written");
        let plim = Plim::open(&bytes).expect("a compiled policy");
        assert_eq!(plim.root().locale(), locale);
        assert_eq!(
            plim.root().revision(),
            report["revision"].as_str().expect("text")
        );
    }
    // For readers of the language elsewhere, and for those whose language is not spoken.
    for (name, locale) in [("policy.pt.plim", "pt-BR"), ("policy.plim", "en")] {
        let bytes = std::fs::read(out.join(name)).expect("written");
        let plim = Plim::open(&bytes).expect("a compiled policy");
        assert_eq!(plim.root().locale(), locale);
    }
    let server = std::fs::read(out.join("policy.server.json")).expect("written");
    let server: Value = serde_json::from_slice(&server).expect("JSON");
    assert_eq!(
        (&server["format"], &server["revision"]),
        (&Value::from(1), &report["revision"])
    );
    let written = report["written"].as_array().expect("a list");
    let there = std::fs::read_dir(&out).expect("a folder").count();
    assert_eq!(written.len(), there, "{written:?}");
}

#[test]
fn a_built_in_prompt_that_the_policy_changes_is_counted_as_that() {
    let folder = Folder::new("changed");
    let file = folder.path().join("policy.json");
    let policy = r#"{"format": 1, "plans": [{"id": "free", "quotas": {"emails": {"limit": 9}}}],
        "prompts": [{"id": "default-50", "edge": "bottom"}, {"id": "default-at-limit", "rank": 5}]}"#;
    std::fs::write(&file, policy).expect("a policy");
    let (code, printed, _) = run(&["check", file.to_str().expect("text")]);
    let said = "0 own, 6 built in, 2 of them changed";
    assert!(code == 0 && printed.contains(said), "{printed}");
}

#[test]
fn the_page_about_running_it_has_every_option() {
    let page = include_str!("../../../docs/collector.md");
    let (_, help, _) = run(&["--help"]);
    let sections = help.split("\n\n");
    let mut told = 0;
    for section in sections
        .filter(|text| text.starts_with("plimsoll serve") || text.starts_with("plimsoll keys"))
    {
        for word in section.split([' ', '[', ']', '\n']) {
            let known = word.starts_with("--") || word.starts_with("PLIMSOLL_");
            assert!(
                !known || page.contains(&format!("{word} ")) || page.contains(&format!("{word}`")),
                "{word}"
            );
            told += usize::from(known);
        }
    }
    assert!(told > 12 && page.contains("| 7420 |"), "{told}");
}

/// A policy with one warning.
const ODD: &str = r#"{"format": 1, "plans": [{"id": "free", "quotas": {"emails": {"limit": 9}}}, {"id": "pro", "quotas": {"emails": {"limit": 8}}}]}"#;

#[test]
fn a_warning_is_told_and_refuses_only_when_asked() {
    let folder = Folder::new("warnings");
    let file = folder.path().join("policy.json");
    std::fs::write(&file, ODD).expect("writes");
    let file = file.to_str().expect("text");
    let (code, out, err) = run(&["check", file]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.starts_with("warning[limit_falls]: plans[1].quotas.emails (pro, line 1)\n  "),
        "{out}"
    );
    assert!(
        out.contains("at most 3 interruptions in any 7 days"),
        "{out}"
    );
    assert!(
        !out.contains('\u{1b}'),
        "no colours where nobody looks: {out}"
    );
    assert!(
        out.contains("policy.json: fine, revision ") && out.ends_with(", 1 warning\n"),
        "{out}"
    );
    let written = folder.path().join("out");
    let (code, out, _) = run(&[
        "check",
        file,
        "--deny-warnings",
        "--out",
        written.to_str().expect("text"),
    ]);
    assert!(
        code == 1
            && out.ends_with("policy.json: refused: 1 warning, and `--deny-warnings` was given\n"),
        "{out}"
    );
    assert!(!written.exists(), "what is refused is not written");
    let (code, out, _) = run(&["check", file, "--json", "--deny-warnings"]);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &report["ok"]), (1, &Value::Bool(false)), "{out}");
    let warning = &report["warnings"][0];
    assert_eq!(
        (&warning["code"], &warning["id"], &warning["line"]),
        (&"limit_falls".into(), &"pro".into(), &1.into())
    );
    let week = &report["worst_week"];
    let met = week["witness"]["interruptions"].as_array().expect("a list");
    assert!(met.len() as u64 <= week["interruptions_max"].as_u64().expect("a number"));
    assert_eq!(met[0]["surface"], "modal", "{out}");
}

#[test]
fn a_policy_is_compared_with_the_one_that_is_published() {
    let folder = Folder::new("against");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("writes");
        file.to_str().expect("text").to_owned()
    };
    let (old, new) = (
        write("old.json", ODD),
        write("new.json", &ODD.replace("8", "80")),
    );
    let (code, out, _) = run(&["check", &new, "--against", &old]);
    assert!(
        code == 0 && out.contains("limits      ~ plans.pro.quotas.emails.limit  8 → 80"),
        "{out}"
    );
    assert!(
        run(&["check", &old, "--against", &old])
            .1
            .contains("nothing is different")
    );
    let running = |seed: &str| {
        let arms = r#"[{"id": "control"}, {"id": "late", "thresholds": [60, 80]}]"#;
        let experiments =
            format!(r#""experiments": [{{"id": "when", "seed": "{seed}", "arms": {arms}}}]"#);
        ODD.replace("\"format\": 1", &format!("\"format\": 1, {experiments}"))
    };
    let (old, new) = (
        write("a.json", &running("a")),
        write("b.json", &running("b")),
    );
    let out = folder.path().join("out");
    let (code, said, _) = run(&[
        "check",
        &new,
        "--against",
        &old,
        "--out",
        out.to_str().expect("text"),
    ]);
    assert!(
        code == 1 && said.contains("error[arms_moved]: experiments[0].seed"),
        "{said}"
    );
    assert!(!out.exists(), "what is refused is not written");
    assert_eq!(run(&["check", &new, "--against", "/nowhere/old.json"]).0, 2);
    let (code, said, _) = run(&["check", &new, "--against", &old, "--json"]);
    let report: Value = serde_json::from_str(&said).expect("JSON");
    assert!(code == 1 && report["errors"][0]["code"] == "arms_moved");
    assert_eq!(
        report["changes"],
        serde_json::json!([{"part": "experiments", "path": "experiments.when.seed", "was": "a", "now": "b"}])
    );
}

#[test]
fn what_is_no_policy_is_nothing_to_compare_with() {
    let folder = Folder::new("no-policy");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("writes");
        file.to_str().expect("text").to_owned()
    };
    let new = write("new.json", ODD);
    for (text, told) in [
        ("{\n\"a\": 1}", "error[unknown_field]: "),
        ("{", "error[json_syntax]: "),
    ] {
        let old = write("old.json", text);
        let (code, out, err) = run(&["check", &new, "--against", &old]);
        let place = format!("{told}{old}");
        assert!(
            code == 1 && out.contains(&place) && !out.contains("+ ") && err.is_empty(),
            "{out}{err}"
        );
        assert!(
            out.contains("new.json: refused: `") && out.contains("held against, has "),
            "{out}"
        );
        let (code, out, _) = run(&["check", &new, "--against", &old, "--json"]);
        let report: Value = serde_json::from_str(&out).expect("JSON");
        assert!(code == 1 && report["ok"] == false && report["errors"] == serde_json::json!([]));
        assert!(
            report["against_errors"][0]["help"].is_string() && report["changes"].is_null(),
            "{out}"
        );
    }
}

#[test]
fn a_change_is_told_whole_to_programs() {
    let folder = Folder::new("changes");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("writes");
        file.to_str().expect("text").to_owned()
    };
    let long = serde_json::json!({"en": "x".repeat(200)});
    let mut policy: Value = serde_json::from_str(ODD).expect("JSON");
    policy["plans"][0]["name"] = long.clone();
    let old = write("old.json", &policy.to_string());
    policy["plans"][0]["name"] = "3".into();
    policy["plans"][0]["quotas"]["emails"]["limit"] = 3.into();
    let new = write("new.json", &policy.to_string());
    let (_, out, _) = run(&["check", &new, "--against", &old, "--json"]);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        report["changes"],
        serde_json::json!([
            {"part": "limits", "path": "plans.free.quotas.emails.limit", "was": 9, "now": 3},
            {"part": "texts", "path": "plans.free.name", "was": long, "now": "3"},
        ])
    );
}

#[test]
fn a_file_that_cannot_be_used_is_told_with_help_and_as_json_too() {
    let folder = Folder::new("unusable");
    let file = folder.path().join("policy.json");
    std::fs::write(&file, ODD).expect("writes");
    let (file, under) = (
        file.to_str().expect("text"),
        file.join("out").to_str().expect("text").to_owned(),
    );
    let cases: [(&[&str], &str); 3] = [
        (&["check", "/nowhere/policy.json"], "unreadable"),
        (&["check", file, "--against", "/nowhere/x"], "unreadable"),
        (&["check", file, "--out", &under], "unwritable"),
    ];
    for (words, code) in cases {
        let (exit, out, err) = run(words);
        assert!(
            exit == 2 && out.is_empty() && err.contains("\n  help: "),
            "{words:?}: {exit} {out}{err}"
        );
        let (exit, out, err) = run(&[words, &["--json"]].concat());
        let report: Value = serde_json::from_str(&out).expect("JSON");
        assert!(
            exit == 2 && err.is_empty() && report["ok"] == false,
            "{out}{err}"
        );
        assert_eq!(report["errors"][0]["code"], code);
        assert!(report["errors"][0]["help"].is_string(), "{out}");
    }
}

#[test]
fn the_overview_shows_what_each_plan_grants() {
    let folder = Folder::new("grants");
    let file = folder.path().join("policy.json");
    let policy = r#"{"format": 1, "plans": [{"id": "hobby", "quotas": {"renders": {"limit": 200}}},
        {"id": "studio", "quotas": {"renders": {"limit": 2000}}, "features": ["batch"]},
        {"id": "farm", "quotas": {"renders": {"limit": "unlimited"}}, "features": ["batch", "sso"]}]}"#;
    std::fs::write(&file, policy).expect("writes");
    let (_, out, _) = run(&["check", file.to_str().expect("text")]);
    let table = concat!(
        "  plans                hobby  studio       farm\n",
        "  meters      renders    200   2,000  unlimited\n",
        "  features    batch                ✓          ✓\n",
        "              sso                             ✓\n",
    );
    assert!(out.contains(table), "{out}");
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../www/demo/policy.json");
    let mut child = plimsoll()
        .args(["check", policy])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr)
        ),
        (Some(0), "".into())
    );
}

#[test]
fn every_mistake_of_a_policy_is_said_at_once_and_serve_refuses_it_too() {
    let folder = Folder::new("mistakes");
    let file = folder.path().join("policy.json");
    std::fs::write(&file, r#"{"format": 1, "plans": [{"id": "free", "quotas": {"emails": {"limit": 0}}}], "colour": 1}"#)
        .expect("writes");
    let file = file.to_str().expect("text");
    let (code, out, err) = run(&["check", file]);
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(
        out.matches("error[").count() >= 2 && out.matches("\n  help: ").count() >= 2,
        "{out}"
    );
    assert!(out.ends_with(": refused, 2 errors, 0 warnings\n"), "{out}");
    let (code, out, _) = run(&["check", file, "--json"]);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert!(code == 1 && report["ok"] == false, "{out}");
    for error in report["errors"].as_array().expect("a list") {
        for field in ["code", "path", "message", "help"] {
            assert!(error[field].is_string(), "{error}");
        }
    }
    let data = folder.path().to_str().expect("text");
    let (code, _, err) = run(&["serve", "--port", "0", "--data", data, "--policy", file]);
    assert!(code == 1 && err.contains("error["), "{err}");
    let damaged = folder.path().join("x.plim");
    std::fs::write(&damaged, b"PLIM\x01\0\0\0damaged and more").expect("writes");
    let damaged = damaged.to_str().expect("text");
    let (code, _, err) = run(&["serve", "--port", "0", "--data", data, "--policy", damaged]);
    assert!(code == 1 && err.contains("error[policy_checksum]"), "{err}");
}
