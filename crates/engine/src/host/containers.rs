//! Which images a host runs, by its own files.
//!
//! Knows where container engines keep what; asks none of them. What cannot be read is a gap, and then
//! what is declared of the host counts beside its own word.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::Problem;
use holdfast_sense::image::runtime::{self, Container};
use holdfast_world::ReadError;

use crate::lineage::{MORE, NOTHING, RUNS};
use crate::look::LeftOut;
use crate::trees::Machine;

/// Where Docker keeps a folder for each container.
const DOCKER: &str = "var/lib/docker/containers";
/// Where Podman and CRI-O keep their list, each form of storage its own.
const STORAGE: &str = "var/lib/containers/storage";
/// Where containerd keeps a folder for each task, by namespace.
const TASKS: &str = "run/containerd/io.containerd.runtime.v2.task";
/// Docker's own tasks, which its own files tell better.
const MOBY: &str = "moby";
/// The largest of these files that is read, in bytes.
const LARGEST: u64 = 16 << 20;
/// More containers of one engine are not looked at.
const MOST: usize = 10_000;
/// What closes a gap here.
const DECLARE: &str = "a `[[service.deployment]]` in services.toml";

/// What is known of the containers of a host.
#[derive(Debug, Default)]
pub(super) struct Containers {
    /// Labels of the host that say what it runs.
    pub(super) labels: Vec<String>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) problems: Vec<Problem>,
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    images: BTreeSet<String>,
    /// Whether there is any engine here.
    engine: bool,
    containers: Containers,
}

/// Reads what every engine keeps.
pub(super) fn of(machine: &Machine) -> Containers {
    let mut reading = Reading::default();
    reading.docker(machine);
    reading.storage(machine);
    reading.tasks(machine);
    let Reading { images, engine, mut containers } = reading;
    let mut labels: Vec<String> = images.iter().map(|image| format!("{RUNS}{image}")).collect();
    let gaps = !containers.left_out.is_empty() || !containers.problems.is_empty();
    if engine && gaps {
        labels.push(format!("{RUNS}{MORE}"));
    } else if engine && labels.is_empty() {
        labels.push(format!("{RUNS}{NOTHING}"));
    }
    containers.labels = labels;
    containers
}

impl Reading {
    fn gap(&mut self, path: &str, reason: &str, closes_with: &str) {
        self.engine = true;
        self.containers.left_out.push(LeftOut {
            path: format!("/{path}").into(),
            reason: format!("which images run here cannot be told: {reason}"),
            closes_with: closes_with.to_owned(),
        });
    }

    /// The names in a folder; a gap where there is one that may not be listed.
    fn list(&mut self, machine: &Machine, path: &str) -> Vec<Arc<str>> {
        match machine.root.list(path) {
            // A folder of which nothing but its name is asked for may not be there at all.
            Ok(entries) if entries.is_empty() && machine.root.stat(path).is_err() => Vec::new(),
            Ok(entries) => {
                self.engine = true;
                if entries.len() > MOST {
                    self.gap(path, "it holds more than are looked at", DECLARE);
                }
                let names = entries.iter().take(MOST).filter_map(|entry| entry.name.to_str());
                names.map(Arc::from).collect()
            }
            Err(ReadError::Missing | ReadError::NotAFile) => Vec::new(),
            Err(ReadError::Denied) => {
                self.gap(path, "you may not read it", "root");
                Vec::new()
            }
            Err(error) => {
                self.gap(path, &error.to_string(), DECLARE);
                Vec::new()
            }
        }
    }

    fn read(&mut self, machine: &Machine, path: &str) -> Option<Vec<u8>> {
        match machine.root.read(path, LARGEST) {
            Ok(bytes) => Some(bytes),
            Err(ReadError::Missing) => None,
            Err(ReadError::Denied) => {
                self.gap(path, "you may not read it", "root");
                None
            }
            Err(error) => {
                self.gap(path, &error.to_string(), DECLARE);
                None
            }
        }
    }

    fn take(&mut self, container: &Container, path: &str) {
        if container.runs == Some(false) {
            return;
        }
        match container.image() {
            Some(image) => drop(self.images.insert(image.to_owned())),
            None => self.gap(path, "a container of its own does not say its image", DECLARE),
        }
    }

