//! What, why and which file: of a finding, a weakness, a code, a reader, an appetite line.

use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_model::{Asset, Case, Coverage, Finding, Key, Known, Problem, SeverityStep, Target};
use holdfast_store::Prefix;
use holdfast_world::World;
use serde::Serialize;

use crate::assess::{self, Against};
use crate::check::{Judged, Options, judge};
use crate::controls::Controls;
use crate::document::FindingRow;
use crate::failure::Failure;
use crate::gather::Tree;
use crate::host;
use crate::index_file;
use crate::look::Look;
use crate::{record, services};

mod controls;
mod ecosystems;
mod nouns;

pub use controls::control_pages;
pub use nouns::noun_pages;

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
    /// `reader`, `log reader`, `report reader`, `collector`, `version order`, `connector`, `tool`,
    /// `code`, `appetite line`, `case`, or a kind of rule.
    pub kind: &'static str,
    /// Its name.
    pub id: String,
    /// What it is, in paragraphs with an empty line between them. Of Markdown it may hold headings
    /// of the second and third level, lists without levels, and code between marks.
    pub text: String,
    /// The file that says so.
    pub file: String,
}

/// A finding of the record, and of what it is.
#[derive(Debug)]
pub struct Recorded {
    finding: Finding,
    asset: Asset,
    /// Of the last look that could have seen it.
    coverage: Coverage,
}

/// The findings of the record whose keys begin so.
///
/// # Errors
///
/// Where the record cannot be read.
pub async fn recorded(data: &Path, name: &str) -> Result<Vec<Recorded>, Failure> {
    if name.len() < crate::accept::SHORTEST {
        return Ok(Vec::new());
    }
    let Some(store) = record::reader(data).await? else { return Ok(Vec::new()) };
    let ours = |error| record::ours(&error);
    let keys = match store.find_by_prefix(name).await.map_err(ours)? {
        Prefix::None => return Ok(Vec::new()),
        Prefix::One(key) => vec![key],
        Prefix::Ambiguous(keys) => keys,
    };
    let assets = store.assets().await.map_err(ours)?;
    let looks = store.asset_observations().await.map_err(ours)?;
    let mut found = Vec::new();
    for key in keys {
        for Known { finding, .. } in store.finding(key).await.map_err(ours)? {
            let owner = assets.iter().find(|one| Key::new(&one.id, finding.local) == key);
            let Some(asset) = owner.cloned() else { continue };
            let of_copy = looks
                .iter()
                .filter(|look| (&look.asset, look.standing) == (&asset.id, finding.standing));
            let last = of_copy.max_by_key(|look| look.at);
            let coverage = last.map_or(Coverage::Partial, |look| look.coverage);
            found.push(Recorded { finding, asset, coverage });
        }
    }
    Ok(found)
}

/// Explains a name, of which `recorded` is what the record holds, or why that cannot be told.
///
/// # Errors
///
/// Where the folder or its settings cannot be used; where the record cannot, and nothing else has
/// that name.
pub fn explain(
    world: &World,
    data: &Path,
    options: &Options,
    id: &str,
    recorded: Result<Vec<Recorded>, Failure>,
) -> Result<Explained, Failure> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let judged = judge(world, data, &index, options)?;
    let against = Against {
        index: &index,
        settings: &judged.settings,
        stage: options.stage,
        now: world.clock.now(),
        accepted: &[],
        fleet: &crate::fleet::NOBODY,
    };
    let mut findings: Vec<ExplainedFinding> = crate::accept::all(&judged, id)
        .into_iter()
        .map(|finding| one(finding, &judged.look, &against))
        .collect();
    let folder = crate::sensors::open(world, &options.path)?;
    let named = |topic: &Topic| topic.id == id || plural(topic.kind) == id;
    let mut topics: Vec<Topic> = topics_of(Some(&folder.tree)).into_iter().filter(named).collect();
    controls::in_full(&mut topics, id, &folder.tree);
    nouns::in_full(&mut topics, id);
    topics.extend(appetite_lines(&judged, id));
    topics.extend(advisory(&index, id));
    if findings.is_empty() {
        findings = match recorded {
            Ok(all) => all.iter().map(|one| of_record(one, &against)).collect(),
            // What a code means is told although the record cannot be read.
            Err(_) if !topics.is_empty() => Vec::new(),
            Err(failure) => return Err(failure),
        };
    }
    if findings.is_empty() {
        findings = on_this_machine(world, data, &folder.tree, &against, id);
    }
    Ok(Explained { schema: "holdfast/explain/1", id: id.to_owned(), findings, topics })
}

