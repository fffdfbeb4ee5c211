//! Reports of tests: what passes, fails and could not be told, and by which names a test is known.

use holdfast_model::{Coverage, Severity, TestResult, Tested};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{codes, covered, foreign, named, read, tested};

const INSPEC: &str = include_str!("../../fixtures/report/inspec/plain/report.json");
const OVERLAY: &str = include_str!("../../fixtures/report/inspec/plain-overlay/report.json");
const XCCDF: &str = include_str!("../../fixtures/report/xccdf/plain/report.xml");
const LYNIS: &str = include_str!("../../fixtures/report/lynis/plain/report.dat");
const GOSS: &str = include_str!("../../fixtures/report/goss/plain/report.json");
const RSPEC: &str = include_str!("../../fixtures/report/serverspec/plain/report.json");

fn tests(path: &str, text: &str) -> Vec<Tested> {
    tested(&read(path, text.as_bytes()).1).into_iter().cloned().collect()
}

/// The test of that id; there is one.
fn one<'t>(all: &'t [Tested], id: &str) -> &'t Tested {
    let found: Vec<&Tested> = all.iter().filter(|one| &*one.id == id).collect();
    assert_eq!(found.len(), 1, "{id}: {all:#?}");
    found[0]
}

fn refs(tested: &Tested) -> Vec<&str> {
    tested.refs.iter().map(|name| &**name).collect()
}

#[test]
fn controls_of_devsec_are_known_by_their_ids_and_others_by_tags() {
    let all = tests("x", INSPEC);
    assert_eq!(refs(one(&all, "os-02")), ["devsec:os-02"]);
    assert_eq!(
        refs(one(&all, "shop-rules/shop-1")),
        ["cis:5.2.8", "cis:5.2.9", "holdfast:listening-ports"]
    );
    assert!(refs(one(&all, "shop-rules/shop-2")).is_empty());
    let same = INSPEC.replace("linux-baseline", "somebodys-baseline");
    assert!(
        refs(one(&tests("x", &same), "somebodys-baseline/os-02")).is_empty(),
        "their id is not DevSec's"
    );
}

#[test]
fn an_impact_of_one_for_all_is_no_urgency() {
    let all = tests("x", INSPEC);
    assert_eq!(one(&all, "os-02").severity, Severity::Soon);
    let same = INSPEC.replace("linux-baseline", "somebodys-baseline");
    assert_eq!(one(&tests("x", &same), "somebodys-baseline/os-02").severity, Severity::Now);
    assert_eq!(one(&all, "shop-rules/shop-2").severity, Severity::WhenYouCan);
}

#[test]
fn a_waiver_dismisses_until_it_is_over() {
    let waived = one(&tests("x", INSPEC), "os-06").clone();
    assert_eq!(waived.result, TestResult::Failed);
    assert_eq!(waived.dismissed, "waived: the till needs it until it moves");
    let over =
        INSPEC.replace("\"message\": \"\"}", "\"message\": \"Waiver expired on 2026-01-01\"}");
    let over = one(&tests("x", &over), "os-06").clone();
    assert_eq!((over.result, over.dismissed.as_str()), (TestResult::Failed, ""));
}

#[test]
fn an_error_is_neither_a_pass_nor_a_fail() {
    let all = tests("x", INSPEC);
    assert_eq!(one(&all, "shop-rules/shop-2").result, TestResult::NotAssessed);
    assert_eq!(one(&all, "sysctl-05").because, "Skipped control due to only_if condition.");
    let profile = one(&all, "profile windows-baseline");
    assert_eq!(profile.result, TestResult::NotAssessed);
    let all = tests("x", GOSS);
    assert_eq!(one(&all, "command:till --check:exit-status").result, TestResult::NotAssessed);
    assert_eq!(one(&all, "port:tcp:22:listening").result, TestResult::NotAssessed);
    let all = tests("x", RSPEC);
    assert_eq!(one(&all, "The ssh server answers").result, TestResult::NotAssessed);
    assert_eq!(one(&all, "files that could not be loaded").result, TestResult::NotAssessed);
    for (path, text, open) in [
        ("x", INSPEC, "3 of 8"),
        ("x", XCCDF, "1 of 6"),
        ("x", GOSS, "2 of 4"),
        ("x", RSPEC, "3 of 5"),
    ] {
        let (_, facts) = read(path, text.as_bytes());
        let covered = covered(&facts)[0];
        assert_eq!(covered.coverage, Coverage::Partial);
        assert_eq!(covered.because, format!("{open} tests came to no verdict"));
    }
}

#[test]
fn what_an_overlay_lists_counts_where_it_ran() {
    let all = tests("x", OVERLAY);
    let ran = one(&all, "sshd-06");
    assert_eq!((ran.result, refs(ran)), (TestResult::Passed, vec!["devsec:sshd-06"]));
    assert_eq!(one(&all, "shop-overlay/never-ran").result, TestResult::NotAssessed);
}

