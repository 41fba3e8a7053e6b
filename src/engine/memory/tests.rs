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
        let table = Table::ALL[next(19) as usize];
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
        assert_eq!(
            Memory::decode(a.encode().as_bytes()),
            Some(a),
            "seed {seed}"
        );
    }
}

#[test]
fn what_was_flipped_or_cut_or_is_of_another_format_is_no_memory() {
    let text = some(7).encode().into_bytes();
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut flipped = text.clone();
            flipped[at] ^= 1 << bit;
            assert_eq!(
                Memory::decode(&flipped),
                None,
                "bit {bit} of character {at}"
            );
        }
        if at > 0 {
            assert_eq!(Memory::decode(&text[..at]), None, "cut at {at}");
        }
    }
    assert_eq!(Memory::decode(&[]), Some(Memory::default()));
}

#[test]
fn any_text_with_a_right_checksum_is_a_memory() {
    let text = some(11).encode().into_bytes();
    let mut reader = Reader(&text);
    reader.number();
    reader.number();
    let rows = reader.0;
    for at in 0..rows.len() {
        let mut made = rows.to_vec();
        made[at] ^= 0xff;
        let mut whole = String::new();
        push_number(&mut whole, FORMAT);
        push_number(&mut whole, u64::from(fnv32(&made)));
        let mut whole = whole.into_bytes();
        whole.extend(made);
        let memory = Memory::decode(&whole).unwrap_or_default();
        let again = Memory::decode(memory.encode().as_bytes());
        assert_eq!(again, Some(memory), "character {at}");
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
