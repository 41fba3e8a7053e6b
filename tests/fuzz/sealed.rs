//! Damaged memories under a right checksum, so that damage gets past it.
//! Owns where the checksum stands in stored bytes; the damage is the caller's.
//! `bodies` and the hostile tests of the guarantees seal what they have changed.

use plimsoll::unit::fnv32;

/// Bytes with a right checksum: the format, then the checksum in six bits a byte, then the rows.
pub fn memory(bytes: &[u8]) -> Vec<u8> {
    let mut ends = bytes.iter().skip(1);
    let end = ends.position(|byte| byte & 64 == 0).unwrap_or(0) + 2;
    let rows = bytes.get(end..).unwrap_or_default();
    let mut checksum = fnv32(rows);
    let mut whole = vec![1];
    while checksum >= 64 {
        whole.push((checksum & 63) as u8 | 64);
        checksum >>= 6;
    }
    whole.push(checksum as u8);
    whole.extend(rows);
    whole
}
