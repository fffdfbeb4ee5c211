//! Which asset of ours a report speaks of, and by what we know. Ambiguity is shown, never guessed.
//!
//! Hosts are known by machine id, agent id, cloud instance id, firmware UUID, MAC address, address
//! at the time, full name, in that order: the first that both sides have decides. Repositories
//! and folders are known by origin, by path, or by the files that a report names.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use holdfast_model::{
    Asset, AssetId, AssetKind, ForeignLocus, Named, Problem, Standing, Target, Timestamp,
};
use holdfast_rulefile::config::AssetConfig;
use holdfast_store::Store;
use holdfast_world::{Kind, World, normal_origin};

use super::identity::{self, points_at_one, tells};
use super::read::{Read, Subject};
use crate::failure::Failure;
use crate::sensors::{self, Folder};
use crate::services::Inventory;
use crate::settings::Settings;
use crate::{host, record};

/// For how long an address that a report names still means the same machine: a day, in
/// milliseconds.
const ADDRESS_MS: i64 = 86_400_000;
/// How many files of a report are looked for in the folder.
const SAMPLE: usize = 50;

/// Everything of ours that a report may mean.
pub(super) struct Ours<'a> {
    world: &'a World,
    folder: &'a Folder,
    /// The folder that we stand in.
    here: Asset,
    /// This machine.
    machine: Asset,
    identity: Named,
    /// What the record knows.
    recorded: Vec<Asset>,
    /// The services that assets of reports may belong to.
    services: Inventory,
    /// Scanners that spoke of the folder before.
    spoke: BTreeSet<Arc<str>>,
    now: Timestamp,
}

/// An asset, and how we know that the report means it.
#[derive(Debug, Clone)]
pub(super) struct Joined {
    pub(super) asset: Asset,
    pub(super) standing: Standing,
    /// By what; `None` where it is an asset of the report's own.
    pub(super) by: Option<&'static str>,
    /// In words.
    pub(super) because: String,
    /// Whether something points at an asset of ours and something else away from it.
    pub(super) ambiguous: bool,
    /// What the report's paths begin with here, relative to the root.
    pub(super) below: String,
}

impl<'a> Ours<'a> {
    pub(super) fn of(
        world: &'a World,
        folder: &'a Folder,
        settings: &Settings,
        (recorded, services): (Vec<Asset>, Inventory),
    ) -> Self {
        let known =
            |own: Asset| recorded.iter().find(|asset| asset.id == own.id).cloned().unwrap_or(own);
        let here = known(sensors::identify(world, folder, &settings.config));
        let machine = known(host::identify(world, &Target::Local, &settings.config));
        let identity = identity::of_this_machine(world);
        let (spoke, now) = (BTreeSet::new(), world.clock.now());
        Self { world, folder, here, machine, identity, recorded, services, spoke, now }
    }

    /// Remembers an asset that a report just brought, for the next one.
    pub(super) fn learn(&mut self, asset: Asset) {
        if self.recorded.iter().all(|known| known.id != asset.id) {
            self.recorded.push(asset);
        }
    }

    /// Remembers which scanners of a report spoke of the folder that we stand in before.
    pub(super) async fn ask(&mut self, store: &Store, read: &Read) -> Result<(), Failure> {
        let (here, standing) = (&self.here.id, self.folder.standing());
        for subject in &read.subjects {
            let sensor = format!("import:{}", subject.scanner);
            let last = store.last_observation_by(here, standing, Some(&sensor)).await;
            if last.map_err(|error| record::ours(&error))?.is_some() {
                self.spoke.insert(Arc::clone(&subject.scanner));
            }
        }
        Ok(())
    }

    /// Whether this is the folder that we stand in.
    pub(super) fn is_here(&self, asset: &AssetId) -> bool {
        *asset == self.here.id
    }

