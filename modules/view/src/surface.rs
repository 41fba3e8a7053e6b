//! The frame of each surface: which element it is, where it stands, how it takes and gives back the
//! focus. It does not know what stands in the frame; that is [`crate::card`]. Adding a surface means
//! adding an arm in [`raise`] and a block in `view.css`.

use crate::card;
use crate::dom::{self, Root};
use crate::drawing::Drawing;
use crate::page::{Shadow, Tag};

/// A painted prompt. Dropping it takes it off the page, and gives the focus back if it had taken it.
pub struct Painting {
    pub base: Tag,
    /// A toast: gone after its time.
    pub fades: bool,
    content: Tag,
    note: Tag,
    shadow: Shadow,
}

/// Puts a prompt in its place; nothing when the browser refuses.
pub fn raise(root: &Root, drawing: &Drawing) -> Option<Painting> {
    let surface = drawing.word("surface");
    let dialog = drawing.has("dialog");
    let parent = match surface.as_str() {
        "banner" => &root.banners,
        "toast" => &root.toasts,
        _ => &root.frame,
    };
    root.settle();
    let name = if dialog { "dialog" } else { "section" };
    let base = dom::element(name, &drawing.word("class"));
    let exposure = drawing.word("exposure");
    base.set("part", "base");
    base.set("data-exposure", &exposure);
    base.set("aria-labelledby", &["t", &exposure].concat());
    if dialog {
        base.set("aria-describedby", &["b", &exposure].concat());
    }
    let painting = Painting {
        content: dom::within(&base, "div", "content"),
        note: dom::status(&base, "note"),
        shadow: root.shadow.clone(),
        fades: surface == "toast",
        base,
    };
    painting.fill(drawing);
    parent.append(&painting.base);
    if dialog {
        painting.base.open().ok()?;
    }
    Some(painting)
}

impl Drop for Painting {
    fn drop(&mut self) {
        // `close` is what gives the focus back; a section has no such thing and needs none.
        if self.base.is("dialog[open]") {
            self.base.close();
        }
        self.base.remove();
    }
}

impl Painting {
    /// Paints again in place. Changed figures of a banner are not announced: the first words were,
    /// and a count that is read out with every e-mail sent would be a nuisance.
    pub fn paint(&self, drawing: &Drawing) {
        self.base.set("aria-live", "off");
        let focused = self
            .shadow
            .focused()
            .filter(|focused| self.content.contains(Some(focused)));
        self.fill(drawing);
        let focused = focused.and_then(|focused| focused.get_attribute("data-focus"));
        let wanted = Some(drawing.word("focus")).filter(|mark| !mark.is_empty());
        let again = wanted.or(focused).and_then(|mark| {
            let same = self.content.find(&["[data-focus=", &mark, "]"].concat());
            // A button that is gone hands the focus to the way back, where there is one, else to the title, and
            // where that takes none, to the cross.
            same.or_else(|| self.content.find("[data-focus=back]"))
                .or_else(|| self.content.find("[data-focus=title],[data-focus=close]"))
        });
        if let Some(again) = again {
            again.focus();
        }
    }

    fn fill(&self, drawing: &Drawing) {
        for name in [
            "lang",
            "dir",
            "data-tone",
            "data-theme",
            "data-phase",
            "data-form",
        ] {
            match drawing.part(name) {
                Some(value) => self.base.copy(name, &value),
                None => self.base.unset(name),
            }
        }
        card::fill(&self.content, drawing);
        // Given only when it is new, or each painting would announce it.
        if let Some(message) = drawing.part("message") {
            self.note.say(&message);
        }
    }
}
