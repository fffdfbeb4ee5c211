//! `holdfast.toml`: what a repository or a machine says about itself.
//!
//! Knows the keys and their form; does not know which presets or time zones' clocks exist
//! elsewhere, and looks nothing up.

use std::sync::Arc;

use holdfast_model::{Exposure, Place, Problem, Target};

use crate::{Decoder, Node, Table, toml_tree};

mod settings;
#[cfg(test)]
mod tests;

pub use settings::{HostSetting, SettingValue};

/// What is said about the asset; everything may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AssetConfig {
    /// A stable identity, which wins over the origin's address.
    pub id: Option<String>,
    /// Its name for people.
    pub name: Option<String>,
    /// Who owns it.
    pub team: Option<String>,
    /// Who can reach it.
    pub exposure: Option<Exposure>,
    /// From 1, the most important, to 5.
    pub tier: Option<u8>,
    /// The pilot group.
    pub ring: Option<String>,
    /// Free words.
    pub labels: Vec<String>,
}

/// What is said about the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostConfig {
    /// As of any asset; its identity is its own and is not said here.
    pub asset: AssetConfig,
    /// `[host.settings]`: what conditions of controls may ask as `setting.NAME`.
    pub settings: Vec<HostSetting>,
    /// `walk`: whether a look at the running machine walks through all of its files.
    pub walk: bool,
    /// `baseline`: the name of the one that says which controls are asked; all are, without it.
    pub baseline: Option<String>,
    /// `logs`: files and folders of logs that are read at each look beside those of the machine, such
    /// as the trail of a cloud account; absolute.
    pub logs: Vec<String>,
    /// Within how many seconds somebody has to confirm a change that may lock people out; from 1
    /// to 3,600.
    pub confirm_seconds: Option<u32>,
    /// `practice`: the name of the one by which hosts get their security updates; by none, without
    /// it.
    pub practice: Option<String>,
    /// `[host.rings]`: other hosts that this one looks after, with their rings.
    pub rings: Vec<(Target, String)>,
    /// Where each of these stands, in the same order.
    pub rings_at: Vec<Place>,
}

impl HostConfig {
    /// The ring of a host: what `[host.rings]` says; else what is said of this one, of which the
    /// roots of other systems are a part. A host over ssh is another one.
    pub fn ring_of(&self, target: &Target) -> Option<&str> {
        let own = self.rings.iter().find(|(one, _)| one == target).map(|(_, ring)| ring.as_str());
        match target {
            Target::Local | Target::Root(_) => own.or(self.asset.ring.as_deref()),
            Target::Ssh(_) | Target::Facts(_) => own,
        }
    }
}

/// How hosts are looked at that are reached over the network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostsConfig {
    /// How many minutes lie between two looks at a host, more or less; from 5 to 10,080.
    pub every_minutes: Option<u32>,
    /// How many of them are looked at at the same time; from 1 to 64.
    pub at_once: Option<u32>,
    /// After how many seconds a host that does not answer is left; from 5 to 600.
    pub timeout_seconds: Option<u32>,
    /// `binary`: the program of Holdfast that goes along and looks there, where it may be run; its
    /// whole path.
    pub binary: Option<String>,
}

/// Where advisories come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AdvisoriesConfig {
    /// Folders, zip files or addresses of exports.
    pub sources: Vec<String>,
    /// The catalogue of what is known to be exploited: a file or an address.
    pub kev: Option<String>,
    /// The chances of exploitation, as FIRST's EPSS publishes them: a file or an address.
    pub epss: Option<String>,
    /// Feeds in which nothing changed for more days than these count as a gap.
    pub max_age_days: Option<u32>,
    /// `up` brings the sources in again by itself when the last time is so many hours ago; from 1 to
    /// 720. Without it nothing is fetched that nobody asked for.
    pub refresh_hours: Option<u32>,
    /// Addresses may lead into private networks, unencrypted too: a mirror of one's own. Nothing
    /// is fetched because of this key alone.
    pub private: bool,
}

/// Whose statements count, and about what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatementsConfig {
    /// Authors whose statements close findings by themselves.
    pub authors: Vec<String>,
    /// What this tree is, in the words of statements: package URLs with their version or digest.
    pub products: Vec<String>,
}

/// Whose build attestations count as verified.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttestationsConfig {
    /// Files of public keys under `.holdfast/`.
    pub keys: Vec<String>,
}

