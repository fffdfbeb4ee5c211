//! Statements of suppliers and others about findings: what they close, contradict or only tell.
//!
//! Knows products, versions and authors. Must not know in which format a statement was written, what
//! an asset is made of (an argument says it), nor the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{
    Finding, FindingKind, JUSTIFICATIONS, Place, Product, Severity, State, Statement,
    StatementStatus, Versions, Witness,
};

use super::cover::{Covered, Guardrail, Told};

pub(super) const UNAPPROVED: Guardrail = Guardrail {
    id: "statement-unapproved",
    title: "A statement waits for somebody to name its author",
    why: "It closes nothing until `authors` of `[statements]` names who says it.",
    severity: Severity::WhenYouCan,
};

/// Whether a version of a subject lies in a range; `None` where nobody can tell.
pub type Within<'a> = &'a dyn Fn(&str, &str, &str) -> Option<bool>;

/// Whose statements count, and what they are about.
#[derive(Clone, Copy)]
pub struct Belief<'a> {
    /// Authors whose statements close by themselves.
    pub authors: &'a [String],
    /// The products that hold a finding: what its asset is, beyond the package itself.
    pub holders: &'a dyn Fn(&Finding) -> Vec<Product>,
    /// Whether a version of a subject lies in a range.
    pub within: Within<'a>,
}

impl Belief<'_> {
    fn believes(&self, author: &str) -> bool {
        let same = |one: &String| one.trim().eq_ignore_ascii_case(author.trim());
        !author.trim().is_empty() && self.authors.iter().any(same)
    }
}

/// Whether a statement speaks of a version that is there.
enum Reach {
    Yes,
    /// It names a product that is here, in another version.
    Other(String),
    /// It names no version, so nobody knows which it was about.
    Unnamed,
    No,
}

/// Of what no acceptance covers, closes what a believed author calls not affected or fixed, for
/// exactly the versions that are named; adds witnesses for what is called affected; and says what
/// was stated.
///
/// The latest word of an author about a version counts. Where authors disagree, the more cautious
/// one counts. A finding is closed only if each version at its locus is.
pub fn stated(
    findings: &mut [Finding],
    statements: &[Statement],
    belief: &Belief<'_>,
    covered: &mut Covered,
) {
    let mut by_name: BTreeMap<&str, Vec<&Statement>> = BTreeMap::new();
    for statement in statements {
        for name in &statement.names {
            by_name.entry(name).or_default().push(statement);
        }
    }
    let open = |finding: &&mut Finding| {
        finding.kind == FindingKind::Package && finding.state == State::Open
    };
    for finding in findings.iter_mut().filter(open) {
        let weakness = &finding.weakness;
        let names = std::iter::once(&weakness.id.0).chain(&weakness.aliases);
        let mut said: Vec<&Statement> =
            names.filter_map(|name| by_name.get(&**name)).flatten().copied().collect();
        said.sort_by(|a, b| (&a.place, &a.author).cmp(&(&b.place, &b.author)));
        said.dedup();
        if !said.is_empty() {
            one(finding, &said, belief, covered);
        }
    }
}

