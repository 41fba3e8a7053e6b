//! Policies made to do harm: too large, too deep, too many, or changed at random. Each ends in an answer.

use plimsoll::plim::Plim;
use plimsoll::policy::{POLICY_BYTES, Policy, PolicyError};
use std::fmt::Write as _;

const FULL: &str = include_str!("full.json");
/// The largest a compiled policy may become; the engine reads it in a memory of 1.2 MB.
const COMPILED_BYTES_MAX: usize = 640 * 1024;

fn errors(text: &str) -> Vec<PolicyError> {
    Policy::parse(text).expect_err("a mistake")
}

fn only(text: &str) -> PolicyError {
    let mut errors = errors(text);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors.remove(0)
}

#[test]
fn a_policy_of_five_megabytes_is_refused_unread() {
    let error = only(&"x".repeat(5_000_000));
    assert_eq!(error.code, "too_large");
    assert_eq!(
        error.message,
        "the policy has more than 262144 bytes (`5000000`)"
    );
    assert_eq!(
        error.help,
        "shorten texts, or let defaults and `texts` say what many prompts repeat"
    );
    let padded = |bytes: usize| {
        format!(
            "{}{}",
            r#"{"format":1,"plans":[{"id":"a"}]}"#,
            " ".repeat(bytes - 33)
        )
    };
    assert!(Policy::parse(&padded(POLICY_BYTES)).is_ok());
    assert!(Policy::parse(&padded(POLICY_BYTES + 1)).is_err());
}

