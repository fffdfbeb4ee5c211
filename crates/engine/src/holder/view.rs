//! Makes the view: everything that lists show, out of the record and the last round.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_learn::{Spell, half_mended};
use holdfast_model::{
    Asset, AssetId, AssetKind, Digest, Key, Known, Reading, Setting, Severity, Timestamp,
    TraitValue,
};
use holdfast_posture::ControlResult;

use super::{Holder, plans};
use crate::assess::Assessment;
use crate::assess::controls::{Judged, locus, result};
use crate::channels;
use crate::controls::Controls;
use crate::desk::{
    AppetiteView, AssetDetail, AssetView, ControlRow, FindingView, GapView, LineView, MendingView,
    PackageRow, PlanState, PlanView, SettingRow, View,
};
use crate::disturbance::{self, Disturbance};
use crate::document::FindingRow;
use crate::events;
use crate::failure::Failure;
use crate::host;
use crate::hosts;
use crate::look::Look;
use crate::mending;
use crate::record::{self, Filter};
use crate::settings::Settings;

/// Seven days, in milliseconds.
const WEEK_MS: i64 = 7 * 86_400_000;
/// Why nothing can be planned for a host that is known from elsewhere.
pub(crate) const NOT_REACHED: &str = "this host is not reached from here";
/// How an image is mended.
const NEW_IMAGE: &str =
    "build the image anew with what mends it, and look at it: holdfast check IMAGE.tar --record";
/// How many examples a line of our rules shows.
const EXAMPLES: usize = 3;

/// The view of a record in which nothing stands.
pub(super) fn empty(settings: &Settings, now: Timestamp) -> View {
    View {
        at: now,
        entries: 0,
        zone: settings.zone.clone(),
        demo: false,
        next_look: None,
        advisories: 0,
        starter: 0,
        assets: Vec::new(),
        hosts: Vec::new(),
        findings: Vec::new(),
        gaps: Vec::new(),
        problems: Vec::new(),
        plans: Vec::new(),
        cases: Vec::new(),
        announcements: Vec::new(),
        mending: MendingView::default(),
        channels: Vec::new(),
        appetite: AppetiteView::default(),
        checkpoint: String::new(),
        half_mended_days: None,
        half_mended_of: 0,
    }
}

/// Makes the view anew.
pub(super) async fn load(holder: &Holder, settings: &Settings) -> Result<View, Failure> {
    let (store, now) = (&holder.store, holder.world.clock.now());
    let ours = |error| record::ours(&error);
    let known = store.findings(&Filter::default()).await.map_err(ours)?;
    let assets = store.assets().await.map_err(ours)?;
    let observations = store.asset_observations().await.map_err(ours)?;
    let checkpoint = store.last_checkpoint().await.map_err(ours)?;
    let running = holder.lines().clone();
    let plans = plans::all(store, settings, &running, now).await?;
    let names: BTreeMap<Key, Arc<str>> = by_finding(&known, &assets);
    let newest = newest_plans(&plans);
    let controls = match holder.last_round() {
        Some(round) => Arc::clone(&round.controls),
        // Before the first look.
        None => Arc::new(Controls::read(None)),
    };
    let mut findings: Vec<FindingView> = Vec::with_capacity(known.len());
    for one in &known {
        let asset = names.get(&one.finding.key).cloned().unwrap_or_else(|| "".into());
        let name = assets.iter().find(|known| known.id.0 == asset);
        let mut view = finding(one, &asset, name.map_or("", |asset| asset.name.as_str()));
        view.plan = newest.get(&view.key).copied();
        view.unplannable = unplannable(holder, one, &asset, name.map(|asset| asset.kind));
        view.disturbs = disturbance::of(&one.finding, &controls);
        findings.push(view);
    }
    findings.sort_by_cached_key(order);
    let view_assets = assets.clone();
    let mut gaps = Vec::new();
    let mut rows = Vec::new();
    for asset in assets {
        let own = store.not_assessed(Some(&asset.id), None).await.map_err(ours)?;
        let mut open: BTreeMap<Severity, u64> = BTreeMap::new();
        for one in findings.iter().filter(|one| one.open && one.asset == asset.id.0) {
            *open.entry(one.row.severity).or_default() += 1;
        }
        let looks = observations.iter().filter(|look| look.asset == asset.id).cloned().collect();
        let name = asset.name.clone();
        rows.push(AssetView { asset, looks, open, gaps: own.len() as u64 });
        gaps.extend(own.iter().map(|row| GapView { row: row.into(), asset: name.clone() }));
    }
    rows.sort_by(|a, b| a.asset.name.cmp(&b.asset.name));
    let mut view = empty(settings, now);
    let spells = mended(holder, &known, &names, &view_assets).await?;
    let half = half_mended(&spells);
    (view.half_mended_days, view.half_mended_of) = (half.days.time, half.of as u64);
    view.mending = mending::view(&spells, &settings.goals, &settings.zone, now);
    view.appetite = appetite(settings, &findings, now);
    view.entries = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
    view.checkpoint = checkpoint.map(|checkpoint| checkpoint.note().to_owned()).unwrap_or_default();
    (view.cases, view.announcements) = events::views(&holder.world, store).await?;
    let (channels, _) = channels::read(&holder.world, &holder.data);
    view.channels = channels::views(store, &channels, (&known, &view_assets), now).await?;
    view.assets = rows;
    view.hosts = hosts::rows(store).await?;
    view.findings = findings;
    view.gaps = gaps;
    view.plans = plans;
    Ok(view)
}

