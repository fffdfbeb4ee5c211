//! What a machine runs, where that may be older than what is installed: its kernel, and programs
//! and libraries that were replaced under running processes.
//!
//! Knows the files in which Linux says so (proc_sys_kernel(5), proc_pid_maps(5)) and the mark that
//! Debian's tools leave; knows no package and no version order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Fact, Place, Reading, Setting};

use crate::text::number;
use crate::{Answer, Need};

/// How many processes are looked at.
const MOST_PROCESSES: usize = 4096;
/// How many different files are told.
const MOST_FILES: usize = 256;
/// What Debian's package scripts leave where a restart of the machine is needed.
pub(super) const MARK: &str = "/run/reboot-required";
/// Where programs and libraries of packages stand. What is mapped from elsewhere is data.
const FOLDERS: [&str; 6] = ["/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/opt/"];
const DELETED: &str = " (deleted)";
/// What tells of a container what its own root may not see.
const OUTSIDE: &str = "a look from outside of this container";

/// The kernel that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// `6.1.0-18-amd64`.
    pub release: Arc<str>,
    /// The text of its build, in which some distributions name the package's version.
    pub build: Arc<str>,
    /// Where its release stands.
    pub place: Place,
}

/// A file that was replaced or removed, and that processes still have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldCopy {
    /// Its path, at which a newer one may stand.
    pub path: Arc<str>,
    /// The names of the processes, each once.
    pub programs: BTreeSet<Arc<str>>,
    /// How many processes.
    pub processes: usize,
    /// Where the first of them says so.
    pub place: Place,
}

/// What a machine runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    /// The kernel, where it could be told.
    pub kernel: Option<Kernel>,
    /// Where Debian's tools say that the machine must be restarted.
    pub mark: Option<Place>,
    /// Whether any process could be found.
    pub looked: bool,
    /// Old copies that are still in use, by path.
    pub old: Vec<OldCopy>,
    /// Processes that may not be looked at.
    pub hidden: usize,
    /// Whether it was root who may not.
    pub by_root: bool,
    /// Whether there were more processes or files than are looked at.
    pub cut: bool,
}

/// Looks at a running machine; `answer` is asked for each need once.
pub fn running(answer: &mut dyn FnMut(&Need) -> Answer) -> Running {
    let mut text = |path: &str| match answer(&Need::File(path.into())) {
        Answer::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).trim().to_owned()),
        _ => None,
    };
    let release = "/proc/sys/kernel/osrelease";
    let kernel = text(release).filter(|release| !release.is_empty()).map(|word| Kernel {
        release: word.into(),
        build: text("/proc/sys/kernel/version").unwrap_or_default().into(),
        place: Place::start_of(release),
    });
    let mark = text(MARK).map(|_| Place::start_of(MARK));
    let mut found = Running { kernel, mark, ..Running::default() };
    let Answer::Paths(paths) = answer(&Need::Glob("/proc/*/maps".into())) else { return found };
    let of_process = |path: &&Arc<str>| {
        let process = path.split('/').nth(2).unwrap_or_default();
        !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut old: BTreeMap<Arc<str>, OldCopy> = BTreeMap::new();
    let processes: Vec<&Arc<str>> = paths.iter().filter(of_process).collect();
    found.looked = !processes.is_empty();
    found.cut = processes.len() > MOST_PROCESSES;
    // The first one always runs: whoever does not see it sees their own alone (`hidepid`).
    let first = processes.iter().any(|path| &***path == "/proc/1/maps");
    found.hidden += usize::from(!processes.is_empty() && !first);
    for path in processes.into_iter().take(MOST_PROCESSES) {
        match answer(&Need::File(Arc::clone(path))) {
            Answer::Bytes(maps) => {
                let copies = old_copies(&maps);
                if copies.is_empty() {
                    continue;
                }
                let comm = path.replace("/maps", "/comm");
                let name: Arc<str> = match answer(&Need::File(comm.into())) {
                    Answer::Bytes(name) => String::from_utf8_lossy(&name).trim().into(),
                    _ => "a process".into(),
                };
                for (file, line) in copies {
                    found.cut |= old.len() >= MOST_FILES && !old.contains_key(&*file);
                    if old.len() >= MOST_FILES && !old.contains_key(&*file) {
                        continue;
                    }
                    let place = Place { path: Arc::clone(path), line, column: 1 };
                    let copy = old.entry(Arc::clone(&file)).or_insert_with(|| OldCopy {
                        path: file,
                        programs: BTreeSet::new(),
                        processes: 0,
                        place,
                    });
                    copy.programs.insert(Arc::clone(&name));
                    copy.processes += 1;
                }
            }
            // It ended meanwhile.
            Answer::Missing => {}
            _ => found.hidden += 1,
        }
    }
    found.old = old.into_values().collect();
    if found.hidden > 0 {
        found.by_root = asks_as_root(answer);
    }
    found
}

