//! What results of SARIF inherit: rules of the driver and its extensions, and how an invocation
//! overrides them (SARIF 2.1.0, sections 3.49, 3.50 and 3.51).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::item::{Shape, Text, or_default};
use super::names::names;

/// So many rules are kept of one run.
pub(super) const MOST_RULES: usize = 100_000;

/// The messages of a rule are cut after so many characters.
const MESSAGE: usize = 2000;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Descriptor<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    short_description: Message<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    full_description: Message<'a>,
    #[serde(deserialize_with = "or_default")]
    message_strings: BTreeMap<String, Value>,
    #[serde(borrow, deserialize_with = "or_default")]
    default_configuration: Configuration<'a>,
    #[serde(deserialize_with = "or_default")]
    pub(super) properties: BTreeMap<String, Value>,
}

impl Shape for Descriptor<'static> {
    type Of<'a> = Descriptor<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) text: Text<'a>,
    #[serde(borrow)]
    pub(super) markdown: Text<'a>,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) arguments: Vec<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Configuration<'a> {
    #[serde(borrow)]
    level: Text<'a>,
}

/// What is kept of a rule.
#[derive(Debug, Default, Clone)]
pub(super) struct Rule {
    pub(super) id: Arc<str>,
    pub(super) title: String,
    level: String,
    pub(super) score: Option<f64>,
    pub(super) names: Vec<Arc<str>>,
    messages: BTreeMap<String, String>,
    pub(super) secret: bool,
}

/// Which rule a result means.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash)]
pub(super) struct RuleRef {
    pub(super) id: String,
    pub(super) index: Option<usize>,
    /// Which extension it belongs to; the driver where it is `None`.
    pub(super) extension: Option<usize>,
}

/// The rules of one run.
#[derive(Debug, Default)]
pub(super) struct Rules {
    by_index: HashMap<(Option<usize>, usize), Arc<Rule>>,
    by_id: HashMap<Arc<str>, Arc<Rule>>,
    counts: HashMap<Option<usize>, usize>,
    levels: Vec<(RuleRef, String)>,
}

impl Rules {
    /// Adds the next rule of a component; `false` where there are too many.
    pub(super) fn add(&mut self, extension: Option<usize>, rule: &Descriptor<'_>) -> bool {
        let index = self.next(extension);
        if self.by_index.len() >= MOST_RULES {
            return false;
        }
        let rule = Arc::new(Rule::of(rule));
        self.by_index.insert((extension, index), Arc::clone(&rule));
        if !rule.id.is_empty() {
            self.by_id.entry(Arc::clone(&rule.id)).or_insert(rule);
        }
        true
    }

    /// The index of the next rule of a component, also of one that could not be read.
    pub(super) fn next(&mut self, extension: Option<usize>) -> usize {
        let count = self.counts.entry(extension).or_default();
        *count += 1;
        *count - 1
    }

    /// The rule that is meant: by its index where that fits its id, else by its id, which may have
    /// parts behind it (section 3.27.5).
    pub(super) fn find(&self, wanted: &RuleRef) -> Option<&Rule> {
        let index = wanted.index.and_then(|index| self.by_index.get(&(wanted.extension, index)));
        let parts = |id: &str| wanted.id.strip_prefix(id).is_some_and(|rest| rest.starts_with('/'));
        let fits =
            |rule: &&Arc<Rule>| wanted.id.is_empty() || *rule.id == *wanted.id || parts(&rule.id);
        let mut id = wanted.id.as_str();
        let mut by_id = self.by_id.get(id);
        while let (None, Some((shorter, _))) = (by_id, id.rsplit_once('/')) {
            id = shorter;
            by_id = self.by_id.get(id);
        }
        index.filter(fits).or(by_id).map(|rule| &**rule)
    }

    /// Notes that an invocation gave a rule another level.
    pub(super) fn give_level(&mut self, rule: RuleRef, level: &str) {
        if self.levels.len() < MOST_RULES && !level.is_empty() {
            self.levels.push((rule, level.to_owned()));
        }
    }

    /// The level that a result without one has: of the invocation, else of its rule, else
    /// `warning`.
    pub(super) fn level(&self, wanted: &RuleRef) -> &str {
        let rule = self.find(wanted);
        let same = |other: &RuleRef| match (rule, self.find(other)) {
            (Some(a), Some(b)) => std::ptr::eq(a, b),
            _ => other.id == wanted.id && !other.id.is_empty(),
        };
        let given = self.levels.iter().find(|(other, _)| same(other));
        let own = || rule.map(|rule| rule.level.as_str()).filter(|level| !level.is_empty());
        given.map(|(_, level)| level.as_str()).or_else(own).unwrap_or("warning")
    }
}

impl Rule {
    fn of(rule: &Descriptor<'_>) -> Self {
        let tags = rule.properties.get("tags").and_then(Value::as_array);
        let tags = || tags.into_iter().flatten().filter_map(Value::as_str);
        let cut = |text: &str| text.chars().take(MESSAGE).collect::<String>();
        let text = |message: &Value| message.get("text").and_then(Value::as_str).map(cut);
        let messages = rule.message_strings.iter().take(64);
        let short = [&rule.short_description.text, &rule.full_description.text, &rule.name];
        let title = short.into_iter().map(|text| super::sentence(text));
        let title = title.into_iter().find(|text| !text.is_empty() && *text != *rule.id);
        let cves = rule.properties.values().filter_map(Value::as_str);
        let words = [&*rule.id, &*rule.name];
        Self {
            id: (*rule.id).into(),
            title: title.unwrap_or_default(),
            level: rule.default_configuration.level.to_string(),
            score: score(&rule.properties),
            names: names(words.into_iter().chain(tags()).chain(cves)),
            messages: messages.filter_map(|(id, m)| Some((id.clone(), text(m)?))).collect(),
            secret: words.into_iter().chain(tags()).any(speaks_of_secrets),
        }
    }

    /// A message with its arguments in their places (section 3.11.5).
    pub(super) fn message(&self, id: &str, arguments: &[String]) -> Option<String> {
        let mut text = self.messages.get(id)?.clone();
        for (index, argument) in arguments.iter().enumerate() {
            text = text.replace(&format!("{{{index}}}"), argument);
        }
        Some(text)
    }
}

/// `security-severity`, which tools write as a text or a number.
pub(super) fn score(properties: &BTreeMap<String, Value>) -> Option<f64> {
    let value = properties.get("security-severity")?;
    let score = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (0.0..=10.0).contains(&score).then_some(score)
}

/// Whether a tool, a rule or a tag is about secrets, so that what it quotes must not be kept.
pub(super) fn speaks_of_secrets(word: &str) -> bool {
    const WORDS: [&str; 12] = [
        "secret",
        "credential",
        "password",
        "token",
        "api-key",
        "apikey",
        "private-key",
        "gitleaks",
        "trufflehog",
        "whispers",
        "noseyparker",
        "access-key",
    ];
    let word = word.to_ascii_lowercase().replace(['_', ' '], "-");
    WORDS.iter().any(|known| word.contains(known))
}
