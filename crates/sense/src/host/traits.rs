//! What conditions may ask of a host: `os`, `version`, `family`, `container`, `virtual`, `efi`.
//!
//! Knows by which marks the world tells them; os-release is read by `packages::os_release`.

use std::sync::Arc;

use holdfast_model::{About, Fact, OsRelease, Trait, TraitValue};

use super::look::{Gap, Got, Look};
use super::{Answers, Asked, Collector, family};
use crate::packages::os_release::{OsReleaseReader, relatives};
use crate::{Reader, Sources};

/// The collector.
pub(super) struct Traits;

static ABOUT: About = About {
    id: "host-traits",
    title: "Distribution, container, virtual machine, EFI",
    text: "`os` and `version` are `ID` and `VERSION_ID` of `/etc/os-release`, else of \
        `/usr/lib/os-release`. `family` is `debian`, `rhel`, `suse`, `alpine` or another that `ID` \
        belongs to, else the first of `ID_LIKE` that is known. `container` by the marks that container managers leave: \
        `/.dockerenv`, `/run/.containerenv`, `/run/systemd/container`, `container=` in the \
        environment of the first process, its control group. `virtual` by the names of the \
        board's maker, `/sys/hypervisor`, and the processor's flag `hypervisor`; it is said of \
        the machine below a container too. `efi` by `/sys/firmware/efi`, which a container does \
        not see. Of a system that does not run neither `virtual` nor `efi` can be told.",
    file: file!(),
};

const RELEASES: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

impl Collector for Traits {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let look = Look::new(answers);
        let mut say = |name: &str, told: Told| {
            let Told { value, because } = told;
            out(Fact::Trait(Trait { name: name.into(), value, because }));
        };
        let [os, version, family] = distribution(&look);
        say("os", os);
        say("version", version);
        say("family", family);
        let [container, machine, efi] = if asked.running {
            let container = container(&look);
            let efi = efi(&look, container.value.as_ref());
            [container, machine(&look), efi]
        } else {
            let because = Gap::at_rest().reason;
            let [machine, efi] = [(); 2].map(|()| Told { value: None, because: because.clone() });
            [at_rest(&look), machine, efi]
        };
        say("container", container);
        say("virtual", machine);
        say("efi", efi);
    }
}

const TRUE: Option<TraitValue> = Some(TraitValue::Truth(true));
const FALSE: Option<TraitValue> = Some(TraitValue::Truth(false));

/// A value and from what it was told.
struct Told {
    value: Option<TraitValue>,
    because: String,
}

impl Told {
    fn yes(because: impl Into<String>) -> Self {
        Self { value: TRUE, because: because.into() }
    }

    fn no(because: impl Into<String>) -> Self {
        Self { value: FALSE, because: because.into() }
    }

    fn open(because: impl Into<String>) -> Self {
        Self { value: None, because: because.into() }
    }

    fn text(value: &Arc<str>, because: String) -> Self {
        Self { value: Some(TraitValue::Text(Arc::clone(value))), because }
    }
}

/// The first of the two files that is there.
pub(super) fn release<'a>(look: &Look<'a>) -> Got<(&'static str, &'a [u8])> {
    for path in RELEASES {
        match look.file(path) {
            Got::Here(bytes) => return Got::Here((path, bytes)),
            Got::Missing => {}
            Got::Hidden(gap) => return Got::Hidden(gap),
        }
    }
    Got::Missing
}

fn distribution(look: &Look<'_>) -> [Told; 3] {
    let open = |because: String| [(); 3].map(|()| Told::open(because.clone()));
    let (path, bytes) = match release(look) {
        Got::Here(found) => found,
        Got::Missing => return open("there is no `/etc/os-release`".to_owned()),
        Got::Hidden(gap) => return open(gap.reason),
    };
    let mut os: Option<OsRelease> = None;
    // What is wrong with the file is said by the look at the host's packages.
    OsReleaseReader.read(&Sources::new(path, bytes), &mut |fact| {
        if let Fact::Os(read) = fact {
            os = Some(read);
        }
    });
    let Some(os) = os else { return open(format!("`{path}` cannot be read")) };
    let version = match &os.version {
        Some(version) => Told::text(version, format!("`{path}` says `VERSION_ID={version}`")),
        None => Told::open(format!("`{path}` has no `VERSION_ID`")),
    };
    let id = format!("`{path}` says `ID={}`", os.id);
    let alike = relatives(bytes);
    let (family, by_relatives) = family::of(&os.id, &alike);
    let because = if by_relatives {
        format!("`{path}` says `ID_LIKE={}`", alike.join(" "))
    } else {
        id.clone()
    };
    let family = Told::text(&family.into(), because);
    [Told::text(&os.id, id), version, family]
}

