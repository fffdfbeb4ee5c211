//! Whether what updates brought waits for a restart: of the host for its kernel, and of programs
//! for the code that they run.
//!
//! Knows the mark of Debian's tools, how its family names packages of kernels, and how Linux shows
//! what a process runs (proc_pid_maps(5)). Must not know which of two versions is newer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Reading, Resource, Setting};

use super::look::{Gap, Got, Look, setting};
use super::running::{MARK, debian_version, flavour, replaced};
use super::{Answers, Asked, Collector, package};
use crate::{Answer, Need};

/// The collector.
pub(super) struct Restart;

static ABOUT: About = About {
    id: "host-restart",
    title: "What waits for a restart",
    text: "The host: `/run/reboot-required`, which Debian's tools leave; else the kernel that runs \
        beside each installed package of its kind, by the version that Debian writes into its \
        build or, without one, by the names of releases. Where dpkg has no such package, nothing \
        is said of it, and where there is no dpkg, it is *not assessed*. Programs: what a process runs \
        and what is gone from where it was, asked of all processes by one `grep` over `/proc`; who is \
        not root sees their own alone, and the rest is *not assessed*. Files outside of `/usr`, `/lib`, \
        `/bin`, `/sbin` and `/opt` do not count.",
    file: file!(),
};

const RELEASE: &str = "/proc/sys/kernel/osrelease";
const BUILD: &str = "/proc/sys/kernel/version";
const IMAGE: &str = "linux-image-";

/// The names of all processes, and the lines of what they run that is gone. `/dev/null` keeps grep
/// from waiting for what is typed where there is no `/proc`.
const SCRIPT: &str = "exec grep -E \
    '^Name:|x[ps] .* /(usr|lib|lib64|bin|sbin|opt)/.* [(]deleted[)]$' \
    /dev/null /proc/[0-9]*/status /proc/[0-9]*/maps";
/// So much of what a program says is kept at most: with as much as that, something may be missing.
const WHOLE: usize = 1 << 20;
/// So many programs are told, each with so many files.
const PROGRAMS: usize = 256;
const FILES: usize = 3;

fn of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Restart { of } => Some(of),
        _ => None,
    }
}

impl Collector for Restart {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let look = Look::new(answers);
        for (resource, of) in asked.each(of) {
            if !asked.running {
                out(setting(resource, Aspect::Running, Gap::at_rest().reading(), None));
                continue;
            }
            match of {
                "services" => services(resource, &look, out),
                _ => host(resource, &look, out),
            }
        }
    }
}

/// One of several, by its name.
fn scoped(resource: &Resource, scope: &str, aspect: Aspect, reading: Reading) -> Setting {
    let (resource, scope) = (resource.clone(), Some(scope.into()));
    Setting { resource, aspect, scope, reading, place: None, default: false }
}

/// What is known of kernels.
struct Kernels<'a> {
    /// Whether the mark is there.
    marked: bool,
    /// The version of the one that runs, as packages count it.
    runs: String,
    /// Packages of its kind, each with its version.
    installed: Vec<(&'a str, Reading)>,
}

fn kernels<'a>(look: &Look<'a>) -> Result<Kernels<'a>, Gap> {
    // All are asked for before one decides.
    let (mark, release, build) = (look.stat(MARK), look.file(RELEASE), look.file(BUILD));
    let status = package::status(look);
    let marked = match mark {
        Got::Here(_) => true,
        Got::Missing => false,
        Got::Hidden(gap) => return Err(gap),
    };
    let text = |got: Got<&[u8]>| match got {
        Got::Here(bytes) => Ok(String::from_utf8_lossy(bytes).trim().to_owned()),
        Got::Missing => Err(Gap::new("`/proc` is not there", "mount -t proc proc /proc")),
        Got::Hidden(gap) => Err(gap),
    };
    let (runs, installed) = if marked {
        (String::new(), Vec::new())
    } else {
        let (release, build) = (text(release)?, text(build)?);
        let packages = match status {
            Got::Here(left) => package::beginning(left, IMAGE),
            // Other managers install kernels too.
            Got::Missing => {
                let reason = "only dpkg is asked which kernels are installed, and it is not here";
                let closes_with = "`uname -r` beside the kernels that are installed";
                return Err(Gap::new(reason, closes_with));
            }
            Got::Hidden(gap) => return Err(gap),
        };
        of_kind(&release, &build, packages)
    };
    Ok(Kernels { marked, runs, installed })
}