/// The spells of everything that the record knows.
async fn mended(
    holder: &Holder,
    known: &[Known],
    names: &BTreeMap<Key, Arc<str>>,
    assets: &[Asset],
) -> Result<Vec<Spell>, Failure> {
    let log = holder.store.transitions().await.map_err(|error| record::ours(&error))?;
    let whose = |one: &Known| mending::team_of(assets, names.get(&one.finding.key)?);
    Ok(mending::of_record(known, &log, whose, holder.world.clock.now()))
}

/// The asset of each finding: keys are hashes, so that it is found by trying.
pub(crate) fn by_finding(
    known: &[Known],
    assets: &[holdfast_model::Asset],
) -> BTreeMap<Key, Arc<str>> {
    let mut of = BTreeMap::new();
    for one in known {
        let owner =
            assets.iter().find(|asset| Key::new(&asset.id, one.finding.local) == one.finding.key);
        if let Some(asset) = owner {
            of.insert(one.finding.key, Arc::clone(&asset.id.0));
        }
    }
    of
}

/// The newest plan of each finding that may still mend it.
fn newest_plans(plans: &[PlanView]) -> BTreeMap<Key, Digest> {
    let mut newest = BTreeMap::new();
    let ahead = |plan: &&PlanView| !plan.state.is_over() && plan.state != PlanState::Done;
    for plan in plans.iter().filter(ahead) {
        for key in &plan.findings {
            newest.entry(*key).or_insert(plan.id);
        }
    }
    newest
}

/// Open ones first, then the most urgent, then what is due first, then what no other package brings
/// in, then the oldest.
fn order(view: &FindingView) -> impl Ord + use<> {
    let due = view.due.unwrap_or(Timestamp(i64::MAX));
    let brought_in = view.row.direct == Some(false);
    let urgency = std::cmp::Reverse(view.row.severity);
    (!view.open, urgency, due, brought_in, view.first_seen, view.key)
}

fn finding(known: &Known, asset: &Arc<str>, name: &str) -> FindingView {
    let one = &known.finding;
    let row = FindingRow::new(one, &AssetId(Arc::clone(asset)), name);
    let aliases = one.weakness.aliases.iter().map(|alias| &**alias);
    let place = one.place().map(ToString::to_string).unwrap_or_default();
    let team = one.decision.as_ref().map_or("", |decision| decision.team.as_str());
    let words: Vec<&str> = [&*one.title, &*one.weakness.id.0, &*one.subject, name, &place, team]
        .into_iter()
        .chain(aliases)
        .collect();
    FindingView {
        key: one.key,
        asset: Arc::clone(asset),
        open: one.state.is_open(),
        first_seen: known.first_seen,
        last_seen: known.last_seen,
        since: known.since,
        due: one.decision.as_ref().and_then(|decision| decision.due),
        plan: None,
        unplannable: None,
        disturbs: Disturbance::Unknown,
        haystack: format!("{} {}", words.join(" "), one.key).to_lowercase(),
        row,
    }
}

