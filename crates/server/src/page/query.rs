//! What the address of a page may ask for. All of it is optional, and nothing of it is refused: a
//! word that nobody knows matches nothing and is shown as it came.
//!
//! Knows the names in addresses. Must not know how lists look.

use holdfast_engine::desk::{EventRow, FindingView, View};
use holdfast_model::{Standing, Timestamp};
use serde::Deserialize;

use crate::link;

/// The order in which what disturbs least comes first, in addresses.
pub(super) const DISTURBANCE: &str = "disturbance";

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
    /// `disturbance` for what disturbs least when it is mended first; what is most urgent first where
    /// nothing is said.
    pub sort: Option<String>,
    /// From 1. Text, so that nonsense is the first page and no error.
    pub page: Option<String>,
}

impl FindingsQuery {
    /// The number of the page, from 1.
    pub fn page_number(&self) -> usize {
        page_number(self.page.as_deref())
    }

    /// The findings that are asked for, in the order of the view unless another one is asked for.
    pub fn select<'a>(&self, view: &'a View) -> Vec<&'a FindingView> {
        let words = words(self.q.as_ref());
        let mut found: Vec<&FindingView> = view
            .findings
            .iter()
            .filter(|finding| self.admits(finding))
            .filter(|finding| words.iter().all(|word| finding.haystack.contains(word.as_str())))
            .collect();
        if self.by_disturbance() {
            found.sort_by_key(|finding| (!finding.open, finding.disturbs));
        }
        found
    }

    /// Whether what disturbs least comes first.
    pub fn by_disturbance(&self) -> bool {
        given(self.sort.as_ref()) == Some(DISTURBANCE)
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
                ("sort", given(self.sort.as_ref())),
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
        words(self.q.as_ref())
    }
}

/// Spans of the time line: their word in addresses, their length in milliseconds, and their words.
pub(super) const SPANS: [(&str, i64, &str); 3] = [
    ("1h", 3_600_000, "the last hour"),
    ("24h", 86_400_000, "the last 24 hours"),
    ("7d", 604_800_000, "the last 7 days"),
];
const ORDINARY_SPAN: (&str, i64, &str) = ("24h", 86_400_000, "the last 24 hours");

/// What the time line is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TimelineQuery {
    /// `1h`, `24h`, `7d`; the last 24 hours where nothing is said, or something else.
    pub since: Option<String>,
    /// An actor's name or key.
    pub who: Option<String>,
    /// `alerts`, `unannounced`, `failed`; everything where nothing is said.
    pub only: Option<String>,
    /// Words, each of which has to occur.
    pub q: Option<String>,
    /// From 1.
    pub page: Option<String>,
}

impl TimelineQuery {
    /// The number of the page, from 1.
    pub fn page_number(&self) -> usize {
        page_number(self.page.as_deref())
    }

    /// From when on.
    pub fn since(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_sub(self.span().1))
    }

    pub(super) fn span(&self) -> (&'static str, i64, &'static str) {
        let asked = given(self.since.as_ref());
        SPANS.into_iter().find(|(word, ..)| Some(*word) == asked).unwrap_or(ORDINARY_SPAN)
    }

    /// Whether anything beyond a span is asked for.
    pub fn narrows(&self) -> bool {
        [&self.who, &self.only, &self.q].into_iter().any(|value| given(value.as_ref()).is_some())
    }

    /// The events that are asked for, in the order in which they came.
    pub fn select<'a>(&self, rows: &'a [EventRow]) -> Vec<&'a EventRow> {
        let words = words(self.q.as_ref());
        let who = given(self.who.as_ref());
        rows.iter()
            .filter(|row| who.is_none_or(|who| *row.actor.name == *who || *row.actor.key == *who))
            .filter(|row| match given(self.only.as_ref()) {
                None => true,
                Some("alerts") => row.alert.is_some(),
                Some("unannounced") => row.alert.as_ref().is_some_and(|alert| !alert.expected),
                Some("failed") => !row.failed.is_empty(),
                Some(_) => false,
            })
            .filter(|row| words.is_empty() || occur(&words, row))
            .collect()
    }

    /// The same question over another span.
    pub fn over(&self, span: &str) -> String {
        Self { since: Some(span.to_owned()), ..self.clone() }.address(1)
    }

    /// The address of another page of the same question.
    pub fn address(&self, page: usize) -> String {
        let page = (page > 1).then(|| page.to_string());
        let span = self.span().0;
        address(
            "/timeline",
            &[
                ("since", Some(span).filter(|span| *span != ORDINARY_SPAN.0)),
                ("who", given(self.who.as_ref())),
                ("only", given(self.only.as_ref())),
                ("q", given(self.q.as_ref())),
                ("page", page.as_deref()),
            ],
        )
    }
}

/// Whether each word stands somewhere in an event.
fn occur(words: &[String], row: &EventRow) -> bool {
    let title = row.alert.as_ref().map_or("", |alert| alert.title.as_str());
    let parts =
        [&*row.actor.name, &row.action, &row.place, &row.from, &row.failed, &row.log, title];
    let targets = row.targets.iter().map(|target| &**target);
    let all: Vec<&str> = parts.into_iter().chain(targets).collect();
    let text = all.join("\n").to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}

/// Which cases are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CasesQuery {
    /// `answered`; the open ones where nothing or something else is said.
    pub show: Option<String>,
    /// From 1; of one case, the page of its alerts.
    pub page: Option<String>,
}

impl CasesQuery {
    /// The number of the page, from 1.
    pub fn page_number(&self) -> usize {
        page_number(self.page.as_deref())
    }

    /// Whether those are asked for of which somebody said what they came to.
    pub fn answered(&self) -> bool {
        given(self.show.as_ref()) == Some("answered")
    }
}

/// Which announcements are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AnnouncementsQuery {
    /// The id of the one that is asked for.
    pub id: Option<String>,
    /// From 1.
    pub page: Option<String>,
}

impl AnnouncementsQuery {
    /// The number of the page, from 1.
    pub fn page_number(&self) -> usize {
        page_number(self.page.as_deref())
    }
}

/// The words of a search, in lower case, each of which has to occur.
fn words(q: Option<&String>) -> Vec<String> {
    given(q)
        .map(|q| q.split_whitespace().take(16).map(str::to_lowercase).collect())
        .unwrap_or_default()
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
    fn an_order_stays_from_page_to_page_and_leaves_nothing_out() {
        let sort = Some(DISTURBANCE.to_owned());
        let query = FindingsQuery { sort, ..FindingsQuery::default() };
        assert!(query.by_disturbance() && !query.narrows());
        assert_eq!(query.address(2), "/findings?sort=disturbance&page=2");
        let other = FindingsQuery { sort: Some("x".to_owned()), ..FindingsQuery::default() };
        assert!(!other.by_disturbance());
    }

    #[test]
    fn a_time_line_keeps_its_question_over_another_span() {
        let query = TimelineQuery {
            who: Some("ana".to_owned()),
            page: Some("3".to_owned()),
            since: Some("for ever".to_owned()),
            ..TimelineQuery::default()
        };
        assert_eq!(query.over("7d"), "/timeline?since=7d&who=ana");
        assert_eq!(query.over("24h"), "/timeline?who=ana");
        assert_eq!(query.address(2), "/timeline?who=ana&page=2");
        let now = Timestamp(1_000_000_000);
        assert_eq!(query.since(now), Timestamp(now.0 - 86_400_000));
        let hour = TimelineQuery { since: Some("1h".to_owned()), ..query };
        assert_eq!(hour.since(now), Timestamp(now.0 - 3_600_000));
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
