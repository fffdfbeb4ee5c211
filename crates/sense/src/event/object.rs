//! Writes one JSON object after the other into the same memory.
//!
//! Knows RFC 8259; must not know what the members mean.

use std::fmt::Write as _;

use holdfast_model::Timestamp;

/// An object in the making.
#[derive(Debug, Default)]
pub(super) struct Object {
    text: String,
}

impl Object {
    /// Begins anew.
    pub(super) fn begin(&mut self) {
        self.text.clear();
        self.text.push('{');
    }

    /// Adds a member that is a string.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        quoted(&mut self.text, value);
    }

    /// Adds a member unless it is empty.
    pub(super) fn text_if_any(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.text(name, value);
        }
    }

    /// Adds a member that is JSON already.
    pub(super) fn json(&mut self, name: &str, value: &str) {
        self.name(name);
        self.text.push_str(value);
    }

    /// Adds a list of strings, unless it is empty.
    pub(super) fn list<'v>(&mut self, name: &str, values: impl IntoIterator<Item = &'v str>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        self.name(name);
        let mut before = '[';
        for value in values {
            self.text.push(before);
            quoted(&mut self.text, value);
            before = ',';
        }
        self.text.push(']');
    }

    /// Adds a time as RFC 3339 in UTC, with milliseconds where it has any.
    pub(super) fn time(&mut self, name: &str, at: Timestamp) {
        let text = at.to_string();
        match at.0.rem_euclid(1000) {
            0 => self.text(name, &text),
            part => self.text(name, &format!("{}.{part:03}Z", text.trim_end_matches('Z'))),
        }
    }

    /// Ends it.
    pub(super) fn end(&mut self) -> &[u8] {
        self.text.push('}');
        self.text.as_bytes()
    }

    fn name(&mut self, name: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        quoted(&mut self.text, name);
        self.text.push(':');
    }
}

/// A string of JSON.
fn quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    let special = |letter: char| letter < ' ' || letter == '"' || letter == '\\';
    while let Some(at) = rest.find(special) {
        let (plain, after) = rest.split_at(at);
        out.push_str(plain);
        let mut letters = after.chars();
        match letters.next() {
            Some('\t') => out.push_str("\\t"),
            Some('\n') => out.push_str("\\n"),
            Some(quote @ ('"' | '\\')) => out.extend(['\\', quote]),
            Some(control) => {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            None => {}
        }
        rest = letters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn serde_reads_what_is_written(names in proptest::collection::vec(any::<String>(), 0..4)) {
            let mut object = Object::default();
            object.begin();
            for name in &names {
                object.text(name, name);
                object.list(name, [name.as_str(), "x"]);
            }
            let read: serde_json::Value = serde_json::from_slice(object.end()).unwrap();
            for name in &names {
                prop_assert_eq!(read[name.as_str()][0].as_str(), Some(name.as_str()));
            }
        }
    }

    #[test]
    fn times_have_milliseconds_where_there_are_any() {
        let mut object = Object::default();
        object.begin();
        object.time("a", Timestamp(1000));
        object.time("b", Timestamp(1001));
        let wanted = r#"{"a":"1970-01-01T00:00:01Z","b":"1970-01-01T00:00:01.001Z"}"#;
        assert_eq!(std::str::from_utf8(object.end()), Ok(wanted));
    }
}
