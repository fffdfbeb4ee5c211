//! The one tree that YAML and TOML are read into.

use holdfast_model::{Place, Span};

/// A value with the place it stands at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What stands there.
    pub value: Value,
    /// Where it begins.
    pub place: Place,
    /// The bytes it covers in the file.
    pub span: Span,
}

/// What stands at a place. Scalars stay as they were written until somebody asks for a type:
/// only the one who asks knows whether `0640` is a number or a mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// Any other scalar.
    Text {
        /// The text, without its quotes.
        text: String,
        /// Whether it stood in quotes (or in a block), and so can be nothing but text.
        quoted: bool,
    },
    /// A list.
    Seq(Vec<Node>),
    /// Keys and values in the order of the file.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a scalar, quoted or not.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text { text, .. } => Some(text),
            Value::Null | Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// The value of a key, where this is a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(pairs) = &self.value else { return None };
        pairs.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// What it is, in words for messages.
    pub fn what(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Text { .. } => "a text",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a table",
        }
    }
}
