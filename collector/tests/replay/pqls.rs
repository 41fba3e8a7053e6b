//! Accounts that are a PQL under a policy: found again by counting what was lived, and gained or lost by
//! another line. It knows the rules of points only where three of one thing are enough.

use std::collections::BTreeMap;
use std::rc::Rc;

use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use serde_json::{Value, json};

use super::lived::live;
use super::{POLICY, Scene, text_of};

/// The policy with a score.
fn with(scoring: Value) -> String {
    let mut policy: Value = serde_json::from_str(POLICY).expect("JSON");
    policy["scoring"] = scoring;
    policy.to_string()
}

fn pql(date: &str, account: &str) -> Value {
    json!({"date": date, "account": account})
}

#[test]
fn usage_alone_gains_and_loses_pqls_by_the_thresholds_it_crosses() {
    let scene = Scene::new("pqls");
    // Five points a threshold, for ever: 50 and 75 % are enough.
    let signals = json!({"approaching_limit": {"half_life_days": 0}});
    scene.write(
        "now.json",
        with(json!({"line": 10, "signals": &signals, "exclusions": {"accounts": ["ours"]}})),
    );
    scene.write("next.json", with(json!({"line": 5})));
    scene.write(
        "usage.csv",
        "account,date,meter,amount\na,2026-01-05,emails,550\nb,2026-01-05,emails,510\nours,2026-01-05,emails,800\n\
         a,2026-01-06,emails,250\nc,2026-01-07,emails,20\nb,2026-01-08,emails,20\n",
    );
    let report = scene.report(
        "usage.csv",
        &["--against", "next.json", "--html", "out.html"],
    );
    let (policy, against) = (&report["policy"], &report["against"]);
    assert_eq!(policy["first_pqls"], json!([pql("2026-01-06", "a")]));
    assert_eq!((&policy["pqls"], &against["pqls"]), (&json!(1), &json!(3)));
    let difference = &report["difference"];
    assert_eq!(
        (&difference["pqls_gained"], &difference["pqls_lost"]),
        (&json!(0), &json!(2))
    );
    let lost = json!([pql("2026-01-05", "b"), pql("2026-01-05", "ours")]);
    assert_eq!(
        (&difference["gained"], &difference["lost"]),
        (&json!([]), &lost)
    );
    let html = scene.read("out.html");
    assert!(
        html.contains("Accounts that are a PQL, by week") && html.contains("Lost: 2"),
        "{html}"
    );
    let words = [
        "usage.csv",
        "--policy",
        "next.json",
        "--against",
        "now.json",
    ];
    let (_, out, _) = scene.run(&words);
    assert!(
        out.contains("PQLs gained                                    2\n  2026-01-05 `b`\n"),
        "{out}"
    );
    let (_, out, _) = scene.run(&["usage.csv", "--policy", "now.json"]);
    assert!(
        out.contains("PQLs                                           1\n  2026-01-06 `a`\n"),
        "{out}"
    );
}

#[test]
fn the_third_limit_hit_of_an_account_makes_it_a_pql_whoever_of_its_users_hit_it() {
    let scene = Scene::new("hits");
    let signals =
        json!({"limit_hit": {"points": 8, "cap": 24, "half_life_days": 0, "half_after": 0}});
    let scoring = |line: u64| json!({"defaults": false, "signals": &signals, "line": line});
    scene.write("now.json", with(scoring(24)));
    scene.write("next.json", with(scoring(25)));
    let bytes = Policy::parse(POLICY).expect("right").compile("en");
    let plim = Rc::new(Plim::open(&bytes).expect("compiled"));
    let lived = live(&plim, 60, 15);
    let mut hits: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (at, account) in &lived.limit_hits {
        hits.entry(account).or_default().push(*at);
    }
    let mut wanted = Vec::new();
    for (account, mut hits) in hits {
        hits.sort_unstable();
        if let Some(third) = hits.get(2) {
            let at = jiff::Timestamp::from_millisecond(*third).expect("a time");
            wanted.push((at.strftime("%Y-%m-%d").to_string(), account));
        }
    }
    wanted.sort();
    assert!((5..30).contains(&wanted.len()), "{wanted:?}");
    let wanted: Vec<Value> = wanted.iter().map(|(date, id)| pql(date, id)).collect();
    scene.write("inputs.jsonl", text_of(&lived.lines));
    let mut reports = Vec::new();
    for jobs in ["1", "3"] {
        reports.push(scene.report("inputs.jsonl", &["--against", "next.json", "--jobs", jobs]));
    }
    assert_eq!(reports[0], reports[1]);
    let mut found = reports[0]["policy"]["first_pqls"]
        .as_array()
        .expect("a list")
        .clone();
    found.sort_by_key(|pql| (pql["date"].to_string(), pql["account"].to_string()));
    assert_eq!(found, wanted);
    assert_eq!(reports[0]["against"]["pqls"], json!(0));
    assert_eq!(reports[0]["difference"]["pqls_gained"], json!(wanted.len()));
}
