//! What, why and which file: of a finding, a weakness, a code, a reader, an appetite line.

use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_model::{Finding, SeverityStep, Target};
use holdfast_world::World;
use serde::Serialize;

use crate::assess::{self, Against};
use crate::check::{Judged, Options, judge};
use crate::controls::Controls;
use crate::document::FindingRow;
use crate::failure::Failure;
use crate::host;
use crate::index_file;
use crate::look::Look;

/// `holdfast/explain/1`.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// Which document this is.
    pub schema: &'static str,
    /// What was asked.
    pub id: String,
    /// Findings of that name in the folder.
    pub findings: Vec<ExplainedFinding>,
    /// Everything else of that name: rules, codes, readers, lines.
    pub topics: Vec<Topic>,
}

/// A finding, why it is as urgent as it is, and what decided.
#[derive(Debug, Serialize)]
pub struct ExplainedFinding {
    /// The finding.
    pub finding: FindingRow,
    /// How it came to its severity.
    pub severity: Vec<SeverityStep>,
    /// Each line of the appetite up to the one that decides.
    pub lines: Vec<holdfast_decide::LineVerdict>,
    /// What would have to change for a milder decision.
    pub milder: Vec<holdfast_decide::Change>,
    /// Who brings the package in: chains from the project to the package.
    pub through: Vec<String>,
}

/// Something else that has a name here.
#[derive(Debug, Clone, Serialize)]
pub struct Topic {
    /// `reader`, `code`, `appetite line`, `advisory`, `guardrail`, `version order`.
    pub kind: &'static str,
    /// Its name.
    pub id: String,
    /// What it is.
    pub text: String,
    /// The file that says so.
    pub file: String,
}

/// Explains a name.
///
/// # Errors
///
/// Where the folder or its settings cannot be used.
pub fn explain(
    world: &World,
    data: &Path,
    options: &Options,
    id: &str,
) -> Result<Explained, Failure> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let judged = judge(world, &index, options)?;
    let against = Against {
        index: &index,
        settings: &judged.settings,
        stage: options.stage,
        now: world.clock.now(),
        accepted: &[],
    };
    let mut findings: Vec<ExplainedFinding> = crate::accept::all(&judged, id)
        .into_iter()
        .map(|finding| one(finding, &judged.look, &against))
        .collect();
    if findings.is_empty() {
        findings = on_this_machine(world, &against, id);
    }
    let mut topics = topics(id);
    topics.extend(appetite_lines(&judged, id));
    topics.extend(advisory(&index, id));
    Ok(Explained { schema: "holdfast/explain/1", id: id.to_owned(), findings, topics })
}

/// A name that means nothing in the folder may be a finding of this machine.
fn on_this_machine(world: &World, against: &Against<'_>, id: &str) -> Vec<ExplainedFinding> {
    let controls = Arc::new(Controls::read(None));
    let Ok(look) = host::look_at(world, &Target::Local, &controls, &against.settings.config) else {
        return Vec::new();
    };
    let mut assessment = assess::assess(&look, against);
    assessment.findings.retain(|finding| crate::accept::is_named(finding, id));
    assess::decide(&mut assessment.findings, &look, against, &|_| against.now);
    assessment.findings.iter().map(|finding| one(finding, &look, against)).collect()
}

fn one(finding: &Finding, look: &Look, against: &Against<'_>) -> ExplainedFinding {
    let settings = against.settings;
    let asset = assess::owned_by(finding, look, settings);
    let circumstances = assess::circumstances(look, against);
    let explained = holdfast_decide::explain(&settings.appetite, finding, &asset, &circumstances);
    ExplainedFinding {
        severity: finding.severity_steps.clone(),
        lines: explained.lines,
        milder: explained.milder,
        through: crate::through::chains(look, finding),
        finding: FindingRow::new(finding, &look.asset.name),
    }
}

fn appetite_lines(judged: &Judged, id: &str) -> Vec<Topic> {
    let appetite = &judged.settings.appetite;
    appetite
        .lines
        .iter()
        .filter(|line| line.name == id)
        .map(|line| Topic {
            kind: "appetite line",
            id: line.name.clone(),
            text: line.sentence(),
            file: format!("rules/appetite/{}.yaml", appetite.name),
        })
        .collect()
}

fn advisory(index: &Index<'_>, id: &str) -> Option<Topic> {
    let row = index.find(id)?;
    let packages: Vec<String> = index
        .packages_of(row.at)
        .into_iter()
        .map(|package| {
            format!("{} {}: {}", package.ecosystem, package.name, package.affected.join("; "))
        })
        .collect();
    let withdrawn = if row.withdrawn.is_some() { " (withdrawn)" } else { "" };
    Some(Topic {
        kind: "advisory",
        id: row.weakness.id.to_string(),
        text: format!("{}{withdrawn}. Affected: {}", row.weakness.title, packages.join(", ")),
        file: row.weakness.published_by.iter().map(|name| &**name).collect::<Vec<_>>().join(", "),
    })
}

/// Everything in the registries that goes by a name.
fn topics(id: &str) -> Vec<Topic> {
    all_topics().into_iter().filter(|topic| topic.id == id || plural(topic.kind) == id).collect()
}

/// `explain readers` lists all of them.
fn plural(kind: &str) -> String {
    format!("{kind}s")
}

/// Every reader, version order, problem code and rule, for `explain` and the reference pages.
pub fn all_topics() -> Vec<Topic> {
    let mut topics = Vec::new();
    topics.extend(holdfast_sense::readers().iter().map(|reader| about("reader", reader.about())));
    topics.extend(
        holdfast_sense::host::collectors()
            .iter()
            .map(|collector| about("collector", collector.about())),
    );
    topics.extend(
        holdfast_advisories::version::ORDERS
            .iter()
            .map(|order| about("version order", &order.about)),
    );
    for (file, codes) in CODES {
        topics.extend(codes.iter().map(|(id, text)| Topic {
            kind: "code",
            id: (*id).to_owned(),
            text: (*text).to_owned(),
            file: (*file).to_owned(),
        }));
    }
    topics.extend(crate::rules::list().into_iter().map(|rule| Topic {
        kind: rule.kind,
        id: rule.id,
        text: rule.title,
        file: rule.file,
    }));
    topics
}

fn about(kind: &'static str, about: &holdfast_model::About) -> Topic {
    Topic {
        kind,
        id: about.id.to_owned(),
        text: format!("{}. {}", about.title, about.text),
        file: about.file.to_owned(),
    }
}

/// The problem codes of each crate. Those of the console are the command line's to list.
const CODES: [(&str, &[(&str, &str)]); 10] = [
    ("crates/sense/src/codes.rs", holdfast_sense::codes::CODES),
    ("crates/advisories/src/codes.rs", holdfast_advisories::CODES),
    ("crates/posture/src/lib.rs", holdfast_posture::CODES),
    ("crates/findings/src/lib.rs", holdfast_findings::CODES),
    ("crates/act/src/lib.rs", holdfast_act::CODES),
    ("crates/rulefile/src/lib.rs", holdfast_rulefile::CODES),
    ("crates/decide/src/lib.rs", holdfast_decide::CODES),
    ("crates/world/src/codes.rs", holdfast_world::CODES),
    ("crates/store/src/lib.rs", holdfast_store::CODES),
    ("crates/engine/src/codes.rs", crate::CODES),
];