/// Whether it is root who looks at this machine; `answer` is asked once.
pub fn asks_as_root(answer: &mut dyn FnMut(&Need) -> Answer) -> bool {
    let status = answer(&Need::File("/proc/self/status".into()));
    matches!(status, Answer::Bytes(bytes) if is_of_root(&bytes))
}

/// What could not be seen by root needs something else than root: a container keeps its own root from
/// much of the machine. `by_root` is asked only where something is open that root would close.
pub fn for_root(facts: &mut [Fact], by_root: impl FnOnce() -> bool) {
    let open = facts.iter_mut().filter_map(|fact| match fact {
        Fact::Setting(Setting { reading: Reading::Unknown { reason, closes_with }, .. }) => {
            (*closes_with == "root").then_some((reason, closes_with))
        }
        _ => None,
    });
    let open: Vec<(&mut String, &mut String)> = open.collect();
    if open.is_empty() || !by_root() {
        return;
    }
    for (reason, closes_with) in open {
        reason.push_str("; it was root who asked");
        OUTSIDE.clone_into(closes_with);
    }
}

/// Whether a process acts as root: `Uid: REAL EFFECTIVE SAVED FILE` of proc_pid_status(5).
fn is_of_root(status: &[u8]) -> bool {
    let text = String::from_utf8_lossy(status);
    let ids = text.lines().find_map(|line| line.strip_prefix("Uid:"));
    ids.is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0"))
}

impl Running {
    /// Why nothing is said of some processes, and what would close that gap.
    pub fn hidden_because(&self) -> Option<(String, &'static str)> {
        let processes = match self.hidden {
            0 => return None,
            1 => "1 process".to_owned(),
            many => format!("{many} processes"),
        };
        Some(if self.by_root {
            let reason = format!("{processes} may not be looked at here, not even by root");
            (reason, OUTSIDE)
        } else {
            (format!("{processes} may only be looked at by root"), "root")
        })
    }
}

/// The programs and libraries of a process that are gone from where they were, each with its first
/// line: `ADDRESS PERMISSIONS OFFSET DEVICE INODE PATH (deleted)`.
fn old_copies(maps: &[u8]) -> BTreeMap<Arc<str>, u32> {
    let mut out = BTreeMap::new();
    for (line, bytes) in maps.split(|byte| *byte == b'\n').enumerate() {
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        if let Some(path) = replaced(text) {
            out.entry(Arc::from(path)).or_insert(number(line + 1));
        }
    }
    out
}

/// The program or library of one line that is gone from where it was.
pub(super) fn replaced(line: &str) -> Option<&str> {
    let text = line.strip_suffix(DELETED)?;
    let path = text.find('/').and_then(|at| text.get(at..))?;
    let runs = text.split(' ').nth(1).is_some_and(|word| word.len() == 4 && word.contains('x'));
    (runs && FOLDERS.iter().any(|folder| path.starts_with(folder))).then_some(path)
}

/// What the name of a release ends with, behind its numbers: `amd64`, `cloud-amd64`, `generic`. The
/// mark of a rebuild is none of it: `6.1.0-0.deb11.7-amd64`, `6.12.9+bpo-amd64`, `6.1.0-rpi7-rpi-v8`.
pub fn flavour(release: &str) -> &str {
    let numbers = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '~');
    let rest = release.trim_start_matches(numbers);
    let rebuilt = ["deb", "rpi", "bpo", "rpt"].into_iter().find_map(|by| {
        let (number, rest) = rest.strip_prefix(by)?.split_once('-')?;
        let numbered = matches!(by, "deb" | "rpi");
        (number.is_empty() != numbered && number.chars().all(numbers)).then_some(rest)
    });
    rebuilt.unwrap_or(rest)
}

