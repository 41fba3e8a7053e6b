//! What is known of accounts and users beside their recordings, which never hold it.
//!
//! It owns the file of `--attributes`: JSON lines of `account`, `user` and `attributes`, without a user for
//! all of the account. It does not know what a policy asks for.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use plimsoll::policy::{Tree, nearest_name};

use super::faults::{Code, Faults};
use super::source::{Line, Lines};
use super::usage::short;

#[derive(Default)]
pub struct Attributes {
    accounts: HashMap<String, Tree>,
    users: HashMap<(String, String), Tree>,
}

const FIELDS: [&str; 3] = ["account", "user", "attributes"];

impl Attributes {
    /// Reads a file. What is not UTF-8 is skipped and counted as of the file with this number; a line that says
    /// something else ends the replay, since the ids alone would decide where attributes were meant to.
    pub fn read(path: &Path, file: u32, faults: &mut Faults) -> io::Result<Attributes> {
        let mut all = Attributes::default();
        let mut lines = Lines::open(path)?;
        while let Some((number, line, _)) = lines.next()? {
            let Line::Text(line) = line else {
                faults.add((file, number), Code::NotUtf8, || {
                    "not a line of text".into()
                });
                continue;
            };
            all.line(line).map_err(|(message, help)| {
                io::Error::other(format!("line {number}: {message}\n  help: {help}"))
            })?;
        }
        Ok(all)
    }

    fn line(&mut self, line: &str) -> Result<(), (String, String)> {
        let shape = || {
            "write `{\"account\": \"…\", \"user\": \"…\", \"attributes\": {…}}` on each line; `user` may be left out"
                .to_owned()
        };
        let Ok(Tree::Object(members)) = Tree::parse(line) else {
            return Err(("not an object of JSON".into(), shape()));
        };
        let (mut account, mut user, mut attributes) = (None, None, None);
        for (name, value) in members {
            match (name.as_str(), value) {
                ("account", Tree::Text(id)) => account = Some(id),
                ("user", Tree::Text(id)) => user = Some(id),
                ("user", Tree::Null) => {}
                ("attributes", tree @ Tree::Object(_)) => attributes = Some(tree),
                ("account" | "user", _) => {
                    return Err((format!("`{name}` is not a text"), shape()));
                }
                ("attributes", _) => return Err(("`attributes` is not an object".into(), shape())),
                (other, _) => {
                    let near = nearest_name(other, FIELDS.into_iter());
                    let help = near.map_or_else(shape, |near| format!("did you mean `{near}`?"));
                    return Err((format!("unknown key `{}`", short(other)), help));
                }
            }
        }
        let missing = |name: &str| (format!("`{name}` is missing"), shape());
        let account = account.ok_or_else(|| missing("account"))?;
        let tree = attributes.ok_or_else(|| missing("attributes"))?;
        match user {
            Some(user) => self.users.insert((account, user), tree),
            None => self.accounts.insert(account, tree),
        };
        Ok(())
    }

    /// Of an account and of its user.
    pub fn of(&self, account: &str, user: &str) -> [Tree; 2] {
        let none = || Tree::Object(Vec::new());
        let of_account = self.accounts.get(account).cloned();
        let of_user = if self.users.is_empty() {
            None
        } else {
            self.users.get(&(account.into(), user.into())).cloned()
        };
        [
            of_account.unwrap_or_else(none),
            of_user.unwrap_or_else(none),
        ]
    }
}
