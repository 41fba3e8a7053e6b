//! Links: where an action or a picture may lead, https or a path of the host's own site.
//! Knows nothing of prompts; refuses whatever a browser could read as another scheme or another host.
//! `pkg/shell/prompt.js` fills the placeholders, percent-encoded, when a prompt is painted.

use super::tree::{Tree, is_hidden, shown};
use super::walk::{At, Walk, did_you_mean, listed};

/// The longest link.
const LINK_CHARS: usize = 2_000;
const PLACEHOLDERS: [&str; 4] = ["plan", "meter", "feature", "account"];

/// Instead of the link to sales: the form that the package brings.
pub(super) const FORM: &str = "form";

/// Whether a link may have placeholders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holes {
    None,
    Typed,
}

/// Reads a link.
pub(super) fn read(walk: &mut Walk, tree: &Tree, at: &At<'_>, holes: Holes) -> Option<String> {
    let link = walk.string(tree, at)?;
    match check(link, holes) {
        Ok(()) => Some(link.into()),
        Err((message, help)) => {
            walk.error(at, "bad_link", message, help);
            None
        }
    }
}

/// Reads a link, or the word for the form.
pub(super) fn read_or_form(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<String> {
    let Tree::Text(text) = tree else {
        return read(walk, tree, at, Holes::Typed);
    };
    if text == FORM {
        return Some(text.clone());
    }
    let near = || did_you_mean(text, [FORM].into_iter());
    if check(text, Holes::Typed).is_err()
        && let Some(help) = near()
    {
        let message = format!("{}: neither a link nor `{FORM}`", shown(text));
        walk.error(at, "bad_link", message, help);
        return None;
    }
    read(walk, tree, at, Holes::Typed)
}

/// Patterns of the routes that a link within the host's site leads to: the part before a placeholder or
/// query is what identifies the page.
pub(super) fn routes_to(link: &str) -> Vec<String> {
    let page = link.split(['{', '?', '#']).next().unwrap_or_default();
    let page = page.trim_end_matches('/');
    if !page.starts_with('/') {
        return Vec::new();
    }
    ["", "/*", "?*", "#*"]
        .map(|rest| format!("{page}{rest}"))
        .into()
}

fn check(link: &str, holes: Holes) -> Result<(), (String, String)> {
    let wrong =
        |message: &str, help: &str| Err((format!("{}: {message}", shown(link)), help.to_string()));
    if link.chars().count() > LINK_CHARS {
        return wrong(
            &format!("longer than {LINK_CHARS} characters"),
            "shorten the link",
        );
    }
    if link
        .chars()
        .any(|c| is_hidden(c) || c.is_whitespace() || matches!(c, '\\' | '"' | '<' | '>' | '`'))
    {
        return wrong("a character that links cannot have", "percent-encode it");
    }
    let path = if let Some(rest) = link.strip_prefix("https://") {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        if let Err(message) = check_host(host) {
            return wrong(
                message,
                "write a host such as `example.com`, in letters, digits, `-` and `.`",
            );
        }
        path
    } else if link.starts_with('/') && !link.starts_with("//") {
        link
    } else {
        return wrong(
            "neither `https://…` nor a path of your own site",
            "write `https://example.com/…` or `/…`",
        );
    };
    check_holes(path, holes)
        .map_err(|(message, help)| (format!("{}: {message}", shown(link)), help))
}

fn check_host(authority: &str) -> Result<(), &'static str> {
    if authority.contains('@') {
        return Err("a user name in a link");
    }
    if authority.contains('{') {
        return Err("a placeholder in the host");
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if let Some(port) = port
        && (port.starts_with('0')
            || !port.bytes().all(|b| b.is_ascii_digit())
            || port.parse::<u16>().is_err())
    {
        return Err("the port is not from 1 to 65535");
    }
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    match host.len() <= 253 && host.split('.').all(label_fits) {
        true => Ok(()),
        false => Err("not a host"),
    }
}

fn check_holes(path: &str, holes: Holes) -> Result<(), (String, String)> {
    let mut rest = path;
    while let Some(at) = rest.find(['{', '}']) {
        let (_, from) = rest.split_at(at);
        let Some((name, after)) = from.strip_prefix('{').and_then(|hole| hole.split_once('}'))
        else {
            return Err((
                "a brace without its other half".into(),
                "write `{plan}`, or percent-encode it".into(),
            ));
        };
        if holes == Holes::None {
            return Err((
                format!("no value for {}", shown(name)),
                "write the link in full".into(),
            ));
        }
        if !PLACEHOLDERS.contains(&name) {
            let help = did_you_mean(name, PLACEHOLDERS.into_iter());
            let help =
                help.unwrap_or_else(|| format!("placeholders are {}", listed(&PLACEHOLDERS)));
            return Err((format!("there is no placeholder {}", shown(name)), help));
        }
        rest = after;
    }
    Ok(())
}