    /// The asset that somebody named.
    ///
    /// # Errors
    ///
    /// Where there is none of that name, or several.
    pub(super) fn named(&self, name: &str) -> Result<Joined, Failure> {
        let all = [&self.here, &self.machine].into_iter().chain(&self.recorded);
        let mut fits: Vec<&Asset> =
            all.clone().filter(|asset| *asset.id.0 == *name || asset.name == name).collect();
        fits.sort_by(|a, b| a.id.cmp(&b.id));
        fits.dedup_by(|a, b| a.id == b.id);
        match fits.as_slice() {
            [one] => Ok(Joined {
                asset: (*one).clone(),
                standing: self.standing(one),
                by: Some("you"),
                because: format!("you said that it is about `{name}`"),
                ambiguous: false,
                below: String::new(),
            }),
            [] => {
                let message = format!("no asset is called `{name}`");
                let known = all.map(|asset| asset.name.as_str());
                let help = match holdfast_rulefile::suggest(name, known) {
                    Some(guess) => format!("did you mean `{guess}`?"),
                    None => "look at it once: holdfast up --once".to_owned(),
                };
                Err(Problem::new("unknown-asset", message).help(help).into())
            }
            several => {
                let message = format!("{} assets are called `{name}`", several.len());
                let ids: Vec<&str> = several.iter().map(|asset| &*asset.id.0).collect();
                let help = format!("use the id of one: {}", ids.join(", "));
                Err(Problem::new("ambiguous-asset", message).help(help).into())
            }
        }
    }

    fn standing(&self, asset: &Asset) -> Standing {
        match asset.kind {
            AssetKind::Host => Standing::Deployed,
            _ if asset.id == self.here.id => self.folder.standing(),
            _ => Standing::Trunk,
        }
    }

    /// The asset that a subject of a report is.
    pub(super) fn join(&self, subject: &Subject, at: Timestamp) -> Joined {
        let named = &subject.named;
        if named.artifact.is_empty() && speaks_of_a_host(subject) {
            self.host(subject, at)
        } else {
            self.artifact(subject)
        }
    }

    fn host(&self, subject: &Subject, at: Timestamp) -> Joined {
        // Our own reports call a host by its id.
        let ours = |asset: &&Asset| asset.kind == AssetKind::Host && *asset.id.0 == *subject.called;
        let mut all = [&self.machine].into_iter().chain(&self.recorded);
        if let Some(asset) = all.find(ours) {
            return Joined {
                asset: asset.clone(),
                standing: Standing::Deployed,
                by: Some("id"),
                because: "its id is that of a host here".to_owned(),
                ambiguous: false,
                below: String::new(),
            };
        }
        let fresh = self.now.0.saturating_sub(at.0) <= ADDRESS_MS;
        match compare(&self.identity, &subject.named, fresh) {
            Compared::Same { by, value } => Joined {
                asset: self.machine.clone(),
                standing: Standing::Deployed,
                by: Some(by),
                because: format!("its {by} `{value}` is this machine's"),
                ambiguous: false,
                below: String::new(),
            },
            Compared::Ambiguous(because) => self.own_host(subject, because, true),
            Compared::Other(because) => self.own_host(subject, because, false),
        }
    }

    /// A host of the report's own, known by the strongest thing that the report says of it.
    fn own_host(&self, subject: &Subject, because: String, ambiguous: bool) -> Joined {
        let named = &subject.named;
        let first = |list: &[Arc<str>]| list.first().cloned().unwrap_or_default();
        let macs: Vec<Arc<str>> = named.macs.iter().filter(|mac| tells(mac)).cloned().collect();
        let ways = [
            ("machine id", named.machine_id.clone()),
            ("agent id", named.agent_id.clone()),
            ("instance id", named.instance_id.clone()),
            ("firmware UUID", named.bios_uuid.clone()),
            ("MAC address", first(&macs)),
            ("full name", first(&named.full_names)),
            ("name", subject.called.to_lowercase().into()),
        ];
        let way = ways.into_iter().find(|(_, value)| !value.is_empty());
        let (by, value) = way.unwrap_or(("name", "unnamed".into()));
        let name = named.full_names.first().unwrap_or(&subject.called);
        let id = format!("host:report:{}:{value}", by.replace(' ', "-").to_lowercase());
        let (asset, known) = self.report_asset(id, AssetKind::Host, name);
        Joined {
            asset,
            standing: Standing::Deployed,
            by: known.then_some(by),
            because,
            ambiguous,
            below: String::new(),
        }
    }

