//! Who is affected by a known problem: from the weakness to the names of its packages, from each name
//! to the packages that somebody has, and from those that have it to the assets. Each different
//! package is asked about once, however many assets have it, and exactly as a look asks; so that
//! whoever is named here has a finding of it, and nobody else.
//!
//! Knows the index and the record. Must not know how the record finds holders, nor under which names
//! ecosystems publish.

mod since;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::index::{AffectedPackage, WeaknessRow};
use holdfast_advisories::{Asked, Hit, Index, Question, Scratch, lift};
use holdfast_decide::severity;
use holdfast_findings::locus as loci;
use holdfast_model::{Component, Problem, Severity, Standing};
use holdfast_store::{Copies, Store};
use holdfast_world::World;
use serde::Serialize;

use crate::failure::Failure;
use crate::index_file;
use crate::record;

pub use since::{Since, SinceRow, since};

/// How many copies are named at most; all are counted.
pub const MOST: usize = 10_000;

/// Which of the copies are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many are left out.
    pub after: usize,
    /// How many are wanted then; never more than [`MOST`] altogether.
    pub limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { after: 0, limit: MOST }
    }
}

/// `holdfast/advisories-affected/1`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Affected {
    /// Which document this is.
    pub schema: &'static str,
    /// The one name of the weakness.
    pub weakness: Arc<str>,
    /// Its other names.
    pub aliases: Vec<Arc<str>>,
    /// One sentence.
    pub title: String,
    /// Without any context.
    pub severity: Severity,
    /// Known to be exploited.
    pub exploited: bool,
    /// Its publisher withdrew it, so that nothing is affected.
    pub withdrawn: bool,
    /// The packages that have it.
    pub packages: Vec<PackageRow>,
    /// How many copies of them were seen in an affected version, on whatever asset.
    pub total: u64,
    /// Copies stand on more assets than are named: `total` then counts every look that saw one.
    pub bounded: bool,
    /// The teams whose assets are named, and how many assets each has among them.
    pub teams: Vec<TeamRow>,
    /// The assets that were seen with one of them in an affected version, one row a copy, by package,
    /// version and set of packages.
    pub assets: Vec<AssetRow>,
    /// How many rows stand before the next page; `None` on the last one.
    pub next: Option<u64>,
    /// Why something could not be answered.
    pub problems: Vec<crate::document::ProblemRow>,
}

/// A package that has a weakness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageRow {
    /// Its ecosystem, for people.
    pub ecosystem: String,
    /// Its name.
    pub name: Arc<str>,
    /// In which versions.
    pub affected: String,
    /// The versions that mend it.
    pub fixed: Vec<String>,
}

/// A team with affected assets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TeamRow {
    /// Its name.
    pub team: Arc<str>,
    /// How many of its assets are affected.
    pub assets: u64,
}

/// A copy of an affected package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssetRow {
    /// Who owns the asset.
    pub team: Arc<str>,
    /// The asset.
    pub asset: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// In which copy of it.
    pub standing: Standing,
    /// The package, as a package URL where its ecosystem has them.
    pub subject: Arc<str>,
    /// The version that was seen.
    pub version: Arc<str>,
    /// The smallest version that mends it and leaves the fewest other known problems; `None` where
    /// nothing mends it.
    pub fixed_in: Option<Arc<str>>,
    /// In which file.
    pub path: Arc<str>,
    /// In which file, line and column.
    pub place: Arc<str>,
}

/// Which assets that were looked at have a weakness, by any of its names.
///
/// # Errors
///
/// Where nobody knows the weakness, or the record cannot be read.
pub async fn affected(
    world: &World,
    data: &Path,
    id: &str,
    page: Page,
) -> Result<Affected, Failure> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let store = record::reader(data).await?;
    match in_record(store.as_ref(), &index, id, page).await? {
        Some(affected) => Ok(affected),
        None => Err(unknown(id).into()),
    }
}

/// Nobody knows a weakness of this name.
pub(crate) fn unknown(id: &str) -> Problem {
    Problem::new("unknown-weakness", format!("no advisory here is called `{id}`"))
        .help("see which feeds there are: holdfast advisories status")
}

/// The same over an open record; `None` where nobody knows the weakness.
///
/// # Errors
///
/// Where the record cannot be read.
pub async fn in_record(
    store: Option<&Store>,
    index: &Index<'_>,
    id: &str,
    page: Page,
) -> Result<Option<Affected>, Failure> {
    let Some(row) = index.find(id) else { return Ok(None) };
    let packages = index.packages_of(row.at);
    let found = match store {
        Some(store) => find(store, index, &row, &packages).await?,
        None => Found::default(),
    };
    Ok(Some(document(row, packages, found, page)))
}

/// What was found, before a page is cut out of it.
#[derive(Default)]
struct Found {
    rows: Vec<AssetRow>,
    /// Looks that saw a copy.
    held: u64,
    /// Not all of them are in `rows`.
    bounded: bool,
    /// The record names no holders yet.
    unnamed: bool,
}

