//! Records made of a rule's own detection: for every way in which its condition can hold, the
//! fields with values that satisfy it.
//!
//! Reads the rule with the oracle's parser, so that a mistake in ours does not hide itself.

use std::collections::BTreeMap;

use holdfast_events::Rule;
use holdfast_model::LogSource;
use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Modifier, Quantifier, SigmaRule, SigmaString,
    SigmaValue, SpecialChar, StringPart,
};
use serde_json::{Map, Value, json};

/// A log that the rule reads.
pub(crate) fn source(rule: &Rule) -> LogSource {
    let leak = |text: &Option<String>| -> &'static str {
        text.as_ref().map_or("", |text| String::leak(text.clone()))
    };
    LogSource {
        product: leak(&rule.source.product),
        service: leak(&rule.source.service),
        category: leak(&rule.source.category),
    }
}

/// Records that the rule should match, and some that it should not.
pub(crate) fn records(rule: &SigmaRule) -> (Vec<Value>, Vec<Value>) {
    let mut matching = Vec::new();
    for condition in &rule.detection.conditions {
        // Of lists of values the first, the second, and so on.
        for nth in 0..3 {
            for other in 0..4 {
                let mut record = Record { fields: Map::new(), texts: BTreeMap::new(), nth, other };
                record.satisfy(rule, condition);
                matching.push(record.finish());
            }
        }
    }
    matching.dedup();
    let unrelated = [json!({}), json!({"eventName": "Nothing", "message": "nothing"})];
    (matching, unrelated.to_vec())
}

/// The same with other texts in every field.
pub(crate) fn spoiled(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), spoiled(value))).collect()
        }
        Value::Array(list) => list.iter().map(spoiled).collect(),
        _ => json!("§"),
    }
}

/// What a text has to begin with, hold, end with; or be.
#[derive(Default)]
struct Text {
    begins: String,
    holds: Vec<String>,
    ends: String,
    whole: Option<String>,
}

struct Record {
    fields: Map<String, Value>,
    /// By field; what several lines want of one field comes together.
    texts: BTreeMap<String, Text>,
    /// Which of several values.
    nth: usize,
    /// Which of several alternatives.
    other: usize,
}

impl Record {
    fn satisfy(&mut self, rule: &SigmaRule, expr: &ConditionExpr) {
        match expr {
            ConditionExpr::And(parts) => parts.iter().for_each(|part| self.satisfy(rule, part)),
            ConditionExpr::Or(parts) => {
                if let Some(part) = parts.get(self.other % parts.len()) {
                    self.satisfy(rule, part);
                }
            }
            // What is not said is absent.
            ConditionExpr::Not(_) => {}
            ConditionExpr::Identifier(name) => {
                let detection = rule.detection.named[name].clone();
                self.detect(&detection);
            }
            ConditionExpr::Selector { quantifier, pattern } => {
                let mut names: Vec<&String> = rule
                    .detection
                    .named
                    .keys()
                    .filter(|name| pattern.matches_detection_name(name))
                    .collect();
                names.sort();
                let wanted = match quantifier {
                    Quantifier::All => names.len(),
                    Quantifier::Any => 1,
                    Quantifier::Count(count) => usize::try_from(*count).unwrap(),
                };
                let names = names.iter().cycle().skip(self.other % names.len());
                for name in names.take(wanted) {
                    self.detect(&rule.detection.named[*name].clone());
                }
            }
        }
    }

    fn detect(&mut self, detection: &Detection) {
        match detection {
            Detection::AllOf(items) => items.iter().for_each(|item| self.item(item)),
            Detection::AnyOf(parts) => {
                if let Some(part) = parts.get(self.other % parts.len()) {
                    self.detect(part);
                }
            }
            Detection::Keywords(values) => {
                let text = plain(&values[self.nth % values.len()], &[]);
                self.texts.entry("message".to_owned()).or_default().holds.push(text);
            }
            _ => panic!("SigmaHQ does not write this"),
        }
    }