    /// An asset that only reports know, and whether one before this did.
    fn report_asset(&self, id: String, kind: AssetKind, name: &str) -> (Asset, bool) {
        let id = AssetId(id.into());
        let recorded = self.recorded.iter().find(|asset| asset.id == id).cloned();
        let is_known = recorded.is_some();
        let new = || Asset::new(id, kind, name, self.machine.team.clone());
        let mut asset = recorded.unwrap_or_else(new);
        // Nobody but its service says anything of it: it is not this machine.
        self.services.complete(&mut asset, &AssetConfig::default());
        (asset, is_known)
    }

    fn artifact(&self, subject: &Subject) -> Joined {
        let artifact = subject.named.artifact.trim();
        let found = if artifact.is_empty() {
            self.by_files(subject)
        } else {
            self.by_origin(artifact).or_else(|| self.by_path(artifact))
        };
        if let Some((by, because, below)) = found {
            return Joined {
                asset: self.here.clone(),
                standing: self.folder.standing(),
                by: Some(by),
                because,
                ambiguous: false,
                below,
            };
        }
        let shown = if artifact.is_empty() { &*subject.scanner } else { artifact };
        let way = if artifact.is_empty() { "scanner" } else { "artifact" };
        let (asset, known) =
            self.report_asset(format!("{way}:report:{shown}"), AssetKind::Folder, shown);
        let because = if artifact.is_empty() {
            "the report does not say what it is about; say so: --asset NAME".to_owned()
        } else {
            format!("nothing here is `{artifact}`; if you know better: --asset NAME")
        };
        let by = known.then_some("artifact").filter(|_| !artifact.is_empty());
        let standing = Standing::Trunk;
        Joined { asset, standing, by, because, ambiguous: false, below: String::new() }
    }

    fn by_origin(&self, artifact: &str) -> Option<(&'static str, String, String)> {
        let own = self.folder.repository.as_ref()?.origin.as_deref()?;
        let theirs = normal_origin(artifact)?;
        let because = format!("its origin `{own}` is that of the folder we stand in");
        (theirs == own).then(|| ("origin", because, String::new()))
    }

    /// A path on this machine: the root of the folder that we stand in, or something in it.
    fn by_path(&self, artifact: &str) -> Option<(&'static str, String, String)> {
        let path = artifact.strip_prefix("file://").unwrap_or(artifact);
        let said = path.starts_with(['/', '.']);
        // `shop:7` is an image, and `shop` may be one.
        if path.contains(':') || (!said && !path.contains('/')) {
            return None;
        }
        let root = self.folder.root();
        let folder = self.world.root(Path::new(path)).ok();
        let whole = match &folder {
            Some(folder) => folder.path().to_owned(),
            None => self.world.here.join(path),
        };
        let below = whole.strip_prefix(root.path()).ok()?.to_str()?.to_owned();
        let there = folder.is_some() || root.metadata(&*below).is_ok();
        let because = format!("`{artifact}` is the folder we stand in, or part of it");
        // Of a single file, paths are those of the report.
        let below = if folder.is_some() { below } else { String::new() };
        there.then_some(("path", because, below))
    }

    /// A report that does not say what it is about is about this folder where every file that it
    /// names is here; where it names none, if the same scanner spoke of this folder before: so a
    /// report in which nothing is left to mend finds its place.
    fn by_files(&self, subject: &Subject) -> Option<(&'static str, String, String)> {
        let mut paths: Vec<&str> = subject.files().take(SAMPLE * SAMPLE).collect();
        paths.sort_unstable();
        paths.dedup();
        paths.truncate(SAMPLE);
        if paths.is_empty() {
            let because = format!(
                "it does not say what it is about; `{}` spoke of this folder before",
                subject.scanner
            );
            let before = self.spoke.contains(&subject.scanner);
            return before.then(|| ("scanner", because, String::new()));
        }
        let root = self.folder.root();
        let is_file = |path: &&str| {
            let path = self.relative(path);
            root.metadata(&*path).is_ok_and(|found| found.kind == Kind::File)
        };
        let all = paths.iter().all(is_file);
        let because = format!("every file that it names is here, {} of them", paths.len());
        all.then(|| ("files", because, String::new()))
    }

