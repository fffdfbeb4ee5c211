//! Kernel modules: whether one is loaded now, and whether anything may load it after the next start.
//!
//! Knows the kernel's own lists; what files say of a module is the business of `module_files`.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Reading, Resource};

use super::look::{End, Gap, Got, Look, MAX_FILES, setting};
use super::module_files::{Rule, Rules, named, sources};
use super::{Answers, Asked, Collector};
use crate::FileType;
use crate::text::{Report, file_name, folder, number};

/// The collector.
pub(super) struct Module;

static ABOUT: About = About {
    id: "host-module",
    title: "Kernel modules, now and after the next start",
    text: "Now: `/proc/modules`. After the next start: the files of `modprobe.d` in `/etc`, `/run`, \
        `/usr/local/lib`, `/usr/lib` and `/lib` as modprobe of kmod reads them (a file takes the \
        place of later ones of its name, all are read by name, and the first `install` line of a \
        module counts). A module is `disabled` where that line runs a command that does nothing; \
        `blacklist` alone keeps it from being loaded by what it is for, not by its name. What \
        stands in `modules.builtin` of a kernel that is installed is part of that kernel, and no \
        line changes that. modprobe of busybox knows no `install` lines. Not seen: the kernel's \
        command line, `insmod`, and copies of these files in the initial file system in memory.",
    file: file!(),
};

const LOADED: &str = "/proc/modules";
const RELEASE: &str = "/proc/sys/kernel/osrelease";
const MODPROBE: [&str; 2] = ["/sbin/modprobe", "/usr/sbin/modprobe"];

fn name_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Module { name } => Some(name),
        _ => None,
    }
}

impl Collector for Module {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let mut names = asked.each(name_of).peekable();
        if names.peek().is_none() {
            return;
        }
        let look = Look::new(answers);
        let mut report = Report::new(out);
        let rules = Rules::read(&sources(&look), &mut report);
        let built_in = BuiltIn::read(&look);
        let busybox = busybox(&look);
        for (resource, name) in names {
            let name = named(name);
            let now = now(&look, asked, &built_in, &name);
            let (boot, place) = boot(&rules, &built_in, &busybox, &name);
            report.fact(setting(resource, Aspect::Running, now, None));
            report.fact(setting(resource, Aspect::Boot, boot, place));
        }
    }
}

fn now(look: &Look<'_>, asked: &Asked<'_>, built_in: &BuiltIn, name: &str) -> Reading {
    if !asked.running {
        return Gap::at_rest().reading();
    }
    let release = match look.file(RELEASE) {
        Got::Here(bytes) => String::from_utf8_lossy(bytes).trim().to_owned(),
        Got::Missing => {
            let reason = format!("`{RELEASE}` is not there");
            return Gap::new(reason, "mount -t proc proc /proc").reading();
        }
        Got::Hidden(gap) => return gap.reading(),
    };
    match look.file(LOADED) {
        Got::Here(bytes) => {
            // `NAME SIZE USES USERS STATE ADDRESS`
            let text = String::from_utf8_lossy(bytes);
            if text.lines().any(|line| line.split(' ').next() == Some(name)) {
                return Reading::Is("loaded".into());
            }
        }
        // A kernel that takes no modules has no list of them.
        Got::Missing => {}
        Got::Hidden(gap) => return gap.reading(),
    }
    match built_in.of_kernel(&release, name) {
        Ok(true) => Reading::Is("built-in".into()),
        Ok(false) => Reading::Absent,
        Err(gap) => gap.reading(),
    }
}

fn boot(
    rules: &Rules,
    built_in: &BuiltIn,
    busybox: &Got<()>,
    name: &str,
) -> (Reading, Option<Place>) {
    match built_in.of_any(name) {
        Ok(Some(place)) => return (Reading::Is("built-in".into()), Some(place)),
        Ok(None) => {}
        Err(gap) => return (gap.reading(), None),
    }
    let (word, place) = match rules.of(name) {
        Rule::Disabled(place) => match busybox {
            Got::Missing => ("disabled", Some(place)),
            Got::Here(()) => {
                let reason = "modprobe is that of busybox, which knows no `install` lines";
                let gap = Gap::new(reason, "install the package `kmod`");
                return (gap.reading(), Some(place));
            }
            Got::Hidden(gap) => return (gap.clone().reading(), Some(place)),
        },
        Rule::Command(place) => ("command", Some(place)),
        Rule::Blacklisted(place) => ("blacklisted", Some(place)),
        Rule::Allowed => ("allowed", None),
        Rule::Hidden(gap) => return (gap.reading(), None),
    };
    (Reading::Is(word.into()), place)
}

