//! What a host needs and what it has, by names that mean the same on every host: the ecosystem, and
//! the source package with the version that mends it, as whoever published that counts; or the package
//! with the version that is installed.
//!
//! Pure. What a host lacks is its findings' to say; whether a version held, `decide`'s.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_advisories::version::compare;
use holdfast_decide::Practice;
use holdfast_decide::practice::{Ring, Soaked};
use holdfast_model::{Component, Ecosystem, Finding, Problem, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Hosts, Member, Remembered};
use crate::assess::UPDATE_PREFIX;
use crate::fix::host::{lifts, plain};
use crate::look::Look;

/// How the name of a source package begins, as Debian writes it.
const SOURCE: &str = "src:";

/// A package that a security update lifts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    /// The update: `Debian:12 src:glibc 2.36-9+deb12u3`.
    pub(crate) update: Arc<str>,
    /// The package: `Debian:12 libc6`.
    pub(crate) package: Arc<str>,
    /// Its name alone.
    pub(crate) name: Arc<str>,
    /// Whose versions they are.
    pub(crate) ecosystem: Ecosystem,
    /// The version that it has to reach.
    pub(crate) floor: Arc<str>,
}

/// What a finding needs.
pub(crate) fn needs(look: &Look, finding: &Finding) -> Result<Vec<Need>, Problem> {
    let own = finding.weakness.id.0.starts_with(UPDATE_PREFIX);
    let needs = lifts(look, finding)?.into_iter().map(|lift| {
        let component = lift.component;
        let ecosystem = component.ecosystem.clone();
        // What a host's own sources offer is a version of the binary package.
        let name = match component.source.as_ref().filter(|_| !own) {
            Some(source) => format!("{SOURCE}{}", source.name),
            None => component.name.to_string(),
        };
        Need {
            update: format!("{} {name} {}", ecosystem.as_str(), lift.fixed_in).into(),
            package: package(component),
            name: Arc::clone(&component.name),
            ecosystem,
            floor: lift.version,
        }
    });
    Ok(needs.collect())
}

fn package(component: &Component) -> Arc<str> {
    format!("{} {}", component.ecosystem.as_str(), component.name).into()
}

/// How a host stands to an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Every copy of the package is as new as that.
    There,
    /// Some copy is older, or nobody could see.
    Open,
    /// It is not for this host any more: the package is gone.
    Gone,
}

/// How a host stands to an update, by what was seen to be installed: that a finding is not there may
/// as well mean that nobody could look.
pub(crate) fn stand<'c>(installed: impl Iterator<Item = &'c Component>, update: &str) -> Stand {
    let mut parts = update.rsplitn(3, ' ');
    let (Some(fixed), Some(name), Some(ecosystem)) = (parts.next(), parts.next(), parts.next())
    else {
        return Stand::Gone;
    };
    let ecosystem = Ecosystem::new(ecosystem);
    let mut family =
        installed.filter(|one| one.ecosystem.family() == ecosystem.family()).peekable();
    if family.peek().is_none() {
        return Stand::Open;
    }
    // None where the host has another release by now.
    let all = family.filter(|one| one.ecosystem == ecosystem);
    let versions: Vec<Option<&Arc<str>>> = match name.strip_prefix(SOURCE) {
        Some(name) => all
            .filter_map(|one| one.source.as_ref())
            .filter(|source| *source.name == *name)
            .map(|source| Some(&source.version))
            .collect(),
        None => all.filter(|one| *one.name == *name).map(|one| one.version.as_ref()).collect(),
    };
    let enough = |version: Option<&Arc<str>>| {
        let order = version.and_then(|version| compare(&ecosystem, version, fixed));
        order.is_some_and(Ordering::is_ge)
    };
    match versions.as_slice() {
        [] => Stand::Gone,
        versions if versions.iter().copied().all(enough) => Stand::There,
        _ => Stand::Open,
    }
}

/// What is installed of a package somewhere, and since when that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// The newest version; `None` where it is not installed.
    pub(crate) version: Option<Arc<str>>,
    /// Since when.
    pub(crate) since: Timestamp,
}

/// Notes what is installed of packages that somebody lacks an update of.
pub(crate) fn note<'c>(
    held: &mut BTreeMap<Arc<str>, Held>,
    installed: impl Iterator<Item = &'c Component>,
    wanted: &BTreeSet<Arc<str>>,
    now: Timestamp,
) {
    let mut installed = installed.peekable();
    // Where nothing could be seen, what is known stays.
    if installed.peek().is_none() {
        return;
    }
    let mut found: BTreeMap<Arc<str>, &Component> = BTreeMap::new();
    for component in installed {
        let name = package(component);
        if !wanted.contains(&name) && !held.contains_key(&name) {
            continue;
        }
        let newest = found.entry(name).or_insert(component);
        if let (Some(one), Some(other)) = (&component.version, &newest.version)
            && compare(&component.ecosystem, one, other).is_some_and(Ordering::is_gt)
        {
            *newest = component;
        }
    }
    let names: BTreeSet<Arc<str>> = held.keys().chain(wanted).cloned().collect();
    for name in names {
        let version = found.get(&name).and_then(|component| component.version.clone());
        let known =
            held.entry(name).or_insert_with(|| Held { version: version.clone(), since: now });
        if known.version != version {
            *known = Held { version, since: now };
        }
    }
}

/// The version of a package that held in the ring before, which is what the next one gets. `None` where
/// no ring before has the package: then nobody could try it, and the newest comes.
pub(crate) fn version(
    practice: &Practice,
    ring: &Ring,
    (members, hosts): (&[Member], &Hosts),
    need: &Need,
    now: Timestamp,
) -> Result<Option<Arc<str>>, Soaked> {
    let before = practice.rings.iter().take_while(|one| one.name != ring.name);
    let before: Vec<&Ring> = before.collect();
    for one in before.into_iter().rev() {
        let after = || Soaked::After { ring: one.name.clone() };
        let mut installed = false;
        let mut best: Option<&Arc<str>> = None;
        let mut soonest: Option<Timestamp> = None;
        for member in members.iter().filter(|member| member.ring == one.name) {
            let host: Option<&Remembered> = hosts.get(&member.target.to_string());
            let held = host.and_then(|host| host.held.get(&need.package)).ok_or_else(after)?;
            let Some(version) = &held.version else { continue };
            installed = true;
            let order = |other: &str| compare(&need.ecosystem, version, other);
            // What another host says of itself is put into a script here.
            if !plain(version) || !order(&need.floor).is_some_and(Ordering::is_ge) {
                continue;
            }
            let at = one.soak.map_or(held.since, |soak| soak.after(held.since));
            if at > now {
                soonest = Some(soonest.map_or(at, |known| known.min(at)));
            } else if best.is_none_or(|best| order(best).is_some_and(Ordering::is_gt)) {
                best = Some(version);
            }
        }
        match (best, soonest) {
            (Some(version), _) => return Ok(Some(Arc::clone(version))),
            (None, Some(at)) => return Err(Soaked::At { at, ring: one.name.clone() }),
            // What they have is older: the newer one comes to them first.
            (None, None) if installed => return Err(after()),
            (None, None) => {}
        }
    }
    Ok(None)
}
