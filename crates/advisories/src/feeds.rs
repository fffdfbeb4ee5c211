//! Is the way to a package dangerous, whatever the package is?
//!
//! Knows what makes somebody else's package win over one's own: several feeds for one name, names
//! that nothing binds to a feed, feeds and files that nobody checks, names that differ by a slip.
//! It must not know files or formats: whoever calls it has read the configuration and the lockfile.
//!
//! A public feed is never named here: what a configuration does not name is the tool's own default,
//! and where nothing is configured, the feed of most packages of a lockfile is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{
    Component, Ecosystem, FeedRole, FeedSource, Origin, Place, Severity, host_of,
};

mod own;
mod slip;
#[cfg(test)]
mod tests;

pub use own::{OwnNames, misspelt};

/// One kind of risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its stable name, which findings carry as their weakness.
    pub id: &'static str,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// Several feeds are asked for one name, and the highest version wins.
pub const MIXED: Kind = Kind {
    id: "feed-mixed",
    title: "several feeds are asked for every name, and the highest version wins",
    why: "Whoever publishes a higher version under the name of one of your own packages in the \
          other feed is believed; that is all it takes to run their code.",
    help: "ask one feed that passes others on, or bind your own names to their feed",
};
/// A name of one's own that nothing binds to one's own feed.
pub const UNBOUND: Kind = Kind {
    id: "feed-unbound",
    title: "a package of your own is asked for at a feed where anybody may publish",
    why: "Nothing says that this name belongs to you: somebody else may publish it there, and \
          then it is theirs that is installed.",
    help: "bind the name or its scope to your own feed in the tool's configuration",
};
/// A lockfile that names a host which nothing configures, or another than the name is bound to.
pub const ELSEWHERE: Kind = Kind {
    id: "feed-elsewhere",
    title: "a lockfile takes packages from a feed that nothing here configures for them",
    why: "A changed address in a lockfile is easily overlooked in a review, and its packages are \
          installed like all others.",
    help: "lock again with the feed that is configured, or configure the one that is meant",
};
/// Packages without a checksum.
pub const UNCHECKED_FILES: Kind = Kind {
    id: "feed-no-checksum",
    title: "a lockfile pins packages without a checksum",
    why: "What the feed answers today need not be what it answered when the file was written, and \
          nobody would notice.",
    help: "let the tool write the lockfile anew, with checksums",
};
/// A feed whose answers anybody on the way may change.
pub const UNCHECKED: Kind = Kind {
    id: "feed-unchecked",
    title: "a feed is asked without checking who answers",
    why: "Anybody between here and there can answer in its place.",
    help: "use an https address, and leave the checks of certificates and checksums on",
};
/// A name that is one slip away from one's own.
pub const LOOKALIKE: Kind = Kind {
    id: "feed-lookalike",
    title: "a package is named almost like one of your own, or like one that everybody here uses",
    why: "Names that differ by one letter are published in the hope that somebody mistypes.",
    help: "look whether the name is what was meant; if it is, accept this finding",
};

/// Every kind.
pub const KINDS: &[Kind] = &[ELSEWHERE, LOOKALIKE, MIXED, UNCHECKED_FILES, UNBOUND, UNCHECKED];

/// A risk at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// Which.
    pub kind: Kind,
    /// The headline.
    pub title: String,
    /// How soon it should be mended.
    pub severity: Severity,
    /// Why so soon, in words.
    pub because: String,
    /// What in the file is meant: a host, a name. Part of the finding's identity.
    pub item: String,
    /// Where it stands.
    pub place: Place,
}

/// What is known around one lockfile or manifest.
pub struct Around<'a> {
    /// The feeds that are configured for its ecosystem, at or above its folder.
    pub sources: Vec<&'a FeedSource>,
    /// Names of the organisation's own packages.
    pub own: &'a OwnNames,
}

/// How many names a headline lists.
const NAMED: usize = 3;

