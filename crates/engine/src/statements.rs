//! Statements about problems in products (VEX): those that a tree carries, and ours.
//!
//! Knows where they stand and what the tree is, in their words. Must not know a format.

mod ours;
mod taken;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_advisories::version::compare;
use holdfast_findings::accept::{self, Belief, Covered};
use holdfast_findings::locus;
use holdfast_model::{
    Ecosystem, Finding, Origin, Problem, Product, Statement, Timestamp, Versions,
};
use holdfast_sense::statement;

use crate::gather::{Tree, Unread};
use crate::look::{Document, Look};
use crate::settings::Settings;

pub use ours::{Notation, write, write_host};
pub use taken::{Taken, take};

/// Where a tree keeps statements: reviewed as its acceptances are, and with a base those of the base
/// count.
pub const FOLDER: &str = ".holdfast/statements/";

/// Whether a path is that of statements, which are no bill of what is in the tree.
pub(crate) fn is_one(path: &str) -> bool {
    path.starts_with(FOLDER)
}

/// Reads every statement of a tree.
pub(crate) fn read(
    tree: &dyn Tree,
    problems: &mut Vec<Problem>,
    unread: &mut Vec<(Arc<str>, Unread)>,
) -> Vec<Statement> {
    let mut all = Vec::new();
    for path in tree.glob(&format!("{FOLDER}**")) {
        match tree.read(&path) {
            Ok(bytes) => {
                let (statements, found) = statement::read(&path, &bytes);
                all.extend(statements);
                problems.extend(found);
            }
            Err(Unread::Missing) => {}
            Err(error) => unread.push((path, error)),
        }
    }
    all
}

/// Clocks of publishers may be this much ahead of ours, in milliseconds.
const AHEAD: i64 = 86_400_000;

/// Whether a statement is dated to a day that is yet to come.
fn is_early(statement: &Statement, now: Timestamp) -> bool {
    statement.at.is_some_and(|at| at.0 > now.0.saturating_add(AHEAD))
}

/// What is said of statements that count from a day on that is yet to come.
pub(crate) fn early(settings: &Settings, now: Timestamp) -> Vec<Problem> {
    let early = settings.statements.iter().filter(|one| is_early(one, now));
    let told = |one: &Statement| {
        let at = one.at.unwrap_or(now);
        let message = format!("this statement is dated {at}, which is yet to come");
        let problem = Problem::at("statement-from-future", one.place.clone(), message);
        problem.help("it counts from then on; look at the clock of whoever wrote it")
    };
    early.map(told).collect()
}

/// Applies the statements of a folder to its findings.
pub(crate) fn state(
    look: &Look,
    settings: &Settings,
    now: Timestamp,
    findings: &mut [Finding],
    covered: &mut Covered,
) {
    let whole = whole(look, settings);
    let holders = |finding: &Finding| {
        let mut all = whole.clone();
        all.extend(project_of(look, settings, finding));
        all
    };
    let belief =
        Belief { authors: &settings.config.statements.authors, holders: &holders, within: &within };
    let counts = settings.statements.iter().filter(|one| !is_early(one, now));
    let counts: Vec<Statement> = counts.cloned().collect();
    accept::stated(findings, &counts, &belief, covered);
}

/// What the tree is: its name, and what its configuration says.
fn whole(look: &Look, settings: &Settings) -> Vec<Product> {
    let named = Product {
        package: "".into(),
        name: look.asset.name.as_str().into(),
        digests: Vec::new(),
        versions: Versions::Unnamed,
    };
    let said = settings.config.statements.products.iter();
    std::iter::once(named).chain(said.filter_map(|text| statement::product_of(text))).collect()
}

/// Which package of the tree itself each document belongs to, by the document's path.
pub(crate) type Projects = BTreeMap<Arc<str>, Product>;

/// The projects of a tree.
pub(crate) fn projects(look: &Look) -> Projects {
    let each = look.documents.iter();
    each.filter_map(|document| Some((Arc::clone(&document.path), project(document)?))).collect()
}

/// The one package of the tree itself in a document. With several, nobody knows which of them uses
/// the others.
fn project(document: &Document) -> Option<Product> {
    let mut own = document.components.iter().filter(|one| one.origin == Origin::Tree);
    let (Some(project), None) = (own.next(), own.next()) else { return None };
    Some(Product {
        package: locus::subject(&project.ecosystem, &project.name),
        name: "".into(),
        digests: Vec::new(),
        versions: project.version.clone().map_or(Versions::Unnamed, Versions::Exact),
    })
}

/// The project whose document a finding is in.
fn project_of(look: &Look, settings: &Settings, finding: &Finding) -> Option<Product> {
    let path = finding.place().map(|place| &place.path)?;
    let own = project(look.documents.iter().find(|document| document.path == *path)?)?;
    match &settings.projects {
        None => Some(own),
        Some(of_base) => agreed(of_base.get(path)?, own),
    }
}

