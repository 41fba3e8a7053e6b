//! Texts with variables: a subset of ICU MessageFormat, parsed to tokens and written as token JSON.
//! Owns the variables with their types; knows nothing of locales or of who says the text.
//! `texts` and `prompt` check each text against what its trigger offers; `pkg/text.js` fills the tokens.

use super::tree::shown;
use super::walk::{At, Walk, did_you_mean, listed};
use crate::engine::input::ActionKind;
use crate::json::Json;

/// Plurals within plurals; more is a puzzle, not a sentence.
const NESTING_MAX: usize = 4;
const PLURAL_FORMS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];
/// Variables of the design that no trigger of this version offers.
const LATER_VARIABLES: &[&str] = &["peers"];

/// How a value is written in a locale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Other,
    /// An id, for `select` alone.
    Choice,
}

macro_rules! variables {
    ($( $(#[$about:meta])* $variable:ident = $name:literal $kind:ident; )*) => {
        /// Something a text can speak of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Variable { $( $(#[$about])* $variable, )* }

        impl Variable {
            const ALL: &'static [Self] = &[$(Self::$variable),*];

            /// The name between its braces.
            pub fn name(self) -> &'static str {
                match self { $( Self::$variable => $name, )* }
            }

            fn kind(self) -> Kind {
                match self { $( Self::$variable => Kind::$kind, )* }
            }
        }
    };
}

impl Variable {
    /// What one that is an id can be.
    fn options(self) -> Vec<&'static str> {
        match self {
            Self::When => ["day", "first_half", "second_half", "month", "months"].to_vec(),
            _ => ActionKind::ALL.map(ActionKind::name).to_vec(),
        }
    }
}

variables! {
    /// Usage of the meter.
    Used = "used" Number;
    /// Its limit.
    Limit = "limit" Number;
    /// Used of the limit.
    Percent = "percent" Number;
    /// Limit less usage, never below 0.
    Remaining = "remaining" Number;
    /// Usage beyond the limit; has a value only past it.
    Over = "over" Number;
    /// The meter's name in the plural form of the limit.
    Meter = "meter" Other;
    /// When the period or the trial ends; of a projection the day in the middle, when it is certain to a week.
    Date = "date" Other;
    /// When a limit is expected to be reached: a date, or less certain the months.
    Range = "range" Other;
    /// How certain that is.
    When = "when" Choice;
    /// The account's plan.
    Plan = "plan" Other;
    /// The plan that would help.
    NextPlan = "next_plan" Other;
    /// Its limit on the meter.
    NextLimit = "next_limit" Number;
    /// Its price.
    Price = "price" Other;
    /// The feature's name.
    Feature = "feature" Other;
    /// What others reached with it.
    Outcome = "outcome" Other;
    /// Who can buy, when this person cannot.
    Owner = "owner" Other;
    /// The first action's id.
    Action = "action" Choice;
    /// The meter's own sentence; replaced when compiling.
    Usage = "usage" Other;
}

/// Variables that a place offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer(pub &'static [Variable]);

use Variable as V;

/// A plan's figures on a meter.
pub(super) const METER: Offer = Offer(&[
    V::Used,
    V::Limit,
    V::Percent,
    V::Remaining,
    V::Over,
    V::Meter,
    V::Date,
    V::Plan,
    V::NextPlan,
    V::NextLimit,
    V::Price,
    V::Owner,
    V::Action,
    V::Usage,
]);
/// A plan's figures on a meter, and when its limit is expected to be reached.
pub(super) const PROJECTED: Offer = Offer(&[
    V::Used,
    V::Limit,
    V::Percent,
    V::Remaining,
    V::Meter,
    V::Date,
    V::Range,
    V::When,
    V::Plan,
    V::NextPlan,
    V::NextLimit,
    V::Price,
    V::Owner,
    V::Action,
    V::Usage,
]);
/// What is known of an explored feature.
pub(super) const FEATURE: Offer = Offer(&[
    V::Feature,
    V::Outcome,
    V::Plan,
    V::NextPlan,
    V::Price,
    V::Owner,
    V::Action,
]);
/// What is known of an ending trial.
pub(super) const TRIAL: Offer =
    Offer(&[V::Date, V::Plan, V::NextPlan, V::Price, V::Owner, V::Action]);