    /// A path as the folder that we stand in has it.
    pub(super) fn relative(&self, path: &str) -> String {
        let path = path.strip_prefix("file://").unwrap_or(path);
        let root = self.folder.root().path();
        match Path::new(path).strip_prefix(root).ok().and_then(Path::to_str) {
            Some(inside) => inside.to_owned(),
            None => path.to_owned(),
        }
    }
}

/// Whether something is said by which hosts are known, or a port of one is named.
pub(super) fn speaks_of_a_host(subject: &Subject) -> bool {
    let named = &subject.named;
    let ids = [&named.machine_id, &named.agent_id, &named.instance_id, &named.bios_uuid];
    let lists = [&named.macs, &named.addresses, &named.full_names];
    let port = |locus: &ForeignLocus| matches!(locus, ForeignLocus::Port { .. });
    subject.host
        || ids.iter().any(|id| !id.is_empty())
        || lists.iter().any(|list| !list.is_empty())
        || subject.items.iter().any(|item| port(&item.locus))
}

/// What a comparison of two identities says.
#[derive(Debug, PartialEq, Eq)]
enum Compared {
    Same { by: &'static str, value: Arc<str> },
    Ambiguous(String),
    Other(String),
}

/// Compares what is known of this machine with what a report says, strongest first. Where a strong
/// id contradicts, nothing weaker may join.
fn compare(own: &Named, theirs: &Named, fresh: bool) -> Compared {
    let ids = [
        ("machine id", &own.machine_id, &theirs.machine_id, true),
        // A host may have agents of several servers.
        ("agent id", &own.agent_id, &theirs.agent_id, false),
        ("instance id", &own.instance_id, &theirs.instance_id, true),
        ("firmware UUID", &own.bios_uuid, &theirs.bios_uuid, true),
    ];
    let mut against = None;
    for (by, ours, said, decides) in ids {
        if ours.is_empty() || said.is_empty() {
            continue;
        }
        if same_id(ours, said) {
            return match against {
                None => Compared::Same { by, value: Arc::clone(said) },
                Some(other) => Compared::Ambiguous(both(by, other)),
            };
        }
        if decides {
            against.get_or_insert(by);
        }
    }
    let weaker = weaker(own, theirs, fresh);
    match (weaker, against) {
        (Some((by, value)), None) => {
            let names = !own.full_names.is_empty() && !theirs.full_names.is_empty();
            let foreign = names && shared(&own.full_names, &theirs.full_names).is_none();
            if by == "address" && foreign {
                return Compared::Ambiguous(both(by, "full name"));
            }
            Compared::Same { by, value }
        }
        (Some((by, _)), Some(other)) => Compared::Ambiguous(both(by, other)),
        (None, Some(by)) => Compared::Other(format!("its {by} is not this machine's")),
        (None, None) => Compared::Other("it matches nothing that was looked at here".into()),
    }
}

fn both(by: &str, other: &str) -> String {
    format!("its {by} is this machine's and its {other} is not: nobody can say which is right")
}

fn weaker(own: &Named, theirs: &Named, fresh: bool) -> Option<(&'static str, Arc<str>)> {
    let macs: Vec<Arc<str>> = own.macs.iter().filter(|mac| tells(mac)).cloned().collect();
    if let Some(mac) = shared(&macs, &theirs.macs) {
        return Some(("MAC address", mac));
    }
    let one =
        |address: &Arc<str>| address.parse::<IpAddr>().is_ok_and(|address| points_at_one(&address));
    let addresses: Vec<Arc<str>> = own.addresses.iter().filter(|text| one(text)).cloned().collect();
    if let Some(address) = shared(&addresses, &theirs.addresses).filter(|_| fresh) {
        return Some(("address", address));
    }
    shared(&own.full_names, &theirs.full_names).map(|name| ("full name", name))
}

fn shared(own: &[Arc<str>], theirs: &[Arc<str>]) -> Option<Arc<str>> {
    theirs.iter().find(|one| own.iter().any(|known| known.eq_ignore_ascii_case(one))).cloned()
}

/// Whether two ids are the same, whatever their case and hyphens; firmware UUIDs also with the
/// first three groups in the other byte order (SMBIOS 2.6 and later, section 7.2.1).
fn same_id(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect()
    };
    let (one, other) = (plain(one), plain(other));
    one == other || swapped(&one).is_some_and(|swapped| swapped == other)
}

