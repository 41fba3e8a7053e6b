//! In which language a prompt is said: the reader's where the policy or Plimsoll speaks it, else another, whole.

use super::promises::{SMALLEST, compiled, said, with, words};
use plimsoll::engine::input::ActionKind;
use plimsoll::plim::Plim;
use plimsoll::policy::{BuiltIn, Policy};
use serde_json::Value;

/// The label of `later`, in whatever language it is.
fn later(words: &Value) -> String {
    words["actions"][ActionKind::Later as usize].to_string()
}

fn locale(plim: &Plim) -> String {
    let root = plim.root().locale().to_owned();
    assert_eq!(words(plim)["locale"], root.as_str(), "words and core agree");
    root
}

#[test]
fn a_tag_finds_the_nearest_language_that_is_spoken() {
    for (wanted, spoken, label) in [
        ("en", "en", "Not now"),
        ("en-GB", "en-GB", "Not now"),
        ("de", "de", "Jetzt nicht"),
        ("de-AT", "de-AT", "Jetzt nicht"),
        ("DE-at-1996", "de-AT-1996", "Jetzt nicht"),
        ("AR-eg", "ar-EG", "ليس الآن"),
        ("ar-EG-u-nu-latn", "ar-EG-u-nu-latn", "ليس الآن"),
        ("es-419", "es-419", "Ahora no"),
        ("fr-CA", "fr-CA", "Pas maintenant"),
        ("ja-JP", "ja-JP", "今はしない"),
        ("pt-BR", "pt-BR", "Agora não"),
        ("pt", "pt-BR", "Agora não"),
        ("pt-PT", "pt-BR", "Agora não"),
        ("zh-Hant-TW", "en", "Not now"),
        ("sw-KE", "en", "Not now"),
        ("", "en", "Not now"),
        ("*", "en", "Not now"),
        ("de_DE", "en", "Not now"),
        ("d", "en", "Not now"),
        ("i-klingon", "en", "Not now"),
        ("de-toolongsubtag", "en", "Not now"),
        ("\u{202e}not a tag", "en", "Not now"),
        ("__proto__", "en", "Not now"),
    ] {
        let plim = compiled(SMALLEST, wanted);
        assert_eq!(locale(&plim), spoken, "{wanted}");
        assert_eq!(later(&words(&plim)), format!(r#"["{label}"]"#), "{wanted}");
        assert_eq!(words(&plim)["others"], serde_json::json!({}), "{wanted}");
    }
}

#[test]
fn what_no_language_of_the_reader_says_is_said_in_the_default_one() {
    let german = with(r#""default_locale": "de""#);
    for wanted in ["zh-Hant-TW", "", "not a tag", "de"] {
        let plim = compiled(&german, wanted);
        assert_eq!(locale(&plim), "de", "{wanted}");
        assert_eq!(later(&words(&plim)), r#"["Jetzt nicht"]"#, "{wanted}");
    }
    let dutch = r#"{"format": 1, "default_locale": "nl", "texts": {"nl": {"actions": {"later": "Later"}}},
        "plans": [{"id": "free", "name": {"nl": "Gratis"}, "quotas": {"emails": {"limit": 1000}}}]}"#;
    let plim = compiled(dutch, "sw");
    assert_eq!(locale(&plim), "nl");
    assert_eq!(later(&words(&plim)), r#"["Later"]"#);
    assert_eq!(words(&plim)["plans"][0]["name"], "Gratis");
}

const OWN: &str = r#""meters": {"emails": {"name": {"en": {"one": "e-mail", "other": "e-mails"}, "pt": {"other": "e-mails (pt)"}},
      "usage": {"en": "You have sent {used} of {limit} {meter}"}}},
    "features": {"sso": {"name": {"en": "Single sign-on", "pt-BR": "Login único", "sw": "Kuingia"}}},
    "texts": {"en": {"actions": {"later": "Tomorrow"}}, "nl": {"actions": {"later": "Morgen"}}},
    "prompts": [{"id": "own", "trigger": {"at_limit": true}, "texts": {"en": {"title": "Own"}, "sv": {"title": "Egen"}}}]"#;

#[test]
fn a_prompt_is_said_in_one_language_down_to_its_names_and_labels() {
    let pt = compiled(&with(OWN), "pt-BR");
    assert_eq!(locale(&pt), "pt-BR");
    assert_eq!(said(&pt, "default-90", "emails", "locale"), r#""pt-BR""#);
    let used = r#"["Você usou ",["used"]," de ",["limit"]," ",["meter"]]"#;
    assert_eq!(said(&pt, "default-90", "emails", "title"), used);
    assert_eq!(
        later(&words(&pt)),
        r#"["Agora não"]"#,
        "the reader's language goes before the policy's English"
    );
    assert_eq!(words(&pt)["features"][0]["name"], "Login único");
    assert_eq!(
        words(&pt)["meters"][0]["name"],
        serde_json::json!({"other": "e-mails (pt)"})
    );

    assert_eq!(
        said(&pt, "own", "emails", "title"),
        r#"["Own"]"#,
        "a prompt of the policy's own has its own words only"
    );
    assert_eq!(said(&pt, "own", "emails", "locale"), r#""en""#);
    let english = &words(&pt)["others"]["en"];
    assert_eq!(later(english), r#"["Tomorrow"]"#);
    assert_eq!(english["ui"]["close"], serde_json::json!(["Close"]));
    assert_eq!(english["features"][0]["name"], "Single sign-on");
    assert_eq!(english["meters"][0]["name"]["one"], "e-mail");
    assert_eq!(
        words(&pt)["others"].as_object().unwrap().len(),
        1,
        "and no language that no prompt needs"
    );
}

#[test]
fn a_language_of_which_the_policy_has_a_prompt_or_labels_is_spoken_and_one_of_names_alone_is_not() {
    let policy = Policy::parse(&with(OWN)).unwrap();
    assert_eq!(
        policy.locales(),
        ["en", "ar", "de", "es", "fr", "ja", "nl", "pt-BR", "sv"]
    );

    let swedish = compiled(&with(OWN), "sv-SE");
    assert_eq!(locale(&swedish), "sv-SE");
    assert_eq!(said(&swedish, "own", "emails", "title"), r#"["Egen"]"#);
    assert_eq!(said(&swedish, "own", "emails", "locale"), r#""sv-SE""#);
    assert_eq!(said(&swedish, "default-90", "emails", "locale"), r#""en""#);
    let sent = r#"["You have sent ",["used"]," of ",["limit"]," ",["meter"]]"#;
    assert_eq!(said(&swedish, "default-90", "emails", "title"), sent);

    let dutch = compiled(&with(OWN), "nl-BE");
    assert_eq!(
        (locale(&dutch), later(&words(&dutch))),
        ("nl-BE".into(), r#"["Morgen"]"#.into())
    );
    assert_eq!(
        locale(&compiled(&with(OWN), "sw")),
        "en",
        "a name makes no German dates in English sentences"
    );
}

#[test]
fn a_page_adds_the_built_in_texts_of_its_reader_alone_and_gets_the_same_bytes() {
    let needed = |text: &str, wanted: &str| {
        let policy = Policy::parse(text).unwrap();
        let mut built_in = BuiltIn::english();
        let mut needed = Vec::new();
        while let Some(tag) = policy.lacks(wanted, &built_in) {
            needed.push(tag);
            let json = std::fs::read_to_string(format!("src/policy/texts/{tag}.json")).unwrap();
            built_in.add(tag, &json);
        }
        assert_eq!(
            policy.compile_with(wanted, &built_in),
            policy.compile(wanted),
            "{wanted}"
        );
        needed
    };
    for (wanted, files) in [
        ("en-GB", &[][..]),
        ("sw", &[]),
        ("", &[]),
        ("de-AT", &["de"]),
        ("pt", &["pt-BR"]),
        ("ar", &["ar"]),
    ] {
        assert_eq!(needed(SMALLEST, wanted), files, "{wanted}");
    }
    let german = with(r#""default_locale": "de""#);
    assert_eq!(needed(&german, "sw"), ["de"]);
    assert_eq!(needed(&german, "ja"), ["de", "ja"]);
}

#[test]
fn texts_that_did_not_arrive_leave_english() {
    let policy = Policy::parse(SMALLEST).unwrap();
    let mut built_in = BuiltIn::english();
    built_in.add("de", "not JSON");
    let plim = Plim::open(&policy.compile_with("de", &built_in)).unwrap();
    assert_eq!(said(&plim, "default-90", "emails", "locale"), r#""en""#);
}
