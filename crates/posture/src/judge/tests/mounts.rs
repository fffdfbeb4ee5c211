//! Mounts and modules: each side, and what cannot be seen of it.

use super::*;

fn shm() -> Desired {
    let options = ["nodev", "noexec"].map(std::sync::Arc::from).to_vec();
    Desired::Mounted { point: "/dev/shm".into(), options }
}

const LINE: (&str, u32) = ("/etc/fstab", 4);

/// The mount with these two sides; a boot side that is a value stands in fstab.
fn mounted(now: &Reading, boot: &Reading) -> Judgement {
    let place = matches!(boot, Reading::Is(_)).then_some(LINE);
    let of = shm();
    judged(
        &of,
        vec![
            set(&of, Aspect::Running, now.clone(), None),
            set(&of, Aspect::Boot, boot.clone(), place),
        ],
    )
}

#[test]
fn a_mount_has_its_options_now_and_after_the_next_start() {
    let (good, half, none) = (is("rw,nodev,noexec,size=1"), is("rw,nodev"), Reading::Absent);
    for (now, boot, result, reason) in [
        (
            &good,
            &good,
            Pass,
            "found `nodev` and `noexec` now and after the next start (`/etc/fstab:4`)",
        ),
        (&half, &good, Fail, "it is mounted without `noexec` now"),
        (&good, &half, Fail, "`/etc/fstab:4` mounts it without `noexec` at the next start"),
        (&good, &none, Fail, "no file mounts `/dev/shm` at the next start"),
        (
            &none,
            &none,
            Fail,
            "`/dev/shm` is no mount of its own now; no file mounts `/dev/shm` at the next start",
        ),
        (&none, &unknown(), Fail, "`/dev/shm` is no mount of its own now"),
        (&unknown(), &half, Fail, "`/etc/fstab:4` mounts it without `noexec` at the next start"),
        (&unknown(), &good, NotAssessed, "it may not be read"),
        (&good, &unknown(), NotAssessed, "it may not be read"),
        (&good, &broken(), Error, "line 3 is no sentence"),
        (&is("rw,nodevice,noexec"), &good, Fail, "it is mounted without `nodev` now"),
    ] {
        let verdict = mounted(now, boot);
        assert_eq!((verdict.result, verdict.reason.as_str()), (result, reason));
    }
}

#[test]
fn of_a_mount_that_is_everywhere_wrong_both_sides_are_named() {
    let verdict = mounted(&is("rw"), &is("rw,noexec"));
    let found = "without `nodev` and `noexec` now, without `nodev` after the next start";
    assert_eq!((verdict.result, verdict.found.as_deref()), (Fail, Some(found)));
    assert_eq!(&*verdict.wanted, "mounted with nodev, noexec");
    assert_eq!(verdict.place.map(|place| place.line), Some(4));
}

#[test]
fn where_there_is_no_folder_nothing_has_to_be_mounted() {
    let of = shm();
    let with = |kind: &Reading, boot: &Reading| {
        let sides =
            [(Aspect::Running, &Reading::Absent), (Aspect::Boot, boot), (Aspect::Type, kind)];
        judged(&of, sides.map(|(side, reading)| set(&of, side, reading.clone(), None)).to_vec())
            .result
    };
    assert_eq!(with(&Reading::Absent, &Reading::Absent), NotApplicable);
    assert_eq!(with(&is("folder"), &Reading::Absent), Fail);
    assert_eq!(with(&unknown(), &Reading::Absent), NotAssessed);
    // It is made when it is mounted, and then it has to be right.
    assert_eq!(with(&Reading::Absent, &is("rw")), Fail);
}

#[test]
fn of_a_system_that_does_not_run_only_the_next_start_counts() {
    let (of, udf) = (shm(), udf());
    let at_rest = |desired: &Desired, boot: Reading| {
        one(desired, &seen(vec![set(desired, Aspect::Boot, boot, Some(LINE))]).at_rest()).result
    };
    assert_eq!(at_rest(&of, is("rw,nodev,noexec")), Pass);
    assert_eq!(at_rest(&of, is("rw,nodev")), Fail);
    assert_eq!(at_rest(&udf, is("disabled")), Pass);
    assert_eq!(at_rest(&udf, is("blacklisted")), Fail);
}

#[test]
fn names_and_numbers_of_hidepid_are_the_same() {
    let proc = Desired::Mounted { point: "/proc".into(), options: vec!["hidepid=2".into()] };
    for (value, result) in [("rw,hidepid=invisible", Pass), ("rw,hidepid=2", Pass), ("rw", Fail)] {
        let sides = [Aspect::Running, Aspect::Boot];
        let settings = sides.map(|side| set(&proc, side, is(value), None)).to_vec();
        assert_eq!(judged(&proc, settings).result, result, "{value}");
    }
}

fn udf() -> Desired {
    Desired::ModuleDisabled { name: "udf".into() }
}

#[test]
fn a_module_is_neither_loaded_nor_can_it_be() {
    let file = Some(("/etc/modprobe.d/a.conf", 2));
    let none = Reading::Absent;
    for (now, boot, place, result, reason) in [
        (
            &none,
            is("disabled"),
            file,
            Pass,
            "it is not loaded, and `/etc/modprobe.d/a.conf:2` keeps it from being loaded",
        ),
        (&is("loaded"), is("disabled"), file, Fail, "it is loaded now"),
        (&none, is("allowed"), None, Fail, "nothing keeps it from being loaded"),
        (
            &none,
            is("blacklisted"),
            file,
            Fail,
            "`/etc/modprobe.d/a.conf:2` alone does not keep it from being loaded by its name",
        ),
        (
            &is("loaded"),
            is("command"),
            file,
            Fail,
            "it is loaded now; `/etc/modprobe.d/a.conf:2` runs a command of its own, which may load \
             it",
        ),
        (
            &is("built-in"),
            is("built-in"),
            file,
            Fail,
            "it is built into the kernel (`/etc/modprobe.d/a.conf:2`), and no file takes it out of \
             there",
        ),
        (&none, unknown(), None, NotAssessed, "it may not be read"),
        (&unknown(), is("disabled"), file, NotAssessed, "it may not be read"),
        (&unknown(), is("allowed"), None, Fail, "nothing keeps it from being loaded"),
    ] {
        let sides = vec![
            set(&udf(), Aspect::Running, now.clone(), None),
            set(&udf(), Aspect::Boot, boot, place),
        ];
        let verdict = judged(&udf(), sides);
        assert_eq!((verdict.result, verdict.reason.as_str()), (result, reason));
    }
}
