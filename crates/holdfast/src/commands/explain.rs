//! `holdfast explain`: what, why and which file; with `--proof` down to the leaf in the record.

use std::fmt::Write as _;

use holdfast_engine::accept::is_named;
use holdfast_engine::baselines::ForHost;
use holdfast_engine::explain::{Explained, ExplainedFinding, Topic};
use holdfast_engine::record::Filter;
use holdfast_engine::{Failure, baselines, check, events, explain, hosts, record};
use holdfast_model::{Problem, Standing};
use serde::Serialize;

use super::{Context, block_on};
use crate::Outcome;
use crate::args::{ExplainArgs, Format};
use crate::render;
use crate::render::sheet;
use crate::render::style::{Style, wrap};
use crate::render::topic;

/// How many letters of a case's id lists show.
const SHORT_CASE: usize = 8;

/// `holdfast/explain/1` with proofs.
#[derive(Debug, Serialize)]
struct Document {
    #[serde(flatten)]
    explained: Explained,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    proofs: Vec<ProofRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    for_host: Option<ForHost>,
}

#[derive(Debug, Serialize)]
struct ProofRow {
    entry: u64,
    what: String,
    proof: String,
}

/// Explains.
pub fn run(context: &Context<'_>, args: &ExplainArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json, Format::Markdown])?;
    let options = check::Options {
        path: args.path.clone(),
        appetite: context.chosen()?,
        ..check::Options::default()
    };
    let (world, data, id) = (context.world, &context.data, &args.id);
    let recorded = block_on(explain::recorded(data, id))?;
    let mut explained = explain::explain(world, data, &options, id, recorded)?;
    let console = explain::codes(super::reference::CONSOLE, holdfast_server::CODES);
    explained.topics.extend(console.into_iter().filter(|topic| topic.id == args.id));
    explained.topics.extend(cases(context, &args.id)?);
    let for_host = match &args.host {
        Some(host) => {
            let chosen = context.named(args.baseline.as_deref())?;
            let managed = block_on(hosts::all(&context.data))??;
            let (world, id, host) = (context.world, &args.id, (host.as_str(), &*managed));
            Some(baselines::for_host(world, &options, chosen.as_ref(), id, host)?)
        }
        None => None,
    };
    let proofs = if args.proof { block_on(proofs(context, &args.id))?? } else { Vec::new() };
    if explained.findings.is_empty() && explained.topics.is_empty() && proofs.is_empty() {
        let refused = explain::refused(world, &options, id)?;
        let unknown = || {
            Problem::new("unknown-name", format!("nothing here is called `{id}`"))
                .help("see what there is: holdfast check, holdfast rules list")
        };
        return Err(refused.unwrap_or_else(unknown).into());
    }
    let document = Document { explained, proofs, for_host };
    Ok(Outcome::ok(match context.common.format {
        Format::Json => render::json(&document),
        Format::Markdown => markdown(context.style, &document),
        _ => human(context.style, &document),
    }))
}

/// The cases whose ids begin so; fewer letters than are shown of one mean something else.
fn cases(context: &Context<'_>, name: &str) -> Result<Vec<Topic>, Failure> {
    let name = name.to_lowercase();
    if name.len() < SHORT_CASE || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    let cases = block_on(events::cases(&context.data))??;
    Ok(cases.iter().filter(|case| case.id.starts_with(&name)).map(explain::case).collect())
}

/// The entries of a finding's life, each with the proof that it stands in the record.
async fn proofs(context: &Context<'_>, name: &str) -> Result<Vec<ProofRow>, Failure> {
    let Some(store) = record::reader(&context.data).await? else {
        let problem = Problem::new("no-record", "nothing was recorded yet");
        return Err(problem.help("look once: holdfast up --once").into());
    };
    let ours = |error| record::ours(&error);
    let all = store.findings(&Filter::default()).await.map_err(ours)?;
    let mut rows = Vec::new();
    for known in all.iter().filter(|known| is_named(&known.finding, name)) {
        for (entry, transition) in store.history(known.finding.key).await.map_err(ours)? {
            let what =
                format!("{} {}: {}", transition.at, transition.to.word(), transition.because);
            let proof = store.proof(entry).await.map_err(ours)?;
            rows.push(ProofRow { entry, what, proof });
        }
    }
    Ok(rows)
}

fn human(style: &Style, document: &Document) -> String {
    let mut out = String::new();
    // What was asked for stands above what is known besides.
    if let Some(for_host) = &document.for_host {
        on_host(style, for_host, &mut out);
        out.push('\n');
    }
    for explained in &document.explained.findings {
        finding(style, explained, &mut out);
    }
    for one in &document.explained.topics {
        topic::human(one, style, &mut out);
    }
    for row in &document.proofs {
        proof(row, &mut out);
    }
    out
}