fn unplannable(
    holder: &Holder,
    known: &Known,
    asset: &str,
    kind: Option<AssetKind>,
) -> Option<String> {
    if !known.finding.state.is_open() {
        return Some("nothing is left to mend here".to_owned());
    }
    if known.finding.fix == holdfast_model::FixKind::None {
        return Some("nothing is known that would mend it".to_owned());
    }
    match kind {
        Some(AssetKind::Host) if host::target_of(&holder.world, asset).is_some() => None,
        Some(AssetKind::Host) => Some(NOT_REACHED.to_owned()),
        Some(AssetKind::Image) => Some(NEW_IMAGE.to_owned()),
        _ => {
            let key = known.finding.key;
            let by_hand = FindingRow::new(&known.finding, &AssetId(asset.into()), "").by_hand();
            let does = by_hand.unwrap_or_else(|| format!("holdfast fix {key}"));
            Some(format!("mend it in its own tree: {does}"))
        }
    }
}

fn appetite(settings: &Settings, findings: &[FindingView], now: Timestamp) -> AppetiteView {
    let appetite = &settings.appetite;
    let own = settings.config.appetite.as_ref().filter(|name| name.contains('/'));
    let lines = appetite
        .lines
        .iter()
        .map(|line| {
            let decided = || {
                findings.iter().filter(|one| {
                    one.row.decision.as_ref().is_some_and(|decision| decision.line == line.name)
                })
            };
            let open = decided().filter(|one| one.open);
            LineView {
                name: line.name.clone(),
                when: line
                    .when
                    .as_ref()
                    .map_or_else(|| "everything else".to_owned(), ToString::to_string),
                deed: line.deed(),
                open: open.clone().count() as u64,
                week: decided().filter(|one| now.0 - one.first_seen.0 <= WEEK_MS).count() as u64,
                examples: open.take(EXAMPLES).map(|one| (one.key, one.row.title.clone())).collect(),
            }
        })
        .collect();
    let gaps = match appetite.could_not_check {
        holdfast_decide::CouldNotCheck::Pass => "What could not be checked is shown, and no more.",
        holdfast_decide::CouldNotCheck::Warn => "What could not be checked is a warning.",
        holdfast_decide::CouldNotCheck::Block => "What could not be checked stops a change.",
    };
    AppetiteView {
        name: appetite.name.clone(),
        file: own.cloned().unwrap_or_else(|| format!("rules/appetite/{}.yaml", appetite.name)),
        lines,
        approvals: holdfast_decide::approvals_in_words(appetite),
        could_not_check: gaps.to_owned(),
    }
}

/// What the last look saw of an asset.
pub(super) fn asset(look: &Look, assessment: &Assessment) -> Arc<AssetDetail> {
    let mut packages: Vec<PackageRow> = look
        .components()
        .filter(|(_, component)| component.origin != holdfast_model::Origin::Tree)
        .map(|(_, component)| PackageRow {
            ecosystem: component.ecosystem.to_string(),
            name: Arc::clone(&component.name),
            version: component.version.as_deref().unwrap_or("not known").to_owned(),
            place: component.place.to_string(),
        })
        .collect();
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    let mut detail = AssetDetail {
        at: assessment.at,
        coverage: Some(look.coverage),
        packages,
        ..AssetDetail::default()
    };
    let Some(host) = &look.host else { return Arc::new(detail) };
    detail.settings = host.seen.settings().iter().map(setting).collect();
    detail.ports.clone_from(&host.ports);
    detail.traits = host.seen.traits().map(told).collect();
    let control = |judged: &Judged| {
        let control = host.controls.list.get(judged.control)?;
        let judgement = &judged.judgement;
        let local = holdfast_model::LocalKey::new(
            holdfast_model::FindingKind::Control,
            &holdfast_model::WeaknessId(Arc::clone(&control.id)),
            &locus(judgement),
        );
        let fails = judgement.result == ControlResult::Fail;
        let (result, evidence) = result(assessment, local, judgement);
        Some(ControlRow {
            control: Arc::clone(&control.id),
            title: control.title.clone(),
            resource: match &judgement.scope {
                Some(scope) => format!("{} for {scope}", judgement.resource),
                None => judgement.resource.to_string(),
            },
            result,
            evidence,
            finding: fails.then(|| Key::new(&look.asset.id, local)),
        })
    };
    detail.controls = assessment.controls.iter().filter_map(control).collect();
    Arc::new(detail)
}

