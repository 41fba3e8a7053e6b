//! The policy in the browser: JSON text or a JavaScript object in, a compiled policy or all mistakes out.
//! It knows no rule of the policy, which are `plimsoll::policy`'s, and is loaded only when a host passes
//! a policy that was not compiled ahead. The shell hands the bytes to the start module.

mod value;

use plimsoll::json::Json;
use plimsoll::policy::{BuiltIn, POLICY_BYTES, Policy, PolicyError, Tree, too_large};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    fn parse_json(text: &str) -> Result<JsValue, JsValue>;
}

/// A policy without mistakes, and the built-in texts to compile it with: English, and those that were added.
#[wasm_bindgen]
pub struct Draft {
    policy: Policy,
    built_in: BuiltIn,
}

#[wasm_bindgen]
impl Draft {
    /// Reads a policy, JSON text or a JavaScript object.
    ///
    /// # Errors
    /// A list of `{code, path, message, help}`, one for each mistake.
    pub fn read(given: &JsValue) -> Result<Draft, JsValue> {
        if value::length(given) > POLICY_BYTES {
            return thrown(&[too_large(value::length(given))]);
        }
        let tree = match given.as_string() {
            Some(text) => Tree::parse(&text),
            None => value::read(given),
        };
        let tree = tree.map_err(|error| vec![error]);
        match tree.and_then(|tree| Policy::in_browser(&tree, value::lower)) {
            Ok(policy) => Ok(Draft {
                policy,
                built_in: BuiltIn::english(),
            }),
            Err(errors) => thrown(&errors),
        }
    }

    /// A built-in locale that a reader of this one needs and that was not added yet.
    pub fn lacks(&self, locale: &str) -> Option<String> {
        self.policy.lacks(locale, &self.built_in).map(String::from)
    }

    /// Adds the texts of a built-in locale, JSON.
    pub fn add(&mut self, locale: &str, texts: &str) {
        self.built_in.add(locale, texts);
    }

    /// Compiles for a locale, into the bytes of a `.plim`.
    pub fn compile(self, locale: &str) -> Vec<u8> {
        self.policy.compile_with(locale, &self.built_in)
    }
}

fn thrown(errors: &[PolicyError]) -> Result<Draft, JsValue> {
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