/// The version of the package of a running kernel, which Debian writes into its build.
pub fn debian_version(build: &str) -> Option<&str> {
    let mut words = build.split(' ').skip_while(|word| *word != "Debian");
    words.nth(1).filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
55d0 r--p 00000000 fe:01 1 /usr/sbin/sshd\n\
7f00 r--p 00000000 fe:01 2 /usr/lib/x86_64-linux-gnu/libcrypto.so.3 (deleted)\n\
7f01 r-xp 00000000 fe:01 2 /usr/lib/x86_64-linux-gnu/libcrypto.so.3 (deleted)\n\
7f02 rw-p 00000000 00:01 3 /memfd:x (deleted)\n\
7f03 r-xp 00000000 00:01 3 /tmp/own.so (deleted)\n\
7f04 rw-s 00000000 00:01 4 /usr/share/data (deleted)\n";

    fn machine(need: &Need) -> Answer {
        let path = match need {
            Need::File(path) => &**path,
            Need::Glob(_) => {
                let paths = ["/proc/1/maps", "/proc/2/maps", "/proc/3/maps", "/proc/self/maps"];
                return Answer::Paths(paths.map(Arc::from).to_vec());
            }
            other => panic!("{other:?}"),
        };
        let text = match path {
            "/proc/sys/kernel/osrelease" => "6.1.0-18-amd64\n",
            "/proc/sys/kernel/version" => "#1 SMP Debian 6.1.76-1 (2024-02-01)\n",
            "/proc/1/maps" => MAPS,
            "/proc/1/comm" => "sshd\n",
            "/proc/2/maps" => return Answer::Denied,
            "/proc/3/maps" | MARK => return Answer::Missing,
            "/proc/self/status" => "Name:\tholdfast\nUid:\t1000\t1000\t1000\t1000\n",
            other => panic!("nobody asks for {other}"),
        };
        Answer::Bytes(text.as_bytes().into())
    }

    #[test]
    fn a_flavour_has_no_number_of_a_rebuild() {
        for (release, wanted) in [
            ("6.1.0-18-amd64", "amd64"),
            ("6.1.0-18-cloud-amd64", "cloud-amd64"),
            ("6.1.0-0.deb11.7-amd64", "amd64"),
            ("6.1.0-0.deb11.21-cloud-amd64", "cloud-amd64"),
            ("6.12.9+bpo-amd64", "amd64"),
            ("6.16.3+deb13-amd64", "amd64"),
            ("6.1.0-rpi7-rpi-v8", "rpi-v8"),
            ("6.6.31+rpt-rpi-v8", "rpi-v8"),
            ("6.5.0-15-generic", "generic"),
        ] {
            assert_eq!(flavour(release), wanted, "{release}");
        }
    }

    #[test]
    fn only_code_that_was_replaced_counts() {
        let found = running(&mut machine);
        let kernel = found.kernel.unwrap();
        assert_eq!(
            (&*kernel.release, &*kernel.build),
            ("6.1.0-18-amd64", "#1 SMP Debian 6.1.76-1 (2024-02-01)")
        );
        assert_eq!((found.mark, found.hidden, found.by_root, found.cut), (None, 1, false, false));
        assert!(found.looked);
        let told = |hidden, by_root| Running { hidden, by_root, ..Running::default() };
        let words = |hidden, by_root| told(hidden, by_root).hidden_because();
        let one = ("1 process may only be looked at by root".to_owned(), "root");
        assert_eq!((words(0, false), words(1, false)), (None, Some(one)));
        let (reason, closes_with) = words(2, true).unwrap();
        assert_eq!(reason, "2 processes may not be looked at here, not even by root");
        assert_ne!(closes_with, "root", "who is root is not told to be it");
        assert!(is_of_root(b"Name:\tcat\nUid:\t1000\t0\t0\t0\n"));
        assert!(!is_of_root(b"Uid:\t0\t1000\t0\t0\n") && !is_of_root(b""));
        let [copy] = found.old.as_slice() else { panic!("{:?}", found.old) };
        assert_eq!(&*copy.path, "/usr/lib/x86_64-linux-gnu/libcrypto.so.3");
        assert_eq!(
            (copy.processes, copy.programs.iter().next().map(|name| &**name)),
            (1, Some("sshd"))
        );
        assert_eq!(copy.place.to_string(), "/proc/1/maps:3:1");
    }

    #[test]
    fn root_is_not_told_to_be_root() {
        use holdfast_model::{Aspect, Resource};
        let fact = |closes_with: &str| {
            Fact::Setting(Setting {
                resource: Resource::Restart { of: "services".into() },
                aspect: Aspect::Running,
                scope: None,
                reading: Reading::Unknown {
                    reason: "2 processes may not be looked at".to_owned(),
                    closes_with: closes_with.to_owned(),
                },
                place: None,
                default: false,
            })
        };
        let told = |closes_with: &str, root: bool| {
            let mut facts = [fact("install grep"), fact(closes_with)];
            for_root(&mut facts, || root);
            assert_eq!(facts[0], fact("install grep"));
            let [_, Fact::Setting(Setting { reading, .. })] = facts else { panic!("{facts:?}") };
            let Reading::Unknown { reason, closes_with } = reading else { panic!("{reading:?}") };
            (reason, closes_with)
        };
        let plain = ("2 processes may not be looked at".to_owned(), "root".to_owned());
        assert_eq!(told("root", false), plain);
        let (reason, closes_with) = told("root", true);
        assert_eq!(reason, "2 processes may not be looked at; it was root who asked");
        assert_eq!(closes_with, OUTSIDE);
        assert_eq!(told("look again", true).1, "look again");
        // Nobody is asked who looks where root would close nothing.
        for_root(&mut [fact("look again")], || panic!("asked"));
    }

    #[test]
    fn a_machine_that_says_nothing_is_no_failure() {
        assert_eq!(running(&mut |_| Answer::Missing), Running::default());
        assert!(old_copies(b"\xFF (deleted)\n /usr/x (deleted)\n").is_empty());
    }
}
