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

/// The sections of a file, and a file of sections, as a newer version might write it.
fn with_section(bytes: &[u8], id: u32, flags: u32, added: &[u8]) -> Vec<u8> {
    let mut sections: Vec<(u32, u32, Vec<u8>)> = sections(bytes)
        .map(|section| {
            let content = content(bytes, section).to_vec();
            (word(section, 0), word(section, 4), content)
        })
        .collect();
    // Between the others, so that no reader may count on a place.
    sections.insert(1, (id, flags, added.to_vec()));
    let mut rest = (sections.len() as u32).to_le_bytes().to_vec();
    let mut start = HEADER_BYTES + SECTION_BYTES * sections.len();
    for (id, flags, content) in &sections {
        for word in [*id, *flags, start as u32, content.len() as u32] {
            rest.extend(word.to_le_bytes());
        }
        start += content.len();
    }
    sections
        .iter()
        .for_each(|(_, _, content)| rest.extend(content));
    let head = [MAGIC, FORMAT, fnv32(&rest)];
    let mut bytes: Vec<u8> = head.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.append(&mut rest);
    bytes
}

#[test]
fn an_older_reader_skips_what_may_be_skipped_of_a_newer_file() {
    let today = write(&small(), r#"{"ui":{}}"#);
    // Flags that no version has given a meaning to do not make a section one that must be understood.
    for flags in [0, 2, 6] {
        let newer = with_section(&today, 9, flags, b"of tomorrow");
        assert_ne!(newer, today);
        assert_eq!(Plim::open(&newer), Plim::open(&today), "flags {flags}");
    }
}

#[test]
fn an_older_reader_refuses_a_newer_file_that_must_be_understood() {
    let today = write(&small(), "{}");
    for flags in [MUST_UNDERSTAND, MUST_UNDERSTAND | 2] {
        let refused = Plim::open(&with_section(&today, 9, flags, b"of tomorrow"));
        assert_eq!(refused, Err(PlimError::Section(9)));
        assert_eq!(refused.unwrap_err().code(), "policy_section");
    }
    let mut newer = today;
    newer[4] = 2;
    assert_eq!(Plim::open(&newer), Err(PlimError::Format(2)));
    assert_eq!(PlimError::Format(2).code(), "policy_format");
}