    fn item(&mut self, item: &DetectionItem) {
        let modifiers = &item.field.modifiers;
        let has = |modifier| modifiers.contains(&modifier);
        let name = item.field.name.as_deref().unwrap_or("message");
        if has(Modifier::Exists) {
            self.put(name, json!("something"));
            return;
        }
        if has(Modifier::FieldRef) {
            let SigmaValue::String(other) = &item.values[0] else { panic!("{item:?}") };
            self.put(&other.original, json!("same"));
            self.put(name, json!("same"));
            return;
        }
        let all = has(Modifier::All);
        let one = [&item.values[self.nth % item.values.len()]];
        let values: Vec<&SigmaValue> = if all { item.values.iter().collect() } else { one.into() };
        for value in values {
            let text = plain(value, modifiers);
            let whole = item.field.name.is_some();
            match value {
                SigmaValue::Null => {}
                SigmaValue::Integer(number) => self.put(name, json!(number)),
                SigmaValue::Float(number) => self.put(name, json!(number)),
                SigmaValue::Bool(truth) => self.put(name, json!(truth)),
                SigmaValue::String(_) => {
                    let wanted = self.texts.entry(name.to_owned()).or_default();
                    if has(Modifier::StartsWith) {
                        wanted.begins = text;
                    } else if has(Modifier::EndsWith) {
                        wanted.ends = text;
                    } else if has(Modifier::Contains) || has(Modifier::Re) || all || !whole {
                        wanted.holds.push(text);
                    } else {
                        wanted.whole = Some(text);
                    }
                }
            }
        }
    }

    fn finish(mut self) -> Value {
        for (name, text) in std::mem::take(&mut self.texts) {
            let joined = format!("{}{}{}", text.begins, text.holds.join(" "), text.ends);
            self.put(&name, Value::String(text.whole.unwrap_or(joined)));
        }
        Value::Object(self.fields)
    }

    fn put(&mut self, name: &str, value: Value) {
        let mut map = &mut self.fields;
        let mut rest = name;
        while let Some((head, tail)) = rest.split_once('.') {
            let inner = map.entry(head).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = inner else { return };
            map = inner;
            rest = tail;
        }
        map.insert(rest.to_owned(), value);
    }
}

/// A text that a value means.
fn plain(value: &SigmaValue, modifiers: &[Modifier]) -> String {
    match value {
        SigmaValue::String(text) if modifiers.contains(&Modifier::Re) => of_regex(&text.original),
        SigmaValue::String(text) if modifiers.contains(&Modifier::Cidr) => {
            text.original.split('/').next().unwrap().to_owned()
        }
        SigmaValue::String(text) => of_parts(text),
        SigmaValue::Integer(number) => number.to_string(),
        SigmaValue::Float(number) => number.to_string(),
        SigmaValue::Bool(truth) => truth.to_string(),
        SigmaValue::Null => String::new(),
    }
}

fn of_parts(text: &SigmaString) -> String {
    let parts = text.parts.iter().map(|part| match part {
        StringPart::Plain(text) => text.as_str(),
        StringPart::Special(SpecialChar::WildcardSingle) => "x",
        StringPart::Special(SpecialChar::WildcardMulti) => "",
    });
    parts.collect()
}

/// Good enough for the expressions of SigmaHQ: the least text that they mean.
fn of_regex(pattern: &str) -> String {
    let hir = regex_syntax::parse(pattern).unwrap();
    let mut out = String::new();
    least(&hir, &mut out);
    out
}

fn least(hir: &regex_syntax::hir::Hir, out: &mut String) {
    use regex_syntax::hir::{Class, HirKind};
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).unwrap()),
        HirKind::Class(Class::Unicode(class)) => {
            let letter = |c: &char| class.ranges().iter().any(|r| r.start() <= *c && *c <= r.end());
            out.push(
                ['a', '1', ' ', '/', '-']
                    .into_iter()
                    .find(letter)
                    .unwrap_or_else(|| class.ranges()[0].start()),
            );
        }
        HirKind::Class(Class::Bytes(class)) => out.push(char::from(class.ranges()[0].start())),
        HirKind::Repetition(repetition) => {
            (0..repetition.min.max(1)).for_each(|_| least(&repetition.sub, out));
        }
        HirKind::Capture(capture) => least(&capture.sub, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| least(part, out)),
        HirKind::Alternation(parts) => least(&parts[0], out),
    }
}
