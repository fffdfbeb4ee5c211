//! Taking statements of others in: what applies to this folder is written into it, anchored to the
//! versions that are there now.
//!
//! A statement without a version would hide every later one. What is written names the versions seen,
//! so that the finding opens again when they change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_findings::accept::{Held, held};
use holdfast_model::{Finding, FindingKind, Instance, Problem, Product, Statement, Versions};
use holdfast_sense::statement;
use holdfast_sense::statement::write::{Statements, openvex};
use holdfast_world::World;

use super::FOLDER;
use crate::check::{Options, judge};
use crate::failure::Failure;
use crate::index_file;
use crate::trees::DOCUMENT_LIMIT;

/// What was taken in.
#[derive(Debug)]
pub struct Taken {
    /// The file that was written; `None` where nothing applies to this folder.
    pub file: Option<String>,
    /// How many statements the document holds.
    pub read: usize,
    /// How many of them apply to a finding of this folder.
    pub applied: usize,
    /// Authors whose statements close nothing yet.
    pub unbelieved: Vec<String>,
    /// Why statements about products that are here were left out all the same: they name another
    /// version or build, or one of which nobody can tell whether it is here.
    pub left_out: Vec<String>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Reads a document, keeps what speaks of findings of the folder, and writes it there.
///
/// # Errors
///
/// Where the document or the folder cannot be read, or the file cannot be written.
pub fn take(
    world: &World,
    data: &Path,
    options: &Options,
    document: &Path,
) -> Result<Taken, Failure> {
    let shown = document.display().to_string();
    let bytes =
        world.files.read(Path::new("/"), &world.here.join(document), DOCUMENT_LIMIT).map_err(
            |error| Problem::new("cannot-read", format!("`{shown}` cannot be read: {error}")),
        )?;
    let (statements, problems) = statement::read(&shown, &bytes);
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let judged = judge(world, data, &index, options)?;
    let findings = judged.assessment.findings.iter();
    let findings: Vec<_> = findings.filter(|one| one.kind == FindingKind::Package).collect();
    let whole = super::whole(&judged.look, &judged.settings);
    let mut kept: Vec<Statement> = Vec::new();
    let mut left_out: BTreeSet<String> = BTreeSet::new();
    let mut applied = 0;
    for statement in &statements {
        let speaks = |one: &&&Finding| {
            let mut names = std::iter::once(&one.weakness.id.0).chain(&one.weakness.aliases);
            names.any(|name| statement.names.contains(name))
        };
        let before = kept.len();
        for finding in findings.iter().filter(speaks) {
            let mut holders = whole.clone();
            holders.extend(super::project_of(&judged.look, &judged.settings, finding));
            match anchored(statement, finding, &holders) {
                Ok(one) => kept.extend(one),
                Err(why) => left_out.extend(why),
            }
        }
        applied += usize::from(kept.len() > before);
    }
    kept.dedup();
    let authors: BTreeSet<&str> = kept.iter().map(|statement| &*statement.author).collect();
    let known = &judged.settings.config.statements.authors;
    let believed = |author: &&str| known.iter().any(|one| one.eq_ignore_ascii_case(author));
    let unbelieved =
        authors.iter().filter(|author| !believed(author)).map(ToString::to_string).collect();
    let file = (!kept.is_empty()).then(|| path_of(document));
    if let Some(file) = &file {
        let author = authors.iter().next().copied().unwrap_or_default();
        let at = kept.iter().filter_map(|one| one.at).max().unwrap_or(world.clock.now());
        let version = env!("CARGO_PKG_VERSION");
        let urls = &BTreeMap::new();
        let text = openvex(&Statements { author, at, statements: &kept, version, urls });
        let root = judged.folder.root();
        let cannot = |error: &dyn std::fmt::Display| {
            Problem::new("cannot-write", format!("`{file}` cannot be written: {error}"))
        };
        world.files.make_folder(&root.path().join(FOLDER)).map_err(|error| cannot(&error))?;
        root.write_atomic(file, text.as_bytes()).map_err(|error| cannot(&error))?;
    }
    let left_out = left_out.into_iter().collect();
    Ok(Taken { file, read: statements.len(), applied, unbelieved, left_out, problems })
}

/// The statement as one about the package of a finding, in the versions that are there; what it says
/// of a product that holds the package stays a statement about that product. Nothing where it is
/// about something else, and an error where it is about other versions: why it does not count.
fn anchored(
    statement: &Statement,
    finding: &Finding,
    holders: &[Product],
) -> Result<Option<Statement>, Vec<String>> {
    let parts = &statement.subcomponents;
    if !parts.is_empty() && !parts.iter().any(|part| part.package == finding.subject) {
        return Ok(None);
    }
    let copies = copies(finding);
    let mut left_out = Vec::new();
    let wholes = matching(statement, &statement.products, holders, &mut left_out);
    let wholes = once(wholes.into_iter().map(|(product, holder)| pinned(product, holder)));
    let mut seen = |products: &[Product]| {
        let pairs = matching(statement, products, &copies, &mut left_out);
        once(pairs.into_iter().map(|(_, copy)| copy.clone()))
    };
    let (mut alone, mut inside) = match (parts.is_empty(), wholes.is_empty()) {
        // About the package itself, or about everything in what holds it.
        (true, true) => (seen(&statement.products), Vec::new()),
        (true, false) => (Vec::new(), copies.clone()),
        (false, true) => (Vec::new(), Vec::new()),
        (false, false) => (Vec::new(), seen(parts)),
    };
    // Without a version it would hide every later one.
    alone.retain(|copy| copy.versions != Versions::Unnamed);
    inside.retain(|copy| copy.versions != Versions::Unnamed);
    let of = |products: Vec<Product>, subcomponents: Vec<Product>| Statement {
        products,
        subcomponents,
        ..statement.clone()
    };
    if !alone.is_empty() {
        Ok(Some(of(alone, Vec::new())))
    } else if !inside.is_empty() {
        Ok(Some(of(wholes, inside)))
    } else if left_out.is_empty() {
        Ok(None)
    } else {
        Err(left_out)
    }
}

/// The products of a statement with what they are here. Of those that are here in another version it
/// is noted why they do not count.
fn matching<'a>(
    statement: &Statement,
    products: &'a [Product],
    things: &'a [Product],
    left_out: &mut Vec<String>,
) -> Vec<(&'a Product, &'a Product)> {
    let mut found = Vec::new();
    for product in products {
        for thing in things {
            match held(product, thing, &super::within) {
                Held::Yes => found.push((product, thing)),
                other => left_out.extend(other.told(statement, product)),
            }
        }
    }
    found
}

/// The copies of a finding's package, as products.
fn copies(finding: &Finding) -> Vec<Product> {
    let copy = |copy: &Instance| Product {
        package: Arc::clone(&finding.subject),
        name: "".into(),
        digests: Vec::new(),
        versions: copy.version.clone().map_or(Versions::Unnamed, Versions::Exact),
    };
    once(finding.instances.iter().map(copy))
}

/// A product in the version that is here: what is said of a range would reach on to versions that
/// nobody here has seen.
fn pinned(product: &Product, holder: &Product) -> Product {
    match &product.versions {
        Versions::Range(_) => Product { versions: holder.versions.clone(), ..product.clone() },
        Versions::Exact(_) | Versions::Unnamed => product.clone(),
    }
}

fn once(products: impl Iterator<Item = Product>) -> Vec<Product> {
    let mut products: Vec<Product> = products.collect();
    products.sort();
    products.dedup();
    products
}

/// A name of its own for each document, whatever its format was.
fn path_of(document: &Path) -> String {
    let name = document.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
    let stem = name.split('.').next().unwrap_or_default();
    let plain: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .collect();
    format!("{FOLDER}{}.openvex.json", if plain.is_empty() { "statements" } else { &plain })
}

#[cfg(test)]
mod tests;