/// With a base, a project is what the base calls it, and only while the change calls it so too: who
/// sends a change must not choose whose statements apply to it. Of a version that only the change
/// has, nothing was stated yet that counts.
fn agreed(base: &Product, own: Product) -> Option<Product> {
    if base.package != own.package {
        return None;
    }
    if base.versions == own.versions {
        return Some(own);
    }
    Some(Product { versions: Versions::Unnamed, ..own })
}

/// Whether a version of a subject lies in a range of the notation `vers:TYPE/CONSTRAINTS`
/// (package-url/vers-spec): comparators and versions, sorted, between `|`.
fn within(subject: &str, range: &str, version: &str) -> Option<bool> {
    let (kind, constraints) = range.strip_prefix("vers:")?.split_once('/')?;
    let package = subject.strip_prefix("pkg:")?.split('/').next()?;
    if !kind.eq_ignore_ascii_case(package) {
        return None;
    }
    let ecosystem = Ecosystem::new(package);
    let mut held = Interval::default();
    for part in constraints.split('|').map(str::trim).filter(|part| !part.is_empty()) {
        if part == "*" {
            return Some(true);
        }
        let length = part.find(|c: char| !"<>=!".contains(c)).unwrap_or(part.len());
        let (sign, bound) = part.split_at(length);
        let order = compare(&ecosystem, version, bound)?;
        match sign {
            "" | "=" if order == Ordering::Equal => return Some(true),
            "!=" if order == Ordering::Equal => return Some(false),
            "<" if held.upper(order == Ordering::Less) => return Some(true),
            "<=" if held.upper(order != Ordering::Greater) => return Some(true),
            ">" => held.lower(order == Ordering::Greater),
            ">=" => held.lower(order != Ordering::Less),
            "" | "=" | "!=" | "<" | "<=" => {}
            _ => return None,
        }
    }
    Some(held.open_end())
}

/// The interval that the last comparators have begun.
#[derive(Default)]
struct Interval {
    /// Whether the version lies above the lower bound; `None` where there is none.
    above: Option<bool>,
}

impl Interval {
    fn lower(&mut self, holds: bool) {
        self.above = Some(holds);
    }

    /// Ends the interval; whether the version lies in it.
    fn upper(&mut self, holds: bool) -> bool {
        self.above.take().unwrap_or(true) && holds
    }

    fn open_end(&self) -> bool {
        self.above == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_what_both_the_base_and_the_change_call_it() {
        let called = |package: &str, versions: &Versions| Product {
            package: package.into(),
            name: "".into(),
            digests: Vec::new(),
            versions: versions.clone(),
        };
        let (seven, eight) = (Versions::Exact("7".into()), Versions::Exact("8".into()));
        let shop = called("pkg:cargo/shop", &seven);
        assert_eq!(agreed(&shop, shop.clone()), Some(shop.clone()));
        assert_eq!(agreed(&shop, called("pkg:cargo/till", &seven)), None);
        let unknown = called("pkg:cargo/shop", &Versions::Unnamed);
        assert_eq!(agreed(&shop, called("pkg:cargo/shop", &eight)), Some(unknown.clone()));
        assert_eq!(agreed(&unknown, shop), Some(unknown));
    }

    #[test]
    fn versions_lie_in_ranges() {
        let of = |range: &str, version: &str| within("pkg:cargo/tiller", range, version);
        for (range, version, wanted) in [
            ("vers:cargo/<2.0.0", "1.9.9", Some(true)),
            ("vers:cargo/<2.0.0", "2.0.0", Some(false)),
            ("vers:cargo/>=1.0.0|<2.0.0", "1.0.0", Some(true)),
            ("vers:cargo/>=1.0.0|<2.0.0", "0.9.0", Some(false)),
            ("vers:cargo/>=1.0.0|<2.0.0|>=3.0.0|<=3.1.0", "3.1.0", Some(true)),
            ("vers:cargo/>=1.0.0|<2.0.0|>=3.0.0|<=3.1.0", "2.5.0", Some(false)),
            ("vers:cargo/>=3.0.0", "4.0.0", Some(true)),
            ("vers:cargo/1.0.0|1.0.1", "1.0.1", Some(true)),
            ("vers:cargo/1.0.0|1.0.1", "1.0.2", Some(false)),
            ("vers:cargo/*", "1.0.2", Some(true)),
            ("vers:cargo/!=1.0.2|>1.0.0", "1.0.2", Some(false)),
            ("vers:npm/<2.0.0", "1.0.0", None),
            ("before 2", "1.0.0", None),
            ("vers:cargo/<two", "1.0.0", None),
        ] {
            assert_eq!(of(range, version), wanted, "{range} {version}");
        }
    }
}
