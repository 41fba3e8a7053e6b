//! What was written is read back; what was damaged is refused.
//! Knows the drafts and the getters only.
//! Fails when a description gets out of step with its reader.

use super::*;

fn small() -> RootDraft {
    RootDraft {
        revision: "r1".into(),
        plans: vec![PlanDraft {
            key: 7,
            id: "free".into(),
            features: vec![1, 2],
            ..Default::default()
        }],
        meters: vec![MeterDraft {
            key: Key::of("emails").0,
            id: "emails".into(),
            thresholds: vec![ThresholdDraft {
                kind: 0,
                value: 5_000,
                arms: Vec::new(),
            }],
            ..Default::default()
        }],
        settle_ms: -5,
        ..Default::default()
    }
}

#[test]
fn what_was_written_is_read_back() {
    let plim = Plim::open(&write(&small(), "{}")).unwrap();
    let root = plim.root();
    assert_eq!((root.revision(), root.settle_ms()), ("r1", -5));
    let plan = root.plans().get(0).unwrap();
    assert_eq!(
        (plan.id(), plan.features().iter().collect::<Vec<_>>()),
        ("free", vec![1, 2])
    );
    assert_eq!(plim.meter_index(Key::of("emails")), Some(0));
    assert_eq!(
        root.meters()
            .get(0)
            .unwrap()
            .thresholds()
            .get(0)
            .unwrap()
            .value(),
        5_000
    );
    assert!(root.plans().get(1).is_none());
}

#[test]
fn a_flipped_bit_is_refused_and_a_cut_never_panics() {
    let bytes = write(&small(), "{}");
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        assert!(Plim::open(&flipped).is_err(), "byte {at}");
        assert!(Plim::open(&bytes[..at]).is_err(), "cut at {at}");
    }
}