#[test]
fn an_id_is_that_of_its_profile_alone() {
    let profile = |name: &str, id: &str, status: Option<&str>| {
        let results = status.map_or_else(|| json!([]), |status| json!([{"status": status}]));
        json!({"name": name, "controls": [{"id": id, "results": results}]})
    };
    let whole = json!({"platform": {}, "profiles": [
        profile("cis-a", "1.1", Some("failed")),
        profile("cis-b", "1.1", Some("passed")),
        // Nothing says that one of the others includes it, or is included.
        profile("cis-c", "1.1", None),
        profile("holdfast-audit", "root-login", Some("passed"))]});
    let row = |name: &str, status: &str| json!({"id": "1.1", "profile_id": name, "status": status});
    let short = json!({"controls": [row("cis-a", "failed"), row("cis-b", "passed")]});
    for text in [whole.to_string(), short.to_string()] {
        let all = tests("x", &text);
        let failed = one(&all, "cis-a/1.1");
        assert_eq!((failed.result, failed.title.as_str()), (TestResult::Failed, "1.1"));
        assert_eq!(one(&all, "cis-b/1.1").result, TestResult::Passed);
    }
    let all = tests("x", &whole.to_string());
    assert_eq!(one(&all, "cis-c/1.1").result, TestResult::NotAssessed);
    assert_eq!(one(&all, "root-login").result, TestResult::Passed);
}

#[test]
fn an_overlay_of_an_overlay_ran_where_the_last_one_did() {
    let idle = json!([{"id": "1", "results": []}]);
    let ran = json!([{"id": "1", "results": [{"status": "passed"}]}]);
    let text = json!({"platform": {}, "profiles": [
        {"name": "outer", "depends": [{"name": "middle"}], "controls": idle},
        {"name": "middle", "depends": [{"name": "inner"}], "controls": idle},
        {"name": "owner/inner", "parent_profile": "middle", "controls": ran}]});
    let all = tests("x", &text.to_string());
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!(one(&all, "owner/inner/1").result, TestResult::Passed);
}

#[test]
fn rules_of_checklists_have_their_titles_and_names() {
    let (_, facts) = read("x", XCCDF.as_bytes());
    let all: Vec<Tested> = tested(&facts).into_iter().cloned().collect();
    let root = one(&all, "xccdf_org.ssgproject.content_rule_sshd_disable_root_login");
    assert_eq!(root.title, "Root stays & waits outside");
    assert_eq!(
        refs(root),
        ["cce:CCE-00001-1", "ssg:sshd_disable_root_login", "stig:SHOP-12-000001"]
    );
    // A list of patches speaks of weaknesses.
    let holes = foreign(&facts);
    assert_eq!(holes.len(), 1);
    let names: Vec<&str> = holes[0].names.iter().map(|name| &**name).collect();
    assert_eq!(names, ["CVE-2020-0001", "CVE-2020-0002"]);
    let several: Vec<(&str, TestResult)> = all
        .iter()
        .filter(|one| one.id.ends_with("several"))
        .map(|one| (&*one.resource, one.result))
        .collect();
    assert_eq!(several, [("/srv/a", TestResult::Failed), ("/srv/b", TestResult::Passed)]);
    let host = named(&facts)[0];
    assert_eq!(&*host.full_names[0], "web1.shop.example");
    assert_eq!(host.addresses.len(), 1);
}

#[test]
fn what_lynis_ran_and_says_nothing_of_passed() {
    let (_, facts) = read("x", LYNIS.as_bytes());
    let all: Vec<Tested> = tested(&facts).into_iter().cloned().collect();
    let passed = all.iter().filter(|one| one.result == TestResult::Passed);
    let passed: Vec<&str> = passed.map(|one| &*one.id).collect();
    assert_eq!(passed, ["HRDN-7220", "KRNL-5820"]);
    assert_eq!(one(&all, "PKGS-7392").severity, Severity::Soon);
    assert_eq!(one(&all, "BANN-7126").severity, Severity::WhenYouCan);
    assert_eq!(one(&all, "BOOT-5104").because, "No data found in /proc/1/cmdline");
    let ssh: Vec<&str> =
        all.iter().filter(|one| &*one.id == "SSH-7408").map(|one| &*one.resource).collect();
    assert_eq!(ssh, ["AllowTcpForwarding (set YES to NO)", "MaxAuthTries (set 6 to 3)"]);
    assert_eq!(&*named(&facts)[0].machine_id, "0123456789abcdef0123456789abcdef");
}

