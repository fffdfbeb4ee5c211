//! Epochs, module streams and minor releases of RPM's families.

use holdfast_model::Component;

use super::{binary, compile, component, fixed, of, record, said};
use crate::{Asked, Question};

const NONE: [&str; 0] = [];
const EPOCH: &str = "one of the two versions is written without its epoch";
const STREAM: &str = "it is about one module stream, and nothing says which is installed";

#[test]
fn a_missing_epoch_is_not_zero_on_one_side_only() {
    for (bound, installed, wanted) in [
        ("1:1.1-1.el9", "1.2-1.el9", vec![format!("?R-1 {EPOCH}")]),
        ("1.1-1.el9", "1:1.0-1.el9", vec![format!("?R-1 {EPOCH}")]),
        // With the epoch or without, it is the older one.
        ("1:1.1-1.el9", "1.0-1.el9", vec!["!R-1".to_owned()]),
        ("0:1.1-1.el9", "1.0-1.el9", vec!["!R-1".to_owned()]),
        ("0:1.1-1.el9", "1:1.0-1.el9", vec![]),
        ("1:1.1-1.el9", "1:1.0-1.el9", vec!["!R-1".to_owned()]),
        ("1.1-1.el9", "1.1-1.el9", vec![]),
    ] {
        let json = record("R-1", "", "Rocky Linux:9", "door", &fixed(bound));
        let found = of(&[("Rocky Linux", &json)], "Rocky Linux:9", "door", installed);
        assert_eq!(found, wanted, "{installed} against {bound}");
    }
}

#[test]
fn a_source_package_of_rpm_gets_the_epoch_of_its_binary() {
    let of = |binary_version: &str, source_version: &str| {
        let one = binary("Rocky Linux:9", ("door-libs", binary_version), ("door", source_version));
        match Question::of(&one) {
            Asked::One(question) => (question.name.into_owned(), question.version.into_owned()),
            other => panic!("{other:?}"),
        }
    };
    let door = |version: &str| ("door".to_owned(), version.to_owned());
    assert_eq!(of("1:1.0-1.el9", "1.0-1.el9"), door("1:1.0-1.el9"));
    // A binary with a version of its own may have an epoch of its own.
    assert_eq!(of("2:7.0-1.el9", "1.0-1.el9"), door("1.0-1.el9"));
    assert_eq!(of("1.0-1.el9", "1.0-1.el9"), door("1.0-1.el9"));
    assert_eq!(of("2:1.0-1.el9", "3:1.0-1.el9"), door("3:1.0-1.el9"));
}

