//! What is asked for seldom: one finding whole, entries of the record with their proofs.

use std::borrow::Cow;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_model::{Coverage, FindingKind, Key, Known, Place, Standing, Tool};
use holdfast_store::{Header, Recorded, verify_proof};
use serde_json::Value;

use super::{Holder, Round, blocking, plans};
use crate::desk::{
    Affected, Body, Desk as _, Detail, EntryDetail, EntryRow, FindingView, Fix, Page, SourceLine,
    SourceLines, View,
};
use crate::failure::Failure;
use crate::gather::Tree;
use crate::masked::without_passwords;
use crate::record::Filter;
use crate::trees::Machine;
use crate::{affected, assess, channels, fix, index_file, lineage, record, services};

/// How many lines are shown before and after the one that is meant.
const AROUND: u32 = 3;
/// The longest line that is shown, in characters.
const LONGEST: usize = 400;
/// How many copies of a finding are shown with their source.
const SOURCES: usize = 5;

/// Who is affected by a known problem.
pub(super) async fn affected(
    holder: &Holder,
    id: &str,
    page: Page,
) -> Result<Option<Affected>, Failure> {
    let (world, data) = (holder.world.clone(), holder.data.clone());
    let (file, _) = blocking(move || index_file::open(&world, &data)).await?;
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    affected::in_record(Some(&holder.store), &index, id, page).await
}

/// One finding whole.
pub(super) async fn finding(holder: &Holder, key: Key) -> Result<Option<Detail>, Failure> {
    let view = holder.view();
    let Some(listed) = view.findings.iter().find(|one| one.key == key) else { return Ok(None) };
    let ours = |error| record::ours(&error);
    let known = holder.store.finding(key).await.map_err(ours)?;
    let Some(known) = known.into_iter().next() else { return Ok(None) };
    let history = holder.store.history(key).await.map_err(ours)?;
    let acceptance = plans::newest_acceptance(holder, key).await?;
    let round = holder.last_round();
    let now = holder.world.clock.now();
    // What nobody approved before its last day was over waits for nobody.
    let waits = acceptance.as_ref().filter(|one| one.approver.is_none() && one.until > now);
    let told = match &acceptance {
        Some(one) => format!(
            "accepted by {} until {}: {}{}",
            one.owner,
            one.until.date(),
            one.reason,
            match one.approver {
                Some(_) => "",
                None if waits.is_some() => "; it waits for somebody else's yes",
                None => "; nobody said yes to it in time",
            }
        ),
        None => String::new(),
    };
    let (sources, fixes) = match &round {
        Some(round) => {
            (sources(holder, round, &known, &listed.asset), fixes(holder, round, &known))
        }
        None => (Vec::new(), Vec::new()),
    };
    let mut why = why(round.as_deref(), &known, listed);
    why.extend(thread(holder, &known).await?);
    let plans = view.plans.iter().filter(|plan| plan.findings.contains(&key)).cloned().collect();
    let shown = round.as_deref().map(|round| lines(round, &known, &view, &listed.asset));
    Ok(Some(Detail {
        why,
        lines: shown.unwrap_or_default(),
        sources,
        fixes,
        history,
        plans,
        told: channels::told_of(&holder.store, key).await?,
        acceptance: told,
        acceptance_waits: waits.map(|one| one.owner.clone()),
        unacceptable: unacceptable(&known, listed, waits.is_some()),
        finding: listed.clone(),
    }))
}

/// In which image it is and what runs that, and how far the mending has come along the service, in
/// sentences.
async fn thread(holder: &Holder, known: &Known) -> Result<Vec<String>, Failure> {
    let ours = |error| record::ours(&error);
    let (inventory, _) = services::read(&holder.world, &holder.data);
    let all = holder.store.findings(&Filter::default()).await.map_err(ours)?;
    let assets = holder.store.assets().await.map_err(ours)?;
    let image = inventory.in_image(&known.finding, &assets);
    let mut said: Vec<String> = image.iter().map(|words| format!("{}.", sentence(words))).collect();
    if let Some(thread) = inventory.thread(&known.finding, &all, &assets) {
        said.push(format!("The service {}: {thread}.", thread.service));
        said.extend(thread.base().map(|words| format!("{}.", sentence(&words))));
    }
    Ok(said)
}

fn unacceptable(known: &Known, listed: &FindingView, waits: bool) -> Option<String> {
    if !known.finding.state.is_open() {
        return Some("it is not open any more".to_owned());
    }
    if waits {
        return Some("an acceptance of it waits for somebody's yes".to_owned());
    }
    if listed.asset.starts_with(lineage::IMAGE) {
        return Some("findings of images cannot be accepted yet: build the image anew".to_owned());
    }
    // What stands in a tree is accepted there, where the next look and every colleague finds it.
    let of_host = listed.unplannable.is_none();
    (!of_host).then(|| {
        format!(
            "accept it in its own tree: holdfast accept {} --until DATE --because TEXT",
            listed.key
        )
    })
}

