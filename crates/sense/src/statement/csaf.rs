//! CSAF 2.0 (OASIS), profile VEX and others: what a publisher says of the products of its tree.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use holdfast_model::{About, Product, Statement, StatementStatus, Timestamp, Versions};
use serde::Deserialize;

use super::{digest, product};
use crate::report::cursor::At;
use crate::report::item::{Shape, Text, or_default};
use crate::report::json::{self, Take};
use crate::report::say::{Say, Wrong};
use crate::report::{item, sentence};

pub(super) static ABOUT: About = About {
    id: "statements-csaf",
    title: "Statements: CSAF 2.0",
    text: "The status of each product of the product tree, branches and relationships resolved: in \
           a relationship, what is a part of something else or installed on it is a subcomponent of \
           it; packages of a distribution stand for themselves where a CPE names it as the platform. \
           Flags are justifications; threats and remediations are texts. A version that a branch \
           names as a range is kept as one.",
    file: file!(),
};

/// How deep branches are followed.
const DEPTH: usize = 32;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Head<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    publisher: Publisher<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    tracking: Tracking<'a>,
}

impl Shape for Head<'static> {
    type Of<'a> = Head<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Publisher<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tracking<'a> {
    #[serde(borrow)]
    current_release_date: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tree<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    branches: Vec<Branch<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    full_product_names: Vec<Named<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    relationships: Vec<Relationship<'a>>,
}

impl Shape for Tree<'static> {
    type Of<'a> = Tree<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Branch<'a> {
    #[serde(borrow)]
    category: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    product: Option<Named<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    branches: Vec<Branch<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    product_id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    product_identification_helper: Helper<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Helper<'a> {
    #[serde(borrow)]
    purl: Text<'a>,
    #[serde(borrow)]
    cpe: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    hashes: Vec<Hashes<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Hashes<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    file_hashes: Vec<FileHash<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FileHash<'a> {
    #[serde(borrow)]
    algorithm: Text<'a>,
    #[serde(borrow)]
    value: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Relationship<'a> {
    #[serde(borrow)]
    category: Text<'a>,
    #[serde(borrow)]
    product_reference: Text<'a>,
    #[serde(borrow)]
    relates_to_product_reference: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    full_product_name: Named<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    cve: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    ids: Vec<Id<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    product_status: BTreeMap<String, Vec<Text<'a>>>,
    #[serde(borrow, deserialize_with = "or_default")]
    flags: Vec<Said<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    threats: Vec<Said<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    remediations: Vec<Said<'a>>,
}

impl Shape for Vulnerability<'static> {
    type Of<'a> = Vulnerability<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Id<'a> {
    #[serde(borrow)]
    text: Text<'a>,
}

/// A flag, a threat or a remediation of some products; of all where it names none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said<'a> {
    #[serde(borrow)]
    label: Text<'a>,
    #[serde(borrow)]
    details: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    product_ids: Vec<Text<'a>>,
}

fn select(path: &str) -> Take {
    match path {
        "vulnerabilities" => Take::Into,
        "document" | "product_tree" | "vulnerabilities[]" => Take::Item,
        _ => Take::Skip,
    }
}

/// A product, and what it is a part of or installed on.
#[derive(Debug, Clone)]
struct Resolved {
    product: Product,
    /// Who makes it, as its CPE says; else empty.
    vendor: Arc<str>,
    within: Option<Whole>,
}

/// What a product is a part of, or beside which it is installed.
#[derive(Debug, Clone)]
struct Whole {
    product: Product,
    vendor: Arc<str>,
    inside: bool,
}

impl Whole {
    /// Whether what is said of a part in it is said of the part wherever that is.
    fn is_left_out(&self, part: &Product, closes: bool) -> bool {
        let named = !self.product.package.is_empty() || !self.product.digests.is_empty();
        let pinned = !part.package.is_empty() && part.versions != Versions::Unnamed;
        if closes {
            // A distribution is where its own packages come from. What is not reached in a vendor's
            // product, or not on its platform, may well be reached elsewhere.
            !named && pinned && is_packaged_by(&part.package, &self.vendor)
        } else {
            !self.inside || (!named && pinned)
        }
    }
}

