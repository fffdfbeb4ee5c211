//! Mounts and modules: which file decides, what is left to people, and what is taken back.

use super::*;

fn mount(point: &str, options: &[&str]) -> Desired {
    let options = options.iter().map(|option| (*option).into()).collect();
    Desired::Mounted { point: point.into(), options }
}

fn point(point: &str) -> Resource {
    Resource::Mount { point: point.into() }
}

fn module(name: &str) -> Resource {
    Resource::Module { name: name.into() }
}

/// Each source that decides: fstab, a unit, systemd itself; and one that is no mount.
pub(super) fn mounts() -> (Control, Seen) {
    let ensure = vec![
        mount("/tmp", &["nodev", "nosuid", "noexec"]),
        mount("/var/tmp", &["nodev"]),
        mount("/dev/shm", &["noexec"]),
        mount("/proc", &["hidepid=2"]),
        mount("/home", &["nodev"]),
    ];
    let unit = Some(("/usr/lib/systemd/system/var-tmp.mount", 9));
    let shm = setting(point("/dev/shm"), Aspect::Boot, "rw,nosuid,nodev", None);
    let found = seen(vec![
        setting(point("/tmp"), Aspect::Running, "rw,nosuid,relatime,size=1k", None),
        setting(point("/tmp"), Aspect::Boot, "rw,nosuid", Some(("/etc/fstab", 7))),
        setting(point("/var/tmp"), Aspect::Running, "rw,nodev", None),
        setting(point("/var/tmp"), Aspect::Boot, "rw,size=10%", unit),
        setting(point("/dev/shm"), Aspect::Running, "rw,nosuid,nodev", None),
        Setting { default: true, ..shm },
        setting(point("/proc"), Aspect::Running, "rw,nosuid,nodev,noexec,hidepid=0", None),
        setting(point("/proc"), Aspect::Boot, "rw,hidepid=2", Some(("/etc/fstab", 8))),
        setting(point("/home"), Aspect::Running, "absent", None),
        setting(point("/home"), Aspect::Boot, "absent", None),
    ]);
    (control("mounts", "Mounts have their options", ensure, Risk::default()), found)
}

pub(super) fn modules() -> (Control, Seen) {
    let ensure = ["udf", "hfs", "ext4", "cramfs"]
        .map(|name| Desired::ModuleDisabled { name: name.into() })
        .to_vec();
    let early = Some(("/usr/lib/modprobe.d/00-a.conf", 3));
    let ours = Some(("/etc/modprobe.d/00-holdfast-modules.conf", 2));
    let found = seen(vec![
        setting(module("udf"), Aspect::Running, "loaded", None),
        setting(module("udf"), Aspect::Boot, "allowed", None),
        setting(module("hfs"), Aspect::Running, "absent", None),
        setting(module("hfs"), Aspect::Boot, "command", early),
        setting(module("ext4"), Aspect::Running, "built-in", None),
        setting(module("ext4"), Aspect::Boot, "built-in", None),
        setting(module("cramfs"), Aspect::Running, "absent", None),
        setting(module("cramfs"), Aspect::Boot, "disabled", ours),
    ]);
    (control("modules", "Modules are not loaded", ensure, Risk::default()), found)
}

fn code(control: &Control, seen: &Seen) -> String {
    own_part(&render(control, &all_lines(control), seen, Tool::Shell).code)
}

#[test]
fn only_the_side_that_is_wrong_is_changed() {
    let (control, seen) = mounts();
    let code = code(&control, &seen);
    for (says, wanted) in [
        ("give the mount /tmp nodev,nosuid,noexec now", true),
        ("mount /tmp with nodev,nosuid,noexec in /etc/fstab", true),
        ("give the mount /var/tmp nodev now", false),
        ("/etc/systemd/system/var-tmp.mount.d/zz-holdfast-mounts.conf", true),
        ("give the mount /proc hidepid=2 now", true),
        ("mount /proc with hidepid=2 in /etc/fstab", false),
        ("'ADD=tmpfs /dev/shm tmpfs rw,nosuid,nodev,noexec 0 0'", true),
        ("Options=rw,size=10%%,nodev", true),
    ] {
        assert_eq!(code.contains(says), wanted, "{says}: {code}");
    }
}

