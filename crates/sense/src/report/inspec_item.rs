//! The members of InSpec's controls that are read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::item::{Shape, Text, or_default};
use super::sentence;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Platform<'a> {
    #[serde(borrow)]
    pub(super) target_id: Text<'a>,
}

impl Shape for Platform<'static> {
    type Of<'a> = Platform<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Control<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) title: Text<'a>,
    #[serde(borrow)]
    pub(super) desc: Text<'a>,
    /// A number, or a word of the same scale.
    #[serde(deserialize_with = "or_default")]
    pub(super) impact: Option<Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) tags: BTreeMap<String, Value>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) results: Vec<Outcome<'a>>,
    /// With enhanced outcomes only.
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) waiver_data: Waiver<'a>,
}

impl Shape for Control<'static> {
    type Of<'a> = Control<'a>;
}

impl Control<'_> {
    /// Why somebody accepts that it fails, unless that is over.
    pub(super) fn waiver(&self) -> Option<String> {
        let waiver = &self.waiver_data;
        let over = waiver.message.to_ascii_lowercase().contains("expired");
        let said = !waiver.justification.is_empty() || !waiver.expiration_date.is_empty();
        (said && !over).then(|| match &*waiver.justification {
            "" => format!("waived until {}", sentence(&waiver.expiration_date)),
            why => format!("waived: {}", sentence(why)),
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Outcome<'a> {
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow)]
    pub(super) code_desc: Text<'a>,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
    #[serde(borrow)]
    pub(super) skip_message: Text<'a>,
    #[serde(borrow)]
    pub(super) exception: Text<'a>,
    #[serde(borrow)]
    pub(super) start_time: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Waiver<'a> {
    #[serde(borrow)]
    pub(super) justification: Text<'a>,
    #[serde(borrow)]
    pub(super) expiration_date: Text<'a>,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
}

/// One result, as `json-min` lists them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Row<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) profile_id: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow)]
    pub(super) code_desc: Text<'a>,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
    #[serde(borrow)]
    pub(super) skip_message: Text<'a>,
}

impl Shape for Row<'static> {
    type Of<'a> = Row<'a>;
}