#[test]
fn alma_names_binaries_and_the_others_sources() {
    let asked = |ecosystem: &str| {
        let one = binary(ecosystem, ("xz-libs", "5.2.5-7.el9"), ("xz", "5.2.5-7.el9"));
        match Question::of(&one) {
            Asked::One(question) => question.name.into_owned(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(asked("AlmaLinux:9"), "xz-libs");
    for other in ["Rocky Linux:9", "Red Hat:9", "SUSE:15.5", "openSUSE:Leap 15.5", "Alpine:v3.19"] {
        assert_eq!(asked(other), "xz", "{other}");
    }
    let headers = component("AlmaLinux:9", "kernel-headers", "5.14.0-1.el9");
    assert_eq!(Question::of(&headers), Asked::Nothing);
}

fn with_module(version: &str, module: Option<&str>) -> Component {
    Component { module: module.map(Into::into), ..component("AlmaLinux:9", "nodejs", version) }
}

#[test]
fn module_streams_are_compared_within_their_stream_only() {
    let title = |stream: &str| format!(r#""summary": "Important: {stream} security update","#);
    let eighteen = fixed("1:18.19.0-1.module_el9.3.0+1+aaaa");
    let twenty = fixed("1:20.11.0-1.module_el9.3.0+2+bbbb");
    let compiled = compile(&[
        (
            "AlmaLinux:9",
            &record("ALSA-18", &title("nodejs:18"), "AlmaLinux:9", "nodejs", &eighteen),
        ),
        ("AlmaLinux:9", &record("ALSA-20", &title("nodejs:20"), "AlmaLinux:9", "nodejs", &twenty)),
    ]);
    let old = "1:18.9.0-1.module_el9.1.0+9+cccc";
    assert_eq!(said(&compiled, &with_module(old, Some("nodejs:18"))), ["!ALSA-18"]);
    assert_eq!(said(&compiled, &with_module(old, Some("nodejs:16"))), NONE);
    let new = "1:18.19.0-1.module_el9.3.0+1+aaaa";
    assert_eq!(said(&compiled, &with_module(new, Some("nodejs:18"))), NONE);
    // Nobody knows the stream: below a bound it may be affected; not below it is not, whatever
    // stream it is of.
    let unknown = [format!("?ALSA-20 {STREAM}")];
    assert_eq!(said(&compiled, &with_module(new, None)), unknown);
    // A package that was built for no module is of no stream.
    assert_eq!(said(&compiled, &with_module("1:16.20.0-1.el9_2", None)), NONE);
}

#[test]
fn a_record_that_does_not_name_its_stream_is_not_assessed() {
    let one = with_module("1:18.9.0-1.module_el9.1.0+9+cccc", Some("nodejs:18"));
    for said_of_it in [
        r#""summary": "Important: security update","#,
        r#""summary": "ALSA-2026:1 nodejs security update","#,
        r#""details": "Node.js 18 as of 10:30 UTC","#,
        // Its own name is all the title that it has.
        "",
    ] {
        let json = record(
            "ALSA-2026:1",
            said_of_it,
            "AlmaLinux:9",
            "nodejs",
            &fixed("1:18.19.0-1.module_el9.3.0+1+aaaa"),
        );
        let compiled = compile(&[("AlmaLinux:9", &json)]);
        assert_eq!(said(&compiled, &one), [format!("?ALSA-2026:1 {STREAM}")], "{said_of_it}");
    }
}

#[test]
fn what_is_fixed_outside_of_modules_says_nothing_of_a_module() {
    let json = record("ALSA-1", "", "AlmaLinux:9", "nodejs", &fixed("1:99.0.0-1.el9"));
    let compiled = compile(&[("AlmaLinux:9", &json)]);
    let module = with_module("1:18.9.0-1.module_el9.1.0+9+cccc", Some("nodejs:18"));
    assert_eq!(said(&compiled, &module), NONE);
    assert_eq!(said(&compiled, &with_module("1:16.0.0-1.el9", None)), ["!ALSA-1"]);
}

#[test]
fn a_host_of_red_hat_is_asked_in_all_its_repositories() {
    let base =
        record("RHSA-1", "", "Red Hat:enterprise_linux:9::baseos", "door", &fixed("0:2.0-1.el9"));
    let apps = record(
        "RHSA-2",
        "",
        "Red Hat:enterprise_linux:9::appstream",
        "door",
        &fixed("0:3.0-1.el9"),
    );
    let eight =
        record("RHSA-3", "", "Red Hat:enterprise_linux:8::baseos", "door", &fixed("0:9.0-1.el8"));
    let feed = [("Red Hat", base.as_str()), ("Red Hat", &apps), ("Red Hat", &eight)];
    assert_eq!(of(&feed, "Red Hat:9", "door", "0:1.0-1.el9"), ["!RHSA-1", "!RHSA-2"]);
    assert_eq!(of(&feed, "Red Hat:9.3", "door", "0:2.0-1.el9"), ["!RHSA-2"]);
    assert_eq!(of(&feed, "Red Hat:8", "door", "0:1.0-1.el8"), ["!RHSA-3"]);
}

#[test]
fn a_minor_release_of_red_hat_that_is_mended_on_its_own_is_compared_within_itself() {
    let alias = r#""upstream": ["CVE-2026-0001"],"#;
    let main = fixed("0:3.0.7-6.el9_3");
    let eus = fixed("0:3.0.1-47.el9_2.2");
    let compiled = compile(&[
        ("Red Hat", &record("RHSA-1", alias, "Red Hat:enterprise_linux:9::baseos", "door", &main)),
        ("Red Hat", &record("RHSA-2", alias, "Red Hat:rhel_eus:9.2::baseos", "door", &eus)),
    ]);
    let of = |version: &str| said(&compiled, &component("Red Hat:9", "door", version));
    assert_eq!(of("0:3.0.1-47.el9_2.2"), NONE);
    assert_eq!(of("0:3.0.1-47.el9_2.1"), ["!CVE-2026-0001"]);
    // Built for another minor release: the stream of 9.2 says nothing of it.
    assert_eq!(of("0:3.0.1-48.el9_1"), ["!CVE-2026-0001"]);
}

#[test]
fn long_term_support_of_suse_counts_only_with_known_entitlement() {
    let json = record(
        "SUSE-SU-1",
        "",
        "SUSE:Linux Enterprise Server 15 SP3-LTSS",
        "door",
        &fixed("1.0-150300.2.1"),
    );
    let found = of(&[("SUSE", &json)], "SUSE:15.3", "door", "1.0-150300.1.1");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("?SUSE-SU-1 its fix is for whoever is entitled"), "{found:?}");
}