#[test]
fn parts_of_tests_of_lynis_have_names_of_their_own() {
    let (_, facts) = read("x", LYNIS.as_bytes());
    let names = |one: &Tested| refs(one).iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let all: Vec<Tested> = tested(&facts).into_iter().cloned().collect();
    let ssh: Vec<Vec<String>> =
        all.iter().filter(|one| &*one.id == "SSH-7408").map(names).collect();
    assert_eq!(ssh[0], ["lynis:SSH-7408", "lynis:SSH-7408:allowtcpforwarding"]);
    assert_eq!(ssh[1], ["lynis:SSH-7408", "lynis:SSH-7408:maxauthtries"]);
    assert_eq!(refs(one(&all, "PKGS-7392")), ["lynis:PKGS-7392"]);

    // The whole is said by its parts; without them it stands by itself.
    let whole = "suggestion[]=KRNL-6000|One or more sysctl values differ|-|-|\n";
    let parts = "details[]=KRNL-6000|sysctl|desc:Disable magic keys;field:kernel.sysrq;prefval:0;\
                 value:176;|\ndetails[]=KRNL-6000|sysctl|desc:-;field:;|\n\
                 details[]=SSH-7408|sshd|desc:x;field:Port;|\ndetails[]=KRNL-6000\n";
    for (more, wanted) in [(whole.to_owned(), 1), (format!("{parts}{whole}"), 2)] {
        let text = LYNIS.replace("finish=true\n", &format!("{more}finish=true\n"));
        let (_, facts) = read("x", text.as_bytes());
        let all: Vec<Tested> = tested(&facts).into_iter().cloned().collect();
        let test = one(&all, "KRNL-6000");
        assert_eq!((codes(&facts).len(), refs(test).len()), (0, wanted), "{text}");
        assert_eq!(all.iter().filter(|one| &*one.id == "KRNL-6000").count(), 1);
        if wanted == 2 {
            assert_eq!(refs(test), ["lynis:KRNL-6000", "lynis:KRNL-6000:kernel.sysrq"]);
            assert_eq!(test.title, "kernel.sysrq is 176, and Lynis wants 0");
            assert_eq!((&*test.resource, &*test.because), ("kernel.sysrq", "Disable magic keys"));
        }
    }
}

#[test]
fn a_run_of_lynis_without_its_end_is_partial() {
    let cut = LYNIS.replace("finish=true\n", "");
    let (_, facts) = read("x", cut.as_bytes());
    assert_eq!(codes(&facts), ["report-unfinished"]);
    assert_eq!(covered(&facts)[0].coverage, Coverage::Partial);
}

#[test]
fn long_lines_are_passed_over() {
    let long = format!("x={}\n{LYNIS}", "y".repeat(2 << 20));
    let (_, facts) = read("lynis-report.dat", long.as_bytes());
    assert_eq!(codes(&facts), ["report-item-too-large"]);
    assert_eq!(tested(&facts).len(), tests("x", LYNIS).len());
}

#[test]
fn a_report_whose_tests_all_came_to_a_verdict_is_full() {
    let text = json!({"platform": {}, "profiles": [{"name": "p", "controls": [
        {"id": "a", "results": [{"status": "passed"}]},
        {"id": "b", "results": [{"status": "failed", "message": "m"}]}]}]});
    let (_, facts) = read("x", text.to_string().as_bytes());
    assert_eq!(covered(&facts)[0].coverage, Coverage::Full);
    assert_eq!(covered(&facts)[0].because, "each of 2 tests came to a verdict");
    let none = json!({"platform": {}, "profiles": [{"name": "p", "controls": []}]});
    let (_, facts) = read("x", none.to_string().as_bytes());
    assert_eq!(covered(&facts)[0].because, "no test was made");
}

#[test]
fn a_report_does_not_say_what_its_reader_cannot_know() {
    // Neither goss nor RSpec says on which host it ran: the report itself stands for it.
    for (path, text) in [("a/goss.json", GOSS), ("a/rspec.json", RSPEC)] {
        let (_, facts) = read(path, text.as_bytes());
        assert_eq!(&*named(&facts)[0].name, path);
    }
}

fn statuses() -> impl Strategy<Value = Vec<&'static str>> {
    let one = prop_oneof![Just("passed"), Just("failed"), Just("skipped"), Just("odd")];
    proptest::collection::vec(one, 1..6)
}

proptest! {
    /// A control passes only where each of its results does, and fails where any does, in both
    /// forms of the report.
    #[test]
    fn a_control_is_as_good_as_its_worst_result(statuses in statuses()) {
        let wanted = if statuses.contains(&"failed") {
            TestResult::Failed
        } else if statuses.iter().all(|status| *status == "passed") {
            TestResult::Passed
        } else {
            TestResult::NotAssessed
        };
        let results: Vec<_> =
            statuses.iter().map(|status| json!({"status": status, "code_desc": "c"})).collect();
        let whole = json!({"platform": {}, "profiles": [
            {"name": "p", "controls": [{"id": "a", "results": results}]}]});
        let rows: Vec<_> = statuses
            .iter()
            .map(|status| json!({"id": "a", "profile_id": "p", "status": status, "code_desc": "c"}))
            .collect();
        let short = json!({"controls": rows});
        for text in [whole.to_string(), short.to_string()] {
            let all = tests("x", &text);
            prop_assert_eq!(all.len(), 1);
            prop_assert_eq!(all[0].result, wanted);
            prop_assert_eq!(all[0].because.is_empty(), wanted == TestResult::Passed);
        }
    }
}
