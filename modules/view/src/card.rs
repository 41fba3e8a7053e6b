//! What stands in a prompt, on every surface the same pieces in the same order: picture, ring,
//! words, note, meter, next plan, actions, tools. It paints what the drawing has and leaves out what it
//! lacks; which surface needs what is decided in `pkg/view.js`, how it looks in `view.css`.

use crate::dom;
use crate::drawing::Drawing;
use crate::page::Tag;

const CROSS: &str = "M4 4l8 8M12 4l-8 8";
const DOTS: &str = "M3 8h.01M8 8h.01M13 8h.01";
const CHECK: &str = "M3 8.5l3.5 3.5L13 5";
const CIRCLE: &str = "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2";

/// Replaces all content, but never a note that is being written.
pub fn fill(content: &Tag, drawing: &Drawing) {
    if let Some(form) = drawing.part("form")
        && let Some(field) = content.find(".field")
    {
        return around(content, drawing, &form, &field);
    }
    content.empty();
    let exposure = drawing.word("exposure");
    if let Some(image) = drawing.part("image") {
        copy(
            &dom::within(content, "img", "picture"),
            &image,
            &["alt", "src"],
        );
    }
    if let Some(ring) = drawing.part("ring") {
        share_used(content, &ring);
    }
    let message = dom::within(content, "div", "message");
    message.set("part", "message");
    if let Some(badge) = drawing.part("badge") {
        dom::write(&message, "p", "badge", Some(badge));
    }
    title(&message, drawing, &exposure);
    let body = dom::within(&message, "div", "body");
    body.set("id", &["b", &exposure].concat());
    sentences(&body, drawing);
    if let Some(form) = drawing.part("form") {
        field(&message, &form, &exposure);
    }
    if let Some(meter) = drawing.part("meter") {
        gauge(&message, &meter, &exposure);
    }
    if let Some(also) = drawing.part("also") {
        checklist(&message, &also);
    }
    if let Some(offer) = drawing.part("offer") {
        next_plan(&message, &offer);
    }
    actions(content, drawing);
    tools(content, drawing);
}

fn sentences(body: &Tag, drawing: &Drawing) {
    for sentence in drawing.list("body") {
        dom::write(body, "p", "", Some(sentence));
    }
}

/// Where a person types. The label stands over it and is read with it, as is how much room is left.
fn field(message: &Tag, form: &Drawing, exposure: &str) {
    let field = dom::within(message, "div", "field");
    let [note, left] = ["n", "l"].map(|mark| [mark, exposure].concat());
    dom::write(&field, "label", "label", form.part("label")).set("for", &note);
    let area = dom::write(&field, "textarea", "area", form.part("note"));
    area.set("id", &note);
    area.set("part", "note");
    area.set("rows", "3");
    area.set("autofocus", "");
    area.set("data-focus", "note");
    area.set("aria-describedby", &left);
    copy(&area, form, &["maxlength", "readonly"]);
    dom::write(&field, "p", "left", form.part("left")).set("id", &left);
}

/// Everything but the note is written again; it keeps its words, its caret and what can be undone.
fn around(content: &Tag, drawing: &Drawing, form: &Drawing, field: &Tag) {
    if let Some(body) = content.find(".body") {
        body.empty();
        sentences(&body, drawing);
    }
    for (within, selector, words) in [
        (content, ".title", drawing.part("title")),
        (field, ".label", form.part("label")),
    ] {
        if let (Some(tag), Some(words)) = (within.find(selector), words) {
            tag.say(&words);
        }
    }
    if let Some(left) = field.find(".left") {
        left.empty();
        if let Some(words) = form.part("left") {
            left.say(&words);
        }
    }
    if let Some(area) = field.find("textarea") {
        area.unset("readonly");
        copy(&area, form, &["readonly"]);
    }
    for selector in [".actions", ".tools"] {
        if let Some(old) = content.find(selector) {
            old.remove();
        }
    }
    actions(content, drawing);
    tools(content, drawing);
}

