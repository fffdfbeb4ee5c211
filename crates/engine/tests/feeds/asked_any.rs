//! The same of any hosts and any records: what is said to be affected is what a look finds, and what a
//! sync brings up to date is what another look would say.

use std::fmt::Write as _;
use std::sync::LazyLock;

use holdfast_model::AssetKind;
use proptest::prelude::*;

use super::asked::{Feed, Held, Stage, package, said};
use super::mirror::NOW;
use super::support::HOUR;

/// What hosts and feeds call the releases, packages and versions of one family.
struct Family {
    hosts: &'static [&'static str],
    feeds: &'static [&'static str],
    /// The package's own name, and that of its source, where it has one.
    packages: &'static [(&'static str, &'static str)],
    versions: &'static [&'static str],
}

const DEB: &[(&str, &str)] = &[
    ("door", "door"),
    ("door-libs", "door"),
    ("libxz5", "xz"),
    ("xz", ""),
    ("linux-image-6.1.0-18-amd64", "linux"),
    ("linux-headers-6.1.0-18-amd64", "linux"),
];
const RPM: &[(&str, &str)] = &[
    ("door", "door"),
    ("door-libs", "door"),
    ("xz-libs", "xz"),
    ("xz", ""),
    ("kernel-core", "kernel"),
    ("kernel-headers", "kernel"),
];
const APK: &[(&str, &str)] = &[("door", "door"), ("door-libs", "door"), ("xz", "")];
const NAMES: &[(&str, &str)] = &[
    ("Acme.Door", ""),
    ("acme_door", ""),
    ("acme-door", ""),
    ("Acme/Door", ""),
    ("acme/door", ""),
    ("org.acme:door", ""),
];
const DEB_VERSIONS: &[&str] = &["1.0-1", "1.0-1ubuntu1+esm1", "1:1.0-1", "2.0-1"];
const RPM_VERSIONS: &[&str] = &[
    "1.0-1.el9",
    "0:1.5-1.el9",
    "1:1.0-1.el9_2",
    "2.0-1.el9",
    "1:18.9.0-1.module_el9.1.0+9+cccc",
    "1:18.19.0-1.module_el9.3.0+1+aaaa",
];
const NUMBERS: &[&str] = &["1.0.0", "1.5.0", "2.0.0"];

const FAMILIES: &[Family] = &[
    Family {
        hosts: &["Debian:12", "Debian:12.5", "Debian:11"],
        feeds: &["Debian:12", "Debian:11"],
        packages: DEB,
        versions: DEB_VERSIONS,
    },
    Family {
        hosts: &["Ubuntu:22.04", "Ubuntu:22.04:LTS", "Ubuntu:Pro:22.04:LTS", "Ubuntu:23.10"],
        feeds: &["Ubuntu:22.04:LTS", "Ubuntu:Pro:22.04:LTS", "Ubuntu:23.10"],
        packages: DEB,
        versions: DEB_VERSIONS,
    },
    Family {
        hosts: &["Red Hat:9", "Red Hat:9.3"],
        feeds: &[
            "Red Hat:enterprise_linux:9::baseos",
            "Red Hat:enterprise_linux:9::appstream",
            "Red Hat:rhel_eus:9.2::baseos",
        ],
        packages: RPM,
        versions: RPM_VERSIONS,
    },
    Family {
        hosts: &["AlmaLinux:9", "AlmaLinux:9.3", "AlmaLinux:8"],
        feeds: &["AlmaLinux:9", "AlmaLinux:8"],
        packages: RPM,
        versions: RPM_VERSIONS,
    },
    Family {
        hosts: &["Rocky Linux:9.3"],
        feeds: &["Rocky Linux:9"],
        packages: RPM,
        versions: RPM_VERSIONS,
    },
    Family {
        hosts: &["SUSE:15.5"],
        feeds: &[
            "SUSE:Linux Enterprise Module for Basesystem 15 SP5",
            "SUSE:Linux Enterprise Server 15 SP5-LTSS",
        ],
        packages: RPM,
        versions: RPM_VERSIONS,
    },
    Family {
        hosts: &["openSUSE:15.5", "openSUSE:Leap 15.5"],
        feeds: &["openSUSE:Leap 15.5"],
        packages: RPM,
        versions: RPM_VERSIONS,
    },
    Family {
        hosts: &["Alpine:3.19.1", "Alpine:v3.19", "Alpine:3.18"],
        feeds: &["Alpine:v3.19", "Alpine:v3.18"],
        packages: APK,
        versions: &["1.0-r0", "1.5-r1", "2.0-r0"],
    },
    Family { hosts: &["PyPI"], feeds: &["PyPI"], packages: NAMES, versions: NUMBERS },
    Family { hosts: &["NuGet"], feeds: &["NuGet"], packages: NAMES, versions: NUMBERS },
    Family { hosts: &["composer"], feeds: &["Packagist"], packages: NAMES, versions: NUMBERS },
    Family {
        hosts: &["GitHub Actions"],
        feeds: &["GitHub Actions"],
        packages: NAMES,
        versions: NUMBERS,
    },
    Family { hosts: &["npm"], feeds: &["npm"], packages: NAMES, versions: NUMBERS },
    Family { hosts: &["cargo"], feeds: &["crates.example"], packages: NAMES, versions: NUMBERS },
    Family { hosts: &["Go"], feeds: &["Go"], packages: NAMES, versions: NUMBERS },
    Family { hosts: &["Maven"], feeds: &["Maven"], packages: NAMES, versions: NUMBERS },
    Family { hosts: &["RubyGems"], feeds: &["RubyGems"], packages: NAMES, versions: NUMBERS },
    Family { hosts: &["Hex"], feeds: &["Hex"], packages: NAMES, versions: NUMBERS },
    Family { hosts: &["Pub"], feeds: &["Pub"], packages: NAMES, versions: NUMBERS },
];