/// The version of the kernel that runs, and those of the installed packages of its kind.
fn of_kind<'a>(
    release: &str,
    build: &str,
    packages: Vec<(&'a str, Reading)>,
) -> (String, Vec<(&'a str, Reading)>) {
    let debian = debian_version(build);
    let mut installed = Vec::new();
    for (name, reading) in packages {
        let its = name.strip_prefix(IMAGE).unwrap_or(name);
        // `linux-image-amd64` holds no kernel.
        let numbered = its.starts_with(|c: char| c.is_ascii_digit());
        if !numbered || flavour(its) != flavour(release) {
            continue;
        }
        let reading = match reading {
            // Without the version of the package, releases are compared.
            Reading::Is(_) if debian.is_none() => Reading::Is(its.into()),
            other => other,
        };
        installed.push((name, reading));
    }
    (debian.unwrap_or(release).to_owned(), installed)
}

fn host(resource: &Resource, look: &Look<'_>, out: &mut dyn FnMut(Fact)) {
    let (reading, place, installed) = match kernels(look) {
        Err(gap) => (gap.reading(), None, Vec::new()),
        Ok(found) if found.marked => (Reading::Is("needed".into()), Some(MARK), Vec::new()),
        Ok(found) if found.installed.is_empty() => (Reading::Absent, None, Vec::new()),
        Ok(found) => (Reading::Is(found.runs.into()), Some(RELEASE), found.installed),
    };
    let place = place.map(Place::start_of);
    out(setting(resource, Aspect::Running, reading, place));
    for (name, reading) in installed {
        out(Fact::Setting(scoped(resource, name, Aspect::Version, reading)));
    }
}

/// What a program runs that was replaced, and the first place that says so.
#[derive(Debug)]
struct Old {
    files: BTreeSet<String>,
    place: Place,
}

/// The programs that run what was replaced, by name, and why not all could be looked at.
fn programs(look: &Look<'_>) -> Result<(BTreeMap<String, Old>, Option<Gap>), Gap> {
    let words = ["sh", "-c", SCRIPT].map(Arc::<str>::from).to_vec();
    let (stdout, stderr) = match look.ask(Need::Command(words)) {
        // grep ends with 2 where some file could not be read, and still tells what it found.
        Answer::Output { status: Some(0..=2), stdout, stderr } => (stdout, stderr),
        Answer::Output { .. } | Answer::Missing => {
            return Err(Gap::new("there is no `grep`", "install grep"));
        }
        Answer::Denied => return Err(Gap::new("`sh` may not be run", "root")),
        Answer::Unreadable(why) => {
            return Err(Gap::new(format!("`grep` could not be asked: {why}"), "look again"));
        }
        _ => return Err(Gap::new("`grep` was not asked", "look again")),
    };
    let (told, errors) = (String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
    let lines: Vec<Line<'_>> = told.lines().filter_map(Line::of).collect();
    let named =
        |line: &Line<'_>| line.text.strip_prefix("Name:").map(|name| name.trim().to_owned());
    let names: BTreeMap<&str, String> = lines
        .iter()
        .filter(|line| line.file == "status")
        .filter_map(|line| Some((line.process, named(line)?)))
        .collect();
    if names.is_empty() {
        return Err(Gap::new("`/proc` shows no process", "mount -t proc proc /proc"));
    }
    let mut all: BTreeMap<String, Old> = BTreeMap::new();
    let mut cut = stdout.len() >= WHOLE;
    for line in lines.iter().filter(|line| line.file == "maps") {
        let Some(path) = replaced(line.text) else { continue };
        let name = names.get(line.process).cloned().unwrap_or_else(|| "a process".to_owned());
        if all.len() >= PROGRAMS && !all.contains_key(&name) {
            cut = true;
            continue;
        }
        let place = Place::start_of(format!("/proc/{}/maps", line.process));
        let old = all.entry(name).or_insert_with(|| Old { files: BTreeSet::new(), place });
        old.files.insert(path.to_owned());
    }
    let denied = |line: &&str| line.contains("/maps") && line.contains("Permission denied");
    let hidden = errors.lines().filter(denied).count();
    let gap = match hidden {
        _ if cut => Some(Gap::new("there is more than is looked at", "a restart of the host")),
        // The first one always runs: whoever does not see it sees their own alone (`hidepid`).
        0 if !names.contains_key("1") => {
            Some(Gap::new("`/proc` does not show the processes of others here", "root"))
        }
        0 => None,
        1 => Some(Gap::new("one process may not be looked at", "root")),
        more => Some(Gap::new(format!("{more} processes may not be looked at"), "root")),
    };
    Ok((all, gap))
}

/// A line that grep tells: `/proc/77/maps:TEXT`.
struct Line<'t> {
    process: &'t str,
    file: &'t str,
    text: &'t str,
}

impl<'t> Line<'t> {
    fn of(line: &'t str) -> Option<Self> {
        let (process, rest) = line.strip_prefix("/proc/")?.split_once('/')?;
        let (file, text) = rest.split_once(':')?;
        Some(Self { process, file, text })
    }
}

fn services(resource: &Resource, look: &Look<'_>, out: &mut dyn FnMut(Fact)) {
    let (programs, gap) = match programs(look) {
        Ok(found) => found,
        Err(gap) => (BTreeMap::new(), Some(gap)),
    };
    let whole = match gap {
        Some(gap) => gap.reading(),
        None => Reading::Is(programs.len().to_string().into()),
    };
    for (name, old) in programs {
        let more = old.files.len().saturating_sub(FILES);
        let mut files: Vec<String> = old.files.into_iter().take(FILES).collect();
        if more > 0 {
            files.push(format!("{more} more"));
        }
        let reading = Reading::Is(files.join(", ").into());
        let setting = scoped(resource, &name, Aspect::Running, reading);
        out(Fact::Setting(Setting { place: Some(old.place), ..setting }));
    }
    out(setting(resource, Aspect::Running, whole, None));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(status: Option<i32>, stdout: &str, stderr: &str) -> Vec<String> {
        let words = ["sh", "-c", SCRIPT].map(Arc::<str>::from).to_vec();
        let (stdout, stderr) = (stdout.as_bytes().into(), stderr.as_bytes().into());
        let output = Answer::Output { status, stdout, stderr };
        let source = |need: &Need| {
            assert_eq!(*need, Need::Command(words.clone()));
            output.clone()
        };
        let answers = Answers::new(&source);
        let resource = Resource::Restart { of: "services".into() };
        let mut out = Vec::new();
        let resources = [resource];
        let asked = Asked { resources: &resources, running: true };
        Restart.read(&asked, &answers, &mut |fact| {
            let Fact::Setting(Setting { scope, reading, .. }) = fact else { panic!("{fact:?}") };
            out.push(format!("{} {reading:?}", scope.as_deref().unwrap_or("all")));
        });
        out
    }

    #[test]
    fn what_may_not_be_seen_is_counted_and_what_ended_is_not() {
        let told = "/proc/1/status:Name:\tinit\n/proc/2/status:Name:\tweb server\n\
                    /proc/2/maps:7f r-xp 0 fe:01 2 /usr/lib/a.so (deleted)\n\
                    /proc/2/maps:7f r-xp 0 fe:01 2 /usr/lib/b c.so (deleted)\n\
                    /proc/9/maps:7f r-xp 0 fe:01 2 /usr/lib/a.so (deleted)\n\
                    /proc/2/maps:7f r-xp 0 fe:01 2 /usr/x/a.so\nnonsense\n";
        let all = asked(Some(0), told, "");
        assert_eq!(
            all,
            [
                "a process Is(\"/usr/lib/a.so\")",
                "web server Is(\"/usr/lib/a.so, /usr/lib/b c.so\")",
                "all Is(\"2\")",
            ]
        );
        let errors = "grep: /proc/3/maps: Permission denied\ngrep: /proc/4/maps: No such process\n\
                      grep: /proc/5/maps: Permission denied\n";
        let some = asked(Some(2), told, errors);
        assert_eq!(some.len(), 3);
        assert!(some[2].contains("2 processes may not be looked at"), "{some:?}");
        let own = told.replace("/proc/1/status:Name:\tinit\n", "");
        let some = asked(Some(0), &own, "");
        assert!(some[2].contains("does not show the processes of others"), "{some:?}");
        for (status, told) in [(Some(127), ""), (None, told), (Some(1), "")] {
            let none = asked(status, told, "");
            assert!(none.len() == 1 && none[0].starts_with("all Unknown"), "{none:?}");
        }
    }

    #[test]
    fn kernels_of_another_kind_do_not_count() {
        let is = |version: &str| Reading::Is(version.into());
        let packages = vec![
            ("linux-image-6.1.0-18-amd64", is("6.1.76-1")),
            ("linux-image-6.1.0-21-amd64", is("6.1.90-1")),
            ("linux-image-6.1.0-21-cloud-amd64", is("6.1.90-1")),
            ("linux-image-amd64", is("6.1.90-1")),
        ];
        let build = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)";
        let (runs, installed) = of_kind("6.1.0-18-amd64", build, packages);
        assert_eq!(runs, "6.1.76-1");
        let versions: Vec<&Reading> = installed.iter().map(|(_, reading)| reading).collect();
        assert_eq!(versions, [&is("6.1.76-1"), &is("6.1.90-1")]);
        let ubuntu = vec![("linux-image-6.5.0-17-generic", is("6.5.0-17.17"))];
        let (runs, installed) = of_kind("6.5.0-15-generic", "#15~22.04.1-Ubuntu SMP", ubuntu);
        assert_eq!((runs.as_str(), &installed[0].1), ("6.5.0-15-generic", &is("6.5.0-17-generic")));
    }
}