/// In a dialog the title takes the focus, so that the dialog is read from its start and a key
/// pressed in mid-typing does not press a button.
fn title(message: &Tag, drawing: &Drawing, exposure: &str) {
    let dialog = drawing.has("dialog");
    let words = drawing.part("title");
    let title = dom::write(message, if dialog { "h2" } else { "p" }, "title", words);
    title.set("id", &["t", exposure].concat());
    if dialog {
        title.set("tabindex", "-1");
        if !drawing.has("form") {
            title.set("autofocus", "");
        }
        title.set("data-focus", "title");
    }
}

/// The share used, as a ring. The words say the same, so it is hidden from screen readers.
fn share_used(content: &Tag, ring: &Drawing) {
    let arc = dom::vector(&dom::icon(content, "ring", CIRCLE), "path");
    arc.set("d", CIRCLE);
    arc.set("pathLength", "100");
    copy(&arc, ring, &["stroke-dasharray"]);
}

fn gauge(message: &Tag, meter: &Drawing, exposure: &str) {
    let gauge = dom::within(message, "div", "gauge");
    let label = ["m", exposure].concat();
    dom::write(&gauge, "span", "reading", meter.part("text")).set("id", &label);
    dom::write(&gauge, "span", "share", meter.part("share"));
    let bar = dom::within(&gauge, "meter", "bar");
    bar.set("part", "meter");
    bar.set("aria-labelledby", &label);
    copy(&bar, meter, &["max", "value"]);
}

fn checklist(message: &Tag, also: &Drawing) {
    let also_in = dom::within(message, "div", "also");
    dom::write(&also_in, "p", "label", also.part("label"));
    let list = dom::within(&also_in, "ul", "");
    // A list without bullets is no list to some screen readers unless it says so.
    list.set("role", "list");
    for item in also.list("items") {
        let row = dom::within(&list, "li", "");
        dom::icon(&row, "glyph", CHECK);
        dom::write(&row, "span", "", Some(item));
    }
}

fn next_plan(message: &Tag, offer: &Drawing) {
    let row = dom::within(message, "div", "offer");
    for [strong, small] in [["plan", "adds"], ["amount", "line"]] {
        let column = dom::within(&row, "div", strong);
        dom::write(&column, "strong", "", offer.part(strong));
        dom::write(&column, "span", "", offer.part(small));
    }
}

fn actions(content: &Tag, drawing: &Drawing) {
    let row = dom::within(content, "div", "actions");
    for action in drawing.list("actions") {
        button(&row, &action);
    }
}

fn tools(content: &Tag, drawing: &Drawing) {
    let corner = dom::within(content, "div", "tools");
    if drawing.has("menu") {
        let menu = dom::within(&corner, "details", "menu");
        let opener = dom::within(&menu, "summary", "tool");
        copy(&opener, drawing, &["aria-label"]);
        opener.set("data-focus", "more");
        dom::icon(&opener, "glyph dots", DOTS);
        let panel = dom::within(&menu, "div", "panel");
        // A press on a button moves the focus nowhere in some browsers; it must not leave the menu.
        panel.set("tabindex", "-1");
        for choice in drawing.list("menu") {
            button(&panel, &choice);
        }
    }
    if let Some(dismiss) = drawing.part("dismiss") {
        let cross = dom::within(&corner, "button", "tool");
        copy(&cross, &dismiss, NAMES);
        dom::icon(&cross, "glyph", CROSS);
    }
}

/// An action that leads somewhere is a real link, so that it can be opened in another tab; any
/// other is a button.
fn button(parent: &Tag, action: &Drawing) {
    let name = if action.has("href") { "a" } else { "button" };
    let class = if action.has("primary") {
        "action primary"
    } else {
        "action"
    };
    copy(
        &dom::write(parent, name, class, action.part("label")),
        action,
        NAMES,
    );
}

/// All that an action may carry. A busy one is marked as disabled but not disabled, which would
/// throw the focus out of the dialog.
const NAMES: &[&str] = &[
    "data-action",
    "data-focus",
    "part",
    "href",
    "aria-label",
    "title",
    "aria-disabled",
];

/// Takes attributes over from the drawing, those that it has.
fn copy(tag: &Tag, drawing: &Drawing, names: &[&str]) {
    for name in names {
        if let Some(value) = drawing.part(name) {
            tag.copy(name, &value);
        }
    }
}