/// Whether modprobe is the one of busybox; `Missing` where it is not.
fn busybox(look: &Look<'_>) -> Got<()> {
    let ends = MODPROBE.map(|path| look.follow(path));
    let is = |end: &End<'_>| matches!(end, End::At(path, _) if file_name(path) == "busybox");
    if ends.iter().any(is) {
        return Got::Here(());
    }
    let gap = ends.into_iter().find_map(|end| match end {
        End::Hidden(gap) => Some(gap),
        _ => None,
    });
    gap.map_or(Got::Missing, Got::Hidden)
}

/// What is part of the kernels that are installed: `modules.builtin` of each.
#[derive(Debug)]
struct BuiltIn {
    /// By the kernel's release: the places of module names.
    kernels: BTreeMap<String, Result<BTreeMap<String, Place>, Gap>>,
    /// Kernels that could not be listed.
    hidden: Option<Gap>,
}

impl BuiltIn {
    fn read(look: &Look<'_>) -> Self {
        let mut found = Self { kernels: BTreeMap::new(), hidden: None };
        // Where `/lib` is only another name, everything in it would count twice.
        let folders: &[&str] = match look.stat("/lib") {
            Got::Here(stat) if stat.kind == FileType::Link => &["/usr/lib"],
            Got::Hidden(gap) => {
                found.hidden = Some(gap);
                &["/usr/lib", "/lib"]
            }
            _ => &["/usr/lib", "/lib"],
        };
        let mut paths: Vec<Arc<str>> = Vec::new();
        for lib in folders {
            match look.paths(&format!("{lib}/modules/*/modules.builtin")) {
                Got::Here(list) => paths.extend(list.iter().take(MAX_FILES).cloned()),
                Got::Missing => {}
                Got::Hidden(gap) => found.hidden = Some(gap),
            }
        }
        for path in paths {
            let list = match look.file(&path) {
                Got::Here(bytes) => Ok(names(&path, bytes)),
                Got::Missing => continue,
                Got::Hidden(gap) => Err(gap),
            };
            found.kernels.insert(file_name(folder(&path)).to_owned(), list);
        }
        found
    }

    /// Whether a module is part of the kernel of this release.
    fn of_kernel(&self, release: &str, name: &str) -> Result<bool, Gap> {
        match (self.kernels.get(release), &self.hidden) {
            (Some(Ok(names)), _) => Ok(names.contains_key(name)),
            (Some(Err(gap)), _) | (None, Some(gap)) => Err(gap.clone()),
            (None, None) => {
                let shown = release.escape_debug();
                let reason = format!("nothing says what is built into the kernel `{shown}`");
                Err(Gap::new(reason, "install the modules of this kernel"))
            }
        }
    }

    /// Where it is said that a module is part of a kernel that is installed.
    fn of_any(&self, name: &str) -> Result<Option<Place>, Gap> {
        let lists = || self.kernels.values();
        if let Some(place) = lists().flatten().find_map(|names| names.get(name)) {
            // The first by release: the others may be hidden, and say the same at most.
            return Ok(Some(place.clone()));
        }
        let hidden = lists().find_map(|list| list.as_ref().err()).or(self.hidden.as_ref());
        hidden.map_or(Ok(None), |gap| Err(gap.clone()))
    }
}

/// `kernel/fs/ext4/ext4.ko`, one a line.
fn names(path: &Arc<str>, bytes: &[u8]) -> BTreeMap<String, Place> {
    let text = String::from_utf8_lossy(bytes);
    let named = (1_usize..).zip(text.lines()).filter_map(|(line, text)| {
        let file = file_name(text.trim());
        let stem = file.split(".ko").next().filter(|stem| !stem.is_empty() && *stem != file)?;
        let place = Place { path: Arc::clone(path), line: number(line), column: 1 };
        Some((named(stem), place))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_files() {
        let names =
            names(&"/b".into(), b"kernel/fs/ext4/ext4.ko\nkernel/a/usb-storage.ko.xz\n\nx\n.ko\n");
        let found: Vec<String> =
            names.iter().map(|(name, place)| format!("{name} {}", place.line)).collect();
        assert_eq!(found, ["ext4 1", "usb_storage 2"]);
    }
}
