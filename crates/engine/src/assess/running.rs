//! What a machine still runs although something newer is installed: mended is what runs.
//!
//! Knows how distributions name the packages of their kernels; judges nothing that a package's own
//! finding says already.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_advisories::version::compare;
use holdfast_advisories::{Index, Scratch};
use holdfast_findings::unassessed::Gap;
use holdfast_findings::{Sighting, join, locus as loci};
use holdfast_model::{
    Component, FindingKind, FixKind, Instance, Place, Severity, SeverityStep, SourcePackage,
    Weakness, WeaknessId, Witness,
};
use holdfast_sense::host::running::{Kernel, OldCopy, debian_version, flavour};

use super::matching::Found;
use crate::look::Look;

/// How the names of these weaknesses begin.
pub(crate) const RUNNING_PREFIX: &str = "running:";
/// A kernel that is older than the one that is installed.
pub(crate) const OLD_KERNEL: &str = "running:old-kernel";
/// Processes that have files of a package which were replaced.
const OLD_COPY: &str = "running:old-copy";

/// Adds what runs and is older than what is installed.
pub(crate) fn old(look: &Look, index: &Index<'_>, found: &mut Found) {
    let Some(host) = &look.host else { return };
    let Some(running) = &host.running else { return };
    if let Some(kernel) = &running.kernel {
        found.sightings.extend(old_kernel(look, index, kernel, running.mark.as_ref()));
    }
    for copy in &running.old {
        let owner = host.owners.iter().find(|(file, _)| *file == copy.path);
        let component = owner.and_then(|(_, name)| installed(look, name));
        match component.and_then(|component| old_copy(component, copy)) {
            Some(sighting) => found.sightings.push(sighting),
            // What no package brought is not ours to name; who put it there knows.
            None => found.gaps.push(gap(
                &format!("process:{}", copy.path),
                &copy.path,
                format!(
                    "{} still run a file that was replaced, and no package owns it",
                    people(copy)
                ),
                "restart them",
                Some(copy.place.clone()),
            )),
        }
    }
    if let Some((reason, closes)) = running.hidden_because() {
        found.gaps.push(gap("processes", "files that processes still use", reason, closes, None));
    }
    if running.cut {
        let reason = "there are more processes, or more such files, than are looked at".to_owned();
        let closes = "a restart of the machine";
        found.gaps.push(gap(
            "processes-cut",
            "files that processes still use",
            reason,
            closes,
            None,
        ));
    }
}

fn gap(
    respect: &str,
    subject: &str,
    reason: String,
    closes_with: &str,
    place: Option<Place>,
) -> Gap {
    Gap {
        code: "running",
        kind: FindingKind::Package,
        locus: loci::whole_asset(respect),
        subject: subject.into(),
        reason,
        closes_with: closes_with.to_owned(),
        place,
    }
}

fn installed<'l>(look: &'l Look, name: &str) -> Option<&'l Component> {
    let mut packages = look.components().map(|(_, one)| one).filter(|one| one.source.is_some());
    packages.find(|one| *one.name == *name)
}

