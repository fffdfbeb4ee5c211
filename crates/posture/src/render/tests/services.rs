//! Units that nothing may start: what is done, and what comes back.

use holdfast_model::BootWanted;

use super::*;

/// A unit that is masked and was only disabled.
pub(super) fn units() -> (Control, Seen) {
    let unit = || Resource::Service { unit: "x.service".into() };
    let ensure = vec![Desired::Service {
        unit: "x.service".into(),
        boot: Some(BootWanted::Masked),
        running: Some(false),
    }];
    let found = seen(vec![
        setting(unit(), Aspect::Boot, "disabled", None),
        setting(unit(), Aspect::Running, "active", None),
    ]);
    (control("units", "It is masked", ensure, Risk::default()), found)
}

fn masked(before: &str, place: Option<(&str, u32)>, tool: Tool) -> Rendered {
    let unit = || Resource::Service { unit: "x.service".into() };
    let ensure = vec![Desired::Service {
        unit: "x.service".into(),
        boot: Some(BootWanted::Masked),
        running: Some(false),
    }];
    let found = seen(vec![
        setting(unit(), Aspect::Boot, before, place),
        setting(unit(), Aspect::Running, "active", None),
    ]);
    render(&control("unit", "It is masked", ensure, Risk::default()), &[0], &found, tool)
}

#[test]
fn what_was_masked_may_be_started_again_by_the_undo() {
    for tool in Tool::ALL {
        for before in ["disabled", "static", "indirect", "alias", "masked-runtime"] {
            let out = masked(before, None, tool);
            assert!(out.code.contains("mask"), "{tool:?} {before}: {}", out.code);
            assert!(out.undo.contains("unmask"), "{tool:?} {before}: {}", out.undo);
            assert!(out.manual.is_empty(), "{:?}", out.manual);
            assert!(out.restart.contains("x.service is stopped"), "{}", out.restart);
        }
        let enabled = masked("enabled", None, tool);
        assert!(enabled.undo.contains("enable"), "{tool:?}: {}", enabled.undo);
    }
}

#[test]
fn a_unit_whose_file_is_in_the_way_is_masked_by_people() {
    let own = Some(("/etc/systemd/system/x.service", 1));
    let out = masked("disabled", own, Tool::Shell);
    assert!(!out.code.contains("boot_masked x.service"), "{}", out.code);
    assert!(out.code.contains("run_unit x.service off"), "{}", out.code);
    assert_eq!(
        out.manual,
        [
            "move /etc/systemd/system/x.service away and mask x.service: systemd masks no unit whose \
             file stands there"
        ]
    );
    // The link by which it was masked is no file in the way.
    assert!(masked("masked", own, Tool::Shell).manual.is_empty());
}

/// systemd starts nothing that is masked.
#[test]
fn what_ran_is_started_after_its_mask_is_gone() {
    for tool in Tool::ALL {
        for before in ["enabled", "disabled", "static"] {
            let undo = masked(before, None, tool).undo;
            let says = match before {
                "enabled" => "start x.service with the system",
                _ => "let x.service be started again",
            };
            let (lets, starts) = (undo.find(says), undo.find("start x.service now"));
            assert!(lets.is_some() && lets < starts, "{tool:?} {before}: {undo}");
        }
    }
}

/// What nobody can disable is masked, and comes back by taking the mask away.
#[test]
fn what_was_masked_instead_of_disabled_may_be_started_again() {
    let unit = || Resource::Service { unit: "x.service".into() };
    for before in ["alias", "generated", "transient"] {
        let found = seen(vec![
            setting(unit(), Aspect::Boot, before, None),
            setting(unit(), Aspect::Running, "active", None),
        ]);
        let off = vec![Desired::ServiceOff { unit: "x.service".into() }];
        let off = control("unit", "It is off", off, Risk::default());
        let undo = render(&off, &[0], &found, Tool::Shell).undo;
        let (lets, starts) =
            (undo.find("boot_unmasked x.service"), undo.find("run_unit x.service on"));
        assert!(lets.is_some() && lets < starts, "{before}: {undo}");
    }
}

/// A mask in `/run` says nothing of the next start, and hides what does.
#[test]
fn what_a_fleeting_mask_hid_is_left() {
    let unit = || Resource::Service { unit: "x.service".into() };
    let found = seen(vec![setting(unit(), Aspect::Boot, "masked-runtime", None)]);
    let off = Desired::Service {
        unit: "x.service".into(),
        boot: Some(BootWanted::Disabled),
        running: None,
    };
    for tool in Tool::ALL {
        let off = control("unit", "It is off", vec![off.clone()], Risk::default());
        let out = render(&off, &[0], &found, tool);
        assert!(out.code.contains("unmask --runtime"), "{tool:?}: {}", out.code);
        assert_eq!(out.undo, "", "{tool:?}");
        let note = "what x.service was behind its mask is not known: the undo leaves it";
        assert!(out.risk.contains(note), "{tool:?}: {}", out.risk);
    }
}

/// To start the timer once more would change nothing.
#[test]
fn what_a_timer_starts_is_unmasked_by_people() {
    let unit = || Resource::Service { unit: "x.timer".into() };
    let found = seen(vec![
        setting(unit(), Aspect::Boot, "enabled, but x.service is masked", None),
        setting(unit(), Aspect::Running, "active", None),
    ]);
    let on = vec![Desired::ServiceOn { unit: "x.timer".into() }];
    let out = render(&control("unit", "It is on", on, Risk::default()), &[0], &found, Tool::Shell);
    assert_eq!(out.manual, ["unmask what x.timer starts: x.service is masked"]);
    assert!(!out.code.contains("boot_on x.timer"), "{}", out.code);
    let off = vec![Desired::ServiceOff { unit: "x.timer".into() }];
    let out =
        render(&control("unit", "It is off", off, Risk::default()), &[0], &found, Tool::Shell);
    assert!(own_part(&out.undo).contains("boot_on x.timer"), "{}", out.undo);
}
