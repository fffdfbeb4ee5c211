//! The members of Trivy's findings that are read.

use serde::Deserialize;

use super::item::{Shape, Text, or_default};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow, rename = "VulnerabilityID")]
    pub(super) id: Text<'a>,
    #[serde(borrow, rename = "VendorIDs", deserialize_with = "or_default")]
    pub(super) vendor_ids: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) pkg_name: Text<'a>,
    #[serde(borrow)]
    pub(super) pkg_path: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) pkg_identifier: Identifier<'a>,
    #[serde(borrow)]
    pub(super) installed_version: Text<'a>,
    #[serde(borrow)]
    pub(super) fixed_version: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow)]
    pub(super) severity: Text<'a>,
    #[serde(borrow)]
    pub(super) title: Text<'a>,
    #[serde(borrow)]
    pub(super) description: Text<'a>,
}

impl Shape for Vulnerability<'static> {
    type Of<'a> = Vulnerability<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Identifier<'a> {
    #[serde(borrow, rename = "PURL")]
    pub(super) purl: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Misconfiguration<'a> {
    #[serde(borrow, rename = "ID")]
    pub(super) id: Text<'a>,
    #[serde(borrow, rename = "AVDID")]
    pub(super) avd_id: Text<'a>,
    #[serde(borrow)]
    pub(super) title: Text<'a>,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
    #[serde(borrow)]
    pub(super) severity: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) cause_metadata: Cause<'a>,
}

impl Shape for Misconfiguration<'static> {
    type Of<'a> = Misconfiguration<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Cause<'a> {
    #[serde(borrow)]
    pub(super) resource: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) code: Code<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Code<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) lines: Vec<Line<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    pub(super) content: Text<'a>,
    pub(super) is_cause: Option<bool>,
}

/// A secret; what it is, and where, but never its text.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Secret<'a> {
    #[serde(borrow, rename = "RuleID")]
    pub(super) rule_id: Text<'a>,
    #[serde(borrow)]
    pub(super) title: Text<'a>,
    #[serde(borrow)]
    pub(super) severity: Text<'a>,
}

impl Shape for Secret<'static> {
    type Of<'a> = Secret<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Scanner<'a> {
    #[serde(borrow)]
    pub(super) version: Text<'a>,
}

impl Shape for Scanner<'static> {
    type Of<'a> = Scanner<'a>;
}