#[test]
fn nesting_a_hundred_thousand_deep_is_refused_at_its_place() {
    let nest =
        |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let lists = nest("[", "]");
    let error = only(&format!(
        r#"{{"format": 1, "plans": [{{"id": "a", "name": {lists}}}]}}"#
    ));
    assert_eq!(
        (error.code, error.path.as_str()),
        ("wrong_type", "plans[0].name")
    );
    let condition = format!("{}1{}", r#"{"":"#.repeat(40_000), "}".repeat(40_000));
    let text = format!(
        r#"{{"format": 1, "plans": [{{"id": "a", "features": ["b"]}}], "features": {{"b": {{"precondition": {condition}}}}}}}"#
    );
    assert_eq!(only(&text).code, "not_supported_yet");
    let error = only(&lists);
    assert_eq!(
        (error.code, error.message.as_str()),
        ("wrong_type", "expected an object, found a list")
    );
}

#[test]
fn what_stands_below_the_deepest_level_is_told_as_too_deep() {
    // A tree may come from elsewhere than JSON text, so the mark itself is put where a value is expected.
    let tree =
        plimsoll::policy::Tree::Object(vec![("format".into(), plimsoll::policy::Tree::TooDeep)]);
    let errors = Policy::from_tree(&tree).expect_err("a mistake");
    assert_eq!(
        (errors[0].code, errors[0].path.as_str()),
        ("too_deep", "format")
    );
    assert_eq!(
        errors[0].message,
        "expected a whole number, found nesting deeper than 32"
    );
    assert_eq!(errors[0].help, "no part of a policy is nested that deep");
}

#[test]
fn a_policy_full_of_mistakes_is_told_the_first_hundred() {
    let mut fields = String::new();
    for index in 0..1_000 {
        write!(fields, ", \"x{index}\": 1").unwrap();
    }
    let errors = errors(&format!(
        r#"{{"format": 1, "plans": [{{"id": "a"}}]{fields}}}"#
    ));
    assert_eq!(errors.len(), 101);
    assert_eq!(errors[100].code, "too_many_errors");
    assert_eq!(errors[100].message, "there are more than 100 errors");
    assert_eq!(errors[100].help, "correct these first");
}

#[test]
fn twenty_thousand_unknown_names_are_not_all_compared() {
    let mut fields = String::new();
    for index in 10_000..30_000 {
        write!(fields, ", \"{index}\": 1").unwrap();
    }
    let errors = errors(&format!(
        r#"{{"format": 1, "plans": [{{"id": "a"{fields}}}]}}"#
    ));
    assert_eq!(errors.len(), 101);
}

#[test]
fn a_byte_order_mark_before_the_policy_is_no_mistake() {
    assert!(Policy::parse("\u{feff}{\"format\": 1, \"plans\": [{\"id\": \"a\"}]}").is_ok());
}

#[test]
fn a_name_of_ten_kilobytes_does_not_fill_the_message() {
    let name = "x".repeat(10_000);
    let error = only(&format!(
        r#"{{"format": 1, "plans": [{{"id": "{name}"}}]}}"#
    ));
    assert_eq!(error.code, "bad_id");
    assert_eq!(
        error.message,
        format!("`{}…` cannot be an id", "x".repeat(40))
    );
    let error = only(&format!(
        r#"{{"format": 1, "plans": [{{"id": "a", "quotas": {{"{name}": {{"limit": 1}}}}}}]}}"#
    ));
    assert_eq!(
        error.path,
        format!("plans[0].quotas[`{}…`]", "x".repeat(40))
    );
}

#[test]
fn no_message_moves_a_terminal() {
    let error = only(
        "{\"format\": 1, \"plans\": [{\"id\": \"a\u{1b}[2J\u{202e}`b\"}]}"
            .replace('\u{1b}', "\\u001b")
            .as_str(),
    );
    assert_eq!(error.message, "`a\u{fffd}[2J\u{fffd}'b` cannot be an id");
}

/// Plans with this many meters and features, and these prompts.
fn wide(meters: usize, features: usize, prompts: &str) -> String {
    let quotas: Vec<String> = (0..meters)
        .map(|index| format!(r#""m{index}": {{"limit": 10}}"#))
        .collect();
    let names: Vec<String> = (0..features)
        .map(|index| format!(r#""f{index}""#))
        .collect();
    format!(
        r#"{{"format": 1, "plans": [{{"id": "a", "quotas": {{{}}}, "features": [{}]}}], "prompts": [{prompts}]}}"#,
        quotas.join(","),
        names.join(",")
    )
}

#[test]
fn prompts_times_meters_have_a_bound() {
    let every_meter: Vec<String> = (0..500)
        .map(|index| format!(r#"{{"id": "p{index}", "trigger": {{"at_limit": true}}}}"#))
        .collect();
    let error = only(&wide(200, 0, &every_meter.join(",")));
    assert_eq!(
        (error.code, error.path.as_str()),
        ("too_many_instances", "prompts")
    );
    assert_eq!(
        error.message,
        "`101001` prompts once each meter, feature and arm has its own, at most 2000 fit"
    );
    assert_eq!(
        error.help,
        "name a `meter` or `feature` in the triggers, or write `\"defaults\": false`"
    );
}

#[test]
fn the_widest_policy_compiles_to_a_bounded_size() {
    let each: Vec<String> = (0..500)
        .map(|index| {
            format!(
                r#"{{"id": "p{index}", "trigger": {{"at_limit": true, "meter": "m{}"}}}}"#,
                index % 200
            )
        })
        .collect();
    let policy = Policy::parse(&wide(200, 200, &each.join(",")))
        .unwrap_or_else(|errors| panic!("{errors:#?}"));
    let bytes = policy.compile("pt-BR");
    assert!(bytes.len() < COMPILED_BYTES_MAX, "{} bytes", bytes.len());
    assert_eq!(
        Plim::open(&bytes).unwrap().root().prompts().len(),
        500 + 200 * 5 + 200 + 1
    );
}

#[test]
fn one_meter_or_plan_too_many_is_told_once() {
    let error = only(&wide(201, 0, ""));
    assert_eq!(
        (error.code, error.path.as_str()),
        ("too_many", "plans[0].quotas")
    );
    assert_eq!(error.message, "`201` entries, at most 200 fit");
    let plans: Vec<String> = (0..51)
        .map(|index| format!(r#"{{"id": "p{index}"}}"#))
        .collect();
    let error = only(&format!(
        r#"{{"format": 1, "plans": [{}]}}"#,
        plans.join(",")
    ));
    assert_eq!((error.code, error.path.as_str()), ("too_many", "plans"));
    let spread: Vec<String> = (0..3)
        .map(|plan| {
            let quotas: Vec<String> = (0..100)
                .map(|index| format!(r#""m{plan}x{index}": {{"limit": 1}}"#))
                .collect();
            format!(r#"{{"id": "p{plan}", "quotas": {{{}}}}}"#, quotas.join(","))
        })
        .collect();
    let error = only(&format!(
        r#"{{"format": 1, "plans": [{}]}}"#,
        spread.join(",")
    ));
    assert_eq!(
        (error.code, error.path.as_str()),
        ("too_many", "plans[2].quotas.m2x0")
    );
    assert_eq!(error.message, "more than 200 meters");
}

#[test]
fn each_list_holds_as_many_as_the_format_says_and_one_more_is_refused() {
    let many = |count: usize, item: &dyn Fn(usize) -> String| {
        let items: Vec<String> = (0..count).map(item).collect();
        items.join(",")
    };
    let plans = r#""format": 1, "plans": [{"id": "a", "quotas": {"m": {"limit": 9}}}]"#;
    let with = |member: String| format!("{{{plans}, {member}}}");
    let prompt = |index| format!(r#"{{"id": "p{index}", "trigger": {{"at_limit": true}}}}"#);
    let arms = r#"[{"id": "a"}, {"id": "b"}]"#;
    let experiment = |index| format!(r#"{{"id": "e{index}", "arms": {arms}}}"#);
    let group = |index| format!(r#""g{index}": ["a"]"#);
    let caps = |index| format!(r#""g{index}": {{"caps": []}}"#);
    let locale = |index: usize| {
        let letter = |index: usize| char::from(b'a' + u8::try_from(index % 26).unwrap());
        format!(r#""{}{}": {{}}"#, letter(index / 26), letter(index))
    };
    type Of<'a> = &'a dyn Fn(usize) -> String;
    let lists: [(&str, usize, Of<'_>); 5] = [
        ("prompts", 500, &|count| {
            with(format!(r#""prompts": [{}]"#, many(count, &prompt)))
        }),
        ("experiments", 100, &|count| {
            with(format!(r#""experiments": [{}]"#, many(count, &experiment)))
        }),
        ("groups", 100, &|count| {
            with(format!(r#""groups": {{{}}}"#, many(count, &group)))
        }),
        ("pacing.groups", 50, &|count| {
            with(format!(
                r#""pacing": {{"groups": {{{}}}}}"#,
                many(count, &caps)
            ))
        }),
        ("texts", 50, &|count| {
            with(format!(r#""texts": {{{}}}"#, many(count, &locale)))
        }),
    ];
    for (path, max, text) in lists {
        if let Err(errors) = Policy::parse(&text(max)) {
            panic!("{path}: {:?}", &errors[..1]);
        }
        let error = only(&text(max + 1));
        assert_eq!((error.code, error.path.as_str()), ("too_many", path));
        assert_eq!(
            error.message,
            format!("`{}` entries, at most {max} fit", max + 1)
        );
    }
    let features = |count| {
        format!(
            r#"{{"format": 1, "plans": [{{"id": "a", "features": [{}]}}]}}"#,
            many(count, &|index| format!(r#""f{index}""#))
        )
    };
    assert!(Policy::parse(&features(200)).is_ok());
    assert_eq!(only(&features(201)).path, "plans[0].features");
}

/// xorshift64*: the same changes in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}

/// Whatever it says, reading it answers; and what is read compiles to what opens.
fn answers(text: &str) -> bool {
    match Policy::parse(text) {
        Ok(policy) => {
            for locale in policy.locales().iter().take(2) {
                let plim = Plim::open(&policy.compile(locale)).expect("what was read compiles");
                assert!(
                    plim.root()
                        .prompts()
                        .iter()
                        .all(|prompt| prompt.titled() == 1)
                );
            }
            true
        }
        Err(errors) => {
            assert!(!errors.is_empty() && errors.len() <= 101);
            assert!(
                errors
                    .iter()
                    .all(|error| error.message.len() < 1_000 && !error.help.is_empty())
            );
            false
        }
    }
}

#[test]
fn random_bytes_in_a_policy_never_stop_the_program() {
    let mut random = Random(0x506c_696d);
    let alphabet: Vec<char> = "{}[]\":,'#=0189-.eEtrufalsn \\/*\u{0}\u{202e}é😀"
        .chars()
        .collect();
    for _ in 0..3_000 {
        let mut chars: Vec<char> = FULL.chars().collect();
        for _ in 0..=random.below(4) {
            let (at, with) = (
                random.below(chars.len()),
                alphabet[random.below(alphabet.len())],
            );
            match random.below(3) {
                0 => chars[at] = with,
                1 => chars.insert(at, with),
                _ => drop(chars.remove(at)),
            }
        }
        answers(&chars.into_iter().collect::<String>());
    }
}

#[test]
fn random_values_in_a_policy_never_stop_the_program() {
    let mut random = Random(0x736f_6c6c);
    let strange: Vec<serde_json::Value> = serde_json::from_str(
        r#"[null, true, false, 0, 1, -1, 99, 100, 101, 0.5, 9007199254740991, 9007199254740992, 1e300, "", "50", "month",
        "none", "unlimited", "en", "emails", "__proto__", "{used}", "{", "'{", "/x", "https://a.example", [], {}, [[]],
        [50, 75], {"en": "x"}, {"one": "x", "other": "y"}, {"used": 1}, {"at_limit": true}, {"id": "default-90"}]"#,
    )
    .unwrap();
    let whole: serde_json::Value = serde_json::from_str(FULL).unwrap();
    let mut read = 0;
    for _ in 0..6_000 {
        let mut policy = whole.clone();
        for _ in 0..=random.below(2) {
            change(&mut policy, &mut random, &strange);
        }
        read += usize::from(answers(&policy.to_string()));
    }
    assert!(
        read > 300,
        "only {read} of the changed policies were still policies"
    );
}

/// Walks down at random and replaces, removes or renames what it finds.
fn change(value: &mut serde_json::Value, random: &mut Random, strange: &[serde_json::Value]) {
    let stop = random.below(6) == 0;
    match value {
        serde_json::Value::Object(members) if !members.is_empty() && !stop => {
            let name = members
                .keys()
                .nth(random.below(members.len()))
                .unwrap()
                .clone();
            match random.below(12) {
                0 => drop(members.remove(&name)),
                1 => {
                    let moved = members.remove(&name).unwrap();
                    members.insert(format!("{name}x"), moved);
                }
                _ => change(members.get_mut(&name).unwrap(), random, strange),
            }
        }
        serde_json::Value::Array(items) if !items.is_empty() && !stop => {
            let at = random.below(items.len());
            match random.below(10) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => change(&mut items[at], random, strange),
            }
        }
        other => *other = strange[random.below(strange.len())].clone(),
    }
}
