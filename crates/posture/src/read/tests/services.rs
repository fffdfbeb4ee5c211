//! Units: on and off as a whole, and each side by itself.

use holdfast_model::BootWanted;

use super::*;

fn with(value: &str) -> String {
    GOOD.replacen("service ssh: \"on\"", &format!("service ssh: {value}"), 1)
}

#[test]
fn each_side_can_be_wanted_by_itself() {
    let unit = |boot, running| Desired::Service { unit: "ssh.service".into(), boot, running };
    for (value, wanted) in [
        ("enabled", unit(Some(BootWanted::Enabled), None)),
        ("disabled", unit(Some(BootWanted::Disabled), None)),
        ("masked", unit(Some(BootWanted::Masked), None)),
        ("running", unit(None, Some(true))),
        ("stopped", unit(None, Some(false))),
        ("[stopped, masked]", unit(Some(BootWanted::Masked), Some(false))),
        ("\"off\"", Desired::ServiceOff { unit: "ssh.service".into() }),
    ] {
        let (control, problems) = read(&"rules/door.yaml".into(), &with(value));
        assert_eq!(problems, [], "{value}");
        assert!(control.unwrap().ensure.contains(&wanted), "{value}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    for (value, message) in [
        ("[masked, enabled]", "`enabled` is the second word on the same side"),
        ("[masked, running]", "nothing can start what is masked"),
        ("[]", "nothing is wanted of this unit"),
        ("started", "`started` is not one of"),
        ("[\"on\"]", "`on` is not one of `enabled`"),
    ] {
        let problems = problems(&with(value));
        assert!(problems.iter().any(|problem| problem.message.contains(message)), "{problems:?}");
    }
}
