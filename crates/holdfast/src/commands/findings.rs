//! `holdfast findings`: the list from the record, or one finding with its history.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use holdfast_engine::accept::is_named;
use holdfast_engine::controls::Controls;
use holdfast_engine::disturbance::{self, Disturbance};
use holdfast_engine::document::FindingRow;
use holdfast_engine::record::{Filter, Store};
use holdfast_engine::services::{self, ThreadRow};
use holdfast_engine::{Failure, record, sensors};
use holdfast_model::{Key, Known, Problem, Transition};
use serde::Serialize;

use super::{Context, block_on};
use crate::Outcome;
use crate::args::{FindingsArgs, Format, Order};
use crate::render;
use crate::render::{human, sheet};

/// `holdfast/findings/1`.
#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    findings: Vec<Row>,
}

/// A finding of the record.
#[derive(Debug, Serialize)]
struct Row {
    #[serde(flatten)]
    finding: FindingRow,
    first_seen: String,
    last_seen: String,
    since: String,
    /// How much mending it disturbs.
    disturbs: Disturbance,
    history: Vec<Step>,
    /// The same problem along the service, where one finding was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<ThreadRow>,
    /// What is known of the image it is in, in words, where one finding was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    in_image: Vec<String>,
}

/// One step of its life.
#[derive(Debug, Serialize)]
struct Step {
    at: String,
    from: Option<&'static str>,
    to: &'static str,
    because: String,
    entry: u64,
}

/// Lists or shows.
pub fn run(context: &Context<'_>, args: &FindingsArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let document = block_on(document(context, args))??;
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&document)));
    }
    Ok(Outcome::ok(match &args.key {
        Some(_) => one_by_one(&document),
        None => list(context, &document, args.sort),
    }))
}

async fn document(context: &Context<'_>, args: &FindingsArgs) -> Result<Document, Failure> {
    let Some(store) = record::reader(&context.data).await? else {
        let problem = Problem::new("no-record", "nothing was recorded yet");
        return Err(problem.help("look once: holdfast up --once").into());
    };
    let mut findings = Vec::new();
    let controls = controls(context);
    let mut wanted = chosen(&store, args).await?;
    if args.sort == Order::Disturbance {
        // Within the same, what is most urgent stays first.
        wanted.sort_by_key(|known| disturbance::of(&known.finding, &controls));
    }
    let mut lines = match &args.key {
        Some(_) => lines(context, &store, &wanted).await?,
        None => Lines::default(),
    };
    for known in wanted {
        let history = match &args.key {
            Some(_) => history(&store, &known.finding.key).await?,
            None => Vec::new(),
        };
        let mut row = row(&known, history, lines.threads.get(&known.finding.key).cloned());
        row.disturbs = disturbance::of(&known.finding, &controls);
        row.in_image = lines.images.remove(&known.finding.key).unwrap_or_default();
        findings.push(row);
    }
    Ok(Document { schema: "holdfast/findings/1", findings })
}

/// The controls that came along, and those of the folder we stand in where there is one.
fn controls(context: &Context<'_>) -> Controls {
    match sensors::open(context.world, Path::new(".")) {
        Ok(folder) => Controls::read(Some(&folder.tree)),
        Err(_) => Controls::read(None),
    }
}

/// Along which services findings run, and in which images they are.
#[derive(Default)]
struct Lines {
    threads: BTreeMap<Key, ThreadRow>,
    images: BTreeMap<Key, Vec<String>>,
}

async fn lines(context: &Context<'_>, store: &Store, wanted: &[Known]) -> Result<Lines, Failure> {
    let ours = |error| record::ours(&error);
    let (inventory, _) = services::read(context.world, &context.data);
    let all = store.findings(&Filter::default()).await.map_err(ours)?;
    let assets = store.assets().await.map_err(ours)?;
    let threads = services::threads(&inventory, wanted, &all, &assets);
    let of = |one: &Known| (one.finding.key, inventory.in_image(&one.finding, &assets));
    Ok(Lines { threads, images: wanted.iter().map(of).collect() })
}

async fn chosen(store: &Store, args: &FindingsArgs) -> Result<Vec<Known>, Failure> {
    let open_only = args.key.is_none() && !args.all;
    let filter = Filter { open_only, ..Filter::default() };
    let mut all = store.findings(&filter).await.map_err(|error| record::ours(&error))?;
    if let Some(name) = &args.key {
        all.retain(|known| is_named(&known.finding, name));
        if all.is_empty() {
            let problem = Problem::new("unknown-finding", format!("no finding is called `{name}`"));
            return Err(problem.help("list them: holdfast findings --all").into());
        }
        let mut keys: Vec<Key> = all.iter().map(|known| known.finding.key).collect();
        keys.sort_unstable();
        keys.dedup();
        let by_key = all.iter().all(|known| !names(known).any(|known| known == name));
        if by_key && keys.len() > 1 {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            let problem = Problem::new("ambiguous-key", format!("`{name}` begins several keys"));
            return Err(problem.help(format!("use more of one: {}", keys.join(", "))).into());
        }
    }
    all.sort_by(|a, b| {
        (b.finding.severity, a.first_seen, a.finding.key).cmp(&(
            a.finding.severity,
            b.first_seen,
            b.finding.key,
        ))
    });
    if args.key.is_some() {
        all.sort_by_key(|known| (known.finding.state.is_open(), known.since));
    }
    Ok(all)
}

