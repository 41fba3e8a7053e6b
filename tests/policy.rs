//! The policy as people write it: what is refused and with which words, and what the smallest one promises.

use plimsoll::plim::Plim;
use plimsoll::policy::Policy;

#[test]
fn every_policy_of_the_repository_is_read_and_compiles_in_every_locale() {
    let mut paths = vec!["www/demo/policy.json".into()];
    paths.extend(
        std::fs::read_dir("tests/spec/policies")
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let policy =
            Policy::parse(&text).unwrap_or_else(|errors| panic!("{}: {errors:#?}", path.display()));
        for locale in policy.locales() {
            let plim = Plim::open(policy.compile(&locale)).unwrap();
            assert_eq!(plim.root().locale(), locale);
            assert!(
                plim.root()
                    .prompts()
                    .iter()
                    .all(|prompt| prompt.title() != ""),
                "{}",
                path.display()
            );
        }
    }
}