/// The organisation's own packages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedsConfig {
    /// Names that belong to the organisation, with `*` for any text: `@acme/*`.
    pub own: Vec<String>,
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// `[asset]`.
    pub asset: AssetConfig,
    /// `[host]`: the machine that is looked at together with this folder.
    pub host: HostConfig,
    /// `[hosts]`: those that are reached over the network.
    pub hosts: HostsConfig,
    /// `appetite`: the name of a preset, or a path to a file under `.holdfast/`.
    pub appetite: Option<String>,
    /// `[advisories]`.
    pub advisories: AdvisoriesConfig,
    /// `[statements]`.
    pub statements: StatementsConfig,
    /// `[attestations]`.
    pub attestations: AttestationsConfig,
    /// `[feeds]`.
    pub feeds: FeedsConfig,
    /// `exclude`: root-relative folder patterns that the walk leaves out; each is shown.
    pub exclude: Vec<String>,
    /// `[service] name`: the service that this repository belongs to.
    pub service: Option<String>,
    /// `time_zone`: an IANA name, for the end of dates.
    pub time_zone: Option<String>,
}

/// Reads `holdfast.toml`. What is wrong becomes a problem; everything else still counts.
pub fn read(path: &Arc<str>, text: &str) -> (Config, Vec<Problem>) {
    let mut config = Config::default();
    let (node, mut problems) = toml_tree::parse(path, text);
    let Some(node) = node else { return (config, problems) };
    let mut decoder = Decoder::new(path, text);
    if let Some(mut table) = decoder.map(&node) {
        if let Some(node) = table.optional("asset") {
            config.asset = asset(&mut decoder, node);
        }
        if let Some(node) = table.optional("host") {
            config.host = host(&mut decoder, node);
        }
        if let Some(node) = table.optional("hosts") {
            config.hosts = hosts(&mut decoder, node);
        }
        if let Some(node) = table.optional("appetite") {
            config.appetite = appetite(&mut decoder, node);
        }
        if let Some(node) = table.optional("advisories") {
            config.advisories = advisories(&mut decoder, node);
        }
        if let Some(node) = table.optional("statements") {
            config.statements = statements(&mut decoder, node);
        }
        if let Some(node) = table.optional("attestations") {
            config.attestations = attestations(&mut decoder, node);
        }
        if let Some(node) = table.optional("feeds") {
            config.feeds = feeds(&mut decoder, node);
        }
        if let Some(node) = table.optional("exclude") {
            config.exclude = exclude(&mut decoder, node);
        }
        if let Some(mut service) = table.optional("service").and_then(|node| decoder.map(node)) {
            config.service = service.text(&mut decoder, "name");
            service.finish(&mut decoder);
        }
        if let Some(node) = table.optional("time_zone") {
            config.time_zone = time_zone(&mut decoder, node);
        }
        table.finish(&mut decoder);
    }
    problems.extend(decoder.finish());
    problems.sort_by(|a, b| a.place.cmp(&b.place));
    (config, problems)
}

fn asset(decoder: &mut Decoder<'_>, node: &Node) -> AssetConfig {
    let Some(mut table) = decoder.map(node) else { return AssetConfig::default() };
    let mut asset = AssetConfig { id: table.text(decoder, "id"), ..AssetConfig::default() };
    about(decoder, &mut table, &mut asset);
    table.finish(decoder);
    asset
}

/// What can be said of every kind of asset.
fn about(decoder: &mut Decoder<'_>, table: &mut Table<'_>, asset: &mut AssetConfig) {
    asset.name = table.text(decoder, "name");
    asset.team = table.text(decoder, "team");
    asset.exposure = exposure(decoder, table);
    asset.tier = tier(decoder, table);
    asset.ring = table.text(decoder, "ring");
    asset.labels = table.texts(decoder, "labels");
}

