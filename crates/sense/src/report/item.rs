//! One item of a JSON report into a struct: missing and null are legal, and a member of a wrong
//! type costs that member only.
//!
//! Knows leniency; must not know any report.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use serde_json::{Map, Value};

use super::json::Item;
use super::say::{Say, Wrong};

/// A struct that borrows from an item.
pub(crate) trait Shape {
    type Of<'a>: Deserialize<'a>;
}

/// Reads an item; `spare` holds its text where it had to be mended. `None` where nothing of it can
/// be used, which is said.
pub(crate) fn read<'a, S: Shape>(
    item: &Item<'a>,
    spare: &'a mut String,
    say: &mut Say<'_>,
) -> Option<S::Of<'a>> {
    if let Ok(value) = serde_json::from_slice(item.bytes) {
        return Some(value);
    }
    let text = String::from_utf8_lossy(item.bytes);
    let lossy = matches!(text, Cow::Owned(_));
    if lossy {
        let wrong = Wrong::loss("not-utf-8", item.at, "this item holds bytes that are no UTF-8");
        say.wrong(wrong.help("they were read as `\u{FFFD}`; save the report as UTF-8"));
    }
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(members)) => *spare = mend::<S>(members, item, lossy, say)?,
        Ok(other) => {
            let message = format!("{} stands here where an object is wanted", word(&other));
            say.wrong(Wrong::loss("report-item", item.at, message).help(AGAIN));
            return None;
        }
        Err(error) => {
            let at = item.at.within(error.line(), error.column());
            let message = "this item does not follow JSON and was left out";
            say.wrong(Wrong::loss("json-syntax", at, message).help(AGAIN));
            return None;
        }
    }
    let read = serde_json::from_str(spare).ok();
    if read.is_none() {
        let wrong = Wrong::loss("report-item", item.at, "this item cannot be read");
        say.wrong(wrong.help(AGAIN));
    }
    read
}

const AGAIN: &str = "let the scanner write this report again";

/// The item without the members that have a wrong type, and with the last of equal keys.
fn mend<S: Shape>(
    members: Map<String, Value>,
    item: &Item<'_>,
    lossy: bool,
    say: &mut Say<'_>,
) -> Option<String> {
    let mut good = Map::new();
    let mut bad = Vec::new();
    for (key, value) in members {
        let alone = Value::Object(Map::from_iter([(key.clone(), value.clone())])).to_string();
        if serde_json::from_str::<S::Of<'_>>(&alone).is_ok() {
            good.insert(key, value);
        } else {
            bad.push(format!("`{key}`"));
        }
    }
    if bad.is_empty() && !lossy {
        let wrong = Wrong::slip(
            "json-duplicate-key",
            item.at,
            "a key of this item stands twice; the last one counts",
        );
        say.wrong(wrong.help("remove one of them"));
    } else if !bad.is_empty() {
        let message =
            format!("{} of this item has a type that the format does not allow", bad.join(", "));
        say.wrong(
            Wrong::loss("report-item", item.at, message).help("the rest of the item was read"),
        );
    }
    serde_json::to_string(&good).ok()
}

fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The text of a scalar item: of a string, a number, a boolean.
pub(crate) fn scalar<'a>(item: &Item<'a>) -> Text<'a> {
    serde_json::from_slice(item.bytes).unwrap_or_default()
}

/// A text, borrowed where it has no escapes. Numbers and booleans are taken as they are written,
/// because scanners disagree about quotes; null and missing are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Text::default())
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(value.to_string())))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(value.to_string())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(value.to_string())))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(value.to_string())))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// `null` as the default.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
