//! Releases, source packages, and the words of distributions.

use holdfast_model::{Ecosystem, Informational};

use super::{binary, compile, component, fixed, of, range, record, said};
use crate::index::Note;
use crate::{Index, Judged, Scratch};

const NONE: [&str; 0] = [];

#[test]
fn source_and_binary_may_have_different_versions() {
    let feed = compile(&[("Debian", &record("D-1", "", "Debian:12", "lvm2", &fixed("2.03.16-2")))]);
    // `Source: lvm2 (2.03.16-1)` of a binary whose own version is 2:1.02.185-1.
    let old = binary("Debian:12", ("libdevmapper1.02.1", "2:1.02.185-1"), ("lvm2", "2.03.16-1"));
    assert_eq!(said(&feed, &old), ["!D-1"]);
    let new = binary("Debian:12", ("libdevmapper1.02.1", "2:1.02.185-2"), ("lvm2", "2.03.16-2"));
    assert_eq!(said(&feed, &new), NONE);
    // The name of the binary is nobody's source.
    let other = binary("Debian:12", ("lvm2", "2.03.16-1"), ("lvm2-other", "2.03.16-1"));
    assert_eq!(said(&feed, &other), NONE);
}

#[test]
fn a_release_belongs_to_the_name() {
    let one = record("D-12", "", "Debian:12", "door", &fixed("1.0-2"));
    let two = record("D-13", "", "Debian:13", "door", &fixed("9.0-1"));
    let feed = [("Debian", one.as_str()), ("Debian", &two)];
    assert_eq!(of(&feed, "Debian:12", "door", "1.0-1"), ["!D-12"]);
    assert_eq!(of(&feed, "Debian:13", "door", "1.0-1"), ["!D-13"]);
    // Without a release nobody may join all releases, and a point release is the release.
    assert_eq!(of(&feed, "Debian", "door", "1.0-1"), NONE);
    assert_eq!(of(&feed, "Debian:12.5", "door", "1.0-1"), ["!D-12"]);
    let compiled = compile(&feed);
    let index = Index::open(&compiled.bytes).unwrap();
    let covered = |name: &str| index.covers(&Ecosystem::new(name)).is_some();
    assert!(covered("Debian:12") && covered("Debian:12.5") && covered("Debian:13"));
    assert!(!covered("Debian:11"), "a release of which nobody speaks is not assessed");
}

#[test]
fn long_term_releases_of_ubuntu_are_published_with_a_suffix() {
    let feed = record("UBUNTU-CVE-1", "", "Ubuntu:22.04:LTS", "door", &fixed("1.0-1ubuntu2"));
    let feed = [("Ubuntu", feed.as_str())];
    assert_eq!(of(&feed, "Ubuntu:22.04", "door", "1.0-1ubuntu1"), ["!UBUNTU-CVE-1"]);
    assert_eq!(of(&feed, "Ubuntu:22.04:LTS", "door", "1.0-1ubuntu1"), ["!UBUNTU-CVE-1"]);
    assert_eq!(of(&feed, "Ubuntu:22.10", "door", "1.0-1ubuntu1"), NONE);
    let compiled = compile(&feed);
    let index = Index::open(&compiled.bytes).unwrap();
    assert!(index.covers(&Ecosystem::new("Ubuntu:22.04")).is_some());
    assert!(index.covers(&Ecosystem::new("Ubuntu:24.04")).is_none());
}

