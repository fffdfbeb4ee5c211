//! What publishers say of their own releases: taken back, advised against, given up. None of it is a
//! vulnerability.
//!
//! Knows which releases a notice means and what it is called; must not know files.

use std::cmp::Ordering;

use holdfast_model::{Component, Informational, Notice, Weakness, WeaknessId};

use crate::version;

/// How the names of such weaknesses begin.
const PREFIXES: [&str; 3] = ["deprecated:", "unmaintained:", "yanked:"];

/// Whether a weakness is what a publisher says, and no feed.
pub fn is_notice(id: &WeaknessId) -> bool {
    PREFIXES.iter().any(|prefix| id.0.starts_with(prefix))
}

/// Whether a notice means this component: its package, and a release of those that it speaks of.
pub fn means(notice: &Notice, component: &Component) -> bool {
    let is_its = notice.ecosystem == component.ecosystem && notice.name == component.name;
    is_its && component.version.as_deref().is_some_and(|version| is_of(notice, version))
}

/// Whether a notice speaks of a release of its package: of one between the first and the last, both
/// included. One release alone is meant by its text.
pub fn is_of(notice: &Notice, version: &str) -> bool {
    // Go writes `v1.2.3` where advisories of its modules have `1.2.3`.
    let same = bare(&notice.first) == bare(version);
    if notice.first == notice.last || same {
        return same;
    }
    let to = |bound: &str| version::compare(&notice.ecosystem, version, bound);
    matches!(to(&notice.first), Some(Ordering::Greater | Ordering::Equal))
        && matches!(to(&notice.last), Some(Ordering::Less | Ordering::Equal))
}

fn bare(version: &str) -> &str {
    version.strip_prefix('v').unwrap_or(version)
}

/// The weakness that a notice is.
pub fn weakness(notice: &Notice) -> Weakness {
    let (prefix, what) = match notice.kind {
        Informational::Yanked => ("yanked:", "its makers took it back"),
        Informational::Unmaintained => ("unmaintained:", "its makers gave it up"),
        _ => ("deprecated:", "its makers advise against it"),
    };
    let purl = notice.ecosystem.purl(&notice.name, None);
    let package = match purl.as_deref().and_then(|purl| purl.strip_prefix("pkg:")) {
        Some(package) => package.to_owned(),
        None => format!("{}/{}", notice.ecosystem.family(), notice.name),
    };
    Weakness {
        id: WeaknessId(format!("{prefix}{package}").into()),
        aliases: Vec::new(),
        title: what.to_owned(),
        cvss: None,
        epss: None,
        epss_at: None,
        exploited: false,
        informational: Some(notice.kind),
        malicious: false,
        published_by: vec!["publisher".into()],
    }
}

/// The headline of a finding: the release, what is said of it, and the publisher's words.
pub fn title(notice: &Notice, component: &Component) -> String {
    let version = component.version.as_deref().unwrap_or_default();
    let what = weakness(notice).title;
    let said = if notice.said.is_empty() { String::new() } else { format!(": {}", notice.said) };
    format!("{} {version}: {what}{said}", component.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::{Ecosystem, Place};

    fn notice(ecosystem: &str, first: &str, last: &str, kind: Informational) -> Notice {
        Notice {
            ecosystem: Ecosystem::new(ecosystem),
            name: "forge.example/till".into(),
            first: first.into(),
            last: last.into(),
            kind,
            said: "lost data".into(),
            place: Place::start_of("go.mod"),
        }
    }

    fn component(ecosystem: &str, name: &str, version: &str) -> Component {
        let place = Place::start_of("go.mod");
        Component::new(Ecosystem::new(ecosystem), name, Some(version.into()), place)
    }

    #[test]
    fn a_notice_means_its_releases_and_no_other() {
        let range = notice("Go", "v1.1.0", "v1.2.0", Informational::Yanked);
        let meant = |version: &str| means(&range, &component("Go", "forge.example/till", version));
        assert!(meant("v1.1.0") && meant("v1.1.7") && meant("v1.2.0"));
        assert!(!meant("v1.0.9") && !meant("v1.2.1") && !meant("not a version"));
        let single = notice("Go", "v1.1.0", "v1.1.0", Informational::Yanked);
        assert!(is_of(&single, "1.1.0") && is_of(&single, "v1.1.0") && !is_of(&single, "1.1.1"));
        assert!(meant("v1.2.0-rc.1"), "a pre-release lies before its release");
        assert!(!means(&range, &component("Go", "forge.example/tiller", "v1.1.0")));
        assert!(!means(&range, &component("npm", "forge.example/till", "v1.1.0")));
        let nothing = Component { version: None, ..component("Go", "forge.example/till", "") };
        assert!(!means(&range, &nothing));
    }

    #[test]
    fn a_release_that_cannot_be_compared_is_meant_by_its_text() {
        let odd = notice("npm", "not a version", "not a version", Informational::Deprecated);
        assert!(means(&odd, &component("npm", "forge.example/till", "not a version")));
        assert!(!means(&odd, &component("npm", "forge.example/till", "1.0.0")));
    }

    #[test]
    fn each_kind_has_a_name_of_its_own_and_no_version_in_it() {
        for (kind, id) in [
            (Informational::Yanked, "yanked:golang/forge.example/till"),
            (Informational::Unmaintained, "unmaintained:golang/forge.example/till"),
            (Informational::Deprecated, "deprecated:golang/forge.example/till"),
        ] {
            let weakness = weakness(&notice("Go", "v1.0.0", "v1.0.0", kind));
            assert_eq!((&*weakness.id.0, weakness.informational), (id, Some(kind)));
            assert!(is_notice(&weakness.id));
        }
        assert!(!is_notice(&WeaknessId("CVE-2026-1".into())));
    }

    #[test]
    fn the_headline_has_the_publishers_words() {
        let one = notice("Go", "v1.0.0", "v1.0.0", Informational::Yanked);
        let till = component("Go", "forge.example/till", "v1.0.0");
        let said = "forge.example/till v1.0.0: its makers took it back: lost data";
        assert_eq!(title(&one, &till), said);
        let silent = Notice { said: "".into(), ..one };
        assert_eq!(title(&silent, &till), "forge.example/till v1.0.0: its makers took it back");
    }
}