/// What is wrong with the control of that name, where it is none because of that.
///
/// # Errors
///
/// Where the folder cannot be used.
pub fn refused(world: &World, options: &Options, id: &str) -> Result<Option<Problem>, Failure> {
    let folder = crate::sensors::open(world, &options.path)?;
    Ok(Controls::read(Some(&folder.tree)).refused(id).cloned())
}

/// A name that means nothing in the folder or the record may be a finding of this machine.
fn on_this_machine(
    world: &World,
    data: &Path,
    tree: &dyn Tree,
    against: &Against<'_>,
    id: &str,
) -> Vec<ExplainedFinding> {
    let controls = Arc::new(Controls::read(Some(tree)));
    let config = &against.settings.config;
    let Ok(mut look) = host::look_at(world, &Target::Local, &controls, config) else {
        return Vec::new();
    };
    services::read(world, data).0.place(&mut look, config);
    let mut assessment = assess::assess(&look, against);
    assessment.findings.retain(|finding| crate::accept::is_named(finding, id));
    assess::decide(&mut assessment.findings, &look, against, &|_| against.now);
    assessment.findings.iter().map(|finding| one(finding, &look, against)).collect()
}

fn one(finding: &Finding, look: &Look, against: &Against<'_>) -> ExplainedFinding {
    let asset = assess::owned_by(finding, look, against.settings);
    let circumstances = assess::circumstances(look, against);
    let through = crate::through::chains(look, finding);
    ExplainedFinding { through, ..decided(finding, &asset, &circumstances, against) }
}

/// As it was seen last, by what our rules for acting say of it now. Who brings a package in is not
/// recorded.
fn of_record(one: &Recorded, against: &Against<'_>) -> ExplainedFinding {
    let Recorded { finding, asset, coverage } = one;
    let circumstances =
        holdfast_decide::Look { standing: finding.standing, stage: None, coverage: *coverage };
    decided(finding, asset, &circumstances, against)
}

