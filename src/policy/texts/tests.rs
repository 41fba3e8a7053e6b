//! The built-in texts of all locales: complete, of one meaning, short enough for their places, set as the
//! language sets them. Knows no browser; whether they fit 320 px is measured in `tests/browser`.
//! Fails when a locale lacks a text, a plural form or a variable, or has one too long.

use super::*;
use core::iter::once;

/// The plural categories of cardinals (CLDR 48, `supplemental/plurals.json`).
const PLURALS: &[(&str, &[&str])] = &[
    ("en", &["one", "other"]),
    ("ar", &["zero", "one", "two", "few", "many", "other"]),
    ("de", &["one", "other"]),
    ("es", &["one", "many", "other"]),
    ("fr", &["one", "many", "other"]),
    ("ja", &["other"]),
    ("pt-BR", &["one", "many", "other"]),
];

/// The most of each kind of text, in columns: letters, of which a Chinese or Japanese one takes two. With these
/// what is built in stands on one line of a button and three of a banner at 320 px.
const LABEL_COLUMNS: usize = 31;
const UI_COLUMNS: usize = 66;
const TITLE_COLUMNS: usize = 80;
const SENTENCE_COLUMNS: usize = 90;

/// What a variable takes: seven digits, a name, a date with its year.
fn columns_of(variable: &str) -> usize {
    match variable {
        "#" | "used" | "limit" | "remaining" | "over" | "next_limit" => "1,000,000".len(),
        "percent" => "100 %".len(),
        "date" | "range" => "30 September 2027".len(),
        "price" => "US$ 1.499 por mês".len(),
        "outcome" => 0,
        _ => "Automation".len(),
    }
}

/// The texts of a locale by their place, each as tokens; a meter's sentence stands in what uses it.
fn flat(tag: &str) -> Vec<(String, Tree)> {
    let mut walk = Walk::default();
    let tree = Tree::parse(source(tag)).unwrap();
    let texts = read_texts(&mut walk, &tree, &At::Root, &|_| None);
    assert_eq!(walk.errors, [], "{tag}");
    let mut all: Vec<(String, &Text)> = Vec::new();
    all.extend(texts.usage.iter().map(|text| ("usage".into(), text)));
    let actions = texts.actions.iter();
    all.extend(
        actions.map(|(at, text)| (format!("actions.{}", ActionKind::ALL[*at].name()), text)),
    );
    all.extend(texts.ui.iter().map(|(id, text)| (format!("ui.{id}"), text)));
    for (id, words) in &texts.prompts {
        all.push((format!("prompts.{id}.title"), &words.title));
        let body = words.body.iter().enumerate();
        all.extend(body.map(|(at, text)| (format!("prompts.{id}.body[{at}]"), text)));
    }
    let tokens = |text: &Text| Tree::parse(&text.json(texts.usage.as_ref())).unwrap();
    all.into_iter()
        .map(|(place, text)| (place, tokens(text)))
        .collect()
}

/// A token: a plain text, or a variable with its forms.
enum Part<'t> {
    Plain(&'t str),
    Variable(&'t str, &'t [(String, Tree)], bool),
}

fn parts(tokens: &Tree) -> impl Iterator<Item = Part<'_>> {
    let Tree::List(tokens) = tokens else {
        panic!("{tokens:?} is no text")
    };
    tokens.iter().map(|token| match token {
        Tree::Text(plain) => Part::Plain(plain),
        Tree::List(token) => match &token[..] {
            [Tree::Text(name)] => Part::Variable(name, &[], false),
            [Tree::Text(name), Tree::Object(forms)] => Part::Variable(name, forms, true),
            [Tree::Text(name), Tree::Object(forms), _] => Part::Variable(name, forms, false),
            _ => panic!("{token:?} is no token"),
        },
        _ => panic!("{token:?} is no token"),
    })
}

