//! The cases of `tests/spec` and a few random histories on wasm32, in Node and in a browser.

#![cfg(target_arch = "wasm32")]

#[path = "../../guarantees/host.rs"]
mod host;
#[path = "../../guarantees/known.rs"]
mod known;
#[path = "../../guarantees/random.rs"]
mod random;
#[path = "../../spec_reader/mod.rs"]
mod spec_reader;
#[path = "../../guarantees/watch.rs"]
mod watch;
#[path = "../../guarantees/world.rs"]
#[expect(dead_code, reason = "how often what came is asked by the guarantees")]
mod world;

mod list {
    include!(concat!(env!("OUT_DIR"), "/cases.rs"));
}

use std::rc::Rc;
use wasm_bindgen_test::wasm_bindgen_test;

const POLICY: &str = include_str!("../../guarantees/policy.json");

#[wasm_bindgen_test]
fn every_case_of_the_specification_holds() {
    let find = |name: &str| {
        let found = list::POLICIES.iter().find(|(file, _)| *file == name);
        found.map(|(_, text)| (*text).to_owned())
    };
    let (mut cases, mut failures) = (0, Vec::new());
    for (file, text) in list::CASES {
        let outcome = spec_reader::run(file, text, &find, "");
        cases += outcome.cases;
        failures.extend(outcome.failures);
    }
    assert!(
        failures.is_empty(),
        "{} of {cases} cases fail\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    assert!(cases >= 120, "only {cases} cases were found");
}

/// G7: the same seeds give the same effects and the same stored bytes as natively.
#[wasm_bindgen_test]
fn the_same_seeds_give_the_same_effects_as_natively() {
    for (seed, native) in (0..).zip(list::DIGESTS) {
        let plim = Rc::new(spec_reader::tab::compile(POLICY).unwrap());
        let mut world = world::World::new(plim, seed);
        world.digested = true;
        world.live(list::STEPS).unwrap();
        assert_eq!(world.digest, *native, "seed {seed}");
    }
}