/// What is known of an account as a whole.
pub(super) const ACCOUNT: Offer = Offer(&[V::Plan, V::NextPlan, V::Price, V::Owner, V::Action]);
/// A meter's own sentence.
pub(super) const USAGE: Offer = Offer(&[
    V::Used,
    V::Limit,
    V::Percent,
    V::Remaining,
    V::Meter,
    V::Date,
    V::Plan,
]);
/// The label of an action that leads to a plan.
pub(super) const NEXT_PLAN: Offer = Offer(&[V::NextPlan]);
/// The label of an action that buys: what is due now, and for what.
pub(super) const DUE: Offer = Offer(&[V::Price, V::NextPlan]);
/// A widget's line about a meter.
pub(super) const READING: Offer = Offer(&[
    V::Used,
    V::Limit,
    V::Percent,
    V::Remaining,
    V::Meter,
    V::Date,
]);
/// A meter's line about when its limit is expected to be reached.
pub(super) const PACE: Offer = Offer(&[V::Limit, V::Meter, V::Range, V::When]);
/// Who can buy.
pub(super) const OWNER: Offer = Offer(&[V::Owner]);
/// A feature's name.
pub(super) const SUBJECT: Offer = Offer(&[V::Feature]);
/// How much room is left.
pub(super) const LEFT: Offer = Offer(&[V::Remaining]);
/// Everything, for a text of which it is not known what it is about.
pub(super) const ANY: Offer = Offer(Variable::ALL);
/// Nothing.
pub(super) const FIXED: Offer = Offer(&[]);

impl Offer {
    fn names(self) -> Vec<&'static str> {
        self.0.iter().map(|variable| variable.name()).collect()
    }
}

/// A parsed text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(Vec<Token>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Plain(String),
    Value(Variable),
    /// The number of the plural around it.
    Hash,
    Plural(Variable, Vec<(String, Text)>),
    Select(Variable, Vec<(String, Text)>),
}

impl Text {
    /// Reads a text and checks its variables; mistakes are noted at `at`.
    pub fn read(walk: &mut Walk, source: &str, at: &At<'_>, offer: Offer) -> Option<Self> {
        let mut reader = Reader {
            source,
            at: 0,
            offer,
        };
        match reader.text(0, false) {
            Ok(text) => Some(text),
            Err(mistake) => {
                let (message, help) = match mistake.code {
                    "text_syntax" => {
                        let place = source
                            .get(..mistake.at)
                            .map_or(0, |before| before.chars().count())
                            .saturating_add(1);
                        (
                            format!("{} at character {place}", mistake.message),
                            mistake.help,
                        )
                    }
                    _ => (mistake.message, mistake.help),
                };
                walk.error(at, mistake.code, message, help);
                None
            }
        }
    }

    /// Whether it cannot be said without a variable.
    pub fn needs(&self, wanted: Variable) -> bool {
        self.0.iter().any(|token| match token {
            Token::Value(own) | Token::Plural(own, _) | Token::Select(own, _) => *own == wanted,
            Token::Plain(_) | Token::Hash => false,
        })
    }

    /// Token JSON, with the meter's own sentence where the text asks for it.
    pub fn json(&self, usage: Option<&Text>) -> String {
        let mut json = Json::new();
        self.write(&mut json, usage);
        json.finish()
    }

    fn write(&self, json: &mut Json, usage: Option<&Text>) {
        json.list(|json| self.write_tokens(json, usage));
    }

    fn write_tokens(&self, json: &mut Json, usage: Option<&Text>) {
        for token in &self.0 {
            match token {
                Token::Plain(text) => json.string(text),
                // INVARIANT: `USAGE` does not offer `{usage}`, so this goes one level deep.
                Token::Value(Variable::Usage) => {
                    if let Some(sentence) = usage {
                        sentence.write_tokens(json, None);
                    }
                }
                Token::Value(variable) => json.list(|json| json.string(variable.name())),
                Token::Hash => json.list(|json| json.string("#")),
                Token::Plural(variable, forms) => json.list(|json| {
                    json.string(variable.name());
                    write_forms(json, forms, usage);
                }),
                Token::Select(variable, forms) => json.list(|json| {
                    json.string(variable.name());
                    write_forms(json, forms, usage);
                    json.string("s");
                }),
            }
        }
    }
}

