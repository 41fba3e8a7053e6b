//! What of the page web-sys lacks or makes dear: elements whose plain calls cannot fail, the
//! globals, constructable style sheets, and the shell's callbacks. It owns no state and decides
//! nothing. web-sys guards each call as if a page could refuse to set an attribute; painting with
//! such calls made the module a fifth larger.

use wasm_bindgen::prelude::*;
use web_sys::{Element, IntersectionObserver};

use crate::drawing::Drawing;

/// One kind of closure for events, timers and observers: each further kind costs glue. It is `Fn`
/// because events nest: closing a dialog inside a click moves the focus, which is heard too.
pub type Handler = Closure<dyn Fn(JsValue)>;

#[wasm_bindgen]
extern "C" {
    pub type Page;

    #[wasm_bindgen(thread_local_v2, js_name = document)]
    pub static PAGE: Page;

    #[wasm_bindgen(method, js_name = createElementNS)]
    pub fn create(this: &Page, space: &str, name: &str) -> Tag;

    #[wasm_bindgen(method, getter)]
    pub fn hidden(this: &Page) -> bool;

    #[wasm_bindgen(js_name = setInterval)]
    pub fn set_interval(handler: &Handler, period_ms: u32) -> JsValue;

    #[wasm_bindgen(js_name = clearInterval)]
    pub fn clear_interval(id: &JsValue);

    /// Options for the page's constructors.
    #[wasm_bindgen(js_namespace = JSON, js_name = parse)]
    pub fn options(json: &str) -> JsValue;

    /// An element, HTML or SVG. Its names and selectors here are constants, which never throw.
    #[wasm_bindgen(extends = Element)]
    #[derive(Clone)]
    pub type Tag;

    #[wasm_bindgen(method, js_name = setAttribute)]
    pub fn set(this: &Tag, name: &str, value: &str);

    /// The same, with a text that stays in the browser's memory.
    #[wasm_bindgen(method, js_name = setAttribute)]
    pub fn copy(this: &Tag, name: &str, value: &Drawing);

    /// Words only ever become a text node.
    #[wasm_bindgen(method, setter, js_name = textContent)]
    pub fn say(this: &Tag, words: &Drawing);

    #[wasm_bindgen(method, js_name = replaceChildren)]
    pub fn empty(this: &Tag);

    #[wasm_bindgen(method)]
    pub fn append(this: &Tag, child: &Tag);

    #[wasm_bindgen(method, js_name = closest)]
    pub fn around(this: &Tag, selector: &str) -> Option<Tag>;

    #[wasm_bindgen(method, js_name = querySelector)]
    pub fn find(this: &Tag, selector: &str) -> Option<Tag>;

    #[wasm_bindgen(method, js_name = matches)]
    pub fn is(this: &Tag, selector: &str) -> bool;

    #[wasm_bindgen(method, js_name = removeAttribute)]
    pub fn unset(this: &Tag, name: &str);

    #[wasm_bindgen(method, getter, js_name = clientWidth)]
    pub fn width(this: &Tag) -> i32;

    #[wasm_bindgen(method)]
    pub fn focus(this: &Tag);

    /// What someone has typed; it stays in the browser's memory.
    #[wasm_bindgen(method, getter, structural)]
    pub fn value(this: &Tag) -> JsValue;

    #[wasm_bindgen(method, js_name = addEventListener)]
    pub fn hear(this: &Tag, kind: &str, handler: &Handler, on_the_way_down: bool);

    #[wasm_bindgen(method, js_name = removeEventListener)]
    pub fn unhear(this: &Tag, kind: &str, handler: &Handler, on_the_way_down: bool);

    /// Of a dialog. It fails where the browser has no dialogs or the page has torn it out.
    #[wasm_bindgen(method, js_name = showModal, catch)]
    pub fn open(this: &Tag) -> Result<(), JsValue>;

    /// Of a dialog: closes it and gives the focus back.
    #[wasm_bindgen(method)]
    pub fn close(this: &Tag);

    #[wasm_bindgen(method, js_name = attachShadow)]
    pub fn shadow(this: &Tag, options: &JsValue) -> Shadow;

    /// A shadow root, seen as what carries adopted sheets and knows its own focus.
    #[wasm_bindgen(extends = Tag)]
    #[derive(Clone)]
    pub type Shadow;

    #[wasm_bindgen(method, setter, js_name = adoptedStyleSheets)]
    pub fn adopt(this: &Shadow, sheets: Vec<Sheet>);

    #[wasm_bindgen(method, getter, js_name = activeElement)]
    pub fn focused(this: &Shadow) -> Option<Tag>;

    /// A sheet made by `new CSSStyleSheet()`: style without a `<style>` element, so that
    /// `style-src` has nothing to refuse.
    #[wasm_bindgen(js_name = CSSStyleSheet)]
    pub type Sheet;

    #[wasm_bindgen(constructor, js_class = "CSSStyleSheet")]
    pub fn new() -> Sheet;

    #[wasm_bindgen(method, js_name = replaceSync)]
    pub fn replace(this: &Sheet, css: &str);

    #[wasm_bindgen(extends = IntersectionObserver, js_name = IntersectionObserver)]
    pub type Sight;

    #[wasm_bindgen(constructor, js_class = "IntersectionObserver")]
    pub fn new(handler: &Handler, options: &JsValue) -> Sight;

    /// What an observer's callback is given; the newest entry is the last.
    pub type Sightings;

    #[wasm_bindgen(method)]
    pub fn pop(this: &Sightings) -> Sighting;

    pub type Sighting;

    #[wasm_bindgen(method, getter, js_name = isIntersecting)]
    pub fn in_view(this: &Sighting) -> bool;

    /// What the shell wants to hear. `pkg/view.js` makes them such that they never throw.
    pub type Reports;

    /// `rendered`, `seen`, `failed`, or `faded` when a toast has had its time.
    #[wasm_bindgen(method)]
    pub fn painted(this: &Reports, exposure: &str, how: &str);

    /// `act` with the action's id, or `later`, `never`, `close`.
    #[wasm_bindgen(method)]
    pub fn respond(this: &Reports, exposure: &str, response: &str, action: &str);

    /// The whole note of a form, after each change.
    #[wasm_bindgen(method)]
    pub fn typed(this: &Reports, exposure: &str, note: &JsValue);
}