/// Files that are there inside containers alone, by docker and podman.
const MARKS: [&str; 2] = ["/.dockerenv", "/run/.containerenv"];
/// Written by systemd where it is the first process of a container; it holds the manager's name.
const MANAGER: &str = "/run/systemd/container";
const ENVIRONMENT: &str = "/proc/1/environ";
const CONTROL_GROUPS: &str = "/proc/1/cgroup";

/// The first process of a system that starts by itself (boot(7)).
const INIT: &str = "/sbin/init";

/// Whether a system that does not run is one for containers: one of its marks was left in it, or it
/// brings no first process of its own. One that brings one starts by itself.
fn at_rest(look: &Look<'_>) -> Told {
    let marks = MARKS.map(|path| (path, look.stat(path)));
    let init = look.stat(INIT);
    if let Some((path, _)) = marks.iter().find(|(_, stat)| matches!(stat, Got::Here(_))) {
        return Told::yes(format!("`{path}` is there"));
    }
    match init {
        Got::Here(_) => Told::no(format!("it has a first process of its own, `{INIT}`")),
        _ => Told::open(format!("it does not run, and there is no `{INIT}`")),
    }
}

fn container(look: &Look<'_>) -> Told {
    // All are asked for before one decides.
    let marks = MARKS.map(|path| (path, look.stat(path)));
    let [manager, environment, groups] =
        [MANAGER, ENVIRONMENT, CONTROL_GROUPS].map(|path| look.file(path));
    if let Some((path, _)) = marks.iter().find(|(_, stat)| matches!(stat, Got::Here(_))) {
        return Told::yes(format!("`{path}` is there"));
    }
    if let Some(name) = manager.clone().here().and_then(word) {
        return Told::yes(format!("`{MANAGER}` says `{name}`"));
    }
    let named = environment.clone().here().and_then(|bytes| {
        let mut variables = bytes.split(|byte| *byte == 0);
        variables.find_map(|one| word(one.strip_prefix(b"container=")?))
    });
    if let Some(name) = named {
        return Told::yes(format!("the first process has `container={name}` in its environment"));
    }
    if let Some(group) = groups.clone().here().and_then(contained) {
        return Told::yes(format!("`{CONTROL_GROUPS}` names the control group `{group}`"));
    }
    if groups == Got::Missing && environment == Got::Missing {
        return Told::open("`/proc` is not there");
    }
    // Only root may read the environment of the first process; its control group anybody may.
    let hidden = marks.into_iter().find_map(|(_, stat)| stat.hidden()).or(manager.hidden());
    let alone = if groups == Got::Missing { environment } else { groups };
    if let Some(gap) = hidden.or_else(|| alone.hidden()) {
        return Told::open(gap.reason);
    }
    Told::no("none of the marks of a container is there")
}

/// A short text without blanks around it, if it is one.
fn word(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes.trim_ascii()).ok()?;
    let sound = !text.is_empty() && text.len() <= 64 && !text.contains(char::is_control);
    sound.then(|| text.to_owned())
}

/// The segment of a control group's path that a container manager made (cgroups(7)).
fn contained(bytes: &[u8]) -> Option<String> {
    const MANAGERS: [&str; 7] =
        ["docker", "lxc", "libpod", "kubepods", "crio", "cri-containerd", "garden"];
    let made = |segment: &&[u8]| {
        MANAGERS.iter().any(|manager| {
            // `docker`, `docker-1f….scope`, `lxc.payload.web`; not `docker.service`.
            segment.strip_prefix(manager.as_bytes()).is_some_and(|rest| {
                !rest.ends_with(b".service") && matches!(rest.first(), None | Some(b'-' | b'.'))
            })
        })
    };
    let paths = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.splitn(3, |byte| *byte == b':').nth(2));
    let mut segments = paths.flat_map(|path| path.split(|byte| *byte == b'/'));
    let segment = segments.find(made)?;
    Some(crate::packages::deb822::shown(segment.get(..64).unwrap_or(segment)))
}

const VENDOR: &str = "/sys/class/dmi/id/sys_vendor";
const PRODUCT: &str = "/sys/class/dmi/id/product_name";
const HYPERVISOR: &str = "/sys/hypervisor/type";
const PROCESSORS: &str = "/proc/cpuinfo";

