//! Statements about known problems in products (VEX): OpenVEX, CycloneDX and CSAF in, OpenVEX
//! and CycloneDX out.
//!
//! Knows how each names products, their versions and their parts. Must not know whether a statement
//! is believed, nor what it applies to.

mod csaf;
mod cyclonedx;
mod openvex;
pub mod write;

use std::collections::HashSet;
use std::str::FromStr;
use std::sync::Arc;

use holdfast_model::{About, Fact, Lines, Problem, Product, Statement, Versions};
use packageurl::PackageUrl;

use crate::report::cursor::At;
use crate::report::purl;
use crate::report::say::{Say, Told, Wrong};
use crate::report::{holds, unpacked};
use crate::sbom::in_words;

/// The formats of statements, for the generated pages.
pub static FORMATS: [&About; 3] = [&openvex::ABOUT, &cyclonedx::ABOUT, &csaf::ABOUT];

/// Which specification a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    OpenVex,
    CycloneDx,
    Csaf,
}

/// What the first bytes say. Each names itself near its beginning.
fn format(bytes: &[u8]) -> Option<Format> {
    let head = bytes.get(..64 << 10).unwrap_or(bytes);
    let head = unpacked(head);
    if holds(&head, "\"bomFormat\"") || holds(&head, "cyclonedx.org/schema/bom") {
        Some(Format::CycloneDx)
    } else if holds(&head, "csaf_version") || holds(&head, "\"product_tree\"") {
        Some(Format::Csaf)
    } else if holds(&head, "openvex") || holds(&head, "\"statements\"") {
        Some(Format::OpenVex)
    } else {
        None
    }
}

/// Whether these bytes look like a document of statements.
pub fn is_statement(bytes: &[u8]) -> bool {
    format(bytes).is_some()
}

/// Reads a document of statements: whatever can be read, and what cannot.
pub fn read(path: &str, bytes: &[u8]) -> (Vec<Statement>, Vec<Problem>) {
    let path: Arc<str> = path.into();
    let mut told = Told::new(&path);
    let lines = Lines::new(bytes);
    let mut problems = Vec::new();
    let mut out = |fact: Fact| {
        if let Fact::Problem(problem) = fact {
            problems.push(in_words(problem, &lines));
        }
    };
    let mut say = Say { out: &mut out, told: &mut told };
    let statements = match format(bytes) {
        Some(Format::OpenVex) => openvex::read(bytes, &mut say),
        Some(Format::CycloneDx) => cyclonedx::read(bytes, &mut say),
        Some(Format::Csaf) => csaf::read(bytes, &mut say),
        None => {
            let message = "this is no document of statements that is read here";
            let wrong = Wrong::loss("statement-unknown", At::START, message);
            say.wrong(wrong.help("write it as OpenVEX, CycloneDX or CSAF, as JSON"));
            Vec::new()
        }
    };
    narrower(&statements, &mut say);
    (statements, problems)
}

/// Says once of each product that is less than a package that no package is meant by it.
fn narrower(statements: &[Statement], say: &mut Say<'_>) {
    let mut told: HashSet<&str> = HashSet::new();
    for statement in statements {
        let at = At { line: statement.place.line, column: statement.place.column };
        for product in statement.products.iter().chain(&statement.subcomponents) {
            if !product.package.contains(['?', '#']) || !told.insert(&product.package) {
                continue;
            }
            let shown = crate::report::sentence(&product.package);
            let message = format!("`{shown}` is narrower than what packages are known by here");
            let wrong = Wrong::slip("statement-narrower", at, message);
            say.wrong(wrong.help(
                "it counts for no package, only for a product that `statements.products` names so",
            ));
        }
    }
}

/// A product by what identifies it; `None` where it is only a word that nothing else knows.
fn product(id: &str, digests: Vec<Arc<str>>) -> Option<Product> {
    if let Some(purl) = purl::read(id) {
        // Images and other artifacts carry their digest as version.
        let digest = purl.version.starts_with("sha256:");
        let mut digests = digests;
        if digest {
            digests.push(purl.version.to_ascii_lowercase().into());
        }
        let versions = if purl.version.is_empty() || digest {
            Versions::Unnamed
        } else {
            Versions::Exact(purl.version.into())
        };
        let package = package(id, &purl.bare);
        return Some(Product { package, name: "".into(), digests, versions });
    }
    let id = id.trim();
    (!id.is_empty() || !digests.is_empty()).then(|| Product {
        package: "".into(),
        name: crate::report::sentence(id).into(),
        digests,
        versions: Versions::Unnamed,
    })
}

/// A product by its package URL, or by a name.
pub fn product_of(text: &str) -> Option<Product> {
    product(text, Vec::new())
}

/// Qualifiers that tell something of a package and make it no other one: the readers of packages
/// leave them out of its name.
const DESCRIBING: [&str; 13] = [
    "arch",
    "checksum",
    "checksums",
    "distro",
    "epoch",
    "goarch",
    "goos",
    "modularitylabel",
    "package-id",
    "rpmmod",
    "type",
    "upstream",
    "vcs_url",
];

/// The same for images, which have no feed of their own and are known by their digests.
const DESCRIBING_IMAGES: [&str; 2] = ["repository_url", "tag"];

/// The package of a package URL: as the subjects of findings are written, and behind that the
/// qualifiers and the path that make it another one or a part of one. Such a package is no subject.
fn package(id: &str, bare: &str) -> Arc<str> {
    let plain = subject(bare);
    let (Ok(said), Ok(mut whole)) = (PackageUrl::from_str(id), PackageUrl::from_str(&plain)) else {
        return plain;
    };
    let image = matches!(said.ty(), "oci" | "docker");
    let mut narrows = false;
    for (key, value) in said.qualifiers() {
        let key: &str = key;
        let describes = DESCRIBING.contains(&key) || (image && DESCRIBING_IMAGES.contains(&key));
        narrows |= !describes && whole.add_qualifier(key.to_owned(), value.to_string()).is_ok();
    }
    if let Some(path) = said.subpath().filter(|path| !path.is_empty()) {
        narrows |= whole.with_subpath(path.to_owned()).is_ok();
    }
    if narrows { whole.to_string().into() } else { plain }
}

/// A package URL without version, as the subjects of findings are written.
fn subject(bare: &str) -> Arc<str> {
    match purl::read(bare) {
        Some(purl) => {
            let ours = purl.ecosystem.purl(&purl.ecosystem.normal_name(&purl.name), None);
            ours.unwrap_or(purl.bare).into()
        }
        None => bare.into(),
    }
}

/// The digest of an algorithm, as our products carry them; only SHA-256 is compared.
fn digest(algorithm: &str, value: &str) -> Option<Arc<str>> {
    let plain: String = algorithm.chars().filter(char::is_ascii_alphanumeric).collect();
    let sha = plain.eq_ignore_ascii_case("sha256") && value.len() == 64;
    sha.then(|| format!("sha256:{}", value.to_ascii_lowercase()).into())
}

#[cfg(test)]
mod tests;
