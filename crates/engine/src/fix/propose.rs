//! What would mend findings: edits of manifests and refreshes of lockfiles, and a sentence each.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use holdfast_act::overrides::Pin;
use holdfast_act::refresh::{for_a_replacement, shown};
use holdfast_act::{
    Advice, Case, Change, Holder, PackageManager, Parent, Reach, advise, by_hand, diff, edit,
    overrides, refresh,
};
use holdfast_advisories::lift;
use holdfast_model::{Component, Ecosystem, Finding, FixKind, Origin, Problem, Requirement};
use holdfast_world::World;

use super::copies::{copies, left_open, scope};
use super::pinned::left_to_a_tool;
use super::proposal::{Entry, Proposal, Step};
use super::{Row, file_problem};
use crate::assess::is_declared;
use crate::check::Judged;
use crate::look::Document;
use crate::requirements::{Requirements, folder_of, is_below};
use crate::through::{Needs, Refusal};
use crate::trees::DOCUMENT_LIMIT;

/// Which ways are open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ways {
    /// Tools are kept from the network where they can be.
    pub offline: bool,
    /// Where only a parent could be lifted, the project's own manifest decides instead.
    pub overrides: bool,
}

/// Proposes what mends the chosen findings.
///
/// # Errors
///
/// Where a manifest changed since it was read, or cannot be read any more.
pub(crate) fn propose(
    world: &World,
    judged: &Judged,
    chosen: &[&Finding],
    ways: Ways,
) -> Result<Proposal, Problem> {
    let mut proposal = Proposal::default();
    let requirements = Requirements::of(&judged.look);
    let maker = Maker { world, judged, requirements, ways };
    for finding in chosen {
        let row = maker.one(finding, &mut proposal)?;
        proposal.rows.push(row);
    }
    for (path, edits) in proposal.edits_by_path() {
        let before = maker.text(&path)?;
        let after = edit::apply(&before, &edits).map_err(|problem| *problem)?;
        proposal.diff.push_str(&diff(&path, &before, &after));
    }
    Ok(proposal)
}

struct Maker<'a> {
    world: &'a World,
    judged: &'a Judged,
    requirements: Requirements<'a>,
    ways: Ways,
}

