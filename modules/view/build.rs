//! Strips comments and idle white space from the style sheet, so that `src/view.css` can be written
//! for people and shipped for browsers.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/view.css");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("`OUT_DIR` is not set"))?;
    let css = fs::read_to_string("src/view.css")?;
    fs::write(PathBuf::from(out).join("view.css"), shortened(&css))
}

/// Nothing in the sheet is a string with braces or comment marks in it, so this may stay simple.
fn shortened(css: &str) -> String {
    let mut bare = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    let mut short = bare.split_whitespace().collect::<Vec<_>>().join(" ");
    for mark in ["{", "}", ";", ",", ">"] {
        short = short
            .replace(&format!(" {mark}"), mark)
            .replace(&format!("{mark} "), mark);
    }
    short.replace(": ", ":").replace(";}", "}")
}