/// What is dangerous about a feed's configuration. `in_use` are the components of its ecosystem at
/// and below its folder.
pub fn of_source(source: &FeedSource, around: &Around<'_>, in_use: &[&Component]) -> Vec<Risk> {
    let mut risks = Vec::new();
    // One that is asked only for names that say so is asked for no other name.
    let others = around.sources.iter().any(|other| {
        other.place != source.place
            && other.address != source.address
            && (other.names.is_empty() || other.role == FeedRole::Instead)
            && other.role != FeedRole::Named
    });
    let replaced = around.sources.iter().any(|other| other.role == FeedRole::Instead);
    let mixes = match source.role {
        // Besides the tool's own default, where nothing replaced it.
        FeedRole::Besides => others || !replaced,
        FeedRole::Before => others,
        FeedRole::Instead | FeedRole::Named => false,
    };
    if mixes && source.names.is_empty() {
        let own: BTreeSet<&str> = in_use
            .iter()
            .filter(|one| around.is_loose(one))
            .map(|component| &*component.name)
            .collect();
        let first = source.role == FeedRole::Before;
        // Where the first one wins, only names of one's own can be taken.
        if !first || !own.is_empty() {
            risks.push(mixed(source, &own, around.own));
        }
    }
    let plain = source.address.as_deref().is_some_and(is_plain);
    if source.unchecked || plain {
        let how = if plain { "unencrypted" } else { "without checking who answers" };
        risks.push(Risk {
            kind: UNCHECKED,
            title: format!("{} is asked {how}", shown(source)),
            severity: Severity::Soon,
            because: "anybody on the way can answer in its place".to_owned(),
            item: item(source).to_owned(),
            place: source.place.clone(),
        });
    }
    risks
}

/// A feed as headlines show it.
fn shown(source: &FeedSource) -> String {
    match &source.address {
        Some(address) => format!("`{address}`"),
        None => "the tool's own default feed".to_owned(),
    }
}

/// A feed as findings know it.
fn item(source: &FeedSource) -> &str {
    source.address.as_deref().unwrap_or("default")
}

fn mixed(source: &FeedSource, own: &BTreeSet<&str>, names: &OwnNames) -> Risk {
    let wins =
        if source.role == FeedRole::Before { "the first answer" } else { "the highest version" };
    let feed = shown(source);
    let mut title = format!("{feed} is one of several feeds for every name, and {wins} wins");
    let (severity, because) = if own.is_empty() {
        (Severity::Soon, "no package of your own is known to be asked for".to_owned())
    } else {
        title = format!("{title}: {} could be anybody's", listed(own));
        let by = own.iter().find_map(|name| {
            let asset = names.published_by(&source.ecosystem, name)?;
            Some(format!("; {asset} publishes `{name}`"))
        });
        let by = by.unwrap_or_default();
        (Severity::Now, format!("{} of your own is asked for{by}", listed(own)))
    };
    let (item, place) = (item(source).to_owned(), source.place.clone());
    Risk { kind: MIXED, title, severity, because, item, place }
}

/// What is dangerous about what a lockfile or manifest holds.
pub fn of_document(around: &Around<'_>, components: &[Component]) -> Vec<Risk> {
    let mut risks = Vec::new();
    elsewhere(around, components, &mut risks);
    no_checksum(components, &mut risks);
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    for component in components.iter().filter(|one| matches!(one.origin, Origin::Feed(_))) {
        if around.own.holds(&component.ecosystem, &component.name) {
            let default = !around.sources.iter().any(|other| other.role == FeedRole::Instead);
            let mut fresh = || told.insert((UNBOUND.id, &component.name));
            // Where another feed is mixed in, its own line is told of; one that is asked before the
            // default answers for one's own names.
            let mixed = around.sources.iter().any(|other| match other.role {
                FeedRole::Besides => true,
                FeedRole::Before => other.address.is_some(),
                FeedRole::Instead | FeedRole::Named => false,
            });
            let taken = around.is_taken_away(component);
            if (taken || (default && !mixed && around.is_loose(component))) && fresh() {
                risks.push(unbound(component, around.own, taken));
            }
        } else if let Some(own) = around.own.lookalike(&component.ecosystem, &component.name)
            && told.insert((LOOKALIKE.id, &component.name))
        {
            risks.push(lookalike(component, own));
        } else if let Some((used, assets)) =
            around.own.misspelt(&component.ecosystem, &component.name)
            && told.insert((LOOKALIKE.id, &component.name))
        {
            risks.push(misspelling(component, used, assets));
        }
    }
    risks
}

fn lookalike(component: &Component, own: &str) -> Risk {
    Risk {
        kind: LOOKALIKE,
        title: format!("`{}` is one slip away from your own `{own}`", component.name),
        severity: Severity::Soon,
        because: "it is not one of your own".to_owned(),
        item: component.name.to_string(),
        place: component.place.clone(),
    }
}

fn misspelling(component: &Component, used: &str, assets: u64) -> Risk {
    Risk {
        kind: LOOKALIKE,
        title: format!("`{}` is one slip away from `{used}`", component.name),
        severity: Severity::Soon,
        because: format!("nobody else uses it, and at least {assets} others use `{used}`"),
        item: component.name.to_string(),
        place: component.place.clone(),
    }
}

