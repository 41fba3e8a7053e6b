//! Merging keeps its laws, damage is refused, and a writer's tallies can be taken out.
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
        for column in v.iter_mut().take(next(9) as usize) {
            *column = next(5) as i64 - 2;
        }
        memory.join(table, next(3), next(3), &v);
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
        assert_eq!(Memory::decode(&a.encode()), Some(a), "seed {seed}");
    }
}

#[test]
fn what_was_flipped_or_cut_or_is_of_another_format_is_no_memory() {
    let bytes = some(7).encode();
    for at in 1..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        assert_eq!(Memory::decode(&flipped), None, "byte {at}");
        assert_eq!(Memory::decode(&bytes[..at]), None, "cut at {at}");
    }
    let mut newer = vec![FORMAT + 1];
    newer.extend(fnv32(&newer).to_le_bytes());
    assert_eq!(Memory::decode(&newer), None);
    assert_eq!(Memory::decode(&[]), Some(Memory::default()));
}

#[test]
fn any_bytes_with_a_right_checksum_are_a_memory() {
    let bytes = some(11).encode();
    for at in 1..bytes.len() - 4 {
        let mut made = bytes[..bytes.len() - 4].to_vec();
        made[at] ^= 0xff;
        made.extend(fnv32(&made).to_le_bytes());
        let memory = Memory::decode(&made).unwrap_or_default();
        assert_eq!(Memory::decode(&memory.encode()), Some(memory), "byte {at}");
    }
}

#[test]
fn a_writers_tallies_come_with_the_newest_mark_of_each_meter() {
    let mut memory = Memory::default();
    for (meter, writer) in [(5, 9), (6, 9), (5, 10)] {
        memory.join(Table::Tally, meter, writer, &[12, 3]);
        for second in [76, 77] {
            let mark = mark_key(Key(meter as u32), second);
            memory.join(Table::Mark, writer, mark, &[12, 3]);
        }
    }
    let own = memory.tallies_of(Writer(9));
    let places: Vec<_> = own
        .rows()
        .iter()
        .map(|row| (row.table, row.a, row.b))
        .collect();
    let mark = |meter| (Table::Mark, 9, mark_key(Key(meter), 77));
    assert_eq!(
        places,
        [(Table::Tally, 5, 9), (Table::Tally, 6, 9), mark(5), mark(6)]
    );
    assert!(!memory.clone().merge(&own));
}
