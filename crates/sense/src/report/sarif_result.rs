//! The members of SARIF's results and invocations that are read (SARIF 2.1.0, sections 3.20 and
//! 3.27).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::item::{Shape, Text, or_default};
use super::sarif_rule::{Message, RuleRef};
use super::sentence;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Outcome<'a> {
    #[serde(borrow)]
    pub(super) rule_id: Text<'a>,
    pub(super) rule_index: Option<i64>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) rule: Reference<'a>,
    #[serde(borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) level: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) message: Message<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) locations: Vec<Location<'a>>,
    #[serde(deserialize_with = "or_default")]
    pub(super) fingerprints: BTreeMap<String, Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) partial_fingerprints: BTreeMap<String, Value>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) suppressions: Vec<Suppression<'a>>,
    #[serde(deserialize_with = "or_default")]
    pub(super) properties: BTreeMap<String, Value>,
}

impl Shape for Outcome<'static> {
    type Of<'a> = Outcome<'a>;
}

impl Outcome<'_> {
    /// Those of the tool, else the one of the place, else all partial ones: key and value.
    pub(super) fn fingerprint(&self) -> String {
        let place = |key: &str| key.contains("rimaryLocation");
        let partial = &self.partial_fingerprints;
        let all = if self.fingerprints.is_empty() { partial } else { &self.fingerprints };
        let one = self.fingerprints.is_empty() && partial.keys().any(|key| place(key));
        let rows = all.iter().filter(|(key, _)| !one || place(key));
        let rows: Vec<String> = rows
            .map(|(key, value)| match value.as_str() {
                Some(text) => format!("{key}={text}"),
                // Some tools nest them.
                None => format!("{key}={value}"),
            })
            .collect();
        rows.join(" ").chars().take(1000).collect()
    }

    /// A suppression that is neither refused nor still asked for (section 3.35).
    pub(super) fn dismissed(&self) -> String {
        let counts = |one: &&Suppression<'_>| !matches!(&*one.status, "rejected" | "underReview");
        let Some(one) = self.suppressions.iter().find(counts) else { return String::new() };
        let kind = if one.kind.is_empty() { "suppressed" } else { &*one.kind };
        let kind = match kind {
            "inSource" => "suppressed in the source",
            "external" => "suppressed outside the source",
            other => other,
        };
        match sentence(&one.justification) {
            why if why.is_empty() => sentence(kind),
            why => format!("{}: {why}", sentence(kind)),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reference<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    pub(super) index: Option<i64>,
    pub(super) tool_component: Option<Component>,
}

impl Reference<'_> {
    pub(super) fn wanted(&self) -> RuleRef {
        let number = |index: Option<i64>| index.and_then(|index| usize::try_from(index).ok());
        let extension = self.tool_component.as_ref().and_then(|part| number(part.index));
        RuleRef { id: self.id.to_string(), index: number(self.index), extension }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Component {
    pub(super) index: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Location<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) physical_location: Physical<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) logical_locations: Vec<Logical<'a>>,
}

impl Location<'_> {
    /// The path of the file, without scheme; else what the tool calls the place.
    pub(super) fn path(&self) -> String {
        let uri = &*self.physical_location.artifact_location.uri;
        if uri.is_empty() {
            let name = |one: &Logical<'_>| {
                let name = if one.fully_qualified_name.is_empty() {
                    &one.name
                } else {
                    &one.fully_qualified_name
                };
                name.to_string()
            };
            return self.logical_locations.first().map(name).unwrap_or_default();
        }
        let path = uri.strip_prefix("file://").unwrap_or(uri);
        let path = path.strip_prefix("./").unwrap_or(path);
        decoded(path).chars().take(4096).collect()
    }
}

/// Resolves `%2B`; what is no such escape stays.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits =
            after.get(..2).filter(|_| *byte == b'%').and_then(|d| std::str::from_utf8(d).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(*byte));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Physical<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) artifact_location: Artifact<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) region: Region<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Artifact<'a> {
    #[serde(borrow)]
    pub(super) uri: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Region<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) snippet: Message<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Logical<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) fully_qualified_name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Suppression<'a> {
    #[serde(borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow)]
    pub(super) justification: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Invocation<'a> {
    pub(super) execution_successful: Option<bool>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) rule_configuration_overrides: Vec<Override<'a>>,
}

impl Shape for Invocation<'static> {
    type Of<'a> = Invocation<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Override<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) descriptor: Reference<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) configuration: Level<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Level<'a> {
    #[serde(borrow)]
    pub(super) level: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Source<'a> {
    #[serde(borrow)]
    pub(super) repository_uri: Text<'a>,
}

impl Shape for Source<'static> {
    type Of<'a> = Source<'a>;
}