async fn find(
    store: &Store,
    index: &Index<'_>,
    row: &WeaknessRow,
    packages: &[AffectedPackage],
) -> Result<Found, Failure> {
    let ours = |error| record::ours(&error);
    let mut found = Found::default();
    if !store.tells_packages().await.map_err(ours)? {
        found.unnamed = true;
        return Ok(found);
    }
    // Several records of one weakness may speak of the same package, and several ecosystems of one
    // name. The names are those of the index; hosts write their own, and have the last word.
    let names: BTreeSet<&Arc<str>> = packages.iter().map(|package| &package.name).collect();
    let mut asking = Asking::default();
    for name in names {
        for package in store.packages_named(name).await.map_err(ours)? {
            let Some(meant) = asking.meant(index, &package, name, row) else { continue };
            let most = MOST.saturating_sub(found.rows.len()) as u64;
            for copies in store.copies_with(&package, most).await.map_err(ours)? {
                found.add(&copies, &meant);
            }
        }
    }
    once(&mut found.rows);
    Ok(found)
}

/// A package that has the weakness, in the words of a finding of it.
struct Meant {
    subject: Arc<str>,
    version: Arc<str>,
    fixed_in: Option<Arc<str>>,
}

/// Memory that is used again from package to package.
#[derive(Default)]
struct Asking {
    scratch: Scratch,
    hits: Vec<Hit>,
}

impl Asking {
    /// Asks as a look does whether a package has a weakness. A package that goes by several names is
    /// told under the one that its publisher uses.
    fn meant(
        &mut self,
        index: &Index<'_>,
        package: &Component,
        name: &str,
        row: &WeaknessRow,
    ) -> Option<Meant> {
        let Asked::One(question) = Question::of(package) else { return None };
        if question.known_as() != name {
            return None;
        }
        let Self { scratch, hits } = self;
        hits.clear();
        index.has(package, scratch, &mut |hit| hits.push(hit));
        let asked = hits.iter().position(|hit| hit.weakness == row.at)?;
        let mending = lift::mending(index, &question, hits, &|_| false);
        let of_source = package.source.as_ref().map_or(&package.name, |source| &source.name);
        let version = package.version.clone().unwrap_or_else(|| Arc::from(&*question.version));
        Some(Meant {
            subject: loci::subject(&package.ecosystem, of_source),
            version,
            fixed_in: mending.into_iter().nth(asked).flatten(),
        })
    }
}

impl Found {
    fn add(&mut self, copies: &Copies, meant: &Meant) {
        self.held = self.held.saturating_add(copies.held);
        let place: Arc<str> = copies.place.to_string().into();
        let room = MOST.saturating_sub(self.rows.len());
        self.bounded |= copies.holders.len() > room
            || copies.held > MOST as u64
            || (copies.holders.is_empty() && copies.held > 0);
        self.rows.extend(copies.holders.iter().take(room).map(|holder| AssetRow {
            team: Arc::clone(&holder.team),
            asset: Arc::clone(&holder.asset.0),
            name: Arc::clone(&holder.name),
            standing: holder.standing,
            subject: Arc::clone(&meant.subject),
            version: Arc::clone(&meant.version),
            fixed_in: meant.fixed_in.clone(),
            path: Arc::clone(&copies.place.path),
            place: Arc::clone(&place),
        }));
    }
}

/// Leaves each copy once: a full look and a partial one since, or two sensors, may have seen it. Where
/// no asset stands there twice, nothing is compared.
fn once(rows: &mut Vec<AssetRow>) {
    let assets: HashSet<&str> = rows.iter().map(|row| &*row.asset).collect();
    if assets.len() < rows.len() {
        let mut seen = HashSet::new();
        let of = |row: &AssetRow| {
            let (asset, version) = (Arc::clone(&row.asset), Arc::clone(&row.version));
            (asset, row.standing, Arc::clone(&row.subject), version, Arc::clone(&row.place))
        };
        rows.retain(|row| seen.insert(of(row)));
    }
}

fn document(
    row: WeaknessRow,
    packages: Vec<AffectedPackage>,
    found: Found,
    page: Page,
) -> Affected {
    let mut assets: HashSet<&str> = HashSet::with_capacity(found.rows.len());
    let mut teams: HashMap<&str, u64> = HashMap::new();
    for row in &found.rows {
        if assets.insert(&row.asset) {
            *teams.entry(&row.team).or_default() += 1;
        }
    }
    let mut teams: Vec<TeamRow> =
        teams.into_iter().map(|(team, assets)| TeamRow { team: team.into(), assets }).collect();
    teams.sort_unstable_by(|a, b| a.team.cmp(&b.team));
    let all = found.rows.len();
    let end = page.after.saturating_add(page.limit);
    let mut problems = Vec::new();
    if found.unnamed {
        let message = "the record is of an older form that does not name who has a package";
        let problem = Problem::new("record", message).help("bring it forward: holdfast up --once");
        problems.push((&problem).into());
    }
    Affected {
        schema: "holdfast/advisories-affected/1",
        severity: severity::in_context(&row.weakness, false).0,
        weakness: row.weakness.id.0,
        aliases: row.weakness.aliases,
        title: row.weakness.title,
        exploited: row.weakness.exploited,
        withdrawn: row.withdrawn.is_some(),
        packages: packages.into_iter().map(package_row).collect(),
        total: if found.bounded { found.held } else { all as u64 },
        bounded: found.bounded,
        teams,
        assets: found.rows.into_iter().skip(page.after).take(page.limit).collect(),
        next: (end < all).then_some(end as u64),
        problems,
    }
}

fn package_row(package: AffectedPackage) -> PackageRow {
    PackageRow {
        ecosystem: package.ecosystem.to_string(),
        name: package.name,
        affected: package.affected.join("; "),
        fixed: package.fixed,
    }
}