/// `taken`: a feed is bound to the name, but another one is asked for it as well or instead.
fn unbound(component: &Component, own: &OwnNames, taken: bool) -> Risk {
    let by = own.published_by(&component.ecosystem, &component.name);
    let by = by.map(|asset| format!("; {asset} publishes it")).unwrap_or_default();
    let (severity, because) = if taken {
        (Severity::Now, "the most exact pattern for its name is not that of one feed for it alone")
    } else {
        (Severity::Soon, "the default feed is asked for it")
    };
    Risk {
        kind: UNBOUND,
        title: format!("`{}` is your own, and nothing binds its name to your feed", component.name),
        severity,
        because: format!("{because}{by}"),
        item: component.name.to_string(),
        place: component.place.clone(),
    }
}

impl<'a> Around<'a> {
    /// The feeds that alone are asked for some names. Composer's lockfiles name where an
    /// installation is counted, which need not be where a package comes from.
    fn bound(&self) -> Vec<&'a FeedSource> {
        let binds = |source: &&&FeedSource| {
            !source.names.is_empty() && source.ecosystem.family() != Ecosystem::COMPOSER
        };
        self.sources.iter().filter(binds).copied().collect()
    }

    /// Whether a component is one's own and no feed alone is asked for its name.
    fn is_loose(&self, component: &Component) -> bool {
        let bound = |source: &&FeedSource| {
            let ecosystem = &component.ecosystem;
            source.names.iter().any(|pattern| own::binds(ecosystem, pattern, &component.name))
        };
        matches!(component.origin, Origin::Feed(_))
            && self.own.holds(&component.ecosystem, &component.name)
            && !self.sources.iter().any(bound)
            && !self.is_locked_to_its_own(component)
    }

    /// Whether Cargo's lockfile names a registry that is configured beside the default: a dependency
    /// says itself which one it is asked of, and no other ever is.
    fn is_locked_to_its_own(&self, component: &Component) -> bool {
        let Origin::Feed(Some(locked)) = &component.origin else { return false };
        component.ecosystem.family() == Ecosystem::CARGO
            && self.sources.iter().any(|source| {
                source.role == FeedRole::Named
                    && source.address.as_deref().is_some_and(|own| index(own) == index(locked))
            })
    }

    /// Whether a feed is bound to a name of `NuGet`, but not the only one that is asked for it: of the
    /// patterns of a file the most exact one decides, and all feeds that have it are asked ("Package
    /// Source Mapping"). A feed that is asked for everything else is nobody's own beside one that
    /// covers the name too.
    fn is_taken_away(&self, component: &Component) -> bool {
        if component.ecosystem.family() != Ecosystem::NUGET {
            return false;
        }
        let mut covering = Vec::new();
        for source in self.sources.iter().copied() {
            for pattern in &source.names {
                if own::binds(&component.ecosystem, pattern, &component.name) {
                    let front = pattern.trim_end_matches('*');
                    covering.push(((front.len(), front.len() == pattern.len()), source));
                }
            }
        }
        let most = covering.iter().map(|(exact, _)| *exact).max();
        covering.iter().filter(|(exact, _)| Some(*exact) == most).any(|(_, one)| {
            covering.iter().any(|(exact, other)| {
                other.place.path == one.place.path
                    && other.address != one.address
                    && (Some(*exact) == most || one.role == FeedRole::Instead)
            })
        })
    }
}

/// The address of an index of Cargo, which its lockfiles write with its kind before it.
fn index(address: &str) -> &str {
    address.strip_prefix("registry+").unwrap_or(address).trim_end_matches('/')
}

/// The host that a component says it comes from.
fn host(component: &Component) -> Option<String> {
    match &component.origin {
        Origin::Feed(Some(address)) => host_of(address),
        _ => None,
    }
}

/// The pattern that binds a component to a feed, and the feed, where `host` is that of no feed to
/// which it is bound.
fn bound_elsewhere<'s>(
    bound: &[&'s FeedSource],
    component: &Component,
    host: &str,
) -> Option<(&'s str, &'s FeedSource)> {
    let mut first = None;
    for source in bound.iter().copied() {
        let covers =
            |pattern: &&Arc<str>| own::binds(&component.ecosystem, pattern, &component.name);
        let Some(pattern) = source.names.iter().find(covers) else { continue };
        // Of a folder nobody knows which host a tool would write.
        if source.host().is_none_or(|own| own == host) {
            return None;
        }
        first.get_or_insert((&**pattern, source));
    }
    first
}

