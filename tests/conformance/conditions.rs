//! The cases about conditions and saved groups.
//! Owns how a case becomes a compiled condition and encoded attributes; both are the product's own code.
//! Called by the table of sections, and by `runs` for conditions of experiments.

use super::{Outcome, same};
use plimsoll::plim::{self, Plim};
use plimsoll::policy::{self, Tree};
use plimsoll::targeting::condition;
use serde_json::Value;

/// `[name, condition, attributes, expected, saved groups?]`
pub fn eval_condition(case: &Value) -> Outcome {
    let found = holds(&case[1], &case[2], &case[4]);
    same(&found, &case[3].as_bool().unwrap())
}

/// Whether a condition holds for attributes. One with mistakes is compiled all the same.
pub fn holds(condition: &Value, attributes: &Value, groups: &Value) -> bool {
    let groups = match groups {
        Value::Null => Tree::Object(Vec::new()),
        given => tree(given),
    };
    let (code, root, _) = policy::condition(&tree(condition), &groups);
    let plim = Plim::open(&plim::write(&root, "{}")).unwrap();
    condition::holds(&plim, &code, &policy::value(&tree(attributes)))
}

fn tree(value: &Value) -> Tree {
    Tree::parse(&value.to_string()).unwrap()
}
