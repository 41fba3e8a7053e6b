//! Patterns: random ones, and a naive search that tries every way.
//! Owns a parser and a matcher of its own; both are exponential and plain.
//! Compared with the compiled form by `conditions`.

use super::random::Random;
use plimsoll::plim::{self, Plim};
use plimsoll::policy::{self, Tree};
use plimsoll::targeting::condition;
use serde_json::json;
use std::collections::BTreeSet;

/// A random pattern for ten texts; the first about which the two differ.
pub fn first_difference(seed: u64) -> Option<String> {
    let mut random = Random::new(seed);
    let pattern = made(&mut random, 3);
    let lower = random.percent(30);
    let operator = if lower { "$regexi" } else { "$regex" };
    let tree = |value: serde_json::Value| Tree::parse(&value.to_string()).unwrap();
    let (code, root, errors) =
        policy::condition(&tree(json!({"a": {operator: pattern}})), &tree(json!({})));
    if !errors.is_empty() {
        return None;
    }
    let plim = Plim::open(&plim::write(&root, "{}")).unwrap();
    (0..10).find_map(|_| {
        let letters = ["a", "b", "A", "é", "É", "1", "-", "😀"];
        let length = random.below(6);
        let text: String = (0..length)
            .map(|_| letters[random.below(8) as usize])
            .collect();
        let found_here = condition::holds(&plim, &code, &policy::value(&tree(json!({"a": text}))));
        let wanted = found(&pattern, &text, lower);
        let told = || format!("{pattern} in {text}: {wanted}, found {found_here} (seed {seed})");
        (found_here != wanted).then(told)
    })
}

fn made(random: &mut Random, deep: u64) -> String {
    let atoms = [
        "a", "b", "A", "é", "1", ".", "[ab]", "[^a]", "[a-é]", "\\d", "\\W", "^", "$", "\\-", "😀",
    ];
    let mut out = String::new();
    for _ in 0..=random.below(3) {
        if deep > 0 && random.percent(35) {
            out.push_str(&format!("({})", made(random, deep - 1)));
        } else {
            out.push_str(atoms[random.below(atoms.len() as u64) as usize]);
        }
        if random.percent(25) {
            out.push(['?', '*', '+'][random.below(3) as usize]);
        }
        if deep > 0 && random.percent(15) {
            out.push('|');
        }
    }
    out
}

enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Repeat(Box<Node>, char),
    Start,
    End,
    One(Box<dyn Fn(char) -> bool>),
}

/// Whether a pattern is found anywhere in a text.
pub fn found(pattern: &str, text: &str, lower: bool) -> bool {
    let lowered = |text: &str| {
        if lower {
            text.to_lowercase()
        } else {
            text.to_owned()
        }
    };
    let letters: Vec<char> = pattern.chars().collect();
    let node = alternatives(&letters, &mut 0, lower);
    let text: Vec<char> = lowered(text).chars().collect();
    (0..=text.len()).any(|start| !ends(&node, &text, start).is_empty())
}

/// Every place where a match that begins here may end.
fn ends(node: &Node, text: &[char], start: usize) -> BTreeSet<usize> {
    match node {
        Node::Any(parts) => parts
            .iter()
            .flat_map(|part| ends(part, text, start))
            .collect(),
        Node::All(parts) => parts.iter().fold(BTreeSet::from([start]), |places, part| {
            places
                .iter()
                .flat_map(|place| ends(part, text, *place))
                .collect()
        }),
        Node::Repeat(part, sign) => {
            let mut all = BTreeSet::new();
            let mut newest = ends(part, text, start);
            while !newest.is_subset(&all) {
                all.extend(newest.iter().copied());
                if *sign == '?' {
                    break;
                }
                newest = newest
                    .iter()
                    .flat_map(|place| ends(part, text, *place))
                    .collect();
            }
            if *sign != '+' {
                all.insert(start);
            }
            all
        }
        Node::Start => (start == 0).then_some(start).into_iter().collect(),
        Node::End => (start == text.len()).then_some(start).into_iter().collect(),
        Node::One(takes) => {
            let takes = text.get(start).is_some_and(|letter| takes(*letter));
            takes.then_some(start + 1).into_iter().collect()
        }
    }
}

fn alternatives(letters: &[char], at: &mut usize, lower: bool) -> Node {
    let mut parts = vec![Vec::new()];
    while let Some(letter) = letters.get(*at).filter(|letter| **letter != ')') {
        *at += 1;
        let node = match letter {
            '|' => {
                parts.push(Vec::new());
                continue;
            }
            '?' | '*' | '+' => {
                let last = parts.last_mut().unwrap();
                let repeated = last.pop().unwrap();
                Node::Repeat(Box::new(repeated), *letter)
            }
            '(' => {
                let node = alternatives(letters, at, lower);
                *at += 1;
                node
            }
            '^' => Node::Start,
            '$' => Node::End,
            '[' => class(letters, at, lower),
            other => {
                *at -= 1;
                let _ = other;
                let takes = member(letters, at);
                cased(takes, lower)
            }
        };
        parts.last_mut().unwrap().push(node);
    }
    Node::Any(parts.into_iter().map(Node::All).collect())
}

type Takes = Box<dyn Fn(char) -> bool>;

/// One character, an escape or `.`.
fn member(letters: &[char], at: &mut usize) -> Takes {
    let letter = letters[*at];
    *at += 1;
    match letter {
        '.' => Box::new(|found| !"\n\r\u{2028}\u{2029}".contains(found)),
        '\\' => {
            let escaped = letters[*at];
            *at += 1;
            match escaped {
                'd' => Box::new(|found| found.is_ascii_digit()),
                'W' => Box::new(|found| !found.is_ascii_alphanumeric() && found != '_'),
                plain => Box::new(move |found| found == plain),
            }
        }
        plain => Box::new(move |found| found == plain),
    }
}

fn class(letters: &[char], at: &mut usize, lower: bool) -> Node {
    let is_negative = letters[*at] == '^';
    *at += usize::from(is_negative);
    let mut members: Vec<Takes> = Vec::new();
    while letters[*at] != ']' {
        let from = letters[*at];
        let takes = member(letters, at);
        if letters[*at] == '-' {
            let to = letters[*at + 1];
            *at += 2;
            members.push(Box::new(move |found| (from..=to).contains(&found)));
        } else {
            members.push(takes);
        }
    }
    *at += 1;
    let any: Takes = Box::new(move |found| members.iter().any(|takes| takes(found)));
    match cased(any, lower) {
        Node::One(takes) if is_negative => Node::One(Box::new(move |found| !takes(found))),
        plain => plain,
    }
}

/// Texts are in lower case then: a character is taken when any that has it as lower case is.
fn cased(takes: Takes, lower: bool) -> Node {
    if !lower {
        return Node::One(takes);
    }
    let uppers = |found: char| found.to_uppercase().next().unwrap_or(found);
    Node::One(Box::new(move |found| takes(found) || takes(uppers(found))))
}