/// How hypervisors name the boards that they pretend to be, as firmware tables (SMBIOS) have it.
const PRETENDED: [&str; 17] = [
    "QEMU",
    "KVM",
    "VMware",
    "VirtualBox",
    "innotek",
    "Xen",
    "Bochs",
    "Parallels",
    "BHYVE",
    "Virtual Machine",
    "Google Compute Engine",
    "KubeVirt",
    "OpenStack",
    "Apple Virtualization",
    "Amazon EC2",
    "Alibaba Cloud ECS",
    "vServer",
];
/// How Amazon calls the machines that it rents out whole.
const WHOLE: &str = ".metal";

fn machine(look: &Look<'_>) -> Told {
    let kind = look.file(HYPERVISOR);
    let board = [VENDOR, PRODUCT].map(|path| (path, look.file(path)));
    if let Some(kind) = kind.here().and_then(word) {
        return Told::yes(format!("`{HYPERVISOR}` says `{kind}`"));
    }
    let hidden = board.iter().find_map(|(_, got)| got.clone().hidden());
    let names = board.map(|(path, got)| (path, got.here().and_then(word)));
    let whole = names.iter().any(|(_, name)| name.as_ref().is_some_and(|n| n.ends_with(WHOLE)));
    let mut maker = None;
    for (path, name) in names {
        let Some(name) = name else { continue };
        if !whole && PRETENDED.iter().any(|pretended| name.contains(pretended)) {
            return Told::yes(format!("`{path}` says `{name}`"));
        }
        maker = maker.or(Some((path, name)));
    }
    // Reading this makes the kernel ask each processor for its speed, so it comes last.
    let processors = look.file(PROCESSORS);
    let flags = processors.here().and_then(|bytes| {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        lines.find(|line| line.starts_with(b"flags"))
    });
    match (flags, maker) {
        (Some(flags), _) if flags.split(u8::is_ascii_whitespace).any(|f| f == b"hypervisor") => {
            Told::yes(format!("`{PROCESSORS}` has the flag `hypervisor`"))
        }
        _ if let Some(gap) = hidden => Told::open(gap.reason),
        (Some(_), _) => Told::no("no mark of a hypervisor is there"),
        (None, Some((path, name))) => Told::no(format!("`{path}` says `{name}`")),
        (None, None) => Told::open("neither the board nor the processor says what it is"),
    }
}

const FIRMWARE: &str = "/sys/firmware";
const EFI: &str = "/sys/firmware/efi";

fn efi(look: &Look<'_>, contained: Option<&TraitValue>) -> Told {
    match (look.stat(EFI), look.stat(FIRMWARE)) {
        (Got::Here(_), _) => Told::yes(format!("`{EFI}` is there")),
        (Got::Hidden(gap), _) | (_, Got::Hidden(gap)) => Told::open(gap.reason),
        _ if contained == TRUE.as_ref() => Told::open("a container does not see the firmware"),
        (Got::Missing, Got::Here(_)) if contained != FALSE.as_ref() => {
            Told::open("a container would not see the firmware, and this may be one")
        }
        (Got::Missing, Got::Here(_)) => Told::no(format!("there is no `{EFI}`")),
        (Got::Missing, Got::Missing) => Told::open(format!("there is no `{FIRMWARE}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_groups_of_containers_are_told_from_services() {
        for (text, wanted) in [
            ("0::/\n", None),
            ("0::/init.scope\n", None),
            ("12:cpu:/system.slice/docker.service\n", None),
            ("1:name=systemd:/docker/3f2a\n", Some("docker")),
            ("0::/system.slice/docker-3f2a.scope\n", Some("docker-3f2a.scope")),
            ("3:cpu:/lxc.payload.web/init.scope\n", Some("lxc.payload.web")),
            ("3:cpu:/kubepods.slice/kubepods-besteffort.slice\n", Some("kubepods.slice")),
            ("3:cpu:/dockers\n", None),
            ("broken", None),
            ("", None),
        ] {
            assert_eq!(contained(text.as_bytes()).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn words_are_short_and_sound() {
        assert_eq!(word(b" lxc\n").as_deref(), Some("lxc"));
        for bad in [&b""[..], b"\n", b"a\0b", b"\xff", &[b'a'; 65]] {
            assert_eq!(word(bad), None);
        }
    }
}