/// Topics as the pages of the reference; everything else as the terminal has it.
fn markdown(style: &Style, document: &Document) -> String {
    let style = &Style { colour: false, ..*style };
    let mut parts: Vec<String> = Vec::new();
    let fenced = |write: &dyn Fn(&mut String)| {
        let mut text = String::new();
        write(&mut text);
        explain::code("text", text.trim_matches('\n')) + "\n"
    };
    parts.extend(document.for_host.iter().map(|one| fenced(&|out| on_host(style, one, out))));
    let findings = document.explained.findings.iter();
    parts.extend(findings.map(|one| fenced(&|out| finding(style, one, out))));
    parts.extend(document.explained.topics.iter().map(topic::page));
    parts.extend(document.proofs.iter().map(|row| fenced(&|out| proof(row, out))));
    parts.join("\n")
}

fn proof(row: &ProofRow, out: &mut String) {
    let _ = writeln!(out, "\nentry {}: {}\ninclusion proof:", row.entry, row.what);
    for line in row.proof.lines() {
        let _ = writeln!(out, "  {line}");
    }
}

/// What a control asks of a host: each value with its place, then the steps that led there.
fn on_host(style: &Style, shown: &ForHost, out: &mut String) {
    let by = match &shown.baseline {
        Some(baseline) => format!("by the baseline `{baseline}`"),
        None => "no baseline is chosen, so that every control is asked".to_owned(),
    };
    let asked = if shown.asked { "asked" } else { "not asked" };
    let mut known: Vec<String> = shown.roles.iter().map(|role| format!("role {role}")).collect();
    known.extend(shown.ring.iter().map(|ring| format!("ring {ring}")));
    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    let _ = writeln!(out, "{asked} of {}{known}: {by}", style.strong(&shown.host));
    for value in shown.values.iter().filter(|_| shown.asked) {
        let place = format!("{}:{}", value.place.path, value.place.line);
        let _ = writeln!(out, "  {}: {}\n      {place}", value.resource, value.wanted);
    }
    for step in &shown.steps {
        let mark = if step.counts { "→" } else { " " };
        let here = if step.counts { "" } else { ", not for this host" };
        let _ = writeln!(out, "  {mark} {}:{}{here}", step.place.path, step.place.line);
        for text in wrap(&step.what, style.width.saturating_sub(6)) {
            let _ = writeln!(out, "      {text}");
        }
    }
}

fn finding(style: &Style, explained: &ExplainedFinding, out: &mut String) {
    let row = &explained.finding;
    let names: Vec<&str> =
        std::iter::once(&*row.weakness).chain(row.aliases.iter().map(|alias| &**alias)).collect();
    let _ = writeln!(out, "{}", style.strong(&row.title));
    let _ = writeln!(out, "  what   {}", names.join(" = "));
    if row.standing == Standing::Deployed {
        let _ = writeln!(out, "  on     {}", row.asset);
    }
    if !check::is_current(row.state) {
        let _ = writeln!(out, "  state  {}", row.state.word());
    }
    for instance in &row.instances {
        let version = instance.version.as_deref().unwrap_or("–");
        let _ = writeln!(out, "  where  {version}{}", sheet::stands(instance));
    }
    for chain in &explained.through {
        let _ = writeln!(out, "  how    {chain}");
    }
    for step in &explained.severity {
        let _ = writeln!(out, "  when   {}: {}", step.severity.word(), step.because);
    }
    if let Some(wanted) = &row.fixed_in {
        let key: String = row.key.chars().take(6).collect();
        let how = match row.fix {
            "safe" => "within what is declared",
            "risky" => "outside of what is declared",
            other => other,
        };
        let does = row.by_hand().unwrap_or_else(|| format!("holdfast fix {key}"));
        let what = match row.kind {
            holdfast_model::FindingKind::Control => format!("{} has to be {wanted}", row.subject),
            _ => format!("{wanted}, {how}"),
        };
        let _ = writeln!(out, "  fix    {what}: {does}");
    }
    out.push_str("  rules for acting, line by line:\n");
    for line in &explained.lines {
        let mark = if line.matched { "→" } else { " " };
        let _ = writeln!(out, "  {mark} {}", line.name);
        for text in wrap(&line.because, style.width.saturating_sub(6)) {
            let _ = writeln!(out, "      {text}");
        }
    }
    if let Some(decision) = &row.decision {
        let deeds: Vec<&str> = decision.deeds.iter().map(|deed| deed.word()).collect();
        let due = decision.due.as_deref().unwrap_or("no date");
        let _ = writeln!(out, "  so: {} by {due}, {}", deeds.join(" and "), decision.team);
    }
    if !explained.milder.is_empty() {
        out.push_str("  what would have to change:\n");
    }
    for change in &explained.milder {
        let _ = writeln!(out, "    {}: line {}, {}", change.what, change.line, change.deed);
    }
    let _ = writeln!(out, "  key    {}\n", row.key);
}
