//! What is to be done, in words that `JSON.parse` reads: a list of `[name, …]`, carried out in order.
//! Owns the shape of the list; decides nothing and knows no name.
//! `outbox` and `modules/start` say them, the switch of `pkg/shell/session.js` has a case for every name.

use crate::json::Json;

/// Words until they are taken.
#[derive(Debug, Default)]
pub struct Words {
    json: Json,
}

impl Words {
    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// The list so far; an empty one begins.
    pub fn take(&mut self) -> String {
        let mut json = core::mem::take(&mut self.json);
        if json.is_empty() {
            json.open('[');
        }
        json.close(']');
        json.finish()
    }

    /// Begins one thing to be done; what it is done with follows, then [`Words::end`].
    pub fn begin(&mut self, name: &str) -> &mut Json {
        if self.json.is_empty() {
            self.json.open('[');
        }
        self.json.open('[');
        self.json.string(name);
        &mut self.json
    }

    /// Ends what [`Words::begin`] began.
    pub fn end(&mut self) {
        self.json.close(']');
    }

    /// One thing to be done with a number and a text, as most are.
    pub fn say(&mut self, name: &str, number: i64, text: &str) {
        let json = self.begin(name);
        json.number(number);
        json.string(text);
        self.end();
    }
}