fn decided(
    finding: &Finding,
    asset: &Asset,
    circumstances: &holdfast_decide::Look,
    against: &Against<'_>,
) -> ExplainedFinding {
    let appetite = &against.settings.appetite;
    let explained = holdfast_decide::explain(appetite, finding, asset, circumstances);
    ExplainedFinding {
        severity: finding.severity_steps.clone(),
        lines: explained.lines,
        milder: explained.milder,
        through: Vec::new(),
        finding: FindingRow::new(finding, &asset.id, &asset.name),
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

/// `explain readers` lists all of them.
fn plural(kind: &str) -> String {
    format!("{kind}s")
}

/// Every reader, collector, version order, connector, tool, noun, problem code and rule that came along,
/// for the reference pages.
pub fn all_topics() -> Vec<Topic> {
    topics_of(None)
}

/// The same, with the rules that a tree keeps for itself.
fn topics_of(own: Option<&dyn Tree>) -> Vec<Topic> {
    let mut topics: Vec<Topic> = ecosystems::topics().collect();
    topics.extend(holdfast_sense::readers().iter().map(|reader| about("reader", reader.about())));
    let logs = holdfast_sense::event::log_readers();
    topics.extend(logs.iter().map(|reader| about("log reader", reader.about())));
    let statements = holdfast_sense::statement::FORMATS.iter();
    topics.extend(statements.map(|format| about("reader", format)));
    let reports = holdfast_sense::report::report_readers();
    topics.extend(reports.iter().map(|reader| about("report reader", reader.about())));
    let connectors = holdfast_act::connector::connectors();
    topics.extend(connectors.iter().map(|connector| about("connector", connector.about())));
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
    topics.extend(holdfast_posture::render::TOOLS.iter().map(|tool| about("tool", tool)));
    topics.extend(holdfast_posture::NOUNS.iter().map(nouns::short));
    topics.extend(CODES.iter().flat_map(|(file, list)| codes(file, list)));
    topics.extend(crate::rules::list(own).0.into_iter().map(|rule| Topic {
        kind: rule.kind,
        id: rule.id,
        text: std::iter::once(rule.title).chain(rule.more).collect::<Vec<_>>().join("\n\n"),
        file: rule.file,
    }));
    topics
}

/// The problem codes that a file lists.
pub fn codes(file: &str, codes: &[(&str, &str)]) -> Vec<Topic> {
    let topic = |(id, text): &(&str, &str)| Topic {
        kind: "code",
        id: (*id).to_owned(),
        text: (*text).to_owned(),
        file: file.to_owned(),
    };
    codes.iter().map(topic).collect()
}

/// A case: what its alerts are, why they stand together, and what the rule says to do.
pub fn case(case: &Case) -> Topic {
    let alerts = match case.alerts.len() {
        1 => "One alert".to_owned(),
        many => format!("{many} alerts"),
    };
    let mut rules: Vec<&str> = case.alerts.iter().map(|alert| &*alert.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let announced = case.alerts.iter().filter(|alert| alert.expected_by.is_some()).count();
    let announced = match announced {
        0 => "nobody announced any of it",
        all if all == case.alerts.len() => "all of it was announced",
        _ => "some of it was announced",
    };
    let between = if case.first == case.last {
        format!("at {}", case.first)
    } else {
        format!("from {} to {}", case.first, case.last)
    };
    let came_to = match (case.answer, case.owner.as_str()) {
        (Some(answer), _) => format!("It came to: {}.", answer.word()),
        (None, "") => "Nobody looks after it yet.".to_owned(),
        (None, owner) => format!("{owner} looks after it; it is not answered yet."),
    };
    let text = [
        case.title.clone(),
        format!("{alerts} by {} {between}; {announced}. {came_to}", case.actor.name),
        "Alerts stand in one case where one actor did things of one family within an hour of each \
         other."
            .to_owned(),
        format!("The rule says why: holdfast explain {}", rules.join(", holdfast explain ")),
    ];
    let place = case.alerts.first().map(|alert| &alert.event.place);
    Topic {
        kind: "case",
        id: case.id.to_string(),
        text: text.join("\n\n"),
        file: place.map(|place| format!("{}:{}", place.path, place.line)).unwrap_or_default(),
    }
}

/// A block of code of a topic, between marks that do not stand in it.
pub fn code(language: &str, text: &str) -> String {
    let mut mark = "```".to_owned();
    while text.contains(&mark) {
        mark.push('`');
    }
    format!("{mark}{language}\n{}\n{mark}", text.trim_end())
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
const CODES: [(&str, &[(&str, &str)]); 11] = [
    ("crates/sense/src/codes.rs", holdfast_sense::codes::CODES),
    ("crates/advisories/src/codes.rs", holdfast_advisories::CODES),
    ("crates/posture/src/lib.rs", holdfast_posture::CODES),
    ("crates/events/src/lib.rs", holdfast_events::CODES),
    ("crates/findings/src/lib.rs", holdfast_findings::CODES),
    ("crates/act/src/lib.rs", holdfast_act::CODES),
    ("crates/rulefile/src/lib.rs", holdfast_rulefile::CODES),
    ("crates/decide/src/lib.rs", holdfast_decide::CODES),
    ("crates/world/src/codes.rs", holdfast_world::CODES),
    ("crates/store/src/lib.rs", holdfast_store::CODES),
    ("crates/engine/src/codes.rs", crate::CODES),
];

#[cfg(test)]
mod tests;
