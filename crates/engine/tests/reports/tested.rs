//! Reports of tests beside our own controls: who is a witness of what, what stands by itself, what
//! could not be told, and what closes.

use holdfast_engine::import::Imported;
use holdfast_engine::{cycle, record};
use holdfast_model::{FindingKind, Key, State};
use serde_json::{Value, json};

use super::reports::{Bench, MACHINE, WEAK, only, state, witnesses};
use crate::support::{HOUR, NOW};

const SSHD: &str = "/etc/ssh/sshd_config";

/// A look at the machine with this configuration of its ssh server.
async fn look(bench: &Bench, hours: i64, sshd: &str) {
    let world = bench.world(hours, WEAK, &[(SSHD, sshd)]);
    cycle::up_once(&world, &bench.data(), &cycle::Options::default(), &|_| {}).await.unwrap();
}

/// InSpec's report of this machine, made `hours` after the beginning.
async fn inspec(bench: &Bench, hours: i64, controls: &Value) -> Imported {
    let start = holdfast_model::Timestamp(NOW + hours * HOUR).to_string();
    let mut controls = controls.clone();
    for control in controls.as_array_mut().unwrap() {
        for result in control["results"].as_array_mut().unwrap() {
            result["start_time"] = json!(start);
        }
    }
    let report = json!({"platform": {"target_id": "x"}, "profiles": [
        {"name": "ssh-baseline", "controls": controls}], "version": "5.22.3"});
    let files = [("inspec.json", report.to_string())];
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let asset = format!("host:{MACHINE}");
    bench.with(hours, &files, |options| options.asset = Some(asset)).await.unwrap()
}

fn control(id: &str, status: &str) -> Value {
    let results =
        json!([{"status": status, "code_desc": "c", "message": "m", "skip_message": "s"}]);
    json!({"id": id, "title": format!("title of {id}"), "impact": 1.0, "results": results})
}