/// The vendor of a CPE: `cpe:/o:VENDOR:…` (2.2), `cpe:2.3:o:VENDOR:…`.
fn vendor(cpe: &str) -> &str {
    let behind = cpe.strip_prefix("cpe:2.3:").or_else(|| cpe.strip_prefix("cpe:/"));
    behind.and_then(|rest| rest.split(':').nth(1)).unwrap_or_default()
}

/// Whether a package is one of a distribution, and the distribution that vendor's.
fn is_packaged_by(package: &str, vendor: &str) -> bool {
    let mut parts = package.splitn(3, '/');
    let (Some(kind), Some(of), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    if vendor.is_empty() || !matches!(kind, "pkg:apk" | "pkg:deb" | "pkg:rpm") {
        return false;
    }
    match of {
        "amzn" => vendor == "amazon",
        "ol" => vendor == "oracle",
        "photon" => vendor == "vmware",
        "suse" | "opensuse" => matches!(vendor, "suse" | "opensuse"),
        "ubuntu" => vendor == "canonical",
        // `alpine` of `alpinelinux`, `rocky-linux` of `rocky`.
        of => vendor.starts_with(of) || of.starts_with(vendor),
    }
}

#[derive(Default)]
struct Reading {
    author: Arc<str>,
    at: Option<Timestamp>,
    draft: bool,
    products: HashMap<String, Resolved>,
    /// The tree may stand behind them.
    said: Vec<(Statement, String, At)>,
}

pub(super) fn read(bytes: &[u8], say: &mut Say<'_>) -> Vec<Statement> {
    let mut reading = Reading::default();
    let mut json = json::Splitter::new(select);
    json.push(bytes, &mut |event| reading.json(event, say));
    json.end(&mut |event| reading.json(event, say));
    let draft = reading.draft;
    let said = reading.finish(say);
    if draft { Vec::new() } else { said }
}

impl Reading {
    fn json(&mut self, event: json::Event<'_>, say: &mut Say<'_>) {
        let (path, item) = match event {
            json::Event::Item(path, item) => (path, item),
            json::Event::Wrong(wrong) => return say.wrong(wrong),
            json::Event::Open(_) | json::Event::Close(_) => return,
        };
        let mut spare = String::new();
        match path {
            "document" => {
                if let Some(head) = item::read::<Head<'static>>(&item, &mut spare, say) {
                    self.author = sentence(&head.publisher.name).into();
                    self.at = Timestamp::parse(&head.tracking.current_release_date);
                    // CSAF 2.0, 3.2.1.12.7: what a draft says may still change in every way.
                    self.draft = head.tracking.status.eq_ignore_ascii_case("draft");
                    if self.draft {
                        let message = "this document calls itself a draft";
                        let wrong = Wrong::loss("statement-draft", item.at, message);
                        say.wrong(
                            wrong.help("its statements count once it is `final` or `interim`"),
                        );
                    }
                }
            }
            "product_tree" => {
                if let Some(tree) = item::read::<Tree<'static>>(&item, &mut spare, say) {
                    self.tree(&tree);
                }
            }
            "vulnerabilities[]" => {
                if let Some(one) = item::read::<Vulnerability<'static>>(&item, &mut spare, say) {
                    self.vulnerability(&one, item.at, say);
                }
            }
            _ => {}
        }
    }

    fn tree(&mut self, tree: &Tree<'_>) {
        for named in &tree.full_product_names {
            self.name(named, None);
        }
        for branch in &tree.branches {
            self.branch(branch, None, 0);
        }
        for one in &tree.relationships {
            let part = self.products.get(&*one.product_reference).cloned();
            let whole = self.products.get(&*one.relates_to_product_reference).cloned();
            // In or on something that is not in the tree is in or on nobody knows what.
            let (Some(part), Some(whole)) = (part, whole) else { continue };
            let inside = matches!(
                &*one.category,
                "default_component_of" | "optional_component_of" | "external_component_of"
            );
            let within = Whole { product: whole.product, vendor: whole.vendor, inside };
            let (product, vendor) = (part.product, part.vendor);
            let resolved = Resolved { product, vendor, within: Some(within) };
            self.products.insert(one.full_product_name.product_id.to_string(), resolved);
        }
    }

    /// `versions` is what the branches above say.
    fn branch(&mut self, branch: &Branch<'_>, versions: Option<&Versions>, depth: usize) {
        if depth >= DEPTH {
            return;
        }
        let own = match &*branch.category {
            "product_version" => Some(Versions::Exact((*branch.name).into())),
            "product_version_range" => Some(Versions::Range((*branch.name).into())),
            _ => None,
        };
        let versions = own.as_ref().or(versions);
        if let Some(named) = &branch.product {
            self.name(named, versions);
        }
        for inner in &branch.branches {
            self.branch(inner, versions, depth + 1);
        }
    }

    fn name(&mut self, named: &Named<'_>, versions: Option<&Versions>) {
        let helper = &named.product_identification_helper;
        let hashes = helper.hashes.iter().flat_map(|one| &one.file_hashes);
        let digests = hashes.filter_map(|one| digest(&one.algorithm, &one.value)).collect();
        let id = if helper.purl.is_empty() { &named.name } else { &helper.purl };
        let Some(mut product) = product(id, digests) else { return };
        if let (Versions::Unnamed, Some(versions)) = (&product.versions, versions) {
            product.versions = versions.clone();
        }
        let vendor = vendor(&helper.cpe).into();
        let resolved = Resolved { product, vendor, within: None };
        self.products.insert(named.product_id.to_string(), resolved);
    }

    fn vulnerability(&mut self, one: &Vulnerability<'_>, at: At, say: &mut Say<'_>) {
        let ids = std::iter::once(&*one.cve).chain(one.ids.iter().map(|id| &*id.text));
        let names: Vec<Arc<str>> = ids.filter(|id| !id.is_empty()).map(Into::into).collect();
        if names.is_empty() {
            let message = "this vulnerability has no name";
            let wrong = Wrong::loss("statement-incomplete", at, message);
            return say.wrong(wrong.help("it counts for nothing until it has one"));
        }
        for (status, products) in &one.product_status {
            let status = match status.as_str() {
                "known_not_affected" => StatementStatus::NotAffected,
                "fixed" | "first_fixed" => StatementStatus::Fixed,
                "under_investigation" => StatementStatus::UnderInvestigation,
                "known_affected" | "first_affected" | "last_affected" => StatementStatus::Affected,
                _ => continue,
            };
            for id in products {
                let of = |said: &&Said<'_>| {
                    said.product_ids.is_empty() || said.product_ids.iter().any(|one| one == id)
                };
                let flag = one.flags.iter().find(of).map_or("", |flag| &*flag.label);
                let texts = if status.closes() { &one.threats } else { &one.remediations };
                let text = texts.iter().find(of).map_or("", |said| &*said.details);
                let statement = Statement {
                    author: "".into(),
                    at: None,
                    names: names.clone(),
                    products: Vec::new(),
                    subcomponents: Vec::new(),
                    status,
                    justification: flag.into(),
                    text: sentence(text),
                    place: say.place(at),
                };
                self.said.push((statement, id.to_string(), at));
            }
        }
    }

    fn finish(self, say: &mut Say<'_>) -> Vec<Statement> {
        let mut out = Vec::new();
        for (statement, id, at) in self.said {
            let Some(Resolved { product, within, .. }) = self.products.get(&id).cloned() else {
                let message = format!("the product `{}` is not in the product tree", sentence(&id));
                let wrong = Wrong::loss("statement-incomplete", at, message);
                say.wrong(wrong.help("what is said of it counts for nothing"));
                continue;
            };
            let closes = statement.status.closes();
            let within = within.filter(|whole| !whole.is_left_out(&product, closes));
            let (products, subcomponents) = match within {
                Some(whole) => (vec![whole.product], vec![product]),
                None => (vec![product], Vec::new()),
            };
            let author = Arc::clone(&self.author);
            out.push(Statement { author, at: self.at, products, subcomponents, ..statement });
        }
        out
    }
}
