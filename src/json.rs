//! A writer of JSON text: objects, strings and integers, in one pass into one string.
//! Knows nothing of what it writes; there are no floats, so no code for them reaches the browser.
//! `wire`, `words` and `engine::present` write events, effects, prompts and traces with it.

/// JSON text under construction. Commas are its own business.
#[derive(Debug, Default)]
pub struct Json {
    text: String,
}

impl Json {
    /// An empty text.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The finished text.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What is written so far, for the parts of a string that was opened.
    pub fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// JSON as it stands, where only what comes next is to be filled in.
    pub fn put(&mut self, json: &'static str) -> &mut Self {
        self.text.push_str(json);
        self
    }

    /// Its length so far, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Begins a value that [`Json::close`] ends: `{`, `[` or `"`.
    #[inline(never)]
    pub fn open(&mut self, bracket: char) {
        self.comma();
        self.text.push(bracket);
    }

    /// Ends a value with its bracket, or says what stands between the parts of a string.
    pub fn close(&mut self, bracket: char) {
        self.text.push(bracket);
    }

    /// An object; its members are written by `fill`.
    pub fn object(&mut self, fill: impl FnOnce(&mut Self)) {
        self.open('{');
        fill(self);
        self.close('}');
    }

    /// A list; its items are written by `fill`.
    pub fn list(&mut self, fill: impl FnOnce(&mut Self)) {
        self.open('[');
        fill(self);
        self.close(']');
    }

    /// The name of the member whose value is written next.
    pub fn key(&mut self, name: &str) -> &mut Self {
        self.string(name);
        self.text.push(':');
        self
    }

    /// A string.
    #[inline(never)]
    pub fn string(&mut self, value: &str) {
        self.open('"');
        let (mut plain, mut at) = (0_usize, 0_usize);
        loop {
            let byte = value.as_bytes().get(at).copied();
            if byte.is_some_and(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                at = at.wrapping_add(1);
                continue;
            }
            self.text.push_str(value.get(plain..at).unwrap_or_default());
            let Some(byte) = byte else { break };
            at = at.wrapping_add(1);
            plain = at;
            self.text.push('\\');
            let mut escaped = char::from(byte);
            if byte < 0x20 {
                self.text.push_str("u00");
                self.text.push(hex_digit(u64::from(byte) >> 4));
                escaped = hex_digit(u64::from(byte));
            }
            self.text.push(escaped);
        }
        self.text.push('"');
    }

    /// An integer.
    pub fn number(&mut self, value: i64) {
        self.comma();
        push_number(&mut self.text, value);
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, value: bool) {
        self.comma();
        self.text.push_str(if value { "true" } else { "false" });
    }

    /// JSON text made elsewhere; "" is written as `null`.
    pub fn raw(&mut self, json: &str) {
        self.comma();
        self.text
            .push_str(if json.is_empty() { "null" } else { json });
    }

    /// 64 bits as a string of 16 hex digits.
    pub fn hex(&mut self, value: u64) {
        self.open('"');
        push_hex(&mut self.text, value);
        self.text.push('"');
    }

    fn comma(&mut self) {
        // A value follows another value exactly when the text ends in neither an opening bracket nor a colon.
        if !matches!(self.text.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.text.push(',');
        }
    }
}

/// Appends an integer in decimal.
pub fn push_number(text: &mut String, value: i64) {
    if value < 0 {
        text.push('-');
    }
    push_digits(text, value.unsigned_abs(), 1);
}

/// Appends a number in decimal with so many digits at least.
pub fn push_digits(text: &mut String, value: u64, least: i32) {
    if value > 9 || least > 1 {
        push_digits(text, value / 10, least.wrapping_sub(1));
    }
    text.push(hex_digit(value % 10));
}

/// Appends 64 bits as 16 hex digits.
pub fn push_hex(text: &mut String, value: u64) {
    for shift in (0..64).step_by(4).rev() {
        text.push(hex_digit(value >> shift));
    }
}

/// Reads what [`push_hex`] wrote; 0 for anything else.
#[must_use]
#[inline(never)]
pub fn read_hex(text: &str) -> u64 {
    let mut value = 0;
    for byte in text.bytes() {
        let digit = match byte {
            b'0'..=b'9' => byte.wrapping_sub(b'0'),
            b'a'..=b'f' => byte.wrapping_sub(b'a').wrapping_add(10),
            _ => return 0,
        };
        value = value << 4 | u64::from(digit);
    }
    if text.len() == 16 { value } else { 0 }
}

fn hex_digit(value: u64) -> char {
    let digit = b"0123456789abcdef".get((value & 15) as usize);
    char::from(digit.copied().unwrap_or(b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_lists_and_escapes() {
        let mut json = Json::new();
        json.object(|json| {
            json.key("a").number(i64::MIN);
            json.key("b").list(|json| {
                json.number(0);
                json.string("\"\\\n\u{1f}é");
                json.boolean(true);
            });
            json.key("c").hex(0xfe);
            json.key("d").object(|_| {});
        });
        let text = json.finish();
        assert_eq!(
            text,
            r#"{"a":-9223372036854775808,"b":[0,"\"\\\u000a\u001fé",true],"c":"00000000000000fe","d":{}}"#
        );
        assert_eq!(read_hex("00000000000000fe"), 0xfe);
        assert_eq!([read_hex("fe"), read_hex("00000000000000fE")], [0, 0]);
    }
}
