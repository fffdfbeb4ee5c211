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
use holdfast_model::{Asset, AssetId, AssetKind, FindingKind, Key, Known, Problem, Transition};
use serde::Serialize;

use super::{Context, block_on};
use crate::Outcome;
use crate::args::{FindingsArgs, Format, Order};
use crate::render;
use crate::render::style::on_one_line;
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
    /// The asset as people call it here.
    #[serde(skip)]
    on: String,
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
    let (mut wanted, on) = chosen(&store, args).await?;
    let assets = store.assets().await.map_err(|error| record::ours(&error))?;
    let own = format!("host:{}", context.world.host.id);
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
        let owner = on.get(&known.finding.key).map_or("", |id| &*id.0);
        let asset = assets.iter().find(|asset| *asset.id.0 == *owner);
        let name = asset.map_or(owner, |asset| asset.name.as_str());
        let mut row = row(&known, (owner, name), history);
        row.on = called(owner, asset, &assets, &own);
        row.thread = lines.threads.get(&known.finding.key).cloned();
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

/// An asset as people call it: of hosts with one name the address tells which is meant.
fn called(id: &str, asset: Option<&Asset>, all: &[Asset], own: &str) -> String {
    let Some(asset) = asset else { return id.to_owned() };
    if asset.kind != AssetKind::Host {
        return format!("in {}", asset.name);
    }
    if id == own {
        return "on this machine".to_owned();
    }
    let alike = all.iter().filter(|one| one.kind == AssetKind::Host && one.name == asset.name);
    format!("on {}", if alike.count() > 1 { id } else { asset.name.as_str() })
}

/// What is asked for, most urgent first, and which asset each is on.
async fn chosen(
    store: &Store,
    args: &FindingsArgs,
) -> Result<(Vec<Known>, BTreeMap<Key, AssetId>), Failure> {
    let open_only = args.key.is_none() && !args.all;
    let filter = Filter { open_only, ..Filter::default() };
    let found = store.findings_on(&filter).await.map_err(|error| record::ours(&error))?;
    let on = found.iter().map(|(asset, one)| (one.finding.key, asset.clone())).collect();
    let mut all: Vec<Known> = found.into_iter().map(|(_, known)| known).collect();
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
    Ok((all, on))
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

fn row(known: &Known, (id, name): (&str, &str), history: Vec<Step>) -> Row {
    Row {
        finding: FindingRow::new(&known.finding, &AssetId(id.into()), name),
        on: String::new(),
        first_seen: known.first_seen.to_string(),
        last_seen: known.last_seen.to_string(),
        since: known.since.to_string(),
        disturbs: Disturbance::Unknown,
        history,
        thread: None,
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
        let where_it_is = on_one_line(&whereabouts(row).join(" · "));
        let indent = short + 16;
        let room = style.width.saturating_sub(indent);
        for line in render::style::wrap(&where_it_is, room) {
            let _ = writeln!(out, "{}{}", " ".repeat(indent), style.dim(&line));
        }
    }
    let count = human::counted(document.findings.len() as u64, "finding", "findings");
    let _ = writeln!(
        out,
        "{count}. One of them: holdfast findings {}",
        rows.first().map_or("KEY", |row| { row.key.get(..short).unwrap_or(&row.key) })
    );
    out
}

/// On what, about what of it, and where it stands.
fn whereabouts(row: &Row) -> Vec<String> {
    let finding = &row.finding;
    let mut parts = vec![row.on.clone()];
    // The title of every other finding names what it is about.
    if finding.kind == FindingKind::Control {
        parts.push(finding.subject.to_string());
    }
    let place = finding.place.as_ref().filter(|place| *place.path != *finding.subject);
    parts.extend(place.map(|at| format!("{}:{}:{}", at.path, at.line, at.column)));
    parts
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
        let about = match finding.kind {
            FindingKind::Control => format!(": {}", finding.subject),
            _ => String::new(),
        };
        let _ = writeln!(out, "  {}{}", on_one_line(&row.on), on_one_line(&about));
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
                FindingKind::Control => "is wanted",
                _ => "mends it and leaves the fewest other known problems",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_called_as_people_call_them() {
        let asset = |id: &str, kind: AssetKind, name: &str| {
            Asset::new(AssetId(id.into()), kind, name, "payments")
        };
        let all = [
            asset("host:1", AssetKind::Host, "laptop"),
            asset("ssh://web1", AssetKind::Host, "web1"),
            asset("ssh://web2", AssetKind::Host, "web2"),
            asset("ssh://web2:2222", AssetKind::Host, "web2"),
            asset("folder:1", AssetKind::Folder, "web1"),
        ];
        let said: Vec<String> =
            all.iter().map(|one| called(&one.id.0, Some(one), &all, "host:1")).collect();
        let wanted =
            ["on this machine", "on web1", "on ssh://web2", "on ssh://web2:2222", "in web1"];
        assert_eq!(said, wanted);
        assert_eq!(called("ssh://gone", None, &all, "host:1"), "ssh://gone");
    }
}