fn setting(setting: &Setting) -> SettingRow {
    let value = match &setting.reading {
        Reading::Is(value) if setting.default => format!("{value} (by default)"),
        Reading::Is(value) => value.to_string(),
        Reading::Absent => "none".to_owned(),
        Reading::Unknown { reason, .. } => format!("could not check: {reason}"),
        Reading::Broken { reason } => format!("broken: {reason}"),
    };
    let aspect = match &setting.scope {
        Some(scope) => format!("{} for {scope}", setting.aspect.word()),
        None => setting.aspect.word().to_owned(),
    };
    SettingRow {
        resource: setting.resource.to_string(),
        aspect,
        value,
        place: match &setting.place {
            // No line of the file that would be read says it.
            Some(place) if !setting.default => place.to_string(),
            _ => String::new(),
        },
    }
}

fn told(one: &holdfast_model::Trait) -> String {
    let value = match &one.value {
        Some(TraitValue::Truth(true)) => "yes",
        Some(TraitValue::Truth(false)) => "no",
        Some(TraitValue::Text(text)) => text,
        Some(TraitValue::Texts(texts)) if texts.is_empty() => "none",
        Some(TraitValue::Texts(texts)) => {
            return format!("{}: {} ({})", one.name, texts.join(", "), one.because);
        }
        None => "not known",
    };
    format!("{}: {value} ({})", one.name, one.because)
}

#[cfg(test)]
mod tests {
    use holdfast_model::{
        AssetId, Decision, Finding, FindingKind, FixKind, LocalKey, Locus, Standing, State,
        Weakness, WeaknessId,
    };

    use super::*;

    /// A view of something about one package, due on a day.
    fn view(package: &str, severity: Severity, day: i64, direct: Option<bool>) -> FindingView {
        let id = WeaknessId("CVE-2026-1".into());
        let locus = Locus::LanguagePackage { purl: package.into(), path: "mix.lock".into() };
        let local = LocalKey::new(FindingKind::Package, &id, &locus);
        let decision = Decision {
            deeds: Vec::new(),
            due: Some(Timestamp(day * 86_400_000)),
            team: "shop".to_owned(),
            line: "on trunk".to_owned(),
            reasons: Vec::new(),
            appetite: Digest([0; 32]),
        };
        let one = Finding {
            key: Key::new(&AssetId("folder:shop".into()), local),
            local,
            kind: FindingKind::Package,
            weakness: Weakness {
                id,
                aliases: Vec::new(),
                title: "a hole".to_owned(),
                cvss: None,
                epss: None,
                exploited: false,
                informational: None,
                malicious: false,
                epss_at: None,
                published_by: Vec::new(),
            },
            locus,
            title: format!("{package} has a hole"),
            severity,
            severity_steps: Vec::new(),
            standing: Standing::Trunk,
            subject: package.into(),
            instances: Vec::new(),
            witnesses: Vec::new(),
            direct,
            dev: false,
            fix: FixKind::None,
            state: State::Open,
            decision: Some(decision),
            layers: Vec::new(),
        };
        let [first_seen, last_seen, since] = [Timestamp(0); 3];
        finding(
            &Known { finding: one, first_seen, last_seen, since },
            &"folder:shop".into(),
            "shop",
        )
    }

    #[test]
    fn what_others_bring_in_comes_last_among_equals() {
        let mut views = [
            view("pkg:hex/e", Severity::WhenYouCan, 1, Some(true)),
            view("pkg:hex/d", Severity::Soon, 9, Some(true)),
            view("pkg:hex/c", Severity::Soon, 2, Some(false)),
            view("pkg:hex/b", Severity::Soon, 2, None),
            view("pkg:hex/a", Severity::Now, 2, Some(false)),
        ];
        views.sort_by_cached_key(order);
        let names: Vec<&str> = views.iter().map(|one| one.row.name()).collect();
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
    }
}