fn one(finding: &mut Finding, said: &[&Statement], belief: &Belief<'_>, covered: &mut Covered) {
    let holders = (belief.holders)(finding);
    let versions: BTreeSet<Option<Arc<str>>> =
        finding.instances.iter().map(|copy| copy.version.clone()).collect();
    let mut closed = !versions.is_empty();
    let mut notes: BTreeSet<String> = BTreeSet::new();
    let mut witnesses: BTreeSet<Witness> = BTreeSet::new();
    for version in &versions {
        let mut latest: BTreeMap<&str, &Statement> = BTreeMap::new();
        for statement in said {
            match reach(statement, finding, version.as_deref(), &holders, belief) {
                Reach::No => {}
                Reach::Other(why) => drop(notes.insert(why)),
                Reach::Unnamed => drop(notes.insert(unnamed(statement))),
                Reach::Yes => {
                    let rank = |one: &Statement| (one.at, one.status);
                    let known = latest.entry(&*statement.author).or_insert(statement);
                    if rank(statement) > rank(known) {
                        *known = statement;
                    }
                }
            }
        }
        for statement in latest.values() {
            if statement.status == StatementStatus::Affected && !statement.author.is_empty() {
                let name = statement.names.first().unwrap_or(&finding.weakness.id.0);
                let engine = Arc::clone(&statement.author);
                witnesses.insert(Witness { engine, name: Arc::clone(name) });
            }
        }
        let (believed, others): (Vec<&Statement>, Vec<&Statement>) =
            latest.values().copied().partition(|one| belief.believes(&one.author));
        let closing =
            believed.iter().map(|one| one.status).max().is_some_and(StatementStatus::closes);
        closed &= closing;
        notes.extend(believed.iter().map(|one| told(one)));
        let word = |one: &&Statement| one.status.closes();
        if !closing && believed.iter().any(word) && !believed.iter().all(word) {
            notes.insert("where they disagree, the more cautious one counts".to_owned());
        }
        for statement in others.into_iter().filter(|one| one.status.closes() && !closing) {
            notes.insert(format!(
                "{}; nobody here has said that this author counts",
                told(statement)
            ));
            covered.waits(statement);
        }
    }
    if closed {
        finding.state = State::Accepted;
    }
    if !witnesses.is_empty() {
        finding.witnesses.extend(witnesses);
        finding.witnesses.sort_unstable();
        finding.witnesses.dedup();
    }
    if !notes.is_empty() {
        let before = covered.notes.remove(&finding.local);
        let notes: Vec<String> = before.into_iter().chain(notes).collect();
        covered.notes.insert(finding.local, notes.join("; "));
    }
}

/// A statement about a product says nothing of the same package elsewhere: with parts, the product
/// must hold the finding and a part must be its package; without, the product is the package itself
/// or what holds it.
fn reach(
    statement: &Statement,
    finding: &Finding,
    version: Option<&str>,
    holders: &[Product],
    belief: &Belief<'_>,
) -> Reach {
    let closes = statement.status.closes();
    let package = |product: &Product| {
        if product.package.is_empty() || product.package != finding.subject {
            return Reach::No;
        }
        of_version(statement, product, &finding.subject, version, belief)
    };
    let whole = |product: &Product| {
        best(holders.iter().map(|holder| match held(product, holder, belief.within) {
            Held::Yes => Reach::Yes,
            other => other.told(statement, product).map_or(Reach::No, Reach::Other),
        }))
    };
    if statement.subcomponents.is_empty() {
        return best(statement.products.iter().flat_map(|product| {
            let whole = match whole(product) {
                // What holds the finding, as a whole: its version or digest is the anchor.
                Reach::Yes if closes && !is_pinned(product) => Reach::Unnamed,
                reach => reach,
            };
            [whole, package(product)]
        }));
    }
    let concerns = |part: &Product| part.package == finding.subject;
    match best(statement.products.iter().map(whole)) {
        Reach::Yes => best(statement.subcomponents.iter().map(package)),
        told @ Reach::Other(_) if statement.subcomponents.iter().any(concerns) => told,
        _ => Reach::No,
    }
}

fn of_version(
    statement: &Statement,
    product: &Product,
    subject: &str,
    version: Option<&str>,
    belief: &Belief<'_>,
) -> Reach {
    let seen = version.unwrap_or("without a version");
    let other = |named: &str| {
        let author = author(statement);
        Reach::Other(format!("what {author} states is for {named}, and {seen} is there now"))
    };
    match &product.versions {
        Versions::Unnamed if statement.status.closes() => Reach::Unnamed,
        Versions::Unnamed => Reach::Yes,
        Versions::Exact(named) if Some(&**named) == version => Reach::Yes,
        Versions::Exact(named) => other(named),
        Versions::Range(range) => {
            match version.and_then(|version| (belief.within)(subject, range, version)) {
                Some(true) => Reach::Yes,
                _ => other(range),
            }
        }
    }
}

/// The one that says most.
fn best(all: impl Iterator<Item = Reach>) -> Reach {
    let rank = |reach: &Reach| match reach {
        Reach::Yes => 3,
        Reach::Other(_) => 2,
        Reach::Unnamed => 1,
        Reach::No => 0,
    };
    all.max_by_key(rank).unwrap_or(Reach::No)
}

/// What a thing of ours is to a product that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// That product, in a version that the statement names.
    Yes,
    /// That product in another version or build: the one that is here.
    Other(Arc<str>),
    /// That product, and nobody can tell whether it is the version that the statement names.
    Unknown,
    /// Something else.
    No,
}

