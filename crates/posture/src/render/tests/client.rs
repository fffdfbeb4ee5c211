//! The ssh client: one order of lines, in which the first value wins.

use super::*;

fn of(option: &str) -> Resource {
    Resource::Ssh { option: option.into() }
}

/// Two options of which the main file says something else behind its `Include`.
pub(super) fn ssh_client() -> (Control, Seen) {
    let ensure = ["ForwardAgent", "GSSAPIAuthentication"]
        .map(|option| Desired::Ssh { option: option.into(), value: is("no") });
    let main = "/etc/ssh/ssh_config";
    let found = seen(vec![
        setting(of("ForwardAgent"), Aspect::Value, "yes", Some((main, 52))),
        setting(of("GSSAPIAuthentication"), Aspect::Value, "yes", Some((main, 53))),
        setting(of("Include"), Aspect::Value, "/etc/ssh/ssh_config.d/*.conf", Some((main, 19))),
    ]);
    (control("ssh-client", "ssh hands on nothing", ensure.to_vec(), Risk::default()), found)
}

/// A block behind the `Include` loses to our drop-in; one that stands before it would win.
#[test]
fn only_what_stands_above_the_include_keeps_us_from_a_drop_in() {
    let (control, found) = ssh_client();
    for (line, in_drop_in) in [(60, true), (3, false)] {
        let place = Some(("/etc/ssh/ssh_config", line));
        let block = setting(of("ForwardAgent"), Aspect::Value, "yes", place);
        let block = Setting { scope: Some("Host a".into()), ..block };
        let all = found.settings().iter().cloned().chain([block]);
        let found = seen(all.collect());
        for tool in Tool::ALL {
            let code = render(&control, &all_lines(&control), &found, tool).code;
            let ours = code.contains("/etc/ssh/ssh_config.d/00-holdfast-ssh-client.conf");
            assert_eq!(ours, in_drop_in, "{tool:?} with a block in line {line}");
            assert!(code.contains("ForwardAgent no"), "{tool:?}");
        }
    }
}

/// What another tool made so needs no value of ours, and what is stricter stays.
#[test]
fn what_holds_already_is_left_out() {
    let (control, _) = ssh_client();
    let right = ["ForwardAgent", "GSSAPIAuthentication"]
        .map(|option| setting(of(option), Aspect::Value, "no", None));
    let mut half = right.to_vec();
    if let Some(last) = half.last_mut() {
        last.reading = Reading::Is("yes".into());
    }
    let rendered = render(&control, &all_lines(&control), &seen(half), Tool::Shell);
    // Our file says all that the control wants, whichever line failed.
    assert!(rendered.code.contains("ForwardAgent no"));
    assert_eq!(rendered.precheck, "", "nobody is locked out by it");
    assert_eq!(rendered.restart, "none");
}
