//! The arm of a unit: the order in which condition, namespaces, holdout and coverage leave it out.
//! Owns that order and the reading of a forced arm in a page's address; keeps and records nothing.
//! `engine` asks it once for an experiment and unit, and remembers the answer.

use super::hash::place;
use crate::plim::{List, NONE, Split};

/// Why a unit is in no arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// There is nobody to place: the id is empty.
    NoUnit,
    /// The experiment is not for it.
    Condition,
    /// It belongs to another experiment of a namespace.
    Namespace,
    /// It is held out of all experiments.
    Holdout,
    /// The experiment covers only some, and not it.
    Coverage,
}

/// What decides about the arm beside the unit.
#[derive(Clone, Copy, Debug)]
pub struct Draw<'a> {
    /// The arm it was in already; kept whatever has changed since.
    pub kept: Option<u32>,
    /// Whether the experiment's condition is true.
    pub fits: bool,
    /// All of these have to have the unit.
    pub namespaces: List<'a, Split<'a>>,
    /// None of these may have it.
    pub holdout: List<'a, Split<'a>>,
    /// A span for each arm; the first split counts.
    pub arms: List<'a, Split<'a>>,
}

/// The index of the unit's arm.
///
/// # Errors
/// Why it has none: the first of the reasons, in their order.
pub fn arm(draw: &Draw<'_>, unit: &str) -> Result<u32, Outside> {
    if unit.is_empty() {
        return Err(Outside::NoUnit);
    }
    if let Some(kept) = draw.kept
        && !fault!(212)
    {
        return Ok(kept);
    }
    if !draw.fits {
        return Err(Outside::Condition);
    }
    for namespace in draw.namespaces.iter() {
        if place(namespace, unit).is_none() && !fault!(211) {
            return Err(Outside::Namespace);
        }
    }
    if is_held_out(draw.holdout, unit) {
        return Err(Outside::Holdout);
    }
    let arms = draw.arms.get(0);
    arms.and_then(|arms| place(arms, unit))
        .ok_or(Outside::Coverage)
}

/// Whether a holdout has the unit.
#[must_use]
pub fn is_held_out(holdout: List<'_, Split<'_>>, unit: &str) -> bool {
    !unit.is_empty() && holdout.iter().any(|split| place(split, unit).is_some())
}

/// The arm that a page's address asks for: `?id=1` behind a prefix, one of `arms`. It is for looking, and
/// records nothing.
#[must_use]
pub fn forced(address: &str, prefix: &str, id: &str, arms: u32) -> Option<u32> {
    let mut rest = address.as_bytes();
    let mut asks = false;
    while let Some((byte, after)) = rest.split_first() {
        asks |= *byte == b'?';
        if *byte == b'#' {
            break;
        }
        rest = after;
        if let Some(after) = rest.strip_prefix(prefix.as_bytes())
            && let Some(after) = after.strip_prefix(id.as_bytes())
            && let Some((b'=', value)) = after.split_first()
            && asks
            && matches!(byte, b'?' | b'&')
        {
            let arm = number(value);
            return (arm < arms).then_some(arm);
        }
    }
    None
}

/// The number that a text begins with; [`NONE`] when it begins with none or that is too large.
pub(super) fn number(text: &[u8]) -> u32 {
    let mut value = -1_i64;
    for byte in text {
        let digit = i64::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            break;
        }
        value = value.max(0).wrapping_mul(10).wrapping_add(digit);
        value = value.min(i64::from(NONE));
    }
    value as u32
}