impl Maker<'_> {
    fn text(&self, path: &str) -> Result<String, Problem> {
        let root = self.judged.folder.root();
        let bytes = root.read(path, DOCUMENT_LIMIT).map_err(|error| file_problem(path, &error))?;
        String::from_utf8(bytes).map_err(|error| file_problem(path, &error))
    }

    fn one(&self, finding: &Finding, proposal: &mut Proposal) -> Result<Row, Problem> {
        let mut sentences: Vec<String> = Vec::new();
        for (document, at, component) in copies(&self.judged.look, finding) {
            let target = finding
                .instances
                .iter()
                .find(|one| one.place == component.place && one.version == component.version)
                .and_then(|one| one.fixed_in.clone());
            let governing = self.requirements.governing(document, component);
            let against = match target.as_deref().filter(|_| governing.is_empty()) {
                Some(target) => self.requirements.against(document, component, target),
                None => Vec::new(),
            };
            if governing.is_empty() {
                let held = !against.is_empty();
                let copy = (document, at, component);
                let to = target.as_deref();
                sentences.push(self.indirect(finding, copy, to, held, proposal)?);
            }
            // An override that is written takes the place of what held the package back.
            let against = against.into_iter().filter(|_| !self.ways.overrides);
            for (path, requirement) in governing.into_iter().chain(against) {
                let done = self.direct(
                    document,
                    component,
                    target.as_deref(),
                    (path, requirement),
                    proposal,
                )?;
                sentences.push(done);
            }
        }
        sentences.dedup();
        if sentences.is_empty() {
            sentences.push("there is nothing here that an edit would mend".to_owned());
        }
        let left = left_open(&self.judged.assessment.findings, finding);
        sentences.extend(Some(left).filter(|left| !left.is_empty()));
        Ok(Row {
            key: finding.key.to_string(),
            weakness: Arc::clone(&finding.weakness.id.0),
            title: finding.title.clone(),
            resource: None,
            target: finding.instances.iter().find_map(|one| one.fixed_in.clone()),
            advice: sentences.join("; "),
            mended: None,
        })
    }

    /// A package that the project's own line asks for.
    fn direct(
        &self,
        document: &Document,
        component: &Component,
        target: Option<&str>,
        (path, requirement): (&Arc<str>, &Requirement),
        proposal: &mut Proposal,
    ) -> Result<String, Problem> {
        let by_hand = target.and_then(|to| {
            left_to_a_tool(|| self.text(path).ok(), component, to, (path, requirement))
        });
        let by_hand = by_hand.or_else(|| in_a_folder(document, component, target, requirement));
        if let Some(by_hand) = by_hand {
            return Ok(by_hand);
        }
        let current = component.version.as_deref();
        let lifted = target.and_then(|target| {
            lift::requirement(&component.ecosystem, &requirement.range, current, target)
        });
        // Beside an address no range may stand, and then it is the address that is asked for.
        let ranged = requirement.liftable || matches!(component.origin, Origin::Feed(_));
        let case = Case {
            ecosystem: &component.ecosystem,
            name: &component.name,
            fixed_in: target,
            requirement: Some(requirement),
            lifted: lifted.as_ref().filter(|_| ranged).map(|lift| lift.text.as_str()),
            locked: is_lockfile(document, path),
            parents: &[],
            parents_reach: Reach::Unknown,
            holders: &[],
            by_hand: None,
        };
        let advice = advise(&case);
        let mut sentence = advice.sentence().to_owned();
        match &advice {
            Advice::EditAndRefresh { after, refresh, .. } => {
                let text = self.text(path)?;
                let edit = edit::edit_requirement(path, &text, requirement, after)
                    .map_err(|problem| *problem)?;
                let to = target.unwrap_or_default();
                proposal.add_edit(edit, &component.ecosystem, to);
                let others = self.requirements.sharing(requirement);
                if !others.is_empty() {
                    let _ = write!(
                        sentence,
                        ", risky: the version of {} stands there too",
                        listed(&others)
                    );
                }
                let manager = PackageManager::of(&document.path, &document.bytes);
                let at = requirement.span.start;
                let by_hand = manager.and_then(|manager| for_a_replacement(manager, &text, at));
                if let Some(command) = by_hand {
                    let _ = write!(sentence, "; it stands in for another one: run `{command}`");
                } else if *refresh {
                    let change = Change::Manifest { name: &component.name, to };
                    let copy = (document, component);
                    sentence.push_str(&self.refresh(copy, Some(path), change, proposal));
                }
            }
            Advice::RefreshOnly { .. } => {
                sentence.push_str(&self.lift_entry(document, component, target, proposal));
            }
            Advice::LiftParent { .. } | Advice::NoFix { .. } => {}
        }
        if let Some(lift) = lifted.filter(|lift| lift.kind == FixKind::Risky) {
            sentence.push_str(", ");
            sentence.push_str(&lift.because);
        }
        Ok(sentence)
    }

    /// A package that another one brings in. `held` where a line beside it keeps it from the target.
    fn indirect(
        &self,
        finding: &Finding,
        (document, at, component): (&Document, usize, &Component),
        target: Option<&str>,
        held: bool,
        proposal: &mut Proposal,
    ) -> Result<String, Problem> {
        let needs = Needs::of(document);
        let versions = component.version.as_deref().zip(target);
        let way = versions.map(|(from, to)| needs.way(at, from, to));
        let refusals = way.as_ref().map(|way| way.refusals.as_slice()).unwrap_or_default();
        let above = needs.parents(at, refusals);
        let holders = holders(document, refusals, &above);
        let parents = self.parents(document, &above);
        let managed = PackageManager::of(&document.path, &document.bytes).is_some();
        // What a bill names follows no lockfile, where the project itself decides on it.
        let by_project = !managed
            && document.is_bill()
            && overrides::without_lockfile(&component.ecosystem).is_some();
        let does = target.filter(|_| !managed).and_then(|to| {
            let at = (&*component.place.path, component.place.line);
            by_hand(at, &component.name, to)
        });
        if let (Some(does), Some(to)) = (does.as_deref().filter(|_| parents.is_empty()), target) {
            let name = &component.name;
            return Ok(format!("`{name}` is lifted to {to} by hand: {does}"));
        }
        let reach = match &way {
            _ if held || by_project => Reach::Outside,
            Some(way) if way.fix == FixKind::Safe => Reach::Within,
            Some(_) => Reach::Outside,
            None => Reach::Unknown,
        };
        let advice = advise(&Case {
            ecosystem: &component.ecosystem,
            name: &component.name,
            fixed_in: target,
            requirement: None,
            lifted: None,
            locked: true,
            parents: &parents,
            parents_reach: reach,
            holders: &holders,
            by_hand: does.as_deref(),
        });
        let sentence = advice.sentence();
        match (&advice, target) {
            (Advice::RefreshOnly { .. }, _) if does.is_none() => {
                let refused = self.lift_entry(document, component, target, proposal);
                Ok(format!("{sentence}{refused}"))
            }
            (advice, Some(to)) if by_project || matches!(advice, Advice::LiftParent { .. }) => {
                self.around(finding, (document, component), to, sentence, proposal)
            }
            _ => Ok(sentence.to_owned()),
        }
    }

    /// The packages of these numbers, with the lines that ask for them.
    fn parents(&self, document: &Document, above: &BTreeSet<usize>) -> Vec<Parent> {
        let parent = |parent: &Component| {
            let lines = self.requirements.governing(document, parent);
            let place = lines.first().map(|(_, requirement)| requirement.place.clone());
            Parent { name: parent.name.to_string(), place }
        };
        above.iter().filter_map(|at| document.components.get(*at)).map(parent).collect()
    }

    /// The way around a parent that holds a package back: an override, where that is wanted.
    fn around(
        &self,
        finding: &Finding,
        (document, component): (&Document, &Component),
        to: &str,
        sentence: &str,
        proposal: &mut Proposal,
    ) -> Result<String, Problem> {
        let Some((manager, path)) = self.decides(document, component) else {
            return Ok(sentence.to_owned());
        };
        if !self.ways.overrides {
            return Ok(format!("{sentence}; if none of its releases helps, `--override` decides"));
        }
        let name = &component.name;
        // Overrides of one file are written one after another: each finds its place anew.
        if proposal.edits.iter().any(|edit| edit.path == path) {
            return Ok(format!("`{name}` is overridden next: apply this, then ask again"));
        }
        let text = self.text(&path)?;
        let lockfile = String::from_utf8_lossy(&document.bytes);
        let scope = scope(finding, (document, component), to, &lockfile);
        let edit = match overrides::override_edit(manager, &path, &text, &Pin { name, to, scope }) {
            Ok(edit) => edit,
            Err(refused) => return Ok(format!("{sentence}; {}", refused.message)),
        };
        let place = overrides::place(&edit, &text);
        proposal.add_edit(edit, &component.ecosystem, to);
        let change = Change::Manifest { name, to };
        let refused = self.refresh((document, component), Some(&path), change, proposal);
        Ok(format!(
            "`{name}` is overridden to {to} ({place}), whatever its parents ask for{refused}"
        ))
    }

    /// Who takes overrides for a component of a document, and in which manifest: the one beside the
    /// lockfile, or the one of the nearest project above a bill.
    fn decides(
        &self,
        document: &Document,
        component: &Component,
    ) -> Option<(PackageManager, Arc<str>)> {
        if let Some(manager) = PackageManager::of(&document.path, &document.bytes) {
            let (folder, manifest) = (folder_of(&document.path), overrides::manifest(manager)?);
            let beside = if folder.is_empty() { "" } else { "/" };
            return Some((manager, format!("{folder}{beside}{manifest}").into()));
        }
        let manager = overrides::without_lockfile(&component.ecosystem)?;
        let manifest = overrides::manifest(manager)?;
        let all = self.judged.look.documents.iter().map(|one| &one.path);
        let own = all.filter(|path| path.rsplit('/').next() == Some(manifest));
        let above = own.filter(|path| is_below(&document.path, folder_of(path)));
        let path = above.max_by_key(|path| folder_of(path).len()).filter(|_| document.is_bill())?;
        Some((manager, Arc::clone(path)))
    }

    fn lift_entry(
        &self,
        document: &Document,
        component: &Component,
        target: Option<&str>,
        proposal: &mut Proposal,
    ) -> String {
        let (Some(from), Some(to)) = (component.version.as_deref(), target) else {
            return String::new();
        };
        let change = Change::Entry { name: &component.name, from, to };
        self.refresh((document, component), None, change, proposal)
    }

    /// Lets the lockfile follow, after an edit of a manifest or alone. Answers what the row's
    /// sentence has to add: why a tool cannot be asked to, which is no reason to leave other
    /// findings.
    fn refresh(
        &self,
        (document, component): (&Document, &Component),
        manifest: Option<&Arc<str>>,
        change: Change<'_>,
        proposal: &mut Proposal,
    ) -> String {
        let Some(manager) = PackageManager::of(&document.path, &document.bytes) else {
            let own = self.requirements.governing(document, component);
            // A file that asks and answers at once is in line when it was edited, wherever its
            // versions stand, and one that inherits its lines from another of its kind when that
            // one was.
            let in_line = |path: &Arc<str>| {
                *path == document.path
                    || is_declared(document, component)
                    || self
                        .judged
                        .look
                        .documents
                        .iter()
                        .any(|other| other.path == *path && other.reader == document.reader)
            };
            if !own.iter().any(|(path, _)| in_line(path)) {
                let note = format!("let its own tool bring {} in line", document.path);
                proposal.note(note);
            }
            return String::new();
        };
        let made = match refresh(manager, &document.path, change, self.ways.offline) {
            Ok(made) => made,
            Err(refused) => {
                let by_hand = format!("bring {} in line by hand", document.path);
                return format!("; {}: {by_hand}", refused.message);
            }
        };
        if made.is_none() {
            let note = format!(
                "no command lifts `{}` alone in {}: remove its entry and install again",
                component.name, document.path
            );
            proposal.note(note);
        }
        if let Some(mut refresh) = made {
            for member in self.members(manager, document, &component.ecosystem) {
                if !refresh.touches.contains(member) {
                    refresh.touches.push(Arc::clone(member));
                }
            }
            let missing = |program: &&String| !self.world.run.installed(program);
            if let Some(program) = refresh.command.first().filter(missing) {
                let command = shown(&refresh);
                let note = format!("{program} is not installed here: run `{command}` where it is");
                proposal.note(note);
            }
            let lifted = component.version.clone().filter(|_| manifest.is_none());
            let entry = |version| Entry {
                lockfile: Arc::clone(&document.path),
                name: Arc::clone(&component.name),
                version,
            };
            proposal.add_step(Step {
                refresh,
                manifests: manifest.into_iter().cloned().collect(),
                entries: lifted.into_iter().map(entry).collect(),
            });
        }
        String::new()
    }

    /// The manifests of members that a command for this lockfile may rewrite.
    fn members(
        &self,
        manager: PackageManager,
        document: &Document,
        ecosystem: &Ecosystem,
    ) -> impl Iterator<Item = &Arc<str>> {
        let all = manager.members().into_iter().flat_map(move |name| {
            let own = move |path: &&Arc<str>| path.rsplit('/').next() == Some(name);
            self.judged
                .look
                .documents
                .iter()
                .filter(|one| is_text(one))
                .map(|one| &one.path)
                .filter(own)
        });
        all.filter(move |path| self.requirements.is_member(document, ecosystem, path))
    }
}

