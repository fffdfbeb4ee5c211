//! Taking statements of others in: what applies to this folder is written into it, anchored to the
//! versions that are there now.
//!
//! A statement without a version would hide every later one. What is written names the versions seen,
//! so that the finding opens again when they change.

use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_model::{FindingKind, Problem, Product, Statement, Versions};
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
    /// How many apply to a finding of this folder.
    pub applied: usize,
    /// Authors whose statements close nothing yet.
    pub unbelieved: Vec<String>,
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
    let judged = judge(world, &index, options)?;
    let findings = judged.assessment.findings.iter();
    let findings: Vec<_> = findings.filter(|one| one.kind == FindingKind::Package).collect();
    let whole = super::whole(&judged.look, &judged.settings);
    let mut kept: Vec<Statement> = Vec::new();
    for statement in &statements {
        let speaks = |one: &&&holdfast_model::Finding| {
            let mut names = std::iter::once(&one.weakness.id.0).chain(&one.weakness.aliases);
            names.any(|name| statement.names.contains(name))
        };
        for finding in findings.iter().filter(speaks) {
            let mut holders = whole.clone();
            holders.extend(super::project_of(&judged.look, finding));
            kept.extend(anchored(statement, finding, &holders));
        }
    }
    kept.dedup();
    let authors: std::collections::BTreeSet<&str> =
        kept.iter().map(|statement| &*statement.author).collect();
    let known = &judged.settings.config.statements.authors;
    let believed = |author: &&str| known.iter().any(|one| one.eq_ignore_ascii_case(author));
    let unbelieved =
        authors.iter().filter(|author| !believed(author)).map(ToString::to_string).collect();
    let file = (!kept.is_empty()).then(|| path_of(document));
    if let Some(file) = &file {
        let author = authors.iter().next().copied().unwrap_or_default();
        let at = kept.iter().filter_map(|one| one.at).max().unwrap_or(world.clock.now());
        let version = env!("CARGO_PKG_VERSION");
        let text = openvex(&Statements { author, at, statements: &kept, version });
        let root = judged.folder.root();
        let cannot = |error: &dyn std::fmt::Display| {
            Problem::new("cannot-write", format!("`{file}` cannot be written: {error}"))
        };
        world.files.make_folder(&root.path().join(FOLDER)).map_err(|error| cannot(&error))?;
        root.write_atomic(file, text.as_bytes()).map_err(|error| cannot(&error))?;
    }
    Ok(Taken { file, read: statements.len(), applied: kept.len(), unbelieved, problems })
}

/// The statement as one about the package of a finding, in the versions that are there; `None` where
/// it is about another product, another package or other versions.
fn anchored(
    statement: &Statement,
    finding: &holdfast_model::Finding,
    holders: &[Product],
) -> Option<Statement> {
    let holds = |product: &Product| {
        holders.iter().any(|holder| {
            let package = !product.package.is_empty() && product.package == holder.package;
            package || !product.name.is_empty() && product.name == holder.name
        })
    };
    let about = if statement.subcomponents.is_empty() {
        &statement.products
    } else if statement.products.iter().any(holds) {
        &statement.subcomponents
    } else {
        return None;
    };
    let mut products: Vec<Product> = Vec::new();
    for product in about {
        let here = product.package == finding.subject || holds(product);
        if !here {
            continue;
        }
        for copy in &finding.instances {
            let Some(version) = &copy.version else { continue };
            let says = match &product.versions {
                Versions::Unnamed => true,
                Versions::Exact(named) => named == version || product.package != finding.subject,
                Versions::Range(range) => {
                    super::within(&finding.subject, range, version) == Some(true)
                }
            };
            if says {
                products.push(Product {
                    package: Arc::clone(&finding.subject),
                    name: "".into(),
                    digests: Vec::new(),
                    versions: Versions::Exact(Arc::clone(version)),
                });
            }
        }
    }
    products.sort();
    products.dedup();
    (!products.is_empty()).then(|| Statement {
        products,
        subcomponents: Vec::new(),
        ..statement.clone()
    })
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