#[test]
fn what_is_no_mount_is_for_people() {
    let (control, seen) = mounts();
    let rendered = render(&control, &[4], &seen, Tool::Shell);
    assert_eq!(rendered.code, "");
    let manual = "make /home a file system of its own: only you know on which device, and what lies \
                  there has to move";
    assert_eq!(rendered.manual, [manual]);
}

#[test]
fn what_no_file_mounts_is_for_people() {
    let ensure = vec![mount("/srv", &["nodev"])];
    let control = control("srv", "Data", ensure, Risk::default());
    for boot in ["absent", "unknown"] {
        let mut after = setting(point("/srv"), Aspect::Boot, boot, None);
        if boot == "unknown" {
            after.reading =
                Reading::Unknown { reason: "x".to_owned(), closes_with: "y".to_owned() };
        }
        let seen = seen(vec![setting(point("/srv"), Aspect::Running, "rw", None), after]);
        let rendered = render(&control, &[0], &seen, Tool::Shell);
        assert!(rendered.manual.iter().any(|line| line.starts_with("say in /etc/fstab")), "{boot}");
        assert!(rendered.code.contains("give the mount /srv nodev now"), "{boot}");
    }
}

#[test]
fn what_is_not_mounted_yet_is_mounted_by_people() {
    let control = control("srv", "Data", vec![mount("/srv", &["nodev"])], Risk::default());
    let seen = seen(vec![
        setting(point("/srv"), Aspect::Running, "absent", None),
        setting(point("/srv"), Aspect::Boot, "rw,nodev", Some(("/etc/fstab", 1))),
    ]);
    let rendered = render(&control, &[0], &seen, Tool::Puppet);
    assert_eq!((rendered.code.as_str(), rendered.manual.len()), ("", 1));
    assert_eq!(rendered.manual, ["mount /srv: it is not mounted now"]);
}

#[test]
fn what_is_right_is_said_again_when_all_of_it_is() {
    let ensure = vec![mount("/tmp", &["nodev"]), Desired::ModuleDisabled { name: "udf".into() }];
    let control = control("right", "All is well", ensure, Risk::default());
    let seen = seen(vec![
        setting(point("/tmp"), Aspect::Running, "rw,nodev", None),
        setting(point("/tmp"), Aspect::Boot, "rw,nodev", Some(("/etc/fstab", 1))),
        setting(module("udf"), Aspect::Running, "absent", None),
        setting(module("udf"), Aspect::Boot, "disabled", Some(("/etc/modprobe.d/a.conf", 1))),
    ]);
    let code = code(&control, &seen);
    for says in ["mount /tmp with nodev in", "give the mount /tmp nodev now", "install udf "] {
        assert!(code.contains(says), "{says}: {code}");
    }
    assert!(!code.contains("unload"), "{code}");
}

#[test]
fn all_modules_of_a_control_stand_in_its_file_but_those_of_the_kernel() {
    let (control, seen) = modules();
    let rendered = render(&control, &[0], &seen, Tool::Shell);
    let file = "install udf /bin/false\nblacklist udf\ninstall hfs /bin/false\nblacklist hfs\n\
                install cramfs /bin/false\nblacklist cramfs\n";
    assert!(rendered.code.contains(file), "{}", rendered.code);
    let whole = render(&control, &all_lines(&control), &seen, Tool::Shell);
    assert_eq!(whole.manual.len(), 2, "{:?}", whole.manual);
    // What was disabled by our file before is so afterwards, and only then can the other be loaded.
    let undo = own_part(&whole.undo);
    let (write, load) = (undo.find("install cramfs"), undo.find("load the module udf"));
    assert!(write.is_some() && write < load && !undo.contains("install udf"), "{undo}");
}
