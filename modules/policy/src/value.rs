//! Reads a JavaScript value into a tree, as `JSON.stringify` would see it, without trusting it.
//! A getter or a proxy may throw, an object may contain itself, a list may claim a billion items: each
//! ends in a described value that the policy refuses at its place, never in an exception or a full stack.

use plimsoll::policy::{DEPTH_MAX, POLICY_BYTES, PolicyError, Tree, too_large};
use wasm_bindgen::prelude::*;

/// Each of these runs code of the value when it is a proxy, so each may throw.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Array, js_name = isArray, catch)]
    fn is_array(value: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(js_namespace = Object, js_name = keys, catch)]
    fn keys(value: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = Reflect, js_name = get, catch)]
    fn member(value: &JsValue, name: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = Reflect, js_name = getPrototypeOf, catch)]
    fn prototype(value: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = Object)]
    fn wrapped(value: &JsValue) -> JsValue;

    /// A string's methods.
    type Text;
    #[wasm_bindgen(method, js_name = toLowerCase, catch)]
    fn to_lower_case(this: &Text) -> Result<JsValue, JsValue>;
}

/// A text in lower case by the browser's own tables, which it reads attributes with too.
pub(crate) fn lower(text: &str) -> String {
    let lower = JsValue::from_str(text)
        .unchecked_into::<Text>()
        .to_lower_case();
    let lower = lower.ok().and_then(|lower| lower.as_string());
    lower.unwrap_or_else(|| text.into())
}

/// Reads a value.
///
/// # Errors
/// When it is larger than a policy may be.
pub(crate) fn read(value: &JsValue) -> Result<Tree, PolicyError> {
    let mut reader = Reader {
        room: POLICY_BYTES,
        around: Vec::new(),
    };
    let tree = reader.tree(value);
    match reader.room {
        0 => Err(too_large(POLICY_BYTES.saturating_add(1))),
        _ => Ok(tree),
    }
}

/// The length of a string in UTF-16 units; 0 for anything else.
pub(crate) fn length(value: &JsValue) -> usize {
    if !value.is_string() {
        return 0;
    }
    // A string is not an object to `Reflect.get`, a wrapped one is.
    let length = member(&wrapped(value), &JsValue::from_str("length"));
    length.map_or(0, |length| count(&length))
}

/// A length that JavaScript told; one that fits nowhere is as long as can be.
fn count(value: &JsValue) -> usize {
    match Tree::number(value.as_f64().unwrap_or(0.0)) {
        Tree::Integer(count) => usize::try_from(count.max(0)).unwrap_or(usize::MAX),
        _ => usize::MAX,
    }
}

struct Reader {
    /// Bytes of JSON that may still come, counted low; 0 ends the reading.
    room: usize,
    /// The objects around the value being read.
    around: Vec<JsValue>,
}

impl Reader {
    fn tree(&mut self, value: &JsValue) -> Tree {
        self.room = self.room.saturating_sub(1);
        if value.is_null() || value.is_undefined() {
            Tree::Null
        } else if let Some(value) = value.as_bool() {
            Tree::Bool(value)
        } else if let Some(value) = value.as_f64() {
            Tree::number(value)
        } else if value.is_string() {
            self.text(value).map_or(Tree::Null, Tree::Text)
        } else if value.is_function() {
            Tree::Foreign("a function".into())
        } else if value.is_object() {
            self.object(value)
        } else {
            let what = value.js_typeof().as_string().unwrap_or_default();
            Tree::Foreign(["a ", &what].concat())
        }
    }

    fn text(&mut self, value: &JsValue) -> Option<String> {
        self.room = self.room.saturating_sub(length(value));
        match self.room {
            0 => None,
            _ => value.as_string(),
        }
    }

    fn object(&mut self, value: &JsValue) -> Tree {
        if self.around.len() >= DEPTH_MAX {
            return Tree::TooDeep;
        }
        if self.around.contains(value) {
            return Tree::Foreign("an object that contains itself".into());
        }
        self.around.push(value.clone());
        let tree = self.members(value);
        self.around.pop();
        tree.unwrap_or_else(|_| Tree::Foreign("an object that threw when it was read".into()))
    }

    fn members(&mut self, value: &JsValue) -> Result<Tree, JsValue> {
        if is_array(value)? {
            let length = count(&member(value, &JsValue::from_str("length"))?);
            let mut items = Vec::new();
            for index in 0..length {
                if self.room == 0 {
                    break;
                }
                let item = self.member(value, &index_of(index));
                items.push(item.unwrap_or(Tree::Null));
            }
            return Ok(Tree::List(items));
        }
        if let Some(class) = class(value)? {
            return Ok(Tree::Foreign(["an instance of `", &class, "`"].concat()));
        }
        let names = keys(value)?;
        let length = count(&member(&names, &JsValue::from_str("length"))?);
        let mut entries = Vec::new();
        for index in 0..length {
            let name = member(&names, &index_of(index))?;
            let Some(text) = self.text(&name) else { break };
            // As in JSON, a member that is undefined is not there.
            if let Some(tree) = self.member(value, &name) {
                entries.push((text, tree));
            }
        }
        Ok(Tree::Object(entries))
    }

    /// The value of a member, read once; `None` when it is undefined.
    fn member(&mut self, value: &JsValue, name: &JsValue) -> Option<Tree> {
        match member(value, name) {
            Ok(value) if value.is_undefined() => None,
            Ok(value) => Some(self.tree(&value)),
            Err(_) => Some(Tree::Foreign("a getter that threw".into())),
        }
    }
}

fn index_of(index: usize) -> JsValue {
    JsValue::from(u32::try_from(index).unwrap_or(u32::MAX))
}

/// The name of the class that an object is an instance of; a plain object of any realm has none.
fn class(value: &JsValue) -> Result<Option<String>, JsValue> {
    let parent = prototype(value)?;
    if parent.is_null() || prototype(&parent)?.is_null() {
        return Ok(None);
    }
    let maker = member(&parent, &JsValue::from_str("constructor"))?;
    let name = member(&maker, &JsValue::from_str("name"))?;
    Ok(Some(
        name.as_string()
            .unwrap_or_default()
            .chars()
            .take(40)
            .collect(),
    ))
}
