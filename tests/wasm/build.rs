//! Lists the cases and policies of `tests/spec` for a target that has no files, and lives a few worlds
//! natively, so that the test can say whether WebAssembly lives them the same (G7).

#[path = "../guarantees/host.rs"]
mod host;
#[path = "../guarantees/known.rs"]
mod known;
#[path = "../guarantees/random.rs"]
mod random;
#[path = "../spec_reader/mod.rs"]
#[expect(
    dead_code,
    reason = "a world needs the reader's tabs and clock, not its cases"
)]
mod spec_reader;
#[path = "../guarantees/watch.rs"]
mod watch;
#[path = "../guarantees/world.rs"]
#[expect(dead_code, reason = "how often what came is asked by the guarantees")]
mod world;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;

const POLICY: &str = include_str!("../guarantees/policy.json");
const SEEDS: u64 = 12;
const STEPS: u64 = 600;

fn main() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
    let mut list = String::new();
    for (name, folder) in [("CASES", spec.clone()), ("POLICIES", spec.join("policies"))] {
        println!("cargo::rerun-if-changed={}", folder.display());
        writeln!(list, "pub const {name}: &[(&str, &str)] = &[").unwrap();
        for file in json_files(&folder) {
            let short = file.file_name().unwrap().to_string_lossy().into_owned();
            let path = file.canonicalize().unwrap();
            writeln!(
                list,
                "    ({short:?}, include_str!({:?})),",
                path.display().to_string()
            )
            .unwrap();
        }
        writeln!(list, "];").unwrap();
    }
    writeln!(
        list,
        "pub const STEPS: u64 = {STEPS};\npub const DIGESTS: &[u64] = &{:?};",
        digests()
    )
    .unwrap();
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    std::fs::write(out.join("cases.rs"), list).unwrap();
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

fn digests() -> Vec<u64> {
    (0..SEEDS)
        .map(|seed| {
            let plim = Rc::new(spec_reader::tab::compile(POLICY).unwrap());
            let mut world = world::World::new(plim, seed);
            world.digested = true;
            world.live(STEPS).unwrap();
            world.digest
        })
        .collect()
}