#[test]
fn unimportant_is_no_vulnerability() {
    let urgency = r#""ecosystem_specific": {"urgency": "unimportant"}"#;
    let affected = format!("{}, {urgency}", range(r#"{"introduced": "0"}"#));
    let compiled = compile(&[("Debian", &record("D-1", "", "Debian:12", "door", &affected))]);
    let index = Index::open(&compiled.bytes).unwrap();
    let row = index.find("D-1").unwrap();
    assert_eq!(row.weakness.informational, Some(Informational::Notice));
}

#[test]
fn unimportant_here_stays_so_where_others_call_it_grave() {
    let urgency = r#""ecosystem_specific": {"urgency": "unimportant"}"#;
    let affected = format!("{}, {urgency}", range(r#"{"introduced": "0"}"#));
    let alias = r#""upstream": ["CVE-2026-0001"],"#;
    let compiled = compile(&[
        ("Debian", &record("DEBIAN-CVE-2026-0001", alias, "Debian:12", "door", &affected)),
        ("Ubuntu", &record("UBUNTU-CVE-2026-0001", alias, "Ubuntu:22.04:LTS", "door", &fixed("2"))),
    ]);
    let index = Index::open(&compiled.bytes).unwrap();
    let informational = |ecosystem: &str| {
        let mut found = None;
        index.judge(&Ecosystem::new(ecosystem), "door", "1", &mut Scratch::default(), &mut |hit| {
            found = Some(index.weakness_here(hit).unwrap().informational);
        });
        found.unwrap()
    };
    assert_eq!(informational("Debian:12"), Some(Informational::Notice));
    assert_eq!(informational("Ubuntu:22.04"), None);
}

#[test]
fn the_end_of_support_no_advisory_ignored_and_postponed_are_affected_without_a_fix() {
    for (specific, note) in [
        (r#"{"urgency": "end-of-life"}"#, Note::EndOfLife),
        (r#"{"decision": "no-dsa", "urgency": "not yet assigned"}"#, Note::NoAdvisory),
        (r#"{"decision": "ignored"}"#, Note::Ignored),
        (r#"{"decision": "postponed", "urgency": "low**"}"#, Note::Postponed),
    ] {
        let open = range(r#"{"introduced": "0"}"#);
        let affected = format!(r#"{open}, "ecosystem_specific": {specific}"#);
        let json = record("D-1", "", "Debian:12", "door", &affected);
        let compiled = compile(&[("Debian", &json)]);
        assert_eq!(said(&compiled, &component("Debian:12", "door", "1.0-1")), ["!D-1"]);
        let index = Index::open(&compiled.bytes).unwrap();
        let row = index.find("D-1").unwrap();
        let packages = index.packages_of(row.at);
        assert_eq!((packages[0].note, packages[0].fixed.len()), (Some(note), 0), "{specific}");
        assert_eq!(row.weakness.informational, None);
        let safe = crate::lift::lowest_safe(&index, &Ecosystem::new("Debian:12"), "door", "1.0-1");
        assert_eq!(safe, None, "{specific}: nothing to lift to");
    }
}

#[test]
fn what_a_distribution_has_not_determined_is_not_assessed() {
    let affected = r#""ecosystem_specific": {"decision": "undetermined"}"#;
    let json = record("D-1", "", "Debian:12", "door", affected);
    let found = of(&[("Debian", &json)], "Debian:12", "door", "1.0-1");
    assert_eq!(found, ["?D-1 the distribution has not determined which versions are affected"]);
}

#[test]
fn fixed_zero_was_never_affected_and_is_no_fix() {
    for (ecosystem, asked) in [("Debian:12", "Debian:12"), ("Ubuntu:22.04:LTS", "Ubuntu:22.04")] {
        let json = record("D-1", "", ecosystem, "door", &fixed("0"));
        let compiled = compile(&[("feed", &json)]);
        assert_eq!(said(&compiled, &component(asked, "door", "1.0-1")), NONE, "{ecosystem}");
        let index = Index::open(&compiled.bytes).unwrap();
        assert_eq!(index.packages_of(index.find("D-1").unwrap().at), []);
        let judged = index.judge(
            &Ecosystem::new(asked),
            "door",
            "1.0-1",
            &mut Scratch::default(),
            &mut |_| {},
        );
        assert_eq!(judged, Judged::Nothing);
    }
}

#[test]
fn the_word_of_a_distribution_is_kept_and_is_no_score() {
    for (ecosystem, more, specific, word) in [
        (
            "Ubuntu:22.04:LTS",
            r#""severity": [{"type": "Ubuntu", "score": "negligible"}],"#,
            "{}",
            Some("negligible"),
        ),
        ("Ubuntu:22.04:LTS", "", r#"{"ubuntu_priority": "high"}"#, Some("high")),
        ("Ubuntu:22.04:LTS", "", r#"{"ubuntu_priority": "untriaged"}"#, None),
        ("Debian:12", "", r#"{"urgency": "low**"}"#, Some("low")),
        ("Debian:12", "", r#"{"urgency": "not yet assigned"}"#, None),
        ("Debian:12", "", r#"{"decision": "no-dsa"}"#, Some("no-dsa")),
        (
            "AlmaLinux:9",
            r#""summary": "Important: door security update","#,
            "{}",
            Some("important"),
        ),
        (
            "Rocky Linux:9",
            r#""summary": "Moderate: door security update","#,
            "{}",
            Some("moderate"),
        ),
        ("Red Hat:9", "", r#"{"severity": "Low"}"#, Some("low")),
        // Words of others than distributions are none of theirs.
        ("npm", r#""database_specific": {"severity": "LOW"},"#, "{}", None),
    ] {
        let affected = format!(r#"{}, "ecosystem_specific": {specific}"#, fixed("2.0.0-1"));
        let json = record("X-1", more, ecosystem, "door", &affected);
        let compiled = compile(&[("feed", &json)]);
        let index = Index::open(&compiled.bytes).unwrap();
        let row = index.find("X-1").unwrap();
        assert_eq!(index.packages_of(row.at)[0].word, word, "{ecosystem} {more} {specific}");
        assert_eq!(row.weakness.cvss, None);
    }
}

#[test]
fn headers_of_a_kernel_inherit_nothing_and_its_images_everything() {
    let json = record("D-1", "", "Debian:12", "linux", &fixed("6.1.90-1"));
    let compiled = compile(&[("Debian", &json)]);
    let source = ("linux", "6.1.76-1");
    for name in ["linux-libc-dev", "linux-headers-6.1.0-18-amd64", "linux-doc", "linux-perf"] {
        let headers = binary("Debian:12", (name, "6.1.76-1"), source);
        assert_eq!(said(&compiled, &headers), ["nothing to ask"], "{name}");
    }
    let image = binary("Debian:12", ("linux-image-6.1.0-18-amd64", "6.1.76-1"), source);
    assert_eq!(said(&compiled, &image), ["!D-1"]);
}

/// As every Debian with Secure Boot's kernels has them: the source that signs has a version of its own.
#[test]
fn signed_kernels_are_those_of_the_source_that_they_were_built_from() {
    let json = record("D-1", "", "Debian:12", "linux", &fixed("6.1.76-1"));
    let compiled = compile(&[("Debian", &json)]);
    let signed = |name, version, source| {
        said(&compiled, &binary("Debian:12", (name, version), ("linux-signed-amd64", source)))
    };
    assert_eq!(signed("linux-image-6.1.0-13-amd64", "6.1.55-1", "6.1.55+1"), ["!D-1"]);
    assert_eq!(signed("linux-image-6.1.0-18-amd64", "6.1.76-1", "6.1.76+1"), NONE);
    assert_eq!(signed("linux-headers-amd64", "6.1.55-1", "6.1.55+1"), ["nothing to ask"]);
    let json =
        record("U-1", "", "Ubuntu:22.04:LTS", "linux-hwe-6.5", &fixed("6.5.0-17.17~22.04.1"));
    let compiled = compile(&[("Ubuntu", &json)]);
    let version = "6.5.0-15.15~22.04.1";
    let of = ("linux-signed-hwe-6.5", version);
    let image = binary("Ubuntu:22.04:LTS", ("linux-image-6.5.0-15-generic", version), of);
    assert_eq!(said(&compiled, &image), ["!U-1"]);
}

#[test]
fn branches_of_alpine_carry_a_v_and_hosts_do_not() {
    let json = record("ALPINE-CVE-1", "", "Alpine:v3.19", "door", &fixed("1.2.3-r4"));
    let feed = [("Alpine", json.as_str())];
    for host in ["Alpine:v3.19", "Alpine:3.19", "Alpine:3.19.1"] {
        assert_eq!(of(&feed, host, "door", "1.2.3-r3"), ["!ALPINE-CVE-1"], "{host}");
    }
    assert_eq!(of(&feed, "Alpine:v3.19", "door", "1.2.3-r4"), NONE);
    assert_eq!(of(&feed, "Alpine:v3.18", "door", "1.2.3-r3"), NONE);
    // The origin of a binary is what advisories name.
    let compiled = compile(&feed);
    let package = binary("Alpine:v3.19", ("door-libs", "1.2.3-r3"), ("door", "1.2.3-r3"));
    assert_eq!(said(&compiled, &package), ["!ALPINE-CVE-1"]);
}

#[test]
fn copies_of_red_hat_are_published_by_their_major_release() {
    for family in ["Rocky Linux", "AlmaLinux"] {
        let name = format!("{family}:9");
        let json = record("R-1", "", &name, "door", &fixed("0:1.2-1.el9"));
        let feed = [(family, json.as_str())];
        assert_eq!(of(&feed, &format!("{family}:9.3"), "door", "0:1.1-1.el9"), ["!R-1"]);
        assert_eq!(of(&feed, &format!("{family}:8"), "door", "0:1.1-1.el8"), NONE);
    }
}

#[test]
fn suse_and_opensuse_are_published_by_product() {
    for (published, host) in [
        ("SUSE:Linux Enterprise Module for Basesystem 15 SP5", "SUSE:15.5"),
        ("openSUSE:Leap 15.5", "openSUSE:15.5"),
        ("openSUSE:Tumbleweed", "openSUSE:20261101"),
    ] {
        let json = record("S-1", "", published, "door", &fixed("1.2-150500.2.1"));
        let feed = [("SUSE", json.as_str())];
        assert_eq!(of(&feed, host, "door", "1.2-150500.1.1"), ["!S-1"], "{host}");
    }
}
