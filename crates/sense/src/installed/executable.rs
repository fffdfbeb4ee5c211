//! Programs that say what they are made of: Go since 1.13, Rust where `cargo auditable` built them.
//!
//! Knows what these two leave in an ELF file; knows no package manager. Of a large program only
//! the parts that matter are asked for.

use std::io::Read as _;

use holdfast_model::{About, Component, Ecosystem, Edge, Fact, Origin, Place, Problem};
use serde::Deserialize;

use super::elf::{Elf, Seen, Stop, View};
use super::go::{self, BuildInfo};
use crate::text::{Report, number};
use crate::{Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct Executable;

static ABOUT: About = About {
    id: "executable",
    title: "Programs with a list of their modules",
    text: "Reads ELF programs: the modules that Go builds in (with the standard library as \
        `stdlib`, in the version of the compiler; a replaced module as its replacement; a program that \
        was built without modules is *not assessed*, unless it is one of Go's own), and the packages \
        that `cargo auditable` writes into Rust programs (the section `.dep-v0`). \
        Programs of other systems than ELF, and what is packed by a packer, are left out.",
    file: file!(),
};

/// How much of a program is enough to begin with, in bytes.
const HEAD: usize = 4096;
/// The largest list of packages, packed and unpacked, in bytes.
const PACKED: u64 = 8 << 20;
const UNPACKED: u64 = 64 << 20;

/// How much of the end of a program, and of its data, is likely to be asked for, in bytes.
const LIKELY: usize = 1 << 20;

/// The parts of a program that are likely to be asked for, by its first bytes: where linkers put the
/// tables of sections, and what Go says of its build. Others may be asked for behind them.
pub fn likely(head: &[u8], size: u64) -> Vec<(u64, usize)> {
    let mut parts = vec![(0, HEAD), (size.saturating_sub(LIKELY as u64), LIKELY)];
    let sources = Sources::new("", head);
    let view = View::new(&sources);
    if let Ok(segments) = Elf::open(&view).and_then(|elf| elf.segments(&view)) {
        let data = segments.iter().find(|segment| segment.writable);
        parts.extend(data.map(|data| (data.offset, LIKELY)));
    }
    parts
}

impl Reader for Executable {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn scope(&self) -> Scope {
        Scope::System
    }

    fn head(&self) -> Option<usize> {
        Some(HEAD)
    }

    fn alone(&self) -> bool {
        true
    }

    fn claims(&self, _path: &str, head: &[u8]) -> Claim {
        if Elf::is(head) { Claim::ByContent } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let view = View::new(so_far);
        match look(&view) {
            Err(Stop::Lacks(offset, length)) => vec![view.need(offset, length)],
            _ => Vec::new(),
        }
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let place = Place::start_of(std::sync::Arc::clone(sources.path()));
        let mut report = Report::new(out);
        match look(&View::new(sources)) {
            Ok(found) => {
                if let Some(info) = &found.go {
                    go_modules(info, &place, &mut report);
                }
                if let Some(list) = &found.rust {
                    rust_packages(list, &place, &mut report);
                }
            }
            Err(stop) => {
                let why = match stop {
                    Stop::Broken(why) => why,
                    Stop::Lacks(..) => "it is cut off",
                };
                let message = format!("this program cannot be read: {why}");
                let help = "install it again";
                let problem = Problem::at("executable", place, message).help(help);
                report.problem(problem, true);
            }
        }
        report.finish();
    }
}

/// What a program says of itself.
struct Found {
    go: Option<BuildInfo>,
    rust: Option<Vec<u8>>,
}

fn look(view: &View<'_>) -> Seen<Found> {
    let elf = Elf::open(view)?;
    let rust = match elf.section(view, ".dep-v0")? {
        Some(section) if section.size <= PACKED => {
            let length = usize::try_from(section.size).unwrap_or(usize::MAX);
            Some(view.part(section.offset, length)?.to_vec())
        }
        Some(_) => return Err(Stop::Broken("its list of packages is too large")),
        None => None,
    };
    Ok(Found { go: go::build_info(&elf, view)?, rust })
}

fn go_modules(info: &BuildInfo, place: &Place, report: &mut Report<'_>) {
    let ecosystem = Ecosystem::new(Ecosystem::GOLANG);
    let unknown = |name: &str, reason: String| Fact::Unknown {
        ecosystem: ecosystem.clone(),
        name: name.into(),
        reason,
        place: place.clone(),
    };
    // `go1.21.5 X:boringcrypto` is that release too.
    let release = info.version.split(' ').next().unwrap_or_default();
    let numbers = release.strip_prefix("go").unwrap_or(release);
    let is_release = (2..=3).contains(&numbers.split('.').count())
        && numbers
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if is_release {
        let version = Some(numbers.into());
        report.component(Component::new(ecosystem.clone(), "stdlib", version, place.clone()));
    } else {
        let shown: String = info.version.chars().take(40).collect();
        report.fact(unknown("stdlib", format!("`{shown}` names no released version of Go")));
    }
    if info.modules.is_empty() {
        report.fact(unknown("modules", "the program was built without a list of them".to_owned()));
    }
    let modules = go::modules(&info.modules);
    if modules.is_empty()
        && let Some(package) = go::package(&info.modules)
    {
        let reason = "the program was built without modules: what is in it stands nowhere";
        report.fact(unknown(package, reason.to_owned()));
    }
    for module in modules {
        let local = module.path.starts_with(['.', '/']);
        if module.version.is_empty() || module.version == "(devel)" || local {
            // Its own code, or that of a folder beside it, in no version that was published.
            let mut component = Component::new(ecosystem.clone(), module.path, None, place.clone());
            component.origin = Origin::Tree;
            report.component(component);
            continue;
        }
        let version = Some(module.version.into());
        let mut component = Component::new(ecosystem.clone(), module.path, version, place.clone());
        component.direct = module.main.then_some(true);
        report.component(component);
    }
}

/// The list of `cargo auditable` (its `audit-data` format, version 0).
#[derive(Deserialize)]
struct Audit {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    dependencies: Vec<usize>,
    #[serde(default)]
    root: bool,
}

fn rust_packages(list: &[u8], place: &Place, report: &mut Report<'_>) {
    let mut text = Vec::new();
    let unpacked =
        flate2::read::ZlibDecoder::new(list).take(UNPACKED + 1).read_to_end(&mut text).is_ok();
    let audit: Option<Audit> = if unpacked && text.len() as u64 <= UNPACKED {
        serde_json::from_slice(&text).ok()
    } else {
        None
    };
    let Some(audit) = audit else {
        let message = "the list of packages in this program cannot be read";
        let problem = Problem::at("executable", place.clone(), message);
        return report.problem(problem.help("build it again with `cargo auditable`"), true);
    };
    let ecosystem = Ecosystem::new(Ecosystem::CARGO);
    for package in &audit.packages {
        let mut component = Component::new(
            ecosystem.clone(),
            package.name.as_str(),
            Some(package.version.as_str().into()),
            place.clone(),
        );
        component.dev = package.kind == "build";
        component.origin = if package.root || package.source == "local" {
            Origin::Tree
        } else if package.source == "git" {
            Origin::Git("git".into())
        } else {
            // A feed is named in many ways.
            Origin::Feed(None)
        };
        report.component(component);
    }
    for (parent, package) in audit.packages.iter().enumerate() {
        for child in package.dependencies.iter().filter(|at| **at < audit.packages.len()) {
            let (parent, child) = (Some(number(parent)), number(*child));
            report.edge(Edge::new(parent, child, place.clone()));
        }
    }
}

#[cfg(test)]
#[path = "executable_tests.rs"]
pub(crate) mod tests;
