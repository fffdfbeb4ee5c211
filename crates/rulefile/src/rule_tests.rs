//! What the tests inside rules share: values of fields, written down by their names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::suggest::help;
use crate::{Decoder, FieldValue, Kind, Node, Schema, Value};

/// The values that an example states; every other field has the rule kind's default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Given {
    values: BTreeMap<Cow<'static, str>, FieldValue<'static>>,
}

impl Given {
    /// Reads a table from field names to values, typed by the schema:
    /// `{finding.exploited: true, finding.severity: now, asset.tier: 3}`.
    pub fn read(schema: &Schema<'_>, decoder: &mut Decoder<'_>, node: &Node) -> Self {
        let mut values = BTreeMap::new();
        let Some(table) = decoder.map(node) else { return Self { values } };
        for (name, value) in table.pairs() {
            let text = name.as_text().unwrap_or_default();
            let Some(field) = schema.field(text) else {
                let near = help(text, schema.fields.iter().map(|field| &*field.name));
                decoder.refuse(
                    "condition-field",
                    name,
                    format!("the field `{text}` is not known"),
                    near,
                );
                continue;
            };
            if let Some(value) = typed(field.kind, decoder, value) {
                values.insert(field.name.clone(), value);
            }
        }
        Self { values }
    }

    /// The stated value of a field.
    pub fn get(&self, field: &str) -> Option<&FieldValue<'static>> {
        self.values.get(field)
    }

    /// States another value.
    pub fn set(&mut self, field: &'static str, value: FieldValue<'static>) {
        self.values.insert(Cow::Borrowed(field), value);
    }
}

fn typed(kind: Kind, decoder: &mut Decoder<'_>, node: &Node) -> Option<FieldValue<'static>> {
    match kind {
        Kind::Bool => decoder.boolean(node).map(FieldValue::Bool),
        Kind::Number => decoder.number(node).map(FieldValue::Number),
        Kind::Text if matches!(node.value, Value::Seq(_)) => Some(several(decoder, node)),
        Kind::Text => decoder.text(node).map(|text| FieldValue::text(text.to_owned())),
        Kind::Texts => Some(several(decoder, node)),
        Kind::Ordered(words) | Kind::Enum(words) => decoder
            .word(node, words, |word| words.iter().find(|known| **known == word).copied())
            .map(FieldValue::text),
    }
}

fn several(decoder: &mut Decoder<'_>, node: &Node) -> FieldValue<'static> {
    FieldValue::Texts(decoder.texts(node).into_iter().map(Cow::Owned).collect())
}
