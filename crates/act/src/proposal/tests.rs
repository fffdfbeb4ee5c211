use holdfast_model::{Change, Step, Tool};
use serde_json::json;

use super::*;
use crate::plan::Effects;

pub(crate) const PROPOSED: i64 = 1_795_132_800_000;
pub(crate) const EXPIRES: i64 = PROPOSED + 7 * 86_400_000;

pub(crate) fn draft() -> Draft {
    let change = Change {
        control: "ssh-root-login".into(),
        resources: vec!["sshd PermitRootLogin".into()],
        tool: Tool::Shell,
        code: "write the drop-in".to_owned(),
        undo: "remove the drop-in".to_owned(),
        revert: "rm the drop-in".to_owned(),
        precheck: "sshd -t".to_owned(),
        lockout: true,
        seen: Digest::of(b"settings"),
    };
    Draft {
        plan: Plan::new(vec![Step::Change(change)], Effects::default()),
        asset: AssetId("host:0123".into()),
        target: Target::Root("/srv/image".into()),
        author: "ada".to_owned(),
        title: "root cannot sign in over ssh".to_owned(),
        findings: vec![Key([7; 16])],
        needed: Needed { people: 1, one_person: false },
        proposed: Timestamp(PROPOSED),
        expires: Timestamp(EXPIRES),
    }
}

#[test]
fn a_proposal_is_read_as_it_was_written() {
    let proposal = Proposal::new(draft()).unwrap();
    let document = serde_json::to_value(&proposal).unwrap();
    assert_eq!(Proposal::read(&document).unwrap(), proposal);
    // As text and in any order of its members, too.
    let text = serde_json::to_string_pretty(&document).unwrap();
    assert_eq!(Proposal::read(&serde_json::from_str(&text).unwrap()).unwrap(), proposal);
}

#[test]
fn what_was_altered_is_refused() {
    let document = serde_json::to_value(Proposal::new(draft()).unwrap()).unwrap();
    for (pointer, value, code) in [
        ("/plan/steps/0/change/code", json!("do worse"), "plan-altered"),
        ("/plan/digest", json!(Digest::of(b"another")), "plan-altered"),
        ("/asset", json!("host:4567"), "proposal-altered"),
        ("/target", json!("local"), "proposal-altered"),
        ("/target/root", json!("/"), "proposal-altered"),
        ("/author", json!("eve"), "proposal-altered"),
        ("/title", json!("nothing"), "proposal-altered"),
        ("/findings/0", json!(Key([8; 16])), "proposal-altered"),
        ("/findings", json!([]), "proposal-altered"),
        ("/needed/people", json!(0), "proposal-altered"),
        ("/needed/one_person", json!(true), "proposal-altered"),
        ("/proposed", json!(0), "proposal-altered"),
        ("/expires", json!(EXPIRES + 1), "proposal-altered"),
        ("/digest", json!(Digest::of(b"another")), "proposal-altered"),
        ("/expires", json!(PROPOSED), "proposal-unreadable"),
        ("/author", json!(" "), "proposal-unreadable"),
        ("/plan/steps", json!([]), "plan-altered"),
        ("/needed", json!({"people": 1}), "proposal-unreadable"),
        ("/needed/people", json!(-1), "proposal-unreadable"),
    ] {
        let mut altered = document.clone();
        *altered.pointer_mut(pointer).unwrap() = value.clone();
        assert_eq!(Proposal::read(&altered).unwrap_err().code, code, "{pointer} = {value}");
    }
    let mut more = document.clone();
    more["approved"] = json!(true);
    assert_eq!(Proposal::read(&more).unwrap_err().code, "proposal-altered");
    for broken in [json!(null), json!([]), json!({"digest": 1})] {
        assert_eq!(Proposal::read(&broken).unwrap_err().code, "proposal-unreadable");
    }
}

#[test]
fn a_plan_that_was_exchanged_whole_is_refused() {
    let mut document = serde_json::to_value(Proposal::new(draft()).unwrap()).unwrap();
    let Step::Change(mut change) = draft().plan.steps()[0].clone() else { panic!() };
    change.code = "do worse".to_owned();
    let other = Plan::new(vec![Step::Change(change)], Effects::default());
    document["plan"] = serde_json::to_value(&other).unwrap();
    assert_eq!(Proposal::read(&document).unwrap_err().code, "proposal-altered");
}

#[test]
fn what_cannot_be_proposed_is_said() {
    let empty = Plan::new(Vec::new(), Effects::default());
    for (draft, message) in [
        (Draft { plan: empty, ..draft() }, "a plan without steps cannot be proposed"),
        (
            Draft { author: "\t".to_owned(), ..draft() },
            "a proposal names its author and what it does",
        ),
        (Draft { title: String::new(), ..draft() }, "a proposal names its author and what it does"),
        (
            Draft { title: "x".repeat(401), ..draft() },
            "the author or the title of a proposal is longer than 400 characters",
        ),
        (
            Draft { findings: vec![Key([0; 16]); 10_001], ..draft() },
            "a proposal mends more than 10,000 findings",
        ),
        (
            Draft { expires: Timestamp(PROPOSED), ..draft() },
            "a proposal would be over before it begins",
        ),
    ] {
        let problem = Proposal::new(draft).unwrap_err();
        assert_eq!((problem.code.as_str(), problem.message.as_str()), ("proposal-draft", message));
    }
}
