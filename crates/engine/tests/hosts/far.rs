//! Hosts over ssh that the record knows: when they are looked at, whose they are, and what is said of
//! one that does not answer.

use std::sync::Arc;
use std::time::Duration;

use holdfast_engine::audit::{Options, audit};
use holdfast_engine::desk::{Action, Desk as _};
use holdfast_engine::hosts::{Said, by_address, say_of_all};
use holdfast_model::{ManagedHost, Target, Tool, Verdict};
use holdfast_world::{Output, Recorded};

use crate::machine::{Bench, debian, does, quiet, refused};

const STANDARD: &str = "appetite = \"standard\"\n\n[hosts]\nevery_minutes = 30\nat_once = 2\n";

/// A machine whose `ssh` gets nowhere.
fn lonely() -> Recorded {
    let complaint = "ssh: connect to host web1 port 22: Connection refused\n";
    let output =
        Output { status: Some(255), stderr: complaint.as_bytes().to_vec(), ..Output::default() };
    debian().command("ssh", ["-T"], output)
}

fn hosts(addresses: &[&str]) -> Vec<ManagedHost> {
    let mut hosts: Vec<ManagedHost> =
        addresses.iter().map(|address| by_address(address).unwrap()).collect();
    let labels = ["group=web".to_owned()];
    say_of_all(&mut hosts, &Said { team: Some("payments"), labels: &labels }).unwrap();
    hosts
}

fn add(hosts: Vec<ManagedHost>) -> Action {
    Action::AddHosts { hosts, because: "ours since today".to_owned() }
}

#[tokio::test]
async fn each_host_is_looked_at_when_it_is_due_and_not_before() {
    let bench = Bench::new(lonely(), STANDARD);
    let holder = bench.holder().await;
    assert_eq!(holder.look_far(&quiet()).await.unwrap(), 0, "there is none yet");
    let three = hosts(&["ssh://web1", "ssh://ana@web2:2222", "ssh://web3"]);
    let done = does(&holder, "ana", add(three.clone())).await.unwrap();
    assert_eq!(done.message, "3 hosts added.");
    assert_eq!(does(&holder, "ana", add(three)).await.unwrap().message, "Nothing is new.");
    let waiting = holder.view();
    assert!(waiting.hosts.iter().all(|host| host.result == "not looked at yet"));
    assert_eq!(holder.look_far(&quiet()).await.unwrap(), 3);
    assert_eq!(holder.look_far(&quiet()).await.unwrap(), 0, "none is due again");
    // None comes sooner than nine tenths of the time, none later than eleven.
    bench.clock.advance(Duration::from_mins(26));
    assert_eq!(holder.look_far(&quiet()).await.unwrap(), 0);
    bench.clock.advance(Duration::from_mins(8));
    assert_eq!(holder.look_far(&quiet()).await.unwrap(), 3);
    let message = "web3 is no host of ours any more".to_owned();
    let remove = Action::RemoveHost { address: "ssh://web3".to_owned(), because: message };
    does(&holder, "ben", remove).await.unwrap();
    assert_eq!(holder.view().hosts.len(), 2);
    bench.clock.advance(Duration::from_hours(2));
    assert_eq!(holder.look_far(&quiet()).await.unwrap(), 2);
    holder.close().await.unwrap();
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_not_assessed_and_nothing_is_planned_for_it() {
    let bench = Bench::new(lonely(), STANDARD);
    let holder = bench.holder().await;
    does(&holder, "ana", add(hosts(&["ssh://web1"]))).await.unwrap();
    let said = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let say: holdfast_engine::holder::Say =
        Arc::new(move |line: &str| heard.lock().unwrap().push(line.to_owned()));
    holder.look_far(&say).await.unwrap();
    let told = said.lock().unwrap().join("\n");
    assert!(told.starts_with("1 of 1 hosts: `ssh://web1` was not looked at: "), "{told}");
    let view = holder.view();
    let host = &view.hosts[0];
    assert_eq!(
        (host.result, host.open, host.groups.as_slice()),
        ("not assessed", 0, &["web".to_owned()][..])
    );
    assert!(host.reason.contains("Connection refused"), "{host:#?}");
    assert!(!host.closes_with.is_empty() && host.not_assessed > 0, "{host:#?}");
    assert_eq!(host.controls, None, "nobody could ask its controls");
    let asset = view.assets.iter().find(|row| *row.asset.id.0 == *"ssh://web1").unwrap();
    assert_eq!((asset.asset.name.as_str(), asset.asset.team.as_str()), ("web1", "payments"));
    assert!(view.gaps.iter().any(|gap| gap.asset == "web1"), "{:#?}", view.gaps);
    let target = Target::Ssh("ssh://web1".into());
    let names = vec!["root-login".to_owned()];
    let propose = Action::ProposeAt { target, names, tool: Tool::Shell };
    let problem = refused(does(&holder, "ana", propose).await);
    assert_eq!(problem.code, "host-not-reached", "{problem}");
    assert!(bench.shell.ran().is_empty(), "something was run here that was meant for another host");
    holder.close().await.unwrap();
}

#[test]
fn one_host_that_does_not_answer_hides_nothing_of_another_one() {
    let bench = Bench::new(lonely(), STANDARD);
    let far = Target::Ssh("ssh://web1".into());
    let only = ["root-login".to_owned()];
    let told = |targets: &[Target]| {
        let options = Options {
            targets,
            only: &only,
            baseline: None,
            managed: &[],
            accepted: Vec::new(),
            appetite: None,
            binary: None,
        };
        audit(&bench.world, &options)
    };
    let both = told(&[far.clone(), Target::Local]).unwrap();
    let of = |target: &'static str| both.results.iter().filter(move |row| row.target == target);
    assert!(of("local").count() > 0 && of("local").all(|row| row.result != "not assessed"));
    assert!(of("ssh://web1").count() > 0);
    for row in of("ssh://web1") {
        assert_eq!((&*row.control, row.result), ("root-login", "not assessed"));
        assert!(row.reason.contains("Connection refused") && !row.closes_with.is_empty());
    }
    assert_eq!(both.hosts[0].target, "ssh://web1");
    assert!(both.problems.iter().any(|problem| problem.code == "host-not-reached"));
    assert_ne!(both.verdict, Verdict::Pass);
    let alone = told(&[far]).unwrap_err();
    assert_eq!(alone.problems()[0].code, "host-not-reached");
}

/// The control socket takes what anybody writes to it.
#[tokio::test]
async fn what_is_no_address_is_not_added_by_any_way() {
    let bench = Bench::new(lonely(), STANDARD);
    let holder = bench.holder().await;
    for address in ["ssh://-oProxyCommand=id", "ssh://a b", "/etc/passwd", "ssh://web1/", ""] {
        let forged = ManagedHost { address: address.into(), ..hosts(&["ssh://web1"]).remove(0) };
        let problem = refused(does(&holder, "ana", add(vec![forged])).await);
        assert_eq!(problem.code, "host-address", "{address}");
    }
    assert!(holder.view().hosts.is_empty());
    holder.close().await.unwrap();
}