/// Packages of a bound name from a host that is not that of its feed: whoever publishes the name
/// there is believed.
fn another_host(
    pattern: &str,
    host: &str,
    source: &FeedSource,
    all: &[&Component],
) -> Option<Risk> {
    let names: BTreeSet<&str> = all.iter().map(|one| &*one.name).collect();
    let own = source.host()?;
    Some(Risk {
        kind: ELSEWHERE,
        title: format!("{} from `{host}`, although `{pattern}` belongs to `{own}`", comes(&names)),
        severity: Severity::Now,
        because: format!("`{pattern}` is bound to `{own}`"),
        item: format!("{pattern} {host}"),
        place: all.first()?.place.clone(),
    })
}

/// Packages from hosts that are neither configured nor, where nothing is, those of most packages,
/// and packages of bound names from another host than that of their feed.
fn elsewhere(around: &Around<'_>, components: &[Component], risks: &mut Vec<Risk>) {
    let mut by_host: BTreeMap<String, Vec<&Component>> = BTreeMap::new();
    let bound = around.bound();
    let mut led_away: BTreeMap<(&str, String), (&FeedSource, Vec<&Component>)> = BTreeMap::new();
    // Most lockfiles name one feed in all packages, one after the other.
    for together in components.chunk_by(|one, next| one.origin == next.origin) {
        let Some(host) = together.first().and_then(host) else { continue };
        if bound.is_empty() {
            by_host.entry(host).or_default().extend(together);
            continue;
        }
        for one in together {
            if let Some((pattern, source)) = bound_elsewhere(&bound, one, &host) {
                let group = led_away.entry((pattern, host.clone()));
                group.or_insert_with(|| (source, Vec::new())).1.push(one);
            } else {
                by_host.entry(host.clone()).or_default().push(one);
            }
        }
    }
    risks.extend(
        led_away.iter().filter_map(|((pattern, host), (source, all))| {
            another_host(pattern, host, source, all)
        }),
    );
    let configured: BTreeSet<String> =
        around.sources.iter().filter_map(|source| source.host()).collect();
    // Cargo writes the name of the default into its lockfile whatever replaces it, and a folder in
    // place of a feed has no host that could be written.
    let replaces = |source: &&FeedSource| {
        source.role == FeedRole::Instead
            && source.host().is_some()
            && source.ecosystem.family() != Ecosystem::CARGO
    };
    let replaced = around.sources.iter().any(replaces);
    let most = by_host.iter().max_by_key(|(_, all)| all.len()).map(|(host, _)| host.clone());
    // The default is not named anywhere: what most packages name is taken for it.
    let default = most.filter(|_| !replaced);
    for (host, all) in &by_host {
        if configured.contains(host) || default.as_ref() == Some(host) {
            continue;
        }
        let Some(first) = all.first() else { continue };
        let names: BTreeSet<&str> = all.iter().map(|one| &*one.name).collect();
        risks.push(Risk {
            kind: ELSEWHERE,
            title: format!("{} from `{host}`, which nothing here configures", comes(&names)),
            severity: Severity::Soon,
            because: match &default {
                Some(default) => format!("most packages here come from `{default}`"),
                None => "another feed is configured".to_owned(),
            },
            item: host.clone(),
            place: first.place.clone(),
        });
    }
}

fn no_checksum(components: &[Component], risks: &mut Vec<Risk>) {
    let feed = || components.iter().filter(|one| matches!(one.origin, Origin::Feed(_)));
    let without: Vec<&Component> = feed().filter(|one| one.integrity == Some(false)).collect();
    let Some(first) = without.first() else { return };
    let others = feed().any(|one| one.integrity == Some(true));
    let names: BTreeSet<&str> = without.iter().map(|one| &*one.name).collect();
    let (severity, because) = if others {
        (Severity::Soon, "other packages of the same file have one")
    } else {
        (Severity::WhenYouCan, "no package of this file has one")
    };
    risks.push(Risk {
        kind: UNCHECKED_FILES,
        title: format!("{} pinned without a checksum", are(&names)),
        severity,
        because: because.to_owned(),
        item: String::new(),
        place: first.place.clone(),
    });
}

/// Unencrypted, and not to this machine itself.
fn is_plain(address: &str) -> bool {
    let rest = address.rsplit_once('+').map_or(address, |(_, rest)| rest);
    let here = |host: String| host == "localhost" || host == "::1" || host.starts_with("127.");
    rest.starts_with("http://") && !host_of(rest).is_some_and(here)
}

fn listed(names: &BTreeSet<&str>) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match names.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

fn comes(names: &BTreeSet<&str>) -> String {
    let verb = if names.len() == 1 { "comes" } else { "come" };
    format!("{} {verb}", listed(names))
}

fn are(names: &BTreeSet<&str>) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", listed(names))
}
