//! Units of which the next start and now are asked apart.

use holdfast_model::BootWanted::{self, Disabled, Enabled, Masked};

use super::*;

fn unit(boot: Option<BootWanted>, running: Option<bool>) -> Desired {
    Desired::Service { unit: "x.service".into(), boot, running }
}

fn found(desired: &Desired, now: Reading, boot: Reading) -> Judgement {
    one(
        desired,
        &seen(vec![
            set(desired, Aspect::Running, now, None),
            set(desired, Aspect::Boot, boot, None),
        ]),
    )
}

#[test]
fn what_is_not_asked_does_not_count() {
    for (boot, running, now, state, result) in [
        (Some(Enabled), None, is("inactive"), is("enabled"), Pass),
        (Some(Enabled), None, unknown(), is("disabled"), Fail),
        (Some(Disabled), None, is("active"), is("masked"), Pass),
        (Some(Disabled), None, is("active"), is("masked-runtime"), Fail),
        (Some(Disabled), None, is("active"), is("enabled-runtime"), Pass),
        (Some(Disabled), None, is("active"), is("linked"), Pass),
        (Some(Disabled), None, is("active"), is("generated"), Fail),
        (Some(Enabled), None, is("active"), is("masked-runtime"), Fail),
        (Some(Enabled), None, is("active"), is("enabled-runtime"), Fail),
        (Some(Enabled), None, is("active"), is("linked"), Fail),
        (Some(Enabled), None, is("active"), is("indirect"), Pass),
        // Something started it, or maybe nothing will.
        (Some(Enabled), None, is("active"), is("static"), Pass),
        (Some(Enabled), None, is("inactive"), is("static"), NotAssessed),
        (Some(Enabled), None, unknown(), is("static"), NotAssessed),
        (Some(Enabled), Some(true), unknown(), is("static"), NotAssessed),
        (Some(Enabled), Some(true), is("inactive"), is("static"), Fail),
        (Some(Disabled), None, unknown(), is("static"), Pass),
        (Some(Masked), None, is("active"), is("masked"), Pass),
        (Some(Masked), None, is("inactive"), is("disabled"), Fail),
        (Some(Masked), None, is("inactive"), is("masked-runtime"), Fail),
        (Some(Masked), Some(false), is("active"), is("masked"), Fail),
        (None, Some(true), is("active"), is("disabled"), Pass),
        (None, Some(true), is("active"), unknown(), Pass),
        (None, Some(false), is("active"), is("disabled"), Fail),
        (None, Some(false), unknown(), is("disabled"), NotAssessed),
        (None, Some(true), Reading::Absent, Reading::Absent, Fail),
        (Some(Masked), Some(false), Reading::Absent, Reading::Absent, NotApplicable),
        (Some(Enabled), None, is("active"), broken(), Error),
    ] {
        let judged = found(&unit(boot, running), now, state);
        assert_eq!(judged.result, result, "{boot:?} {running:?}: {}", judged.reason);
    }
}

#[test]
fn the_sentence_names_what_was_asked() {
    let both = unit(Some(Masked), Some(false));
    let bad = found(&both, is("active"), is("enabled"));
    assert_eq!(bad.reason, "found `enabled` at boot and `active` now, wanted masked and stopped");
    assert_eq!(&*bad.wanted, "masked and stopped");
    let now = unit(None, Some(true));
    assert_eq!(
        found(&now, is("failed"), is("enabled")).reason,
        "found `failed` now, wanted running"
    );
}

#[test]
fn of_a_system_at_rest_only_the_next_start_is_told() {
    let case = |desired: &Desired| {
        let settings = vec![
            set(desired, Aspect::Running, unknown(), None),
            set(desired, Aspect::Boot, is("masked"), None),
        ];
        one(desired, &seen(settings).at_rest()).result
    };
    assert_eq!(case(&unit(Some(Masked), Some(false))), Pass);
    assert_eq!(case(&unit(None, Some(false))), NotAssessed);
}
