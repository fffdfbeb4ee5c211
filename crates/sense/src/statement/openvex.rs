//! OpenVEX 0.0.1 (names as strings) and 0.2.0 (as objects).

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{About, JUSTIFICATIONS, Product, Statement, StatementStatus, Timestamp};
use serde::Deserialize;

use super::{digest, product};
use crate::report::cursor::At;
use crate::report::item::{Shape, Text, or_default};
use crate::report::json::{self, Take};
use crate::report::say::{Say, Wrong};
use crate::report::{item, sentence};

pub(super) static ABOUT: About = About {
    id: "statements-openvex",
    title: "Statements: OpenVEX 0.0.1 and 0.2.0",
    text: "Each statement with its products, their subcomponents, status, justification and texts. \
           The time of a statement is its own, else that of its document. A product without a \
           package URL or digest is known by its name.",
    file: file!(),
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Raw<'a> {
    #[serde(borrow)]
    vulnerability: Vulnerability<'a>,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    justification: Text<'a>,
    #[serde(borrow)]
    impact_statement: Text<'a>,
    #[serde(borrow)]
    action_statement: Text<'a>,
    #[serde(borrow)]
    supplier: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    products: Vec<Thing<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    subcomponents: Vec<Thing<'a>>,
}

impl Shape for Raw<'static> {
    type Of<'a> = Raw<'a>;
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Vulnerability<'a> {
    #[serde(borrow)]
    Named(Named<'a>),
    #[serde(borrow)]
    Text(Text<'a>),
}

impl Default for Vulnerability<'_> {
    fn default() -> Self {
        Self::Text(Text::default())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow, rename = "@id")]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    aliases: Vec<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Thing<'a> {
    #[serde(borrow)]
    Object(Object<'a>),
    #[serde(borrow)]
    Text(Text<'a>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Object<'a> {
    #[serde(borrow, rename = "@id")]
    id: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    identifiers: BTreeMap<String, Text<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    hashes: BTreeMap<String, Text<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    subcomponents: Vec<Thing<'a>>,
}

fn select(path: &str) -> Take {
    match path {
        "statements" => Take::Into,
        "@context" | "author" | "timestamp" | "statements[]" => Take::Item,
        _ => Take::Skip,
    }
}

#[derive(Default)]
struct Reading {
    author: Arc<str>,
    at: Option<Timestamp>,
    said: Vec<(Statement, bool)>,
}

pub(super) fn read(bytes: &[u8], say: &mut Say<'_>) -> Vec<Statement> {
    let mut reading = Reading::default();
    let mut json = json::Splitter::new(select);
    json.push(bytes, &mut |event| reading.json(event, say));
    json.end(&mut |event| reading.json(event, say));
    let Reading { author, at, said } = reading;
    let finish = |(statement, own): (Statement, bool)| Statement {
        author: if own { statement.author } else { Arc::clone(&author) },
        at: statement.at.or(at),
        ..statement
    };
    said.into_iter().map(finish).collect()
}

impl Reading {
    fn json(&mut self, event: json::Event<'_>, say: &mut Say<'_>) {
        let (path, item) = match event {
            json::Event::Item(path, item) => (path, item),
            json::Event::Wrong(wrong) => return say.wrong(wrong),
            json::Event::Open(_) | json::Event::Close(_) => return,
        };
        match path {
            "@context" => {
                let context = item::scalar(&item);
                let version = context.rsplit('/').next().unwrap_or_default();
                // The first version had no number in its name.
                if !matches!(version, "ns" | "v0.0.1" | "v0.2.0") {
                    let message =
                        format!("version `{}` of OpenVEX is not known", sentence(version));
                    let wrong = Wrong::slip("report-version-unknown", item.at, message);
                    say.wrong(wrong.help("what could be understood was read; 0.2.0 is known"));
                }
            }
            "author" => self.author = sentence(&item::scalar(&item)).into(),
            "timestamp" => self.at = Timestamp::parse(&item::scalar(&item)),
            "statements[]" => {
                let mut spare = String::new();
                if let Some(raw) = item::read::<Raw<'static>>(&item, &mut spare, say) {
                    self.statement(&raw, item.at, say);
                }
            }
            _ => {}
        }
    }

    fn statement(&mut self, raw: &Raw<'_>, at: At, say: &mut Say<'_>) {
        let mut names: Vec<Arc<str>> = match &raw.vulnerability {
            Vulnerability::Text(name) => vec![(**name).into()],
            Vulnerability::Named(named) => {
                let last = named.id.rsplit('/').next().unwrap_or_default();
                let name = if named.name.is_empty() { last } else { &*named.name };
                std::iter::once(name)
                    .chain(named.aliases.iter().map(|a| &**a))
                    .map(Into::into)
                    .collect()
            }
        };
        names.retain(|name| !name.is_empty());
        let status = StatementStatus::parse(&raw.status);
        let things = || raw.products.iter();
        let (Some(status), false, true) = (status, names.is_empty(), things().next().is_some())
        else {
            let message = "this statement lacks a known status, a name or a product";
            let wrong = Wrong::loss("statement-incomplete", at, message);
            return say.wrong(wrong.help("it counts for nothing until it has all three"));
        };
        let justification = justification(&raw.justification, at, say);
        // The specification (0.2.0, Status Justifications) asks for one of the two.
        let bare = justification.is_empty() && raw.impact_statement.is_empty();
        if status == StatementStatus::NotAffected && bare {
            let message = "this statement does not say why nothing is affected";
            let wrong = Wrong::loss("statement-incomplete", at, message);
            return say
                .wrong(wrong.help("it counts with a `justification` or an `impact_statement`"));
        }
        let texts = [&raw.impact_statement, &raw.action_statement];
        let text: Vec<String> =
            texts.into_iter().filter(|text| !text.is_empty()).map(|text| sentence(text)).collect();
        let one = |products: Vec<Product>, subcomponents: Vec<Product>| Statement {
            author: sentence(&raw.supplier).into(),
            at: Timestamp::parse(&raw.timestamp),
            names: names.clone(),
            products,
            subcomponents,
            status,
            justification: justification.into(),
            text: text.join("; "),
            place: say.place(at),
        };
        let own = !raw.supplier.is_empty();
        let shared: Vec<Product> = raw.subcomponents.iter().filter_map(of).collect();
        // Products that have parts of their own make statements of their own.
        let mut plain = Vec::new();
        for thing in things() {
            let named: &[Thing<'_>] = match thing {
                Thing::Object(object) => &object.subcomponents,
                Thing::Text(_) => &[],
            };
            let parts: Vec<Product> = named.iter().filter_map(of).collect();
            match (of(thing), named.is_empty()) {
                (Some(product), true) => plain.push(product),
                // Parts that nothing identifies must not make it one about the whole.
                (Some(product), false) if !parts.is_empty() => {
                    self.said.push((one(vec![product], parts), own));
                }
                _ => {}
            }
        }
        let whole = raw.subcomponents.is_empty() || !shared.is_empty();
        if !plain.is_empty() && whole {
            self.said.push((one(plain, shared), own));
        }
    }
}

/// A justification, of which the specification knows these and no others (0.2.0, Status
/// Justifications).
fn justification<'j>(word: &'j str, at: At, say: &mut Say<'_>) -> &'j str {
    if word.is_empty() || JUSTIFICATIONS.contains(&word) {
        return word;
    }
    let message = format!("`{}` is no justification of OpenVEX", sentence(word));
    let wrong = Wrong::slip("statement-justification", at, message);
    say.wrong(wrong.help("it counts as none; write one of those that its specification lists"));
    ""
}

fn of(thing: &Thing<'_>) -> Option<Product> {
    match thing {
        Thing::Text(id) => product(id, Vec::new()),
        Thing::Object(object) => {
            let digests = object.hashes.iter().filter_map(|(kind, value)| digest(kind, value));
            let purl = object.identifiers.get("purl").map_or(&*object.id, |purl| &**purl);
            product(purl, digests.collect())
        }
    }
}
