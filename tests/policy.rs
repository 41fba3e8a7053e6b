//! The policy as people write it: what is refused and in which words, what the smallest one promises,
//! and what becomes of texts, links and limits when it is compiled.

#[path = "policy/errors.rs"]
mod errors;
#[path = "policy/hostile.rs"]
mod hostile;
#[path = "policy/promises.rs"]
mod promises;