async fn root_login(bench: &Bench) -> holdfast_model::Known {
    let mut all = bench.of("root-login").await;
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

#[tokio::test]
async fn a_failing_test_stands_beside_our_control_and_a_passing_one_closes_nothing_of_ours() {
    let bench = Bench::new();
    look(&bench, 0, "PermitRootLogin yes\n").await;
    let ours = root_login(&bench).await;
    assert_eq!((ours.finding.kind, state(&ours)), (FindingKind::Control, State::Open));

    let failing = json!([
        control("sshd-06", "failed"),
        control("shop-1", "failed"),
        control("sshd-07", "skipped")
    ]);
    let imported = inspec(&bench, 1, &failing).await;
    let row = only(&imported);
    assert_eq!((row.joined, row.own, row.findings), (1, 1, 2), "{imported:#?}");
    let tests = row.tests.as_ref().unwrap();
    assert_eq!((tests.passed, tests.failed, tests.not_assessed), (0, 2, 1));
    assert_eq!(witnesses(&root_login(&bench).await), ["holdfast", "inspec"]);
    let own = bench.one("inspec:shop-1").await;
    assert_eq!(
        (own.finding.kind, own.finding.title.as_str()),
        (FindingKind::Control, "title of shop-1")
    );

    // What could not be told is told so.
    let store = record::reader(&bench.data()).await.unwrap().unwrap();
    let gaps = store.not_assessed(None, None).await.unwrap();
    drop(store);
    let gap: Vec<String> = gaps.iter().map(|row| format!("{row:?}")).collect();
    assert!(gap.iter().any(|row| row.contains("title of sshd-07")), "{gap:#?}");

    // It passes now: the test takes its own word back, and ours stays, contested.
    let passing = json!([control("sshd-06", "passed"), control("shop-1", "passed")]);
    let imported = inspec(&bench, 2, &passing).await;
    let contested: &[Key] = &only(&imported).tests.as_ref().unwrap().contested;
    assert_eq!(contested, [ours.finding.key]);
    let ours = root_login(&bench).await;
    assert_eq!((state(&ours), witnesses(&ours)), (State::Open, vec!["holdfast"]));
    assert_eq!(state(&bench.one("inspec:shop-1").await), State::Fixed);
}

/// Lynis' report of this machine, made `hours` after the beginning.
async fn lynis(bench: &Bench, hours: i64, lines: &str) -> Imported {
    let start = holdfast_model::Timestamp(NOW + hours * HOUR).to_string().replacen('T', " ", 1);
    let report = format!(
        "report_version_major=1\nreport_datetime_start={}\nlynis_version=3.1.4\nhostname=web1\n\
         {lines}finish=true\n",
        start.trim_end_matches('Z')
    );
    let asset = format!("host:{MACHINE}");
    let files = [("lynis-report.dat", report.as_str())];
    bench.with(hours, &files, |options| options.asset = Some(asset)).await.unwrap()
}

#[tokio::test]
async fn lynis_is_a_witness_of_the_option_that_it_names() {
    let bench = Bench::new();
    look(&bench, 0, "PermitRootLogin yes\n").await;
    let suggestion = "suggestion[]=SSH-7408|Consider hardening SSH configuration";
    let lines = format!(
        "{suggestion}|Compression (YES --> NO)|-|\n{suggestion}|PermitRootLogin (YES --> NO)|-|\n\
         tests_executed=SSH-7408|AUTH-9204|\n"
    );
    let imported = lynis(&bench, 1, &lines).await;
    let row = only(&imported);
    assert_eq!((row.joined, row.own), (1, 1), "{imported:#?}");
    assert_eq!(witnesses(&root_login(&bench).await), ["holdfast", "lynis"]);
    // It names another option alone, so that nobody else sees this one any more.
    let lines =
        format!("{suggestion}|Compression (YES --> NO)|-|\ntests_executed=SSH-7408|AUTH-9204|\n");
    lynis(&bench, 2, &lines).await;
    assert_eq!(witnesses(&root_login(&bench).await), ["holdfast"]);
}

/// What OpenSCAP says of this machine, `hours` after the beginning: one rule of the SCAP Security
/// Guide came to this.
async fn openscap(bench: &Bench, hours: i64, result: &str) -> Imported {
    let end = holdfast_model::Timestamp(NOW + hours * HOUR);
    let report = format!(
        "<TestResult xmlns=\"http://checklists.nist.gov/xccdf/1.2\" id=\"x\" end-time=\"{end}\" \
         test-system=\"cpe:/a:redhat:openscap:1.3.7\">\n<target>web1</target>\n<rule-result \
         idref=\"xccdf_org.ssgproject.content_rule_sysctl_kernel_randomize_va_space\" \
         severity=\"medium\"><result>{result}</result></rule-result>\n</TestResult>\n"
    );
    let asset = format!("host:{MACHINE}");
    let files = [("xccdf-results.xml", report.as_str())];
    bench.with(hours, &files, |options| options.asset = Some(asset)).await.unwrap()
}

#[tokio::test]
async fn openscap_is_a_witness_of_what_a_rule_of_the_security_guide_asks() {
    let bench = Bench::new();
    let kernel = [
        ("/proc/1/environ", "PATH=/bin\0"),
        ("/proc/1/cgroup", "0::/init.scope\n"),
        ("/proc/sys/kernel/randomize_va_space", "0\n"),
    ];
    let world = bench.world(0, WEAK, &kernel);
    cycle::up_once(&world, &bench.data(), &cycle::Options::default(), &|_| {}).await.unwrap();
    let imported = openscap(&bench, 1, "fail").await;
    let row = only(&imported);
    assert_eq!((row.joined, row.own), (1, 0), "{imported:#?}");
    let ours = bench.one("address-layout").await;
    assert_eq!((state(&ours), witnesses(&ours)), (State::Open, vec!["holdfast", "openscap"]));
    // It passes now: that takes its own word back, and closes nothing of ours.
    let imported = openscap(&bench, 2, "pass").await;
    let contested: &[Key] = &only(&imported).tests.as_ref().unwrap().contested;
    assert_eq!(contested, [ours.finding.key]);
    let ours = bench.one("address-layout").await;
    assert_eq!((state(&ours), witnesses(&ours)), (State::Open, vec!["holdfast"]));
}

#[tokio::test]
async fn a_test_that_is_not_made_again_closes_nothing() {
    let bench = Bench::new();
    look(&bench, 0, "PermitRootLogin no\n").await;
    inspec(&bench, 1, &json!([control("shop-1", "failed")])).await;
    // Another profile, and a run in which it was skipped.
    inspec(&bench, 2, &json!([control("shop-2", "passed")])).await;
    assert_eq!(state(&bench.one("inspec:shop-1").await), State::Open);
    inspec(&bench, 3, &json!([control("shop-1", "skipped")])).await;
    assert_eq!(state(&bench.one("inspec:shop-1").await), State::Open);
    // Our own look says nothing of it.
    look(&bench, 4, "PermitRootLogin no\n").await;
    assert_eq!(state(&bench.one("inspec:shop-1").await), State::Open);
    // The same report again changes nothing.
    let before = bench.known().await;
    let imported = inspec(&bench, 3, &json!([control("shop-1", "skipped")])).await;
    assert!(only(&imported).unchanged, "{imported:#?}");
    assert_eq!(bench.known().await, before);
}

#[tokio::test]
async fn a_test_that_contradicts_us_stands_by_itself_until_we_see_it_too() {
    let bench = Bench::new();
    look(&bench, 0, "PermitRootLogin no\n").await;
    inspec(&bench, 1, &json!([control("sshd-06", "failed")])).await;
    let theirs = bench.one("inspec:sshd-06").await;
    assert_eq!((state(&theirs), witnesses(&theirs)), (State::Open, vec!["inspec"]));
    look(&bench, 2, "PermitRootLogin yes\n").await;
    assert_eq!(witnesses(&root_login(&bench).await), ["holdfast", "inspec"]);
    assert_eq!(state(&bench.one("inspec:sshd-06").await), State::Merged);
}

/// Our own reports call a host by its id: read in again they are a witness, and no host of their own.
#[tokio::test]
async fn a_report_that_names_the_id_of_a_host_here_is_about_that_host() {
    let bench = Bench::new();
    look(&bench, 0, "PermitRootLogin yes\n").await;
    let mut root_login_fails = control("root-login", "failed");
    root_login_fails["tags"] = json!({"holdfast": "root-login"});
    let start = holdfast_model::Timestamp(NOW + HOUR).to_string();
    root_login_fails["results"][0]["start_time"] = json!(start);
    let profile = json!({"name": "holdfast-audit", "controls": [root_login_fails]});
    let platform = json!({"name": "debian", "target_id": format!("host:{MACHINE}")});
    let report = json!({"platform": platform, "profiles": [profile], "version": "0.1.0"});
    let text = report.to_string();
    let imported = bench.import(1, &[("audit.json", text.as_str())]).await;
    let row = only(&imported);
    assert_eq!((row.joined, row.own), (1, 0), "{imported:#?}");
    assert_eq!(witnesses(&root_login(&bench).await), ["holdfast", "inspec"]);
}
