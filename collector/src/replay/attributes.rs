//! What is known of accounts and users beside their recordings, which never hold it.
//!
//! It owns the file of `--attributes`: JSON lines of `account`, `user` and `attributes`, without a user for
//! all of the account. It does not know what a policy asks for.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use plimsoll::policy::Tree;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::faults::{Code, Faults};
use super::source::{Line, Lines};

#[derive(Default)]
pub struct Attributes {
    accounts: HashMap<String, Tree>,
    users: HashMap<(String, String), Tree>,
}

#[derive(Deserialize)]
struct Known<'a> {
    account: String,
    #[serde(default)]
    user: Option<String>,
    #[serde(borrow)]
    attributes: &'a RawValue,
}

impl Attributes {
    /// Reads a file; lines that cannot be read are skipped and counted as of the file with this number.
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
            if let Err((code, about)) = all.line(line) {
                faults.add((file, number), code, || about);
            }
        }
        Ok(all)
    }

    fn line(&mut self, line: &str) -> Result<(), (Code, String)> {
        let known: Known<'_> = serde_json::from_str(line).map_err(|error| {
            let about = format!("not `account`, `user` and `attributes` as JSON: {error}");
            (Code::NotJson, about)
        })?;
        let tree = Tree::parse(known.attributes.get());
        let Ok(tree @ Tree::Object(_)) = tree else {
            return Err((Code::NotJson, "`attributes` is not an object".into()));
        };
        match known.user {
            Some(user) => self.users.insert((known.account, user), tree),
            None => self.accounts.insert(known.account, tree),
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
