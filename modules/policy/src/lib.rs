//! The policy in the browser: JSON text or a JavaScript object in, a compiled policy or all mistakes out.
//! It knows no rule of the policy, which are `plimsoll::policy`'s, and is loaded only when a host passes
//! a policy that was not compiled ahead. The shell hands the bytes to the start module.

mod value;

use plimsoll::json::Json;
use plimsoll::policy::{POLICY_BYTES, Policy, PolicyError, Tree, too_large};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    fn parse_json(text: &str) -> Result<JsValue, JsValue>;
}

/// Compiles JSON text for a locale, into the bytes of a `.plim`.
///
/// # Errors
/// A list of `{code, path, message, help}`, one for each mistake.
#[wasm_bindgen]
pub fn compile_text(text: &JsValue, locale: &str) -> Result<Vec<u8>, JsValue> {
    if value::length(text) > POLICY_BYTES {
        return thrown(&[too_large(value::length(text))]);
    }
    match text.as_string() {
        Some(text) => finish(Tree::parse(&text), locale),
        None => compile_value(text, locale),
    }
}

/// Compiles a JavaScript object for a locale, into the bytes of a `.plim`.
///
/// # Errors
/// A list of `{code, path, message, help}`, one for each mistake.
#[wasm_bindgen]
pub fn compile_value(value: &JsValue, locale: &str) -> Result<Vec<u8>, JsValue> {
    finish(value::read(value), locale)
}

fn finish(tree: Result<Tree, PolicyError>, locale: &str) -> Result<Vec<u8>, JsValue> {
    let tree = tree.map_err(|error| vec![error]);
    match tree.and_then(|tree| Policy::in_browser(&tree, value::lower)) {
        Ok(policy) => Ok(policy.compile(locale)),
        Err(errors) => thrown(&errors),
    }
}

fn thrown(errors: &[PolicyError]) -> Result<Vec<u8>, JsValue> {
    let mut json = Json::new();
    json.list(|json| {
        for error in errors {
            json.object(|json| {
                json.key("code").string(error.code);
                json.key("path").string(&error.path);
                json.key("message").string(&error.message);
                json.key("help").string(&error.help);
            });
        }
    });
    Err(parse_json(&json.finish())?)
}
