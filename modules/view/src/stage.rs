//! What is open in one place, and what people do to it. It does not know how a prompt looks
//! ([`crate::surface`], [`crate::card`]) nor what a response leads to: that is the shell's. Every
//! event arrives at one handler, [`Stage::hear`], and leaves as a report.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{Event, FocusEvent, KeyboardEvent, MouseEvent};

use crate::dom::{Listener, Root};
use crate::drawing::Drawing;
use crate::page::{Handler, Reports, Tag};
use crate::surface::{self, Painting};
use crate::watch::Watch;

const HEARD: &[&str] = &["click", "keydown", "input", "focusout", "close"];

pub struct Stage {
    reports: Reports,
    /// Emptied by `clear`; without a root nothing can be painted any more.
    root: RefCell<Option<Rc<Root>>>,
    listener: RefCell<Option<Listener>>,
    open: RefCell<Vec<Open>>,
}

/// One open prompt. Dropping it takes it off the page and ends its watch.
struct Open {
    exposure: String,
    painting: Rc<Painting>,
    _watch: Watch,
}

impl Stage {
    pub fn new(reports: Reports, place: Tag, class: &str) -> Rc<Self> {
        let root = Root::new(place, class);
        let stage = Rc::new(Self {
            reports,
            root: RefCell::default(),
            listener: RefCell::default(),
            open: RefCell::default(),
        });
        let heard = Rc::downgrade(&stage);
        let handler = Handler::new(move |event: JsValue| {
            if let Some(stage) = heard.upgrade() {
                stage.hear(event.unchecked_ref());
            }
        });
        let listener = Listener::new(&root.frame, HEARD, handler);
        stage.listener.replace(Some(listener));
        stage.root.replace(Some(Rc::new(root)));
        stage
    }

    /// Nothing when it could not be painted.
    pub fn show(self: &Rc<Self>, drawing: &Drawing) -> Option<()> {
        let exposure = drawing.word("exposure");
        self.hide(&exposure);
        let root = self.root.borrow().clone()?;
        let painting = surface::raise(&root, drawing)?;
        let watch = Watch::new(
            Rc::downgrade(self),
            &exposure,
            &painting.base,
            painting.fades,
        );
        let painting = Rc::new(painting);
        self.open.borrow_mut().push(Open {
            exposure,
            painting,
            _watch: watch,
        });
        Some(())
    }

    pub fn paint(&self, drawing: &Drawing) {
        let exposure = drawing.word("exposure");
        let painting = {
            let open = self.open.borrow();
            open.iter()
                .find(|open| open.exposure == exposure)
                .map(|open| open.painting.clone())
        };
        // The list is free again: painting moves the focus, and a host that hears that may call.
        if let Some(painting) = painting {
            painting.paint(drawing);
        }
    }

    /// Whether it was open. The prompt is off the page when this returns.
    pub fn hide(&self, exposure: &str) -> bool {
        let hidden = {
            let mut open = self.open.borrow_mut();
            let place = open.iter().position(|open| open.exposure == exposure);
            place.map(|place| open.swap_remove(place))
        };
        // Dropped here, with the list free: closing a dialog moves the focus.
        hidden.is_some()
    }

    pub fn painted(&self, exposure: &str, how: &str) {
        if matches!(how, "failed" | "faded") {
            self.hide(exposure);
        }
        self.reports.painted(exposure, how);
    }

    pub fn clear(&self) {
        let open = self.open.take();
        let root = (self.listener.take(), self.root.take());
        drop((open, root));
    }

    fn hear(&self, event: &Event) {
        let Some(target) = event.target() else { return };
        let target: &Tag = target.unchecked_ref();
        match event.type_().as_str() {
            "click" => self.press(target, event.unchecked_ref()),
            "keydown" => {
                leave_menu(target, event.unchecked_ref());
                self.key_in_form(target, event.unchecked_ref());
            }
            "input" => {
                if let Some(exposure) = exposure_of(target) {
                    self.reports.typed(&exposure, &target.value());
                }
            }
            "focusout" => close_menu(target, event.unchecked_ref()),
            // Escape, or a host that closed the dialog: a prompt that is hidden by us is gone from
            // the list by now.
            _ => self.dismiss(target, "close"),
        }
    }

    fn press(&self, target: &Tag, event: &MouseEvent) {
        let Some(pressed) = target.around("[data-action]") else {
            return;
        };
        // With a modifier the browser opens the link elsewhere, and this page stays as it is.
        let elsewhere = event.ctrl_key() || event.meta_key() || event.shift_key();
        if elsewhere && pressed.is("[href]") {
            return;
        }
        event.prevent_default();
        let action = pressed.get_attribute("data-action").unwrap_or_default();
        match action.as_str() {
            "later" | "never" | "close" => self.dismiss(&pressed, &action),
            _ => {
                if let Some(exposure) = exposure_of(&pressed) {
                    self.reports.respond(&exposure, "act", &action);
                }
            }
        }
    }

    /// Escape leads back from a form, and what was typed is kept; Enter makes a line, with Ctrl or ⌘ it sends.
    fn key_in_form(&self, target: &Tag, event: &KeyboardEvent) {
        let action = match event.key().as_str() {
            // The keyboard's own: it takes back or takes over what an input method proposes.
            _ if event.is_composing() => return,
            "Escape" => "back",
            "Enter" if event.ctrl_key() || event.meta_key() => "send",
            _ => return,
        };
        if let Some(form) = target.around("[data-form]")
            && let Some(exposure) = exposure_of(&form)
        {
            event.prevent_default();
            event.stop_propagation();
            self.reports.respond(&exposure, "act", action);
        }
    }

    fn dismiss(&self, target: &Tag, response: &str) {
        if let Some(exposure) = exposure_of(target)
            && self.hide(&exposure)
        {
            self.reports.respond(&exposure, response, "");
        }
    }
}

fn exposure_of(target: &Tag) -> Option<String> {
    target
        .around("[data-exposure]")?
        .get_attribute("data-exposure")
}

/// Escape closes an open menu first and gives the focus back to its button; only the next one
/// closes the dialog around it.
fn leave_menu(target: &Tag, event: &KeyboardEvent) {
    if event.key() != "Escape" {
        return;
    }
    if let Some(menu) = target.around("details[open]") {
        event.prevent_default();
        event.stop_propagation();
        menu.unset("open");
        if let Some(button) = menu.find("summary") {
            button.focus();
        }
    }
}

/// A menu does not stay open behind someone's back.
fn close_menu(target: &Tag, event: &FocusEvent) {
    if let Some(menu) = target.around("details[open]") {
        let next = event.related_target();
        if !menu.contains(next.as_ref().map(JsCast::unchecked_ref)) {
            menu.unset("open");
        }
    }
}
