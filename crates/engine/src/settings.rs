//! What a tree says about itself: `holdfast.toml`, acceptances, owners, rules for acting.
//!
//! Read from the tree that may be trusted: with a base, that is the base and never the head.

use std::sync::Arc;

use holdfast_decide::{Appetite, Codeowners};
use holdfast_findings::accept::{self, Attestation};
use holdfast_learn::Goal;
use holdfast_model::{Acceptance, Problem, Statement};
use holdfast_rulefile::config::AssetConfig;
use holdfast_rulefile::{Config, config};
use jiff::tz::TimeZone;

use crate::gather::{Tree, Unread};
use crate::image::{self, TrustedKey};
use crate::{mending, statements};

/// The configuration file at the root of a repository.
pub const CONFIG: &str = "holdfast.toml";
/// The list of acceptances.
pub const ACCEPTED: &str = holdfast_findings::accept::FILE;
/// Where forges keep their list of owners; the first that is there counts.
pub const CODEOWNERS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// Whether a change to this path changes the rules by which the tree is judged.
pub fn is_rule(path: &str) -> bool {
    path == CONFIG || path.starts_with(".holdfast/") || CODEOWNERS.contains(&path)
}

/// How a label names the team: `team:payments`.
const TEAM_LABEL: &str = "team:";

/// The team of an asset: the one that is named, else the one that a label names, as inventories
/// write it, else whoever looks. For a path, CODEOWNERS comes before the label.
pub fn team(said: &AssetConfig, user: &str) -> String {
    named_team(said).unwrap_or(user).trim().to_owned()
}

/// Whether an asset says itself whose it is.
pub(crate) fn names_team(said: &AssetConfig) -> bool {
    named_team(said).is_some()
}

fn named_team(said: &AssetConfig) -> Option<&str> {
    let label = || said.labels.iter().find_map(|label| label.strip_prefix(TEAM_LABEL));
    said.team.as_deref().or_else(label)
}

/// Everything that was read.
#[derive(Debug)]
pub struct Settings {
    /// `holdfast.toml`.
    pub config: Config,
    /// The rules for acting.
    pub appetite: Appetite,
    /// Who owns which path.
    pub owners: Option<Codeowners>,
    /// What was accepted.
    pub acceptances: Vec<Acceptance>,
    /// What people found who looked at hosts themselves.
    pub attested: Vec<Attestation>,
    /// What others state about problems in this tree.
    pub statements: Vec<Statement>,
    /// Whose build attestations count as verified.
    pub keys: Vec<TrustedKey>,
    /// With a base: which project each document belongs to by the base, for what is stated of them.
    pub(crate) projects: Option<statements::Projects>,
    /// What is wanted of mending times.
    pub goals: Vec<Goal>,
    /// Of the team, for the ends of days.
    pub zone: TimeZone,
    /// What was wrong with any of it; places are in the tree.
    pub problems: Vec<Problem>,
    /// Files that are there and could not be read: their absence means nothing.
    pub unread: Vec<(Arc<str>, Unread)>,
}

/// Reads the settings of a tree. `chosen` is the appetite named on the command line, as a preset
/// or as the path and text of a file; it wins over the tree's own.
///
/// # Errors
///
/// Where the configuration, or the appetite that was chosen or that the tree names, cannot be
/// used: nothing may be judged by rules that nobody wrote.
pub fn read(
    tree: &dyn Tree,
    chosen: Option<&Chosen>,
    zone: &TimeZone,
) -> Result<Settings, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut unread = Vec::new();
    let config = match text(tree, CONFIG, &mut problems, &mut unread) {
        Some(text) => {
            let (config, found) = config::read(&CONFIG.into(), &text);
            // A setting that was meant and not understood could be the one that matters.
            if !found.is_empty() {
                return Err(found);
            }
            config
        }
        None if problems.is_empty() && unread.is_empty() => Config::default(),
        None => {
            let cannot = Problem::new("cannot-read", format!("`{CONFIG}` cannot be read"));
            problems.push(cannot.help("nothing is judged by settings that cannot be read"));
            return Err(problems);
        }
    };
    let zone = config
        .time_zone
        .as_deref()
        .and_then(|name| TimeZone::get(name).ok())
        .unwrap_or_else(|| zone.clone());
    let appetite = appetite(tree, chosen, config.appetite.as_deref(), &mut problems)?;
    let acceptances = match text(tree, ACCEPTED, &mut problems, &mut unread) {
        Some(text) => {
            let (list, found) = holdfast_findings::accept::read(ACCEPTED, &text, &zone);
            problems.extend(found);
            list
        }
        None => Vec::new(),
    };
    let attested = match text(tree, accept::ATTESTED, &mut problems, &mut unread) {
        Some(text) => {
            let (list, found) = accept::read_attested(accept::ATTESTED, &text, &zone);
            problems.extend(found);
            list
        }
        None => Vec::new(),
    };
    let owners = CODEOWNERS.iter().find_map(|path| {
        let text = text(tree, path, &mut problems, &mut unread)?;
        let (owners, found) = Codeowners::read(&(*path).into(), &text);
        problems.extend(found);
        Some(owners)
    });
    let statements = statements::read(tree, &mut problems, &mut unread);
    let keys = image::keys(tree, &config.attestations.keys, &mut problems);
    let goals = mending::goals(tree, &mut problems);
    Ok(Settings {
        config,
        appetite,
        owners,
        acceptances,
        attested,
        statements,
        keys,
        projects: None,
        goals,
        zone,
        problems,
        unread,
    })
}

