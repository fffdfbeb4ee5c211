//! Questions about advisories: what is known of a package, who is affected, how versions compare.

use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::version::{ORDERS, compare_lines, order_of};
use holdfast_advisories::{Index, Scratch};
use holdfast_decide::severity;
use holdfast_model::{Ecosystem, Problem, Severity, Standing};
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

/// `holdfast/advisories-affected/1`.
#[derive(Debug, Serialize)]
pub struct Affected {
    /// Which document this is.
    pub schema: &'static str,
    /// The one name of the weakness.
    pub weakness: Arc<str>,
    /// One sentence.
    pub title: String,
    /// The packages that have it.
    pub packages: Vec<PackageRow>,
    /// The assets that were seen with one of them in an affected version.
    pub assets: Vec<AssetRow>,
}

/// A package that has a weakness.
#[derive(Debug, Serialize)]
pub struct PackageRow {
    /// Its ecosystem, for people.
    pub ecosystem: String,
    /// Its name.
    pub name: Arc<str>,
    /// In which versions.
    pub affected: String,
}

/// An asset that has an affected package.
#[derive(Debug, Serialize)]
pub struct AssetRow {
    /// The asset.
    pub asset: String,
    /// In which copy of it.
    pub standing: Standing,
    /// The package.
    pub subject: String,
    /// The version that was seen.
    pub version: String,
    /// Where.
    pub place: String,
}

/// Which assets that were looked at have a weakness: an inverted index from packages to assets is
/// asked, nothing is looked at again.
///
/// # Errors
///
/// Where nobody knows the weakness, or the record cannot be read.
pub async fn affected(world: &World, data: &Path, id: &str) -> Result<Affected, Failure> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let Some(row) = index.find(id) else {
        let problem =
            Problem::new("unknown-weakness", format!("no advisory here is called `{id}`"));
        return Err(problem.help("see which feeds there are: holdfast advisories status").into());
    };
    let packages = index.packages_of(row.at);
    let mut assets = Vec::new();
    if let Some(store) = crate::record::reader(data).await? {
        for package in &packages {
            let seen = store
                .assets_with(&package.ecosystem, &package.name)
                .await
                .map_err(|error| crate::record::ours(&error))?;
            for one in seen {
                let mut hit = false;
                let mut scratch = Scratch::default();
                let version = one.version.as_deref().unwrap_or_default();
                let _ = index.judge(
                    &package.ecosystem,
                    &package.name,
                    version,
                    &mut scratch,
                    &mut |found| {
                        hit |= found.weakness == row.at;
                    },
                );
                if hit {
                    assets.push(AssetRow {
                        asset: one.asset.to_string(),
                        standing: one.standing,
                        subject: package
                            .ecosystem
                            .purl(&package.name, None)
                            .unwrap_or_else(|| package.name.to_string()),
                        version: version.to_owned(),
                        place: one.place.to_string(),
                    });
                }
            }
        }
    }
    Ok(Affected {
        schema: "holdfast/advisories-affected/1",
        weakness: row.weakness.id.0,
        title: row.weakness.title,
        packages: packages
            .into_iter()
            .map(|package| PackageRow {
                ecosystem: package.ecosystem.to_string(),
                name: package.name,
                affected: package.affected.join("; "),
            })
            .collect(),
        assets,
    })
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
