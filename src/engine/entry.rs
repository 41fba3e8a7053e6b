//! What every decision asks of a prompt, read out of the compiled policy once.
//! Owns no rule; a decision over many prompts would otherwise spend its time on reading the arena.
//! `judge` walks these entries and opens the arena only for candidates that have fired.

use super::crossing::code_of;
use super::effect::Surface;
use crate::plim::Plim;

/// A prompt about one subject, in short.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Key of the prompt's id.
    pub key: u32,
    /// Key of its meter or feature; 0 without one. Choices and caps are kept under both keys.
    pub subject_key: u32,
    /// Index of its meter or feature.
    pub subject: u32,
    /// 0 threshold, 1 at limit, 2 limit hit, 3 explored, 4 trial ending.
    pub trigger: u32,
    /// Which threshold it waits for.
    pub code: u32,
    /// Its place in its lane.
    pub rank: u32,
    /// Key of its group, 0 for none.
    pub group: u32,
    /// Where it is shown.
    pub surface: Surface,
    /// It has a title in this locale.
    pub titled: bool,
    /// It has routes.
    pub routed: bool,
    /// It has a delay, caps or a group.
    pub paced: bool,
    /// It has caps or a group: tabs must take turns.
    pub capped: bool,
}

/// An entry for each prompt, by index.
pub(super) fn entries(plim: &Plim) -> Vec<Entry> {
    let root = plim.root();
    let key_of = |kind: u32, subject: u32| match kind {
        1 => root.meters().get(subject).map_or(0, |meter| meter.key()),
        2 => root
            .features()
            .get(subject)
            .map_or(0, |feature| feature.key()),
        _ => 0,
    };
    root.prompts()
        .iter()
        .map(|prompt| {
            let capped = !prompt.caps().is_empty() || prompt.group() != 0;
            Entry {
                key: prompt.key(),
                subject_key: key_of(prompt.subject_kind(), prompt.subject()),
                subject: prompt.subject(),
                trigger: prompt.trigger(),
                code: code_of(prompt),
                rank: prompt.rank(),
                group: prompt.group(),
                surface: Surface::from_word(prompt.surface()),
                titled: !prompt.title().is_empty(),
                routed: !prompt.routes_in().is_empty() || !prompt.routes_out().is_empty(),
                paced: capped || prompt.delay_ms() > 0,
                capped,
            }
        })
        .collect()
}
