//! Merging keeps its laws, damage is refused, and the hot line carries a writer's tallies.
//! Knows the tables and their rules; makes rows at random from a seed.
//! Fails when a rule of merging stops being a join.

use super::*;

fn some(seed: u64) -> Memory {
    let mut state = seed;
    let mut next = move |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    let mut memory = Memory::default();
    for _ in 0..40 {
        let table = Table::ALL[next(16) as usize];
        let mut v = Columns::default();
        for column in v.iter_mut().take(table.rule().columns) {
            *column = next(5) as i64 - 2;
        }
        memory.join(table, next(3), next(3), v);
    }
    memory
}

#[test]
fn merging_is_commutative_associative_and_idempotent() {
    for seed in 0..300 {
        let (a, b, c) = (some(seed * 3), some(seed * 3 + 1), some(seed * 3 + 2));
        let joined = |left: &Memory, right: &Memory| {
            let mut both = left.clone();
            both.merge(right);
            both
        };
        assert_eq!(joined(&a, &b), joined(&b, &a), "seed {seed}");
        assert_eq!(
            joined(&joined(&a, &b), &c),
            joined(&a, &joined(&b, &c)),
            "seed {seed}"
        );
        assert_eq!(joined(&a, &a), a, "seed {seed}");
        assert_eq!(Memory::decode(&a.encode()), Ok(a), "seed {seed}");
    }
}

#[test]
fn a_flipped_bit_or_a_cut_is_damage_and_a_newer_format_says_so() {
    let bytes = some(7).encode();
    for at in 1..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        assert_eq!(
            Memory::decode(&flipped),
            Err(MemoryError::Damaged),
            "byte {at}"
        );
        assert_eq!(
            Memory::decode(&bytes[..at]),
            Err(MemoryError::Damaged),
            "cut at {at}"
        );
    }
    assert_eq!(Memory::decode(&[9, 0]), Err(MemoryError::Format(9)));
}

#[test]
fn a_hot_line_carries_the_tallies_of_its_writer() {
    let mut memory = Memory::default();
    memory.join(Table::Tally, 5, 9, columns([12, 3]));
    memory.join(Table::Mark, 9, mark_key(Key(5), 77), columns([12, 3, 250]));
    let line = memory.hot_line(Writer(9));
    assert_eq!(line, "0000000000000009;5:12:3:77:250");
    let mut other = Memory::default();
    assert!(other.absorb_line(&line));
    assert_eq!(other, memory);
    assert!(!other.absorb_line("nonsense;1:2"));
    assert!(!other.absorb_line("0000000000000009;5:-1:3:77:250"));
}
