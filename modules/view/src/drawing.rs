//! What `pkg/view.js` hands over: a prompt whose every text is filled and whose every number is
//! text. It is read in place, property by property: words go from it into a node without ever being
//! copied into this module's memory. What to make of it is [`crate::card`]'s business.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The drawing itself and everything in it: objects, lists, texts and marks. `pkg/view.js`
    /// states its shape; what is false or empty there is left out.
    pub type Drawing;

    /// A property, or nothing when it is absent.
    #[wasm_bindgen(method, structural, indexing_getter)]
    pub fn part(this: &Drawing, name: &str) -> Option<Drawing>;

    /// The same property as text, for the few that are compared or built upon here.
    #[wasm_bindgen(method, structural, indexing_getter)]
    fn text(this: &Drawing, name: &str) -> Option<String>;

    #[wasm_bindgen(method, structural, indexing_getter)]
    fn item(this: &Drawing, place: u32) -> Option<Drawing>;
}

impl Drawing {
    /// A text, empty when absent.
    pub fn word(&self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    pub fn has(&self, name: &str) -> bool {
        self.part(name).is_some()
    }

    /// The items of a list in order.
    pub fn list(&self, name: &str) -> impl Iterator<Item = Drawing> {
        let list = self.part(name);
        (0..).map_while(move |place| list.as_ref()?.item(place))
    }
}