/// An appetite that the caller named.
#[derive(Debug, Clone)]
pub enum Chosen {
    /// One that came along.
    Preset(String),
    /// A file outside the tree that is judged.
    File {
        /// As it was named.
        path: Arc<str>,
        /// What stands in it.
        text: String,
    },
}

fn appetite(
    tree: &dyn Tree,
    chosen: Option<&Chosen>,
    configured: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Result<Appetite, Vec<Problem>> {
    let (path, text): (Arc<str>, String) = match (chosen, configured) {
        (Some(Chosen::File { path, text }), _) => (Arc::clone(path), text.clone()),
        (Some(Chosen::Preset(name)), _) => built_in(name)?,
        (None, None) => built_in(holdfast_decide::DEFAULT_PRESET)?,
        (None, Some(name)) if name.contains('/') => {
            let mut found = Vec::new();
            let Ok(Some(text)) = text_of(tree, name, &mut found) else {
                let message = format!("the rules for acting `{name}` cannot be read");
                let problem = Problem::new("appetite-missing", message);
                found.push(problem.help(format!("check `appetite` in {CONFIG}")));
                return Err(found);
            };
            (name.into(), text)
        }
        (None, Some(name)) => built_in(name)?,
    };
    let (appetite, found) = Appetite::read(&path, &text);
    match appetite {
        Some(appetite) => {
            problems.extend(found);
            Ok(appetite)
        }
        None => Err(found),
    }
}

fn built_in(name: &str) -> Result<(Arc<str>, String), Vec<Problem>> {
    let presets = holdfast_decide::presets();
    if let Some((_, text)) = presets.iter().find(|(known, _)| *known == name) {
        return Ok((format!("rules/appetite/{name}.yaml").into(), (*text).to_owned()));
    }
    let known: Vec<&str> = presets.iter().map(|(name, _)| *name).collect();
    let help = match holdfast_rulefile::suggest(name, known.iter().copied()) {
        Some(guess) => format!("did you mean `{guess}`?"),
        None => format!("use one of {}, or a file", known.join(", ")),
    };
    let message = format!("there are no rules for acting called `{name}`");
    Err(vec![Problem::new("appetite-unknown", message).help(help)])
}

fn text(
    tree: &dyn Tree,
    path: &str,
    problems: &mut Vec<Problem>,
    unread: &mut Vec<(Arc<str>, Unread)>,
) -> Option<String> {
    match text_of(tree, path, problems) {
        Ok(text) => text,
        Err(error) => {
            unread.push((path.into(), error));
            None
        }
    }
}

/// The text of a file; `None` where there is none or it is no text, which is then a problem.
fn text_of(
    tree: &dyn Tree,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Result<Option<String>, Unread> {
    let bytes = match tree.read(path) {
        Ok(bytes) => bytes,
        Err(Unread::Missing) => return Ok(None),
        Err(error) => return Err(error),
    };
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Some(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())),
        Err(error) => {
            let (line, column) = holdfast_model::Lines::new(&bytes).at(error.valid_up_to());
            let place = holdfast_model::Place { path: path.into(), line, column };
            problems.push(
                Problem::at("not-text", place, format!("`{path}` is no UTF-8 text"))
                    .help("save it as UTF-8"),
            );
            Ok(None)
        }
    }
}
