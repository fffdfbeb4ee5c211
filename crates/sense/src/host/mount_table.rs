//! What is mounted now: the kernel's own table, proc_pid_mountinfo(5).
//!
//! Knows one running system; must not know what will be mounted at the next start.

use std::collections::BTreeSet;

use super::look::{Gap, Got, Look};
use super::mount_options::{effective, unescaped, words};
use crate::{Answer, Need};

/// That of the first process: what a service manager hides from or shows to the process that looks
/// (`PrivateTmp=` and its like) is not the host's. Only root may read it.
const FIRST: &str = "/proc/1/mountinfo";
const OWN: &str = "/proc/self/mountinfo";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    id: u32,
    parent: u32,
    point: String,
    options: String,
}

/// The whole table.
#[derive(Debug, Default)]
pub(super) struct Mounts {
    all: Vec<Mount>,
    ids: BTreeSet<u32>,
}

/// Reads the table, or says why it cannot be read.
pub(super) fn mounts(look: &Look<'_>) -> Result<Mounts, Gap> {
    let first = look.ask(Need::File(FIRST.into()));
    let bytes = match first {
        Answer::Denied | Answer::Missing => look.file(OWN),
        _ => look.file(FIRST),
    };
    match bytes {
        Got::Here(bytes) => Mounts::read(&String::from_utf8_lossy(bytes)),
        Got::Missing => Err(Gap::new(format!("`{OWN}` is not there"), "mount -t proc proc /proc")),
        Got::Hidden(gap) => Err(gap),
    }
}

impl Mounts {
    fn read(text: &str) -> Result<Self, Gap> {
        let mut mounts = Self::default();
        for line in text.lines() {
            // A line that is not understood may be the one that is asked about.
            let Some(mount) = Mount::read(line) else {
                let reason = "the table of mounts has a line that the kernel does not write";
                return Err(Gap::new(reason, "look again"));
            };
            mounts.ids.insert(mount.id);
            mounts.all.push(mount);
        }
        if mounts.all.is_empty() {
            return Err(Gap::new("the table of mounts is empty", "look again"));
        }
        Ok(mounts)
    }

    /// The options of what is mounted at just this point, if something is. The path is walked as the
    /// kernel does: what lies under a later mount is not seen.
    pub(super) fn at(&self, point: &str) -> Option<String> {
        let mut here: Option<&Mount> = None;
        let mut steps = vec!["/"];
        let ends = point.match_indices('/').map(|(at, _)| at).chain([point.len()]);
        steps.extend(ends.filter_map(|end| point.get(..end)).filter(|path| path.len() > 1));
        for path in &steps {
            // Each mount is gone through once: ids that lead in a circle end it.
            for _ in 0..self.all.len() {
                let on_top = |mount: &&Mount| {
                    let above = match here {
                        Some(here) => mount.parent == here.id && mount.id != here.id,
                        None => !self.ids.contains(&mount.parent) || mount.parent == mount.id,
                    };
                    above && mount.point == *path
                };
                let Some(next) = self.all.iter().rfind(on_top) else { break };
                here = Some(next);
            }
        }
        here.filter(|here| here.point == point).map(|here| here.options.clone())
    }
}

impl Mount {
    /// `ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [FIELD…] - TYPE SOURCE SUPER-OPTIONS`.
    fn read(line: &str) -> Option<Self> {
        let (own, of_file_system) = line.split_once(" - ")?;
        let mut fields = own.split(' ');
        let id = fields.next()?.parse().ok()?;
        let parent = fields.next()?.parse().ok()?;
        let point = unescaped(fields.nth(2)?);
        let own = fields.next()?;
        let whole = of_file_system.splitn(3, ' ').nth(2)?;
        // The flags of the mount are its own; `ro` and all else may be the file system's.
        let mut options: Vec<&str> = words(own).collect();
        options.extend(words(whole).filter(|word| *word != "rw"));
        (point.starts_with('/') && !own.is_empty()).then(|| Self {
            id,
            parent,
            point,
            options: effective(&options.join(",")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Mounts {
        Mounts::read(text).unwrap()
    }

    const PLAIN: &str = "\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro\n\
23 22 0:21 / /dev rw,nosuid shared:2 - devtmpfs udev rw,size=1k,mode=755\n\
24 23 0:23 / /dev/shm rw,nosuid,nodev shared:3 - tmpfs tmpfs rw\n\
30 22 0:40 / /tmp rw,relatime - tmpfs tmpfs ro,size=1024k\n\
31 22 0:41 / /mnt/a\\040b rw,noexec master:1 propagate_from:2 - fuse a\\040b rw\n";

    #[test]
    fn only_a_mount_of_its_own_counts() {
        let mounts = table(PLAIN);
        for (point, wanted) in [
            ("/", Some("rw,relatime,errors=remount-ro")),
            ("/dev/shm", Some("rw,nosuid,nodev")),
            ("/tmp", Some("ro,relatime,size=1024k")),
            ("/mnt/a b", Some("rw,noexec")),
            ("/mnt", None),
            ("/home", None),
            ("/tmpfs", None),
            ("/dev/shm/x", None),
        ] {
            assert_eq!(mounts.at(point).as_deref(), wanted, "{point}");
        }
    }

    #[test]
    fn the_mount_on_top_counts_and_hides_what_is_below() {
        let stacked = format!("{PLAIN}40 30 0:50 / /tmp rw,nodev - tmpfs a rw\n");
        assert_eq!(table(&stacked).at("/tmp").as_deref(), Some("rw,nodev"));
        // Another file system over /dev: its /dev/shm is a plain folder.
        let hidden = format!("{PLAIN}40 23 0:50 / /dev rw - tmpfs a rw\n");
        assert_eq!(table(&hidden).at("/dev/shm"), None);
        assert_eq!(table(&hidden).at("/dev").as_deref(), Some("rw"));
    }

    #[test]
    fn a_root_that_is_no_mount_has_mounts_below() {
        let chroot = table("50 7 0:5 / /proc rw,nosuid - proc proc rw,hidepid=invisible\n");
        assert_eq!(chroot.at("/proc").as_deref(), Some("rw,nosuid,hidepid=invisible"));
        assert_eq!(chroot.at("/"), None);
    }

    #[test]
    fn circles_end_and_what_the_kernel_does_not_write_is_not_read() {
        let circle =
            table("1 2 0:1 / / rw - a a rw\n2 1 0:1 / / rw - a a rw\n3 3 0:1 / /a rw - b b rw\n");
        assert_eq!((circle.at("/"), circle.at("/a")), (None, Some("rw".to_owned())));
        for bad in ["", "\n", "1 2 3\n", "x 1 0:1 / / rw - a a rw\n", "1 0 0:1 / / rw a a rw\n"] {
            assert!(Mounts::read(bad).is_err(), "{bad:?}");
        }
        assert!(Mounts::read(PLAIN.strip_suffix("a\\040b rw\n").unwrap()).is_err());
    }
}