    fn docker(&mut self, machine: &Machine) {
        for id in self.list(machine, DOCKER) {
            let path = format!("{DOCKER}/{id}/config.v2.json");
            let Some(bytes) = self.read(machine, &path) else { continue };
            match runtime::docker(&format!("/{path}"), &bytes) {
                Ok(container) => self.take(&container, &path),
                Err(problem) => self.containers.problems.push(problem),
            }
        }
    }

    fn storage(&mut self, machine: &Machine) {
        let lists = self.list(machine, STORAGE);
        for folder in lists.iter().filter(|name| name.ends_with("-containers")) {
            let path = format!("{STORAGE}/{folder}/containers.json");
            let Some(bytes) = self.read(machine, &path) else { continue };
            match runtime::storage(&format!("/{path}"), &bytes) {
                Ok(all) => all.iter().for_each(|container| self.take(container, &path)),
                Err(problem) => self.containers.problems.push(problem),
            }
        }
    }

    fn tasks(&mut self, machine: &Machine) {
        for space in self.list(machine, TASKS).iter().filter(|space| ***space != *MOBY) {
            let folder = format!("{TASKS}/{space}");
            for id in self.list(machine, &folder) {
                let path = format!("{folder}/{id}/config.json");
                let Some(bytes) = self.read(machine, &path) else { continue };
                match runtime::bundle(&format!("/{path}"), &bytes) {
                    Ok(Some(container)) => self.take(&container, &path),
                    Ok(None) => {}
                    Err(problem) => self.containers.problems.push(problem),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_world::{Recorded, World};

    use super::*;

    fn told(recorded: Recorded) -> (Vec<String>, Vec<String>, usize) {
        let world = World::recorded(recorded);
        let said = of(&Machine { root: world.machine() });
        let gaps = said.left_out.iter().map(|gap| format!("{} {}", gap.path, gap.closes_with));
        (said.labels, gaps.collect(), said.problems.len())
    }

    fn docker(running: bool, image: &str) -> Vec<u8> {
        format!("{{\"State\":{{\"Running\":{running}}},\"Config\":{{\"Image\":\"{image}\"}}}}")
            .into_bytes()
    }

    #[test]
    fn a_host_says_what_it_runs() {
        let (labels, gaps, problems) = told(Recorded::new().file("/etc/hostname", b"x".to_vec()));
        assert_eq!((labels.len(), gaps.len(), problems), (0, 0, 0));
        let stopped = Recorded::new()
            .file("/var/lib/docker/containers/a/config.v2.json", docker(false, "web:1"));
        assert_eq!(told(stopped).0, ["runs:nothing"]);
        let digits = "a".repeat(64);
        let list = format!("[{{\"image\":\"{digits}\"}}]").into_bytes();
        let bundle = br#"{"annotations":{"io.kubernetes.cri.image-name":"till:2"}}"#;
        let all = Recorded::new()
            .file("/var/lib/docker/containers/a/config.v2.json", docker(true, "web:1"))
            .file("/var/lib/docker/containers/b/config.v2.json", docker(true, "web:1"))
            .file("/var/lib/containers/storage/overlay-containers/containers.json", list)
            .file(format!("/{TASKS}/k8s.io/x/config.json"), bundle.to_vec())
            .file(format!("/{TASKS}/moby/y/config.json"), b"{}".to_vec());
        let (labels, gaps, problems) = told(all);
        let wanted = [format!("runs:sha256:{digits}"), "runs:till:2".into(), "runs:web:1".into()];
        assert_eq!((labels, gaps.len(), problems), (wanted.to_vec(), 0, 0));
    }

    #[test]
    fn what_cannot_be_told_is_a_gap_and_never_nothing() {
        let denied = Recorded::new().denied_folder("/var/lib/docker/containers");
        let (labels, gaps, _) = told(denied);
        assert_eq!(
            (labels, gaps),
            (vec!["runs:more".to_owned()], vec!["/var/lib/docker/containers root".to_owned()])
        );
        let broken = Recorded::new()
            .file("/var/lib/docker/containers/a/config.v2.json", b"{".to_vec())
            .file("/var/lib/docker/containers/b/config.v2.json", docker(true, "web:1"));
        let (labels, gaps, problems) = told(broken);
        assert_eq!(labels, ["runs:web:1", "runs:more"]);
        assert_eq!((gaps.len(), problems), (0, 1));
        let nameless =
            Recorded::new().file(format!("/{TASKS}/default/x/config.json"), b"{}".to_vec());
        let (labels, gaps, _) = told(nameless);
        assert_eq!((labels.as_slice(), gaps.len()), (&["runs:more".to_owned()][..], 1));
    }
}