/// `exposure`: who can reach it.
pub(crate) fn exposure(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Option<Exposure> {
    let node = table.optional("exposure")?;
    decoder.word(node, &["internal", "internet"], |word| match word {
        "internal" => Some(Exposure::Internal),
        "internet" => Some(Exposure::Internet),
        _ => None,
    })
}

/// `tier`: from 1, the most important, to 5.
pub(crate) fn tier(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Option<u8> {
    let node = table.optional("tier")?;
    decoder.integer(node, 1..=5).and_then(|tier| u8::try_from(tier).ok())
}

fn host(decoder: &mut Decoder<'_>, node: &Node) -> HostConfig {
    let Some(mut table) = decoder.map(node) else { return HostConfig::default() };
    let mut host = HostConfig::default();
    about(decoder, &mut table, &mut host.asset);
    host.baseline = named(decoder, table.optional("baseline"), "baseline", "devsec-ssh");
    host.practice = named(decoder, table.optional("practice"), "practice", "nightly");
    host.logs = logs(decoder, table.optional("logs"));
    host.confirm_seconds = table
        .optional("confirm_seconds")
        .and_then(|node| decoder.integer(node, 1..=3600))
        .and_then(|seconds| u32::try_from(seconds).ok());
    host.walk = table.optional("walk").and_then(|node| decoder.boolean(node)).unwrap_or(false);
    host.settings = settings::read(decoder, table.optional("settings"));
    rings(decoder, table.optional("rings"), &mut host);
    table.finish(decoder);
    host
}

fn hosts(decoder: &mut Decoder<'_>, node: &Node) -> HostsConfig {
    let Some(mut table) = decoder.map(node) else { return HostsConfig::default() };
    let mut number = |name: &'static str, range| {
        let node = table.optional(name)?;
        decoder.integer(node, range).and_then(|number| u32::try_from(number).ok())
    };
    let hosts = HostsConfig {
        every_minutes: number("every_minutes", 5..=10_080),
        at_once: number("at_once", 1..=64),
        timeout_seconds: number("timeout_seconds", 5..=600),
        binary: None,
    };
    let binary = table.optional("binary");
    let hosts = HostsConfig { binary: binary.and_then(|node| binary_of(decoder, node)), ..hosts };
    table.finish(decoder);
    hosts
}

/// The program that goes along: no folder is looked through for it, and none of a tree is meant.
fn binary_of(decoder: &mut Decoder<'_>, node: &Node) -> Option<String> {
    let text = decoder.text(node)?;
    if text.starts_with('/') {
        return Some(text.to_owned());
    }
    let message = format!("`{}` does not say where the program is", text.escape_debug());
    decoder.refuse("rule-value", node, message, "write the whole path, from `/`");
    None
}

/// The name of a rule, which is the id of its file.
fn named(
    decoder: &mut Decoder<'_>,
    node: Option<&Node>,
    kind: &str,
    example: &str,
) -> Option<String> {
    let node = node?;
    let text = decoder.text(node)?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if text.split('-').all(|part| !part.is_empty() && part.chars().all(plain)) {
        return Some(text.to_owned());
    }
    let help = format!(
        "write the id of one, such as \"{example}\"; list them: holdfast rules list --kind {kind}"
    );
    decoder.refuse("rule-value", node, format!("`{text}` is no name of a {kind}"), help);
    None
}

/// `[host.rings]`: hosts by their address, and the ring of each.
fn rings(decoder: &mut Decoder<'_>, node: Option<&Node>, host: &mut HostConfig) {
    let Some(table) = node.and_then(|node| decoder.map(node)) else { return };
    for (name, value) in table.pairs() {
        let Some(text) = decoder.text(name) else { continue };
        let target = match Target::parse(text) {
            Some(Target::Local) => {
                let help = "write `ring` under `[host]`";
                decoder.refuse("rule-value", name, "this host has its ring elsewhere", help);
                continue;
            }
            Some(target) => target,
            None => {
                let help = "write \"root:/path\" or \"ssh://host\", in quotes";
                decoder.refuse("rule-value", name, format!("`{text}` names no host"), help);
                continue;
            }
        };
        if host.rings.iter().any(|(one, _)| *one == target) {
            let message = format!("`{target}` stands twice");
            decoder.refuse("rule-value", name, message, "remove one of the two");
            continue;
        }
        let Some(ring) = decoder.text(value) else { continue };
        host.rings.push((target, ring.to_owned()));
        host.rings_at.push(name.place.clone());
    }
}

fn logs(decoder: &mut Decoder<'_>, node: Option<&Node>) -> Vec<String> {
    let mut logs = Vec::new();
    for item in node.and_then(|node| decoder.list(node)).unwrap_or_default() {
        let Some(text) = decoder.text(item) else { continue };
        if text.starts_with('/') {
            logs.push(text.to_owned());
        } else {
            let message = format!("`{text}` does not say where the logs are");
            decoder.refuse("rule-value", item, message, "write the whole path, from `/`");
        }
    }
    logs
}

fn advisories(decoder: &mut Decoder<'_>, node: &Node) -> AdvisoriesConfig {
    let Some(mut table): Option<Table<'_>> = decoder.map(node) else {
        return AdvisoriesConfig::default();
    };
    let advisories = AdvisoriesConfig {
        sources: table.texts(decoder, "sources"),
        kev: table.text(decoder, "kev"),
        epss: table.text(decoder, "epss"),
        max_age_days: table
            .optional("max_age_days")
            .and_then(|node| decoder.integer(node, 1..=3650))
            .and_then(|days| u32::try_from(days).ok()),
        refresh_hours: table
            .optional("refresh_hours")
            .and_then(|node| decoder.integer(node, 1..=720))
            .and_then(|hours| u32::try_from(hours).ok()),
        private: table
            .optional("private")
            .and_then(|node| decoder.boolean(node))
            .unwrap_or_default(),
    };
    table.finish(decoder);
    advisories
}

