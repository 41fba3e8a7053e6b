//! Texts become tokens, and what is wrong with one is said with its place.
//! Knows the variables of a meter; what a trigger offers is tested with the policy.
//! Fails when a text is read otherwise than docs/policy.md says.

use super::*;

fn json(source: &str) -> String {
    let mut walk = Walk::default();
    let text = Text::read(&mut walk, source, &At::Root, METER);
    match text {
        Some(text) => text.json(None),
        None => walk
            .errors
            .iter()
            .map(|error| format!("{}; {}", error.message, error.help))
            .collect(),
    }
}

#[test]
fn texts_become_tokens() {
    let cases = [
        ("plain", r#"["plain"]"#),
        (
            "You have sent {used} of {limit}.",
            r#"["You have sent ",["used"]," of ",["limit"],"."]"#,
        ),
        (
            "{used, plural, =0{none} one{# mail} other{# mails}}",
            r##"[["used",{"=0":["none"],"one":[["#"]," mail"],"other":[["#"]," mails"]}]]"##,
        ),
        (
            "{action, select, upgrade {Buy} other {Ask}}",
            r#"[["action",{"upgrade":["Buy"],"other":["Ask"]},"s"]]"#,
        ),
        ("it's '{'so'}' # isn''t", r##"["it's {so} # isn't"]"##),
        (
            "<img src=x onerror=alert(1)>",
            r#"["<img src=x onerror=alert(1)>"]"#,
        ),
        ("", "[]"),
    ];
    for (source, tokens) in cases {
        assert_eq!(json(source), tokens, "{source}");
    }
}

#[test]
fn the_meters_sentence_is_put_in() {
    let mut walk = Walk::default();
    let usage = Text::read(&mut walk, "{used} sent", &At::Root, USAGE).unwrap();
    let text = Text::read(&mut walk, "{usage}.", &At::Root, METER).unwrap();
    assert_eq!(text.json(Some(&usage)), r#"[["used"]," sent","."]"#);
}