fn swapped(uuid: &str) -> Option<String> {
    if uuid.len() != 32 || !uuid.is_ascii() {
        return None;
    }
    let pairs: Vec<&str> = (0..16).filter_map(|at| uuid.get(at * 2..at * 2 + 2)).collect();
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    Some(order.iter().filter_map(|at| pairs.get(*at).copied()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> Vec<Arc<str>> {
        texts.iter().map(|text| (*text).into()).collect()
    }

    fn ours() -> Named {
        Named {
            machine_id: "0123".into(),
            bios_uuid: "564d1c5a-1234-5678-90ab-aabbccddeeff".into(),
            macs: list(&["00:50:56:81:01:e3", "02:42:ac:11:00:02"]),
            addresses: list(&["10.1.2.3", "127.0.0.1"]),
            full_names: list(&["web1.shop.example"]),
            ..Named::default()
        }
    }

    fn by(theirs: &Named, fresh: bool) -> &'static str {
        match compare(&ours(), theirs, fresh) {
            Compared::Same { by, .. } => by,
            Compared::Ambiguous(_) => "ambiguous",
            Compared::Other(_) => "other",
        }
    }

    #[test]
    fn the_strongest_thing_that_both_know_decides() {
        let machine = Named { machine_id: "0123".into(), ..ours() };
        assert_eq!(by(&machine, true), "machine id");
        let firmware = Named { machine_id: "".into(), ..ours() };
        assert_eq!(by(&firmware, true), "firmware UUID");
        let swapped =
            Named { bios_uuid: "5A1C4D56-3412-7856-90AB-AABBCCDDEEFF".into(), ..Named::default() };
        assert_eq!(by(&swapped, true), "firmware UUID");
        let mac = Named { macs: list(&["00:50:56:81:01:e3"]), ..Named::default() };
        assert_eq!(by(&mac, true), "MAC address");
        let name = Named { full_names: list(&["Web1.shop.example"]), ..Named::default() };
        assert_eq!(by(&name, true), "full name");
        assert_eq!(by(&Named::default(), true), "other");
    }

    #[test]
    fn an_address_means_a_machine_only_for_a_while() {
        let address = Named { addresses: list(&["10.1.2.3"]), ..Named::default() };
        assert_eq!((by(&address, true), by(&address, false)), ("address", "other"));
        let loopback = Named { addresses: list(&["127.0.0.1"]), ..Named::default() };
        assert_eq!(by(&loopback, true), "other");
        let elsewhere = Named { full_names: list(&["db.shop.example"]), ..address };
        assert_eq!(by(&elsewhere, true), "ambiguous");
    }

    #[test]
    fn what_contradicts_is_never_guessed() {
        let copy = Named { bios_uuid: "aaaa".into(), ..ours() };
        assert_eq!(by(&Named { machine_id: "".into(), ..copy.clone() }, true), "ambiguous");
        assert_eq!(by(&copy, true), "machine id");
        let other = Named { machine_id: "9999".into(), ..Named::default() };
        assert_eq!(by(&other, true), "other");
        let docker = Named { macs: list(&["02:42:ac:11:00:02"]), ..Named::default() };
        assert_eq!(by(&docker, true), "other");
    }
}
