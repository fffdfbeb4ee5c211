//! Questions about advisories: what is known of a package, how versions compare. Who is affected is
//! asked in `affected`.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::index::{EntryRef, Unjudged, WeaknessRef, spoken_of};
use holdfast_advisories::version::{ORDERS, compare_lines, order_of};
use holdfast_advisories::{Asked, Index, Judged, Question, Said, Scratch};
use holdfast_decide::severity;
use holdfast_model::{Ecosystem, Problem, Severity};
use holdfast_sense::sbom::component_of;
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
    /// What cannot be told of it, and why.
    pub not_assessed: Vec<String>,
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

/// What is known of a package, or of one version of it: asked exactly as a look asks.
///
/// # Errors
///
/// Where the text is no package URL.
pub fn show(world: &World, data: &Path, purl: &str) -> Result<Shown, Failure> {
    let component = component_of(purl).ok_or_else(|| {
        Problem::new("bad-purl", format!("`{purl}` is no package URL"))
            .help("write it as `pkg:cargo/time@0.1.43`")
    })?;
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let mut not_assessed = Vec::new();
    // Without a version, everything is shown that anybody says of the package.
    let hits = match (&component.version, Question::of(&component)) {
        (Some(_), Asked::One(question)) => Some(asked(&index, &question, &mut not_assessed)),
        (Some(_), Asked::NoVersion | Asked::Nothing) => Some(HashSet::new()),
        (None, _) => None,
    };
    let mut rows = Vec::new();
    for (ecosystem, name) in spoken_of(&component) {
        if hits.is_none() {
            let unjudged = index.unjudged(&ecosystem, &name).into_iter();
            not_assessed.extend(unjudged.map(|one| cannot(&one)));
        }
        for (at, entry) in index.about(&ecosystem, &name) {
            if hits.as_ref().is_none_or(|hits| hits.contains(&at)) {
                add(&index, &mut rows, at, entry);
            }
        }
    }
    rows.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.weakness.cmp(&b.weakness)));
    let ecosystem = &component.ecosystem;
    if ecosystem.lacks_release() {
        let missing = "it is compared within one release of its distribution only, and none is \
            named: add one as `?distro=debian-12`";
        not_assessed.push(missing.to_owned());
    }
    Ok(Shown {
        schema: "holdfast/advisories-show/1",
        subject: purl.to_owned(),
        covered: index.covers(ecosystem).is_some(),
        weaknesses: rows,
        not_assessed,
    })
}

/// The weaknesses that a version has; what cannot be told goes to `not_assessed`.
fn asked(
    index: &Index<'_>,
    question: &Question<'_>,
    not_assessed: &mut Vec<String>,
) -> HashSet<WeaknessRef> {
    let (mut hits, mut unjudged) = (HashSet::new(), Vec::new());
    let judged = index.ask(question, &mut Scratch::default(), &mut |said| match said {
        Said::Hit(hit) => hits.extend([hit.weakness]),
        Said::Unjudged { entry, why } => unjudged.push((entry, why)),
    });
    let each = unjudged.iter().filter_map(|(at, why)| index.unjudged_by(*at, *why));
    not_assessed.extend(each.map(|one| cannot(&one)));
    let (version, ecosystem) = (&question.version, question.ecosystem);
    match judged {
        Judged::NotAVersion => {
            not_assessed.push(format!("`{version}` is no version that {ecosystem} knows"));
        }
        Judged::NoOrder => {
            not_assessed.push(format!("versions of {ecosystem} cannot be compared yet"));
        }
        Judged::Damaged => not_assessed.push("the compiled advisories are damaged".to_owned()),
        Judged::Known { .. } | Judged::Nothing => {}
    }
    hits
}

/// A record that nobody can judge, in words.
fn cannot(one: &Unjudged) -> String {
    format!("{} cannot be judged: {}", one.record, one.reason)
}

/// Adds an entry to the row of its weakness.
fn add(index: &Index<'_>, rows: &mut Vec<ShownRow>, at: WeaknessRef, entry: EntryRef) {
    let (Some(weakness), Some(package)) = (index.weakness(at), index.affected_package(entry))
    else {
        return;
    };
    match rows.iter_mut().find(|row| row.weakness == weakness.id.0) {
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

/// `holdfast/advisories-compare/1`.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// Which document this is.
    pub schema: &'static str,
    /// How many pairs were compared.
    pub compared: u64,
    /// How many of them are wrong.
    pub wrong: u64,
    /// The wrong ones, as `A < B`; at most 1000.
    pub lines: Vec<String>,
    /// What could not be compared.
    pub problems: Vec<ProblemRow>,
}

/// Compares the pairs and chains of versions of a list.
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
        wrong: compared.disagreements,
        lines: compared.wrong.iter().map(|wrong| wrong.text.clone()).collect(),
        problems: compared.problems.iter().map(Into::into).collect(),
    })
}