fn people(copy: &OldCopy) -> String {
    let names: Vec<&str> = copy.programs.iter().take(3).map(|name| &**name).collect();
    let more = copy.processes.saturating_sub(names.len());
    let names = names.join(", ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}

fn weakness(id: &str, title: &str) -> Weakness {
    Weakness {
        id: WeaknessId(id.into()),
        aliases: Vec::new(),
        title: title.to_owned(),
        cvss: None,
        epss: None,
        exploited: false,
        malicious: false,
        epss_at: None,
        informational: None,
        published_by: vec![join::OWN_ENGINE.into()],
    }
}

/// A finding about a package, at the locus that its own findings have.
fn sighting(
    component: &Component,
    weakness: Weakness,
    title: String,
    (severity, because): (Severity, &str),
    place: Place,
) -> Option<Sighting> {
    let source = &component.source.as_ref()?.name;
    let ecosystem = &component.ecosystem;
    Some(Sighting {
        kind: FindingKind::Package,
        locus: loci::system_package(ecosystem, source),
        title,
        severity,
        severity_steps: vec![SeverityStep { severity, because: because.to_owned() }],
        subject: loci::subject(ecosystem, source),
        instance: Instance { version: component.version.clone(), place, fixed_in: None },
        witness: Witness { engine: join::OWN_ENGINE.into(), name: Arc::clone(&weakness.id.0) },
        direct: None,
        dev: false,
        fix: FixKind::None,
        weakness,
    })
}

fn old_copy(component: &Component, copy: &OldCopy) -> Option<Sighting> {
    let name = &component.name;
    let title = format!("{name} was updated, and {} still run the old one", people(copy));
    let weakness = weakness(OLD_COPY, "processes still run what an update replaced");
    let severity = (Severity::WhenYouCan, "the update is there, and a restart of them takes it up");
    sighting(component, weakness, title, severity, copy.place.clone())
}

/// The running kernel against the newest installed one of its kind. Where no package says which
/// kernel runs, as in a container, there is nothing to compare.
fn old_kernel(
    look: &Look,
    index: &Index<'_>,
    kernel: &Kernel,
    mark: Option<&Place>,
) -> Option<Sighting> {
    let kernels = kernels(look, kernel);
    let ecosystem = &kernels.first()?.0.ecosystem;
    let newer = |a: &str, b: &str| compare(ecosystem, a, b).is_some_and(std::cmp::Ordering::is_gt);
    let mut newest = kernels.first()?;
    for one in &kernels {
        if newer(&one.1, &newest.1) {
            newest = one;
        }
    }
    let (component, version) = newest;
    let runs = running_version(kernel, component);
    if !newer(version, &runs) {
        return None;
    }
    let closes = closed(index, component, &runs);
    let severity = match closes.len() {
        0 => (Severity::WhenYouCan, "a newer kernel is there, and a restart takes it up"),
        _ => (Severity::Soon, "the newer kernel closes what is known of the one that runs"),
    };
    let title =
        format!("kernel {runs} runs, and {version} is installed: the machine must be restarted");
    let weakness = weakness(OLD_KERNEL, "the machine runs an older kernel than is installed");
    let place = mark.unwrap_or(&kernel.place).clone();
    sighting(component, weakness, title, severity, place)
}

/// The installed packages that hold a kernel of the kind that runs, each with its version.
fn kernels<'l>(look: &'l Look, kernel: &Kernel) -> Vec<(&'l Component, Arc<str>)> {
    let packages = look.components().map(|(_, one)| one).filter(|one| one.source.is_some());
    packages.filter_map(|one| Some((one, kernel_version(one, kernel)?))).collect()
}

/// Whether the kernel that runs could be compared with those that are installed.
pub(super) fn compares_kernels(look: &Look) -> bool {
    let running = look.host.as_ref().and_then(|host| host.running.as_ref());
    let kernel = running.and_then(|running| running.kernel.as_ref());
    kernel.is_some_and(|kernel| !kernels(look, kernel).is_empty())
}

/// The names of packages that hold a kernel on systems of rpm.
const RPM_KERNELS: [&str; 5] =
    ["kernel", "kernel-core", "kernel-default", "kernel-rt", "kernel-uek-core"];

/// The version of a package that holds a kernel of the kind that runs, comparable with
/// [`running_version`].
fn kernel_version(component: &Component, kernel: &Kernel) -> Option<Arc<str>> {
    if let Some(release) = component.name.strip_prefix("linux-image-") {
        let numbered = release.starts_with(|c: char| c.is_ascii_digit());
        let alike = flavour(release) == flavour(&kernel.release);
        return match debian_version(&kernel.build) {
            Some(_) if numbered && alike => component.version.clone(),
            // Without the version of the package, releases are compared.
            None if numbered && alike => Some(release.into()),
            _ => None,
        };
    }
    RPM_KERNELS.contains(&&*component.name).then(|| component.version.clone()).flatten()
}

fn running_version(kernel: &Kernel, component: &Component) -> String {
    if component.name.starts_with("linux-image-") {
        return debian_version(&kernel.build).unwrap_or(&kernel.release).to_owned();
    }
    // `5.14.0-427.el9.x86_64` ends with the machine.
    let release = &*kernel.release;
    release.rsplit_once('.').map_or(release, |(version, _)| version).to_owned()
}

/// What is known of the version that runs, and no longer of the one that is installed.
fn closed(index: &Index<'_>, component: &Component, runs: &str) -> BTreeSet<String> {
    let (Some(source), Some(installed)) = (&component.source, &component.version) else {
        return BTreeSet::new();
    };
    let known = |version: &str| {
        let mut ids = BTreeSet::new();
        let source = SourcePackage { name: Arc::clone(&source.name), version: version.into() };
        let version = Some(version.into());
        let kernel = Component { version, source: Some(source), ..component.clone() };
        index.has(&kernel, &mut Scratch::default(), &mut |hit| {
            ids.extend(index.weakness(hit.weakness).map(|weakness| weakness.id.to_string()));
        });
        ids
    };
    known(runs).difference(&known(installed)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::Ecosystem;

    fn kernel(release: &str, build: &str) -> Kernel {
        Kernel { release: release.into(), build: build.into(), place: Place::start_of("/proc") }
    }

    fn component(name: &str, version: &str) -> Component {
        let place = Place::start_of("/var/lib/dpkg/status");
        Component::new(Ecosystem::new("Debian:12"), name, Some(version.into()), place)
    }

    #[test]
    fn kernels_are_compared_with_those_of_their_kind() {
        let debian =
            kernel("6.1.0-18-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)");
        let version = |name: &str, kernel: &Kernel| {
            kernel_version(&component(name, "6.1.90-1"), kernel).map(|version| version.to_string())
        };
        assert_eq!(version("linux-image-6.1.0-21-amd64", &debian).as_deref(), Some("6.1.90-1"));
        assert_eq!(version("linux-image-6.1.0-21-cloud-amd64", &debian), None);
        assert_eq!(version("linux-image-amd64", &debian), None, "it holds no kernel");
        assert_eq!(running_version(&debian, &component("linux-image-x", "1")), "6.1.76-1");
        let ubuntu = kernel("6.5.0-15-generic", "#15~22.04.1-Ubuntu SMP");
        let newer = version("linux-image-6.5.0-17-generic", &ubuntu);
        assert_eq!(newer.as_deref(), Some("6.5.0-17-generic"));
        let alma = kernel("5.14.0-427.el9.x86_64", "#1 SMP");
        assert_eq!(version("kernel-core", &alma).as_deref(), Some("6.1.90-1"));
        assert_eq!(running_version(&alma, &component("kernel-core", "1")), "5.14.0-427.el9");
        assert_eq!(version("bash", &alma), None);
    }
}