fn write_forms(json: &mut Json, forms: &[(String, Text)], usage: Option<&Text>) {
    json.object(|json| {
        for (name, text) in forms {
            text.write(json.key(name), usage);
        }
    });
}

struct Mistake {
    code: &'static str,
    at: usize,
    message: String,
    help: String,
}

struct Reader<'s> {
    source: &'s str,
    at: usize,
    offer: Offer,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.source
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at = self.at.saturating_add(character.len_utf8());
        Some(character)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    fn space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(character) = self
            .peek()
            .filter(|c| c.is_ascii_alphanumeric() || "_-=".contains(*c))
        {
            word.push(character);
            self.next();
        }
        word
    }

    fn wrong<T>(&self, message: &str, help: &str) -> Result<T, Mistake> {
        Err(Mistake {
            code: "text_syntax",
            at: self.at,
            message: message.into(),
            help: help.into(),
        })
    }

    /// A text up to its end, or up to the brace that closes it when it is nested.
    fn text(&mut self, depth: usize, in_plural: bool) -> Result<Text, Mistake> {
        if depth > NESTING_MAX {
            return self.wrong(
                "plurals within plurals, too many",
                "write the sentences out",
            );
        }
        let (mut tokens, mut plain) = (Vec::new(), String::new());
        loop {
            match self.peek() {
                None if depth > 0 => return self.wrong("a `{` is not closed", "add `}`"),
                None => break,
                Some('}') if depth > 0 => break,
                Some('}') => {
                    return self.wrong(
                        "a `}` closes nothing",
                        "remove it, or write `'}'` for the character",
                    );
                }
                Some('{') => {
                    flush(&mut tokens, &mut plain);
                    self.next();
                    tokens.push(self.argument(depth)?);
                }
                Some('#') if in_plural => {
                    flush(&mut tokens, &mut plain);
                    self.next();
                    tokens.push(Token::Hash);
                }
                Some('\'') => self.quote(&mut plain, in_plural),
                Some(character) => {
                    plain.push(character);
                    self.next();
                }
            }
        }
        flush(&mut tokens, &mut plain);
        Ok(Text(tokens))
    }

    /// An apostrophe: doubled it is one; before a brace it quotes up to the next; else it is itself.
    fn quote(&mut self, plain: &mut String, in_plural: bool) {
        self.next();
        match self.peek() {
            Some('\'') => {
                self.next();
                plain.push('\'');
            }
            Some(special) if matches!(special, '{' | '}') || (in_plural && special == '#') => {
                while let Some(character) = self.next() {
                    if character != '\'' {
                        plain.push(character);
                    } else if self.eat('\'') {
                        plain.push('\'');
                    } else {
                        break;
                    }
                }
            }
            _ => plain.push('\''),
        }
    }

    /// What stands between braces.
    fn argument(&mut self, depth: usize) -> Result<Token, Mistake> {
        self.space();
        let start = self.at;
        let name = self.word();
        if name.is_empty() {
            return self.wrong(
                "a variable's name is missing",
                "write `{used}`, or `'{'` for the character",
            );
        }
        let variable = self.variable(&name, start)?;
        self.space();
        if self.eat('}') {
            return match variable.kind() {
                Kind::Choice => Err(Mistake {
                    code: "text_variable",
                    at: start,
                    message: format!("`{{{name}}}` is an id, not a text"),
                    help: format!(
                        "write `{{{name}, select, {} {{…}} other {{…}}}}`",
                        variable.options().first().unwrap_or(&"other")
                    ),
                }),
                _ => Ok(Token::Value(variable)),
            };
        }
        if !self.eat(',') {
            return self.wrong(
                "expected `}` or `,`",
                "write `{used}` or `{used, plural, one {…} other {…}}`",
            );
        }
        self.space();
        let format_at = self.at;
        let format = self.word();
        self.space();
        let fits = match format.as_str() {
            "plural" => variable.kind() == Kind::Number,
            "select" => variable.kind() != Kind::Number && variable != Variable::Usage,
            _ => {
                self.at = format_at;
                return self.wrong(
                    "expected `plural` or `select`",
                    "numbers, dates and prices are written in the reader's way by themselves",
                );
            }
        };
        if !fits {
            return Err(Mistake {
                code: "text_variable",
                at: start,
                message: format!("`{format}` does not fit `{name}`"),
                help: "`plural` is for numbers, `select` for words".into(),
            });
        }
        if !self.eat(',') {
            return self.wrong("expected `,`", "write `one {…} other {…}` after it");
        }
        let forms = self.forms(variable, format == "plural", depth)?;
        Ok(if format == "plural" {
            Token::Plural(variable, forms)
        } else {
            Token::Select(variable, forms)
        })
    }

    fn variable(&self, name: &str, at: usize) -> Result<Variable, Mistake> {
        let offered = self.offer.0.iter().copied();
        if let Some(variable) = offered.clone().find(|variable| variable.name() == name) {
            return Ok(variable);
        }
        if LATER_VARIABLES.contains(&name) {
            return Err(Mistake {
                code: "not_supported_yet",
                at,
                message: format!("`{{{name}}}` is not supported yet"),
                help: "leave the sentence out; a later version will read it".into(),
            });
        }
        let exists = Variable::ALL.iter().any(|variable| variable.name() == name);
        let message = match exists {
            true => format!("`{{{name}}}` has no value here"),
            false => format!("there is no variable {}", shown(name)),
        };
        let near = (!exists)
            .then(|| did_you_mean(name, offered.map(Variable::name)))
            .flatten();
        let help = near.unwrap_or_else(|| match self.offer.0 {
            [] => "no variable has a value here".into(),
            _ => format!("here are {}", listed(&self.offer.names())),
        });
        Err(Mistake {
            code: "text_variable",
            at,
            message,
            help,
        })
    }

    fn forms(
        &mut self,
        variable: Variable,
        plural: bool,
        depth: usize,
    ) -> Result<Vec<(String, Text)>, Mistake> {
        let mut forms: Vec<(String, Text)> = Vec::new();
        loop {
            self.space();
            if self.eat('}') {
                break;
            }
            if self.peek().is_none() {
                return self.wrong("a `{` is not closed", "add `}`");
            }
            let start = self.at;
            let name = self.word();
            let known = if plural {
                is_plural_form(&name)
            } else {
                is_option(variable, &name)
            };
            if !known || forms.iter().any(|(own, _)| *own == name) {
                self.at = start;
                return self.wrong(
                    "expected the name of another form",
                    match plural {
                        true => {
                            "forms are `=0`, `zero`, `one`, `two`, `few`, `many` and `other`, each once"
                        }
                        false => "forms are values and `other`, each once",
                    },
                );
            }
            self.space();
            if !self.eat('{') {
                return self.wrong("expected `{`", "each form has its text in braces");
            }
            let text = self.text(depth.saturating_add(1), plural)?;
            self.next();
            forms.push((name, text));
        }
        if !forms.iter().any(|(name, _)| name == "other") {
            return self.wrong(
                "the form `other` is missing",
                "add `other {…}`; it fits what no other form fits",
            );
        }
        Ok(forms)
    }
}

fn flush(tokens: &mut Vec<Token>, plain: &mut String) {
    if !plain.is_empty() {
        tokens.push(Token::Plain(core::mem::take(plain)));
    }
}

/// `one`, `other`, … or `=12`.
pub(super) fn is_plural_form(name: &str) -> bool {
    let exact = name.strip_prefix('=').is_some_and(|digits| {
        (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    exact || PLURAL_FORMS.contains(&name)
}

fn is_option(variable: Variable, name: &str) -> bool {
    match variable {
        _ if name.is_empty() || name.contains('=') => false,
        _ if name == "other" => true,
        Variable::Action | Variable::When => variable.options().contains(&name),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
