//! Making nodes, and owning what must be given back: listeners, timers, the hosts of shadow roots.
//! It knows no prompt. What is made here is acquired in a constructor and released on drop, so a
//! view that is dropped leaves the page as it was.

use wasm_bindgen::prelude::*;

use crate::drawing::Drawing;
use crate::page::{self, Handler, PAGE, Shadow, Sheet, Tag};

const HTML: &str = "http://www.w3.org/1999/xhtml";
const SVG: &str = "http://www.w3.org/2000/svg";

/// A new element with a class, in no document yet.
pub fn element(name: &str, class: &str) -> Tag {
    let element = PAGE.with(|page| page.create(HTML, name));
    element.set("class", class);
    element
}

/// A new element as the last child of `parent`.
pub fn within(parent: &Tag, name: &str, class: &str) -> Tag {
    let child = element(name, class);
    parent.append(&child);
    child
}

/// A new element that holds words, if there are any.
pub fn write(parent: &Tag, name: &str, class: &str, words: Option<Drawing>) -> Tag {
    let child = within(parent, name, class);
    if let Some(words) = words {
        child.say(&words);
    }
    child
}

/// A drawing of strokes in a 16 by 16 box, hidden from screen readers.
pub fn icon(parent: &Tag, class: &str, path: &str) -> Tag {
    let picture = vector(parent, "svg");
    picture.set("class", class);
    picture.set("viewBox", "0 0 16 16");
    picture.set("aria-hidden", "true");
    vector(&picture, "path").set("d", path);
    picture
}

/// A new SVG element as the last child of `parent`.
pub fn vector(parent: &Tag, name: &str) -> Tag {
    let child = PAGE.with(|page| page.create(SVG, name));
    parent.append(&child);
    child
}

/// Events heard on the way down to what they are about, so that those that do not bubble are heard.
pub struct Listener {
    target: Tag,
    kinds: &'static [&'static str],
    handler: Handler,
}

impl Listener {
    pub fn new(target: &Tag, kinds: &'static [&'static str], handler: Handler) -> Self {
        for kind in kinds {
            target.hear(kind, &handler, true);
        }
        Self {
            target: target.clone(),
            kinds,
            handler,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for kind in self.kinds {
            self.target.unhear(kind, &self.handler, true);
        }
    }
}

/// Something done again and again until dropped.
pub struct Ticker {
    id: JsValue,
    _handler: Handler,
}

impl Ticker {
    pub fn new(period_ms: u32, handler: Handler) -> Self {
        Self {
            id: page::set_interval(&handler, period_ms),
            _handler: handler,
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        page::clear_interval(&self.id);
    }
}

/// A host element with a styled open shadow root: one for the page, one for each place of the host's.
pub struct Root {
    node: Tag,
    place: Tag,
    pub shadow: Shadow,
    /// Everything painted stands in here.
    pub frame: Tag,
    /// The status region for banners. It is there before any banner, or nothing would be announced.
    pub banners: Tag,
    /// The status region for toasts.
    pub toasts: Tag,
}

impl Root {
    pub fn new(place: Tag, class: &str) -> Self {
        let node = element("plimsoll-prompts", "");
        let shadow = node.shadow(&page::options(r#"{"mode":"open"}"#));
        let sheet = Sheet::new();
        sheet.replace(CSS);
        shadow.adopt(vec![sheet]);
        let frame = within(&shadow, "div", class);
        let banners = status(&frame, "banners");
        let toasts = status(&frame, "toasts");
        place.append(&node);
        Self {
            node,
            place,
            shadow,
            frame,
            banners,
            toasts,
        }
    }

    /// Puts the host element back where it belongs if the page has thrown it out, as frameworks
    /// that replace what is in the body do.
    pub fn settle(&self) {
        if !self.node.is_connected() {
            self.place.append(&self.node);
        }
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        self.node.remove();
    }
}

/// An empty region whose coming content is announced without moving the focus.
pub fn status(parent: &Tag, class: &str) -> Tag {
    let region = within(parent, "div", class);
    region.set("role", "status");
    region
}

const CSS: &str = include_str!(concat!(env!("OUT_DIR"), "/view.css"));
