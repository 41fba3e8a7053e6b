//! The collector is a server: nothing of a browser is in its dependency tree.

use std::process::Command;

#[test]
fn no_browser_crate_is_in_the_collectors_tree() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--package",
            "plimsoll-collector",
            "--edges",
            "normal,build",
        ])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    let names: Vec<_> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    // The list must be the real one, or nothing would ever be found in it.
    for known in ["plimsoll", "axum", "rusqlite", "tokio"] {
        assert!(names.contains(&known), "{tree}");
    }
    let browser = [
        "wasm-bindgen",
        "web-sys",
        "js-sys",
        "gloo",
        "serde-wasm-bindgen",
        "console_error_panic_hook",
    ];
    for name in &names {
        assert!(!browser.iter().any(|b| name.starts_with(b)), "{name}");
    }
}