/// Why it matters here, in sentences.
fn why(round: Option<&Round>, known: &Known, listed: &FindingView) -> Vec<String> {
    let finding = &known.finding;
    let mut why = Vec::new();
    if finding.kind == FindingKind::Control
        && let Some(control) = round.and_then(|round| round.controls.find(&finding.weakness.id.0))
    {
        why.push(control.why.clone());
    }
    if finding.weakness.exploited {
        why.push("It is known to be exploited.".to_owned());
    }
    for step in &finding.severity_steps {
        why.push(format!("{}: {}.", sentence(step.severity.word()), step.because));
    }
    if let (Some(decision), Some(due)) = (&finding.decision, listed.due) {
        why.push(format!(
            "Our rules for acting want it mended by {}, by {}.",
            due.date(),
            decision.team
        ));
    }
    why
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Each line of our rules up to the one that decides. What they ask of an asset is asked of the one that
/// has the finding, as the last look at it says.
fn lines(round: &Round, known: &Known, view: &View, asset: &str) -> Vec<String> {
    let settings = &round.folder.settings;
    let finding = &known.finding;
    let here =
        [&round.host, &round.folder.look].into_iter().find(|look| *look.asset.id.0 == *asset);
    let (owner, coverage) = if let Some(look) = here {
        (assess::owned_by(finding, look, settings), look.coverage)
    } else {
        let Some(other) = view.assets.iter().find(|row| *row.asset.id.0 == *asset) else {
            return Vec::new();
        };
        let partial = other.looks.iter().any(|look| look.coverage == Coverage::Partial);
        (Cow::Borrowed(&other.asset), if partial { Coverage::Partial } else { Coverage::Full })
    };
    let circumstances = holdfast_decide::Look { standing: finding.standing, stage: None, coverage };
    holdfast_decide::explain(&settings.appetite, finding, &owner, &circumstances)
        .lines
        .iter()
        .map(|line| format!("{}: {}", line.name, line.because))
        .collect()
}

/// Where it stands. Lines of a host's files are shown only of configuration that a control names by
/// a line: other files may hold secrets.
fn sources(holder: &Holder, round: &Round, known: &Known, asset: &str) -> Vec<SourceLines> {
    let finding = &known.finding;
    let machine;
    let (tree, around): (&dyn Tree, u32) = if *asset == *round.folder.look.asset.id.0 {
        (&round.folder.folder.tree, AROUND)
    } else if *asset == *round.host.asset.id.0 {
        let named = ["sysctl ", "sshd ", "key ", "suite "];
        if !named.iter().any(|noun| finding.subject.starts_with(noun)) {
            return Vec::new();
        }
        machine = Machine { root: holder.world.machine() };
        // What stands beside it is nobody's business here.
        (&machine, 0)
    } else {
        return Vec::new();
    };
    let mut places: Vec<&Place> =
        finding.instances.iter().map(|instance| &instance.place).collect();
    places.dedup();
    places.into_iter().take(SOURCES).filter_map(|place| lines_at(tree, place, around)).collect()
}

fn lines_at(tree: &dyn Tree, place: &Place, around: u32) -> Option<SourceLines> {
    let bytes = tree.read(&place.path).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let first = place.line.saturating_sub(around).max(1);
    let lines: Vec<SourceLine> = (1_u32..)
        .zip(text.lines())
        .skip_while(|(number, _)| *number < first)
        .take_while(|(number, _)| *number <= place.line.saturating_add(around))
        .map(|(number, line)| SourceLine {
            number,
            text: without_passwords(line).chars().take(LONGEST).collect(),
            marked: number == place.line,
        })
        .collect();
    lines
        .iter()
        .any(|line| line.marked)
        .then(|| SourceLines { path: Arc::clone(&place.path), lines })
}

/// What mends it, in each form.
fn fixes(holder: &Holder, round: &Round, known: &Known) -> Vec<Fix> {
    let finding = &known.finding;
    if !finding.state.is_open() {
        return Vec::new();
    }
    if round.of_host.findings.iter().any(|one| one.key == finding.key) {
        return Tool::ALL.into_iter().filter_map(|tool| of_host(round, known, tool)).collect();
    }
    let here = round.folder.assessment.findings.iter().find(|one| one.key == finding.key);
    let Some(here) = here else { return Vec::new() };
    fix::shown(&holder.world, &round.folder, here)
}

fn of_host(round: &Round, known: &Known, tool: Tool) -> Option<Fix> {
    let judged = &round.of_host.controls;
    let remedies = fix::host::remedies(&round.host, judged, &[&known.finding], tool).ok()?;
    let remedy = remedies.into_iter().next()?;
    let rendered = remedy.rendered;
    let mut effects = vec![
        format!("Restart: {}.", rendered.restart),
        format!("Interruption: {}.", rendered.interruption),
        format!("Slowdown: {}.", rendered.slowdown),
        format!("Risk: {}.", rendered.risk),
    ];
    if rendered.lockout {
        effects.push(
            "It may lock people out: it is taken back by itself unless somebody confirms."
                .to_owned(),
        );
    }
    Some(Fix { form: tool.word(), text: rendered.code, undo: rendered.undo, effects })
}

/// Entries below a number, newest first.
pub(super) async fn entries(
    holder: &Holder,
    below: Option<u64>,
    most: u32,
) -> Result<Vec<EntryRow>, Failure> {
    let found = holder.store.entries(below, most).await.map_err(|error| record::ours(&error))?;
    Ok(found.iter().map(|one| row(&one.header, one)).collect())
}

fn row(header: &Header, recorded: &Recorded) -> EntryRow {
    let payload = recorded.payload.as_ref();
    let body = payload.map(|payload| payload.get("body").unwrap_or(payload));
    let text = |name: &str| {
        body.and_then(|body| body.get(name)).and_then(|value| value.as_str()).map(str::to_owned)
    };
    EntryRow {
        seq: header.seq,
        kind: header.kind.word(),
        happened: header.happened,
        noted: header.noted,
        who: header.who.clone(),
        why: recorded.why.clone().unwrap_or_default(),
        about: body.map(about).unwrap_or_default(),
        standing: text("standing").as_deref().and_then(Standing::parse),
    }
}

/// What an entry is about, by a name for people or the key of a finding; empty where it says
/// nothing of the kind.
fn about(body: &Value) -> String {
    let names =
        ["title", "asset", "key", "weakness", "plan", "covers", "name", "ecosystem", "account"];
    let named = || names.into_iter().find_map(|name| body.get(name)?.as_str().map(str::to_owned));
    // A look holds its asset whole.
    let asset = || body.get("asset")?.get("name")?.as_str().map(str::to_owned);
    // What became of a message names the entry that asked for it.
    let tell = || {
        let asked = body.get("tell")?.as_u64()?;
        Some(format!("the message of entry {asked}"))
    };
    // Many findings share an entry where a look changed many.
    let many = || {
        let of = |name: &str| Some(body.get(name)?.as_array()?.len());
        let steps = of("steps").map(|count| format!("{count} steps of findings"));
        steps.or_else(|| of("findings").map(|count| format!("{count} findings")))
    };
    named().or_else(asset).or_else(tell).or_else(many).unwrap_or_default()
}

/// One entry with its proof.
pub(super) async fn entry(holder: &Holder, seq: u64) -> Result<Option<EntryDetail>, Failure> {
    let ours = |error| record::ours(&error);
    let recorded = match holder.store.entry(seq).await {
        Ok(recorded) => recorded,
        Err(holdfast_store::StoreError::NoSuchEntry { .. }) => return Ok(None),
        Err(error) => return Err(ours(error)),
    };
    let proof = holder.store.proof(seq).await.map_err(ours)?;
    let proven = verify_proof(&proof, &recorded.leaf, holder.store.verifier());
    let body = match &recorded.payload {
        Some(payload) => Body::Json(
            serde_json::to_string_pretty(payload).unwrap_or_else(|_| payload.to_string()),
        ),
        None => Body::Redacted,
    };
    Ok(Some(EntryDetail {
        row: row(&recorded.header, &recorded),
        body,
        holds: proven.is_ok(),
        size: holder.view().entries,
        proof,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::about;

    #[test]
    fn an_entry_says_what_it_is_about() {
        for (body, told) in [
            (json!({"asset": {"id": "host:1", "name": "web-1"}, "known": "00"}), "web-1"),
            (json!({"asset": "host:1", "name": "web-1"}), "host:1"),
            (
                json!({"title": "Nobody logs in as root", "asset": "web-1"}),
                "Nobody logs in as root",
            ),
            (json!({"account": "payments-chat", "kind": "case.waiting"}), "payments-chat"),
            (json!({"tell": 1071, "attempt": 1}), "the message of entry 1071"),
            (json!({"steps": [{"key": "A"}, {"key": "B"}]}), "2 steps of findings"),
            (json!({"decision": 1, "findings": [{"key": "A"}, {"key": "B"}]}), "2 findings"),
            (json!({"records": 1, "asset": 3}), ""),
            (json!("words"), ""),
        ] {
            assert_eq!(about(&body), told, "{body}");
        }
    }
}