/// Numbers that become choices among whatever there is to choose from.
type Choice = [u8; 6];

fn pick<T: Copy>(from: &[T], choice: u8) -> T {
    from[usize::from(choice) % from.len()]
}

/// An asset of one family.
fn held(family: u8, packages: &[Choice]) -> Held {
    let family = &FAMILIES[usize::from(family) % FAMILIES.len()];
    let system = family.hosts[0].contains(':');
    let host = pick(family.hosts, packages.first().map_or(0, |choice| choice[0]));
    let components = packages.iter().map(|[_, name, version, source, module, _]| {
        let (own, of) = pick(family.packages, *name);
        let version = pick(family.versions, *version);
        let of_source =
            if source.is_multiple_of(3) { pick(family.versions, source / 3) } else { version };
        let module =
            if version.contains(".module") && module.is_multiple_of(2) { "door:18" } else { "" };
        let source = if of.is_empty() { ("", "") } else { (of, of_source) };
        package(host, (own, version), source, module)
    });
    let kind = if system { AssetKind::Host } else { AssetKind::Folder };
    Held { kind, components: components.collect() }
}

/// A record of one package, perhaps of the same weakness as others, perhaps withdrawn.
fn record(
    number: u8,
    family: u8,
    [feed, name, fixed, group, state, title]: Choice,
) -> (String, String) {
    let family = &FAMILIES[usize::from(family) % FAMILIES.len()];
    let (own, source) = pick(family.packages, name / 2);
    let name = if name.is_multiple_of(2) && !source.is_empty() { source } else { own };
    let mut more = String::new();
    if group.is_multiple_of(3) {
        let _ = write!(more, r#""aliases": ["CVE-2026-{:04}"],"#, 1 + group % 4);
    }
    if state.is_multiple_of(8) {
        more.push_str(r#""withdrawn": "2026-11-02T00:00:00Z","#);
    }
    if title.is_multiple_of(2) {
        more.push_str(r#""summary": "Important: door:18 security update","#);
    }
    let id = format!("X-{number}");
    said(&id, &more, pick(family.feeds, feed), name, pick(family.versions, fixed))
}

/// A record of every release, so that each is covered.
static COVERED: LazyLock<Feed> = LazyLock::new(|| {
    let feeds = FAMILIES.iter().flat_map(|family| family.feeds).enumerate();
    feeds.map(|(at, feed)| said(&format!("B-{at}"), "", feed, "elsewhere", "1.0.0")).collect()
});

/// Families are few, so that packages and records meet.
fn some() -> impl Strategy<Value = (Vec<Held>, Vec<Feed>)> {
    let families = proptest::collection::vec(any::<u8>(), 1..4);
    families.prop_flat_map(|families| {
        let of = proptest::sample::select(families);
        let assets = (of.clone(), proptest::collection::vec(any::<Choice>(), 1..8))
            .prop_map(|(family, packages)| held(family, &packages));
        let records = (0..16_u8, of, any::<Choice>())
            .prop_map(|(number, family, choice)| record(number, family, choice));
        let feed = proptest::collection::vec(records, 1..12)
            .prop_map(|records| COVERED.clone().into_iter().chain(records).collect::<Feed>());
        (proptest::collection::vec(assets, 1..5), proptest::collection::vec(feed, 2..4))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_look_and_a_question_and_a_sync_say_the_same((assets, feeds) in some()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (first, rest) = feeds.split_first().unwrap();
            let renewed = Stage::new(&assets, first);
            renewed.look(NOW).await;
            prop_assert_eq!(renewed.affected().await, renewed.open().await);
            renewed.renew().await;
            let looked = Stage::new(&assets, first);
            looked.look(NOW).await;
            for (at, feed) in (1..).zip(rest) {
                renewed.sync(feed);
                renewed.renew().await;
                looked.sync(feed);
                looked.look(NOW + at * HOUR).await;
                prop_assert_eq!(renewed.known().await, looked.known().await);
                prop_assert_eq!(renewed.affected().await, looked.affected().await);
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}

/// Of the holes of one source package one is mended, and nobody mends the other one: each is told apart.
#[tokio::test]
async fn what_has_no_fix_hides_the_fix_of_nothing_else() {
    let door = package("Debian:12", ("libdoor1", "1.0-1"), ("door", "1.0-1"), "");
    let assets = [Held { kind: AssetKind::Host, components: vec![door] }];
    let (open, text) = said("D-2", "", "Debian:12", "door", "9");
    let unfixed = (open, text.replace(", {\"fixed\": \"9\"}", ""));
    let feed: Feed = [said("D-1", "", "Debian:12", "door", "1.0-2"), unfixed].into();
    let stage = Stage::new(&assets, &feed);
    stage.look(NOW).await;
    stage.renew().await;
    let (mended, left) = (stage.mending("D-1").await, stage.mending("D-2").await);
    assert_eq!((mended.len(), mended[0].as_deref()), (1, Some("1.0-2")));
    assert_eq!((left.len(), left[0].as_deref()), (1, None));
}
