//! What the address of a page may ask for. All of it is optional, and nothing of it is refused: a
//! word that nobody knows matches nothing and is shown as it came.
//!
//! Knows the names in addresses. Must not know how lists look.

use holdfast_engine::desk::{FindingView, View};
use holdfast_model::Standing;
use serde::Deserialize;

use crate::link;

/// Which findings are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FindingsQuery {
    /// A state's word, `any`; `open` where nothing is said, which counts what is unproven.
    pub state: Option<String>,
    /// An urgency's word.
    pub severity: Option<String>,
    /// An asset's id.
    pub asset: Option<String>,
    /// The word of a sort of check.
    pub kind: Option<String>,
    /// Whose they are.
    pub team: Option<String>,
    /// Words, each of which has to occur.
    pub q: Option<String>,
    /// In which copy: `code` for everything before it runs, `production` for what runs.
    pub stage: Option<String>,
    /// From 1. Text, so that nonsense is the first page and no error.
    pub page: Option<String>,
}

impl FindingsQuery {
    /// The number of the page, from 1.
    pub fn page_number(&self) -> usize {
        page_number(self.page.as_deref())
    }

    /// The findings that are asked for, in the order of the view.
    pub fn select<'a>(&self, view: &'a View) -> Vec<&'a FindingView> {
        let words: Vec<String> = given(self.q.as_ref())
            .map(|q| q.split_whitespace().take(16).map(str::to_lowercase).collect())
            .unwrap_or_default();
        view.findings
            .iter()
            .filter(|finding| self.admits(finding))
            .filter(|finding| words.iter().all(|word| finding.haystack.contains(word.as_str())))
            .collect()
    }

    fn admits(&self, finding: &FindingView) -> bool {
        let row = &finding.row;
        let state = match given(self.state.as_ref()).unwrap_or("open") {
            "open" => finding.open,
            "any" => true,
            word => row.state.word() == word,
        };
        let stage = match given(self.stage.as_ref()) {
            None => true,
            Some("code") => row.standing != Standing::Deployed,
            Some("production") => row.standing == Standing::Deployed,
            Some(_) => false,
        };
        let is = |wanted: Option<&String>, word: &str| given(wanted).is_none_or(|w| w == word);
        state
            && stage
            && is(self.severity.as_ref(), row.severity.word())
            && is(self.asset.as_ref(), &finding.asset)
            && is(self.kind.as_ref(), row.kind.word())
            && is(self.team.as_ref(), team(finding))
    }

    /// Whether anything beyond the ordinary is asked for.
    pub fn narrows(&self) -> bool {
        [&self.state, &self.severity, &self.asset, &self.kind, &self.team, &self.q, &self.stage]
            .into_iter()
            .any(|value| given(value.as_ref()).is_some())
    }

    /// The address of another page of the same question.
    pub fn address(&self, page: usize) -> String {
        let page = (page > 1).then(|| page.to_string());
        address(
            "/findings",
            &[
                ("state", given(self.state.as_ref())),
                ("severity", given(self.severity.as_ref())),
                ("asset", given(self.asset.as_ref())),
                ("kind", given(self.kind.as_ref())),
                ("team", given(self.team.as_ref())),
                ("stage", given(self.stage.as_ref())),
                ("q", given(self.q.as_ref())),
                ("page", page.as_deref()),
            ],
        )
    }
}

/// What is asked of an asset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AssetQuery {
    /// `findings`, `packages`, `settings`, `controls`, `ports`, `gaps`, `looks`.
    pub tab: Option<String>,
    /// Words, each of which has to occur in a row.
    pub q: Option<String>,
    /// From 1.
    pub page: Option<String>,
}

impl AssetQuery {
    /// The number of the page, from 1.
    pub fn page_number(&self) -> usize {
        page_number(self.page.as_deref())
    }

    /// The words that are searched for, in lower case.
    pub fn words(&self) -> Vec<String> {
        given(self.q.as_ref())
            .map(|q| q.split_whitespace().take(16).map(str::to_lowercase).collect())
            .unwrap_or_default()
    }
}

/// Who mends it; empty where nobody was named.
pub(super) fn team(finding: &FindingView) -> &str {
    finding.row.decision.as_ref().map_or("", |decision| decision.team.as_str())
}

/// A value that says something: an empty field of a form says nothing.
pub(super) fn given(value: Option<&String>) -> Option<&str> {
    value.map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// A path with what is asked for.
pub(super) fn address(path: &str, values: &[(&str, Option<&str>)]) -> String {
    let mut out = path.to_owned();
    for (name, value) in values {
        if let Some(value) = value {
            out.push(if out.contains('?') { '&' } else { '?' });
            out.push_str(name);
            out.push('=');
            out.push_str(&link::part(value));
        }
    }
    out
}

fn page_number(text: Option<&str>) -> usize {
    text.and_then(|text| text.trim().parse().ok()).unwrap_or(1).clamp(1, 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_only_what_was_asked() {
        let query = FindingsQuery {
            severity: Some("when you can".to_owned()),
            team: Some(String::new()),
            q: Some("a&b=c".to_owned()),
            ..FindingsQuery::default()
        };
        assert_eq!(query.address(1), "/findings?severity=when%20you%20can&q=a%26b%3Dc");
        assert_eq!(query.address(3), "/findings?severity=when%20you%20can&q=a%26b%3Dc&page=3");
        assert_eq!(FindingsQuery::default().address(1), "/findings");
        assert!(query.narrows());
        assert!(!FindingsQuery::default().narrows());
    }

    #[test]
    fn a_page_that_is_none_is_the_first() {
        for (text, number) in
            [(None, 1), (Some("x"), 1), (Some("-3"), 1), (Some("0"), 1), (Some(" 7 "), 7)]
        {
            assert_eq!(page_number(text), number, "{text:?}");
        }
    }
}