/// Those who refuse a version, for a sentence about these parents.
fn holders(
    document: &Document,
    refusals: &[Refusal<'_>],
    parents: &BTreeSet<usize>,
) -> Vec<Holder> {
    let one = |refusal: &Refusal<'_>| {
        let holder = document.components.get(refusal.holder)?;
        Some(Holder {
            name: holder.name.to_string(),
            version: holder.version.as_deref().map(str::to_owned),
            range: refusal.range.to_owned(),
            is_parent: parents.contains(&refusal.holder),
        })
    };
    refusals.iter().filter_map(one).collect()
}

/// Whether a document can be kept as text; nobody writes another one.
fn is_text(document: &Document) -> bool {
    std::str::from_utf8(&document.bytes).is_ok()
}

/// Names for a sentence: the first few, and how many more.
fn listed(names: &[&str]) -> String {
    let first: Vec<String> = names.iter().take(4).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(first.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", first.join(", "))
}

/// A lockfile is another document than the one that asks; a `go.mod` is both, with `go.sum`.
fn is_lockfile(document: &Document, asking: &str) -> bool {
    *document.path != *asking || document.reader == "go-mod"
}

/// What people do where a project of .NET names the folder of the version that `packages.config` asks
/// for: that line alone would leave the project with the old one.
fn in_a_folder(
    document: &Document,
    component: &Component,
    target: Option<&str>,
    requirement: &Requirement,
) -> Option<String> {
    let to = target.filter(|_| document.reader == "nuget-config" && !requirement.liftable)?;
    let (name, place) = (&component.name, &requirement.place);
    Some(format!(
        "`{name}` is lifted to {to} by hand ({place}): a project beside it names the folder of the \
         version that it has, so let NuGet update it, which changes both"
    ))
}