fn statements(decoder: &mut Decoder<'_>, node: &Node) -> StatementsConfig {
    let Some(mut table) = decoder.map(node) else { return StatementsConfig::default() };
    let statements = StatementsConfig {
        authors: table.texts(decoder, "authors"),
        products: table.texts(decoder, "products"),
    };
    table.finish(decoder);
    statements
}

/// Keys lie under `.holdfast/`, as all rules by which a tree is judged: a change cannot bring its own.
fn attestations(decoder: &mut Decoder<'_>, node: &Node) -> AttestationsConfig {
    let mut attestations = AttestationsConfig::default();
    let Some(mut table) = decoder.map(node) else { return attestations };
    let keys = table.optional("keys").and_then(|node| decoder.list(node));
    for item in keys.unwrap_or_default() {
        let Some(text) = decoder.text(item) else { continue };
        if is_inside(text) {
            attestations.keys.push(text.to_owned());
        } else {
            let message = format!("`{text}` is no file under `.holdfast/`");
            let help = "keep the public key in a file such as \".holdfast/keys/build.pem\"";
            decoder.refuse("rule-value", item, message, help);
        }
    }
    table.finish(decoder);
    attestations
}

/// Whether a path lies under `.holdfast/`.
fn is_inside(path: &str) -> bool {
    path.starts_with(".holdfast/") && path.split('/').all(|part| part != "..")
}

fn feeds(decoder: &mut Decoder<'_>, node: &Node) -> FeedsConfig {
    let Some(mut table) = decoder.map(node) else { return FeedsConfig::default() };
    let feeds = FeedsConfig { own: table.texts(decoder, "own") };
    table.finish(decoder);
    feeds
}

/// A preset's name is one word. A path must lie under `.holdfast/`, where `--base` looks for it.
fn appetite(decoder: &mut Decoder<'_>, node: &Node) -> Option<String> {
    let text = decoder.text(node)?;
    let is_path = text.contains(['/', '\\', '.']);
    if is_path && !is_inside(text) {
        decoder.refuse(
            "rule-value",
            node,
            format!("`{text}` is no preset's name and no file under `.holdfast/`"),
            "write a preset such as \"standard\", or a path such as \".holdfast/appetite.yaml\"",
        );
        return None;
    }
    Some(text.to_owned())
}

fn exclude(decoder: &mut Decoder<'_>, node: &Node) -> Vec<String> {
    let mut patterns = Vec::new();
    for item in decoder.list(node).unwrap_or_default() {
        let Some(text) = decoder.text(item) else { continue };
        let outside = text.starts_with('/') || text.split('/').any(|part| part == "..");
        let everything = text.chars().all(|c| matches!(c, '*' | '?' | '/' | '.'));
        if outside {
            let message = format!("`{text}` does not lie inside the folder");
            let help = "write folders relative to this file, such as \"vendor/\"";
            decoder.refuse("rule-value", item, message, help);
        } else if text.starts_with('!') {
            let message = format!("`{text}` would take a folder back in");
            let help = "name only folders that are to be left out, such as \"vendor/\"";
            decoder.refuse("rule-value", item, message, help);
        } else if everything {
            let message = format!("`{text}` would leave out everything");
            let help = "name the folders that are to be left out, such as \"vendor/\"";
            decoder.refuse("rule-value", item, message, help);
        } else {
            patterns.push(text.to_owned());
        }
    }
    patterns
}

/// The name of a time zone, as it is known by.
pub fn time_zone(decoder: &mut Decoder<'_>, node: &Node) -> Option<String> {
    let text = decoder.text(node)?;
    // The bundled zones, not the machine's: reading files is not this room's business.
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    if let Ok(zone) = zones.get(text) {
        return Some(zone.iana_name().unwrap_or(text).to_owned());
    }
    let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
    let near = crate::suggest(text, names.iter().map(String::as_str));
    let help = near.map_or_else(
        || "write a name such as \"Europe/Berlin\" or \"UTC\"".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    decoder.refuse("rule-value", node, format!("`{text}` is no time zone"), help);
    None
}