/// Every form that a text can take, with its variables in braces.
fn forms(tokens: &Tree) -> Vec<String> {
    let mut all = vec![String::new()];
    for part in parts(tokens) {
        let choices = match part {
            Part::Plain(plain) => vec![plain.to_owned()],
            Part::Variable(name, [], _) => vec![format!("{{{name}}}")],
            Part::Variable(_, own, _) => own.iter().flat_map(|(_, form)| forms(form)).collect(),
        };
        let longer = |start: &String| -> Vec<String> {
            choices.iter().map(|end| format!("{start}{end}")).collect()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// The variables that a text cannot do without, sorted.
fn variables(tokens: &Tree) -> Vec<String> {
    let mut all: Vec<String> = parts(tokens)
        .filter_map(|part| match part {
            Part::Plain(_) => None,
            Part::Variable(name, own, _) => {
                let inner = own.iter().flat_map(|(_, form)| variables(form));
                Some(once(name.to_owned()).chain(inner).collect::<Vec<_>>())
            }
        })
        .flatten()
        .filter(|name| name != "#")
        .collect();
    all.sort();
    all.dedup();
    all
}

/// Whether it is a sentence that is said, and no label.
fn ends(tokens: &Tree) -> bool {
    forms(tokens).iter().all(|form| form.ends_with(['.', '。']))
}

fn columns(form: &str) -> usize {
    let plain = |text: &str| -> usize {
        text.chars()
            .map(|c| if c >= '\u{2e80}' { 2 } else { 1 })
            .sum()
    };
    let mut pieces = form.split('{');
    let first = plain(pieces.next().unwrap_or_default());
    let rest = pieces.map(|piece| {
        let (name, after) = piece.split_once('}').expect("a variable ends");
        columns_of(name) + plain(after)
    });
    first + rest.sum::<usize>()
}

#[test]
fn every_locale_says_all_that_english_says_of_the_same_things() {
    let english = flat("en");
    assert_eq!(
        english
            .iter()
            .filter(|(place, _)| place.starts_with("ui."))
            .count(),
        UI.len()
    );
    for (id, _) in PROMPTS {
        let title = format!("prompts.{id}.title");
        assert!(english.iter().any(|(place, _)| *place == title), "{id}");
    }
    for tag in LOCALES {
        let own = flat(tag);
        let places = |all: &[(String, Tree)]| -> Vec<String> {
            all.iter().map(|(place, _)| place.clone()).collect()
        };
        assert_eq!(places(&own), places(&english), "{tag}");
        for ((place, said), (_, meant)) in own.iter().zip(&english) {
            assert_eq!(variables(said), variables(meant), "{tag} {place}");
        }
    }
}

#[test]
fn every_plural_has_the_forms_of_its_language() {
    for (tag, categories) in PLURALS {
        let mut seen = 0;
        for (place, tokens) in flat(tag) {
            for part in parts(&tokens) {
                let Part::Variable(_, forms, true) = part else {
                    continue;
                };
                seen += 1;
                let names: Vec<&str> = forms.iter().map(|(name, _)| name.as_str()).collect();
                let of_language = names.iter().filter(|name| !name.starts_with('='));
                assert_eq!(
                    of_language.copied().collect::<Vec<_>>(),
                    *categories,
                    "{tag} {place}"
                );
                let says_none = names.contains(&"=0") || names.contains(&"zero");
                assert!(says_none || place.starts_with("ui."), "{tag} {place}");
            }
        }
        assert!(seen > 0, "{tag}");
    }
    let tags: Vec<&str> = PLURALS.iter().map(|(tag, _)| *tag).collect();
    assert_eq!(tags, LOCALES);
}

#[test]
fn every_text_has_room_in_its_place() {
    for tag in LOCALES {
        for (place, tokens) in flat(tag) {
            let room = match place.split('.').next() {
                Some("actions") => LABEL_COLUMNS,
                Some("ui") if !ends(&tokens) => UI_COLUMNS,
                Some("prompts") if place.ends_with("title") => TITLE_COLUMNS,
                _ => SENTENCE_COLUMNS,
            };
            for form in forms(&tokens) {
                let taken = columns(&form);
                assert!(
                    taken <= room,
                    "{tag} {place}: {taken} of {room} columns: {form}"
                );
            }
        }
    }
}

#[test]
fn every_text_is_set_as_its_language_sets_it() {
    for tag in LOCALES {
        for (place, tokens) in flat(tag) {
            for form in forms(&tokens) {
                let shown = format!("{tag} {place}: {form}");
                assert_eq!(form.trim(), form, "space around {shown}");
                assert!(
                    !form.contains("  ") && !form.contains(" \u{a0}"),
                    "two spaces in {shown}"
                );
                assert!(
                    !form.contains(['"', '\'', '`', '\u{b4}']),
                    "typewriter quotes in {shown}"
                );
                assert!(!form.contains(['!', '！']), "a shout in {shown}");
                assert!(
                    !form.contains("...") && !form.contains("--"),
                    "typewriter signs in {shown}"
                );
                let is_sentence = place.contains("body") && form != "{outcome}";
                assert!(
                    !is_sentence || form.ends_with(['.', '。']),
                    "no end to {shown}"
                );
                assert!(
                    !place.ends_with("title") || !form.ends_with(['.', '。']),
                    "an end to {shown}"
                );
                assert_eq!(misplaced(tag, &form), None, "{shown}");
            }
        }
    }
}

/// A sign that the language writes otherwise.
fn misplaced(tag: &str, form: &str) -> Option<char> {
    let signs = form.char_indices();
    let before = |at: usize| form[..at].chars().next_back();
    match tag {
        "fr" => signs
            .filter(|(at, sign)| ":;!?%".contains(*sign) && before(*at) != Some('\u{202f}'))
            .map(|(_, sign)| sign)
            .next(),
        "ja" => form.chars().find(|sign| ".,;:!?()".contains(*sign)),
        "ar" => form.chars().find(|sign| ",;?".contains(*sign)),
        _ => form.chars().find(|sign| "、。：（）،؛؟".contains(*sign)),
    }
}

#[test]
fn a_page_can_load_every_locale() {
    let loader = include_str!("../../../pkg/shell/compile.js");
    let imports = loader.matches("import(\"../dist/plimsoll_texts_").count();
    assert_eq!(imports, LOCALES.len() - 1);
    for tag in LOCALES.iter().skip(1) {
        let import = format!("import(\"../dist/plimsoll_texts_{tag}.js\")");
        assert!(loader.contains(&import), "{tag}");
    }
}

#[test]
fn the_checks_find_what_they_look_for() {
    let text = |source| {
        let mut walk = Walk::default();
        let text = Text::read(&mut walk, source, &At::Root, text::METER).unwrap();
        Tree::parse(&text.json(None)).unwrap()
    };
    let tokens = text("{used, plural, one {a {limit}} other {bb}} {remaining}");
    assert_eq!(forms(&tokens), ["a {limit} {remaining}", "bb {remaining}"]);
    assert_eq!(variables(&tokens), ["limit", "remaining", "used"]);
    assert_eq!(columns("a {limit}"), 11);
    assert_eq!(columns("残り"), 4);
    assert_eq!(misplaced("fr", "quoi ?"), Some('?'));
    assert_eq!(misplaced("ja", "はい."), Some('.'));
}