impl Held {
    /// Why a statement about this product does not count here; `None` where it counts, or is about
    /// something else.
    pub fn told(&self, statement: &Statement, product: &Product) -> Option<String> {
        let here = match self {
            Self::Yes | Self::No => return None,
            Self::Other(here) => format!("{here} is here"),
            Self::Unknown => "nobody can tell which version is here".to_owned(),
        };
        let author = author(statement);
        Some(format!("what {author} states is for {}, and {here}", in_words(product)))
    }
}

/// Whether something of ours is the product that a statement names: by a digest; else by package URL,
/// or by the name that it goes by here, in a version that is named. A product without a version is
/// every version of it, and one of another digest is another build.
pub fn held(product: &Product, holder: &Product, within: Within<'_>) -> Held {
    if product.digests.iter().any(|digest| holder.digests.contains(digest)) {
        return Held::Yes;
    }
    let named = if product.package.is_empty() {
        !product.name.is_empty() && product.name == holder.name
    } else {
        product.package == holder.package
    };
    if !named {
        return Held::No;
    }
    if let (false, Some(here)) = (product.digests.is_empty(), holder.digests.first()) {
        return Held::Other(Arc::clone(here));
    }
    match (&product.versions, &holder.versions) {
        (Versions::Unnamed, _) if product.digests.is_empty() => Held::Yes,
        (Versions::Exact(said), Versions::Exact(here)) if said == here => Held::Yes,
        (Versions::Exact(_), Versions::Exact(here)) => Held::Other(Arc::clone(here)),
        (Versions::Range(range), Versions::Exact(here)) => {
            match within(&product.package, range, here) {
                Some(true) => Held::Yes,
                Some(false) => Held::Other(Arc::clone(here)),
                None => Held::Unknown,
            }
        }
        _ => Held::Unknown,
    }
}

/// Whether the product is named so that it cannot change without the statement ending.
fn is_pinned(product: &Product) -> bool {
    product.versions != Versions::Unnamed || !product.digests.is_empty()
}

/// A product for people: `pkg:cargo/shop@7`.
fn in_words(product: &Product) -> String {
    let name = if product.package.is_empty() { &product.name } else { &product.package };
    match (&product.versions, product.digests.first()) {
        (Versions::Exact(version), _) => format!("{name}@{version}"),
        (Versions::Range(range), _) => format!("{name} in {range}"),
        (Versions::Unnamed, Some(digest)) => format!("{name}@{digest}"),
        (Versions::Unnamed, None) => name.to_string(),
    }
}

/// The reason of an acceptance that says, as statements do, that a product is not affected.
pub fn not_affected(justification: &str, reason: &str) -> String {
    format!("{}{}: {reason}", NOT_AFFECTED, justification.replace('_', " "))
}

/// The justification by which a note about an accepted finding calls it not affected, whether an
/// acceptance or a statement says so.
pub fn justification(note: &str) -> Option<&'static str> {
    let (_, said) = note.split_once(&format!(": {NOT_AFFECTED}"))?;
    JUSTIFICATIONS.into_iter().find(|word| {
        let rest = said.strip_prefix(word.replace('_', " ").as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([',', ':', ';']))
    })
}

const NOT_AFFECTED: &str = "not affected, ";

fn author(statement: &Statement) -> &str {
    if statement.author.is_empty() { "somebody" } else { &statement.author }
}

fn unnamed(statement: &Statement) -> String {
    format!(
        "{} states {} without naming a version, so it counts for none until it is taken in",
        author(statement),
        statement.status.shown()
    )
}

fn told(statement: &Statement) -> String {
    let when = statement.at.map_or_else(String::new, |at| format!(" on {}", at.date()));
    let mut out = format!("{} stated{when}: {}", author(statement), statement.status.shown());
    let why = [statement.justification.replace('_', " "), statement.text.clone()];
    for why in why.iter().filter(|why| !why.is_empty()) {
        out.push_str(", ");
        out.push_str(why);
    }
    out
}

impl Covered {
    /// Notes that a statement would close something if its author counted; once for each author and
    /// file.
    fn waits(&mut self, statement: &Statement) {
        let author = author(statement).to_owned();
        let title = format!("what {author} states counts for nothing yet");
        let place = Place { line: 1, column: 1, ..statement.place.clone() };
        let told = Told {
            guardrail: UNAPPROVED,
            title,
            place,
            item: author.clone(),
            subject: author.into(),
        };
        if !self.told.contains(&told) {
            self.told.push(told);
        }
    }
}

#[cfg(test)]
mod tests;
