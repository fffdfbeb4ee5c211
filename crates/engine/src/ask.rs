//! Questions about advisories: what is known of a package, how versions compare. Who is affected is
//! asked in `affected`.

use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::version::{ORDERS, compare_lines, order_of};
use holdfast_advisories::{Index, Scratch};
use holdfast_decide::severity;
use holdfast_model::{Ecosystem, Problem, Severity};
use holdfast_world::World;
use serde::Serialize;

use crate::document::ProblemRow;
use crate::failure::Failure;
use crate::index_file;

/// `holdfast/advisories-show/1`.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Which document this is.
    pub schema: &'static str,
    /// The purl that was asked about.
    pub subject: String,
    /// Whether a feed covers its ecosystem.
    pub covered: bool,
    /// What is known.
    pub weaknesses: Vec<ShownRow>,
}

/// One weakness of a package.
#[derive(Debug, Serialize)]
pub struct ShownRow {
    /// Its one name.
    pub weakness: Arc<str>,
    /// Its other names.
    pub aliases: Vec<Arc<str>>,
    /// One sentence.
    pub title: String,
    /// Without any context.
    pub severity: Severity,
    /// Known to be exploited.
    pub exploited: bool,
    /// Affected versions, one text a range.
    pub affected: Vec<String>,
    /// Versions that mend it.
    pub fixed: Vec<String>,
}

/// What is known of a package, or of one version of it.
///
/// # Errors
///
/// Where the text is no package URL.
pub fn show(world: &World, data: &Path, purl: &str) -> Result<Shown, Failure> {
    let (ecosystem, name, version) = parse_purl(purl)?;
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let mut rows = Vec::new();
    for (at, entry) in index.about(&ecosystem, &name) {
        let hit = version.as_deref().is_none_or(|version| {
            let mut found = false;
            let _ = index.judge(&ecosystem, &name, version, &mut Scratch::default(), &mut |hit| {
                found |= hit.weakness == at;
            });
            found
        });
        let (Some(weakness), Some(package)) = (index.weakness(at), index.affected_package(entry))
        else {
            continue;
        };
        if !hit {
            continue;
        }
        match rows.iter_mut().find(|row: &&mut ShownRow| row.weakness == weakness.id.0) {
            // Several records of one weakness say which versions of the package have it.
            Some(row) => {
                row.affected.extend(package.affected);
                row.fixed.extend(package.fixed);
                row.affected.dedup();
                row.fixed.dedup();
            }
            None => rows.push(ShownRow {
                severity: severity::in_context(&weakness, false).0,
                weakness: weakness.id.0,
                aliases: weakness.aliases,
                title: weakness.title,
                exploited: weakness.exploited,
                affected: package.affected,
                fixed: package.fixed,
            }),
        }
    }
    rows.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.weakness.cmp(&b.weakness)));
    Ok(Shown {
        schema: "holdfast/advisories-show/1",
        subject: purl.to_owned(),
        covered: index.covers(&ecosystem).is_some(),
        weaknesses: rows,
    })
}

/// Ecosystem, name and version of a package URL.
fn parse_purl(purl: &str) -> Result<(Ecosystem, String, Option<String>), Problem> {
    let parsed: packageurl::PackageUrl<'_> = purl.parse().map_err(|error| {
        Problem::new("bad-purl", format!("`{purl}` is no package URL: {error}"))
            .help("write it as `pkg:cargo/time@0.1.43`")
    })?;
    let release = parsed.qualifiers().get("distro").map(|distro| {
        distro.split_once('-').map_or_else(|| distro.to_string(), |(_, release)| release.to_owned())
    });
    let (ecosystem, name) = match (parsed.ty(), parsed.namespace()) {
        ("deb", namespace) => {
            let family = if namespace == Some("ubuntu") { "Ubuntu" } else { Ecosystem::DEBIAN };
            let ecosystem = match release {
                Some(release) => Ecosystem::release_of(family, &release),
                None => Ecosystem::new(family),
            };
            (ecosystem, parsed.name().to_owned())
        }
        (kind, Some(namespace)) => (Ecosystem::new(kind), format!("{namespace}/{}", parsed.name())),
        (kind, None) => (Ecosystem::new(kind), parsed.name().to_owned()),
    };
    let name = ecosystem.normal_name(&name);
    Ok((ecosystem, name, parsed.version().map(ToOwned::to_owned)))
}

/// `holdfast/advisories-compare/1`.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// Which document this is.
    pub schema: &'static str,
    /// How many lines were compared.
    pub compared: u64,
    /// How many of them are wrong.
    pub wrong: u64,
    /// The wrong ones.
    pub lines: Vec<String>,
    /// Lines that could not be compared.
    pub problems: Vec<ProblemRow>,
}

/// Compares versions line by line.
///
/// # Errors
///
/// Where the ecosystem has no version order.
pub fn compare(ecosystem: &str, path: &str, text: &str) -> Result<Compared, Failure> {
    let known = Ecosystem::new(ecosystem);
    if order_of(&known).is_none() {
        let message = format!("versions of `{ecosystem}` cannot be compared");
        let problem = Problem::new("no-version-order", message);
        let orders: Vec<&str> = ORDERS.iter().map(|order| order.about.id).collect();
        let help = format!("name an ecosystem, or one of the orders: {}", orders.join(", "));
        return Err(problem.help(help).into());
    }
    let compared = compare_lines(&known, path, text);
    Ok(Compared {
        schema: "holdfast/advisories-compare/1",
        compared: compared.compared,
        wrong: compared.wrong.len() as u64,
        lines: compared.wrong.iter().map(|wrong| wrong.text.clone()).collect(),
        problems: compared.problems.iter().map(Into::into).collect(),
    })
}