fn names(known: &Known) -> impl Iterator<Item = &str> {
    let weakness = &known.finding.weakness;
    std::iter::once(&*weakness.id.0).chain(weakness.aliases.iter().map(|alias| &**alias))
}

async fn history(store: &Store, key: &Key) -> Result<Vec<Step>, Failure> {
    let history = store.history(*key).await.map_err(|error| record::ours(&error))?;
    Ok(history.iter().map(|(entry, transition)| step(*entry, transition)).collect())
}

fn step(entry: u64, transition: &Transition) -> Step {
    Step {
        at: transition.at.to_string(),
        from: transition.from.map(holdfast_model::State::word),
        to: transition.to.word(),
        because: transition.because.clone(),
        entry,
    }
}

fn row(known: &Known, history: Vec<Step>, thread: Option<ThreadRow>) -> Row {
    let asset = known.finding.subject.to_string();
    Row {
        finding: FindingRow::new(&known.finding, &asset),
        first_seen: known.first_seen.to_string(),
        last_seen: known.last_seen.to_string(),
        since: known.since.to_string(),
        disturbs: Disturbance::Unknown,
        history,
        thread,
        in_image: Vec::new(),
    }
}

fn list(context: &Context<'_>, document: &Document, order: Order) -> String {
    if document.findings.is_empty() {
        return "Nothing is open among what was recorded. Look again: holdfast up --once\n"
            .to_owned();
    }
    let style = context.style;
    let rows: Vec<FindingRow> = document.findings.iter().map(|row| row.finding.clone()).collect();
    let short = human::short_length(&rows);
    let mut out = String::new();
    for row in &document.findings {
        let finding = &row.finding;
        let key: String = finding.key.chars().take(short).collect();
        let due = finding
            .decision
            .as_ref()
            .and_then(|decision| decision.due.as_deref())
            .and_then(|due| due.split('T').next())
            .map(|due| format!("  by {due}"))
            .unwrap_or_default();
        let state = if finding.state == holdfast_model::State::Open {
            String::new()
        } else {
            format!("  ({})", finding.state.word())
        };
        let disturbs = match order {
            Order::Disturbance => format!("  ({})", row.disturbs.words()),
            Order::Urgency => String::new(),
        };
        let title = render::style::shorten(&finding.title, style.width.saturating_sub(30).max(30));
        let _ = writeln!(
            out,
            "{key}  {}  {title}{due}{state}{disturbs}",
            style.urgency(finding.severity, 12)
        );
    }
    let count = human::counted(document.findings.len() as u64, "finding", "findings");
    let _ = writeln!(
        out,
        "{count}. One of them: holdfast findings {}",
        rows.first().map_or("KEY", |row| { row.key.get(..short).unwrap_or(&row.key) })
    );
    out
}

fn one_by_one(document: &Document) -> String {
    let mut out = String::new();
    for row in &document.findings {
        let finding = &row.finding;
        let _ = writeln!(out, "{}  {}", finding.severity.word().to_uppercase(), finding.title);
        let _ = writeln!(
            out,
            "  {} · {} in {}",
            finding.weakness,
            finding.state.word(),
            finding.standing.word()
        );
        if let Some(thread) = &row.thread {
            let _ = writeln!(out, "  {}: {}", thread.service, thread.words);
            if let Some(base) = &thread.base {
                let _ = writeln!(out, "  {base}");
            }
        }
        for words in row.in_image.iter().chain(&finding.layer_words()) {
            let _ = writeln!(out, "  {words}");
        }
        for instance in &finding.instances {
            let version = instance.version.as_deref().unwrap_or("–");
            let _ = writeln!(out, "  {version}{}", sheet::stands(instance));
        }
        if let Some(wanted) = &finding.fixed_in {
            let why = match finding.kind {
                holdfast_model::FindingKind::Control => "is wanted",
                _ => "is the smallest version without a known problem",
            };
            let _ = writeln!(out, "  {wanted} {why}");
        }
        if finding.state.is_open() {
            let _ = writeln!(out, "  mending it: {}", row.disturbs.words());
        }
        for witness in &finding.witnesses {
            let _ = writeln!(out, "  seen by {} as {}", witness.engine, witness.name);
        }
        for step in &row.history {
            let _ = writeln!(out, "  {:<9} {}  {}", step.to, step.at, step.because);
        }
        let _ = writeln!(out, "  key {}", finding.key);
    }
    out
}
