//! What was begun can be taken back, whatever came in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use holdfast_engine::Failure;
use holdfast_engine::fix::{fix, undo};
use holdfast_world::{Arm, Armed, ArmedState, Command, Output, Run, RunError, Stream, World};

use super::all::{Answer, all, index, shop, text};
use super::support::package_lock;
use super::{Meddling, data};

const PACKAGE: &str =
    "{\n  \"name\": \"shop\",\n  \"dependencies\": {\n    \"tiller\": \"^1.0.0\"\n  }\n}\n";

/// A shop whose npm ends so and leaves half a lockfile.
fn npm(status: i32) -> World {
    let known = index(&[("npm", "tiller", "1.0.3")]);
    let lock = package_lock(&[("tiller", "1.0.0")]);
    let files = [("package.json", PACKAGE), ("package-lock.json", lock.as_str())];
    let told: Answer<'_> = (&["npm"], status, &[("package-lock.json", "half")]);
    shop(&known, &files, &[told])
}

fn is_as_before(world: &World) -> bool {
    text(world, "package.json") == PACKAGE
        && text(world, "package-lock.json") == package_lock(&[("tiller", "1.0.0")])
}

/// Tools that bring us down with them when they are done.
#[derive(Debug)]
struct Deadly(Arc<dyn Run>);

impl Run for Deadly {
    fn run(&self, command: &Command) -> Result<Output, RunError> {
        let ended = self.0.run(command);
        panic!("{ended:?}, and nobody is there to see it")
    }

    fn run_streamed(
        &self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Output, RunError> {
        self.0.run_streamed(command, line)
    }

    fn installed(&self, program: &str) -> bool {
        self.0.installed(program)
    }

    fn arm(&self, arm: &Arm) -> Result<Armed, RunError> {
        self.0.arm(arm)
    }

    fn disarm(&self, armed: &Armed) -> Result<bool, RunError> {
        self.0.disarm(armed)
    }

    fn armed_state(&self, armed: &Armed) -> Result<ArmedState, RunError> {
        self.0.armed_state(armed)
    }

    fn forget(&self, armed: &Armed) -> Result<(), RunError> {
        self.0.forget(armed)
    }
}

#[test]
fn what_was_interrupted_is_taken_back() {
    let mut world = npm(0);
    world.run = Arc::new(Deadly(Arc::clone(&world.run)));
    let broken_off = catch_unwind(AssertUnwindSafe(|| fix(&world, data(), &all(true))));
    assert!(broken_off.is_err());
    assert_eq!(text(&world, "package-lock.json"), "half");
    assert_eq!(undo(&world, data()).unwrap(), ["package-lock.json", "package.json"]);
    assert!(is_as_before(&world));
    assert!(undo(&world, data()).is_err(), "once is enough");
}

/// A fix that fails leaves the note of the one before it.
#[test]
fn a_fix_that_fails_is_not_the_last_one() {
    let known = index(&[("npm", "tiller", "1.0.3"), ("PyPI", "tiller", "1.0.3")]);
    let lock = package_lock(&[("tiller", "1.0.0")]);
    let files = [
        ("package.json", PACKAGE),
        ("package-lock.json", lock.as_str()),
        ("requirements.txt", "tiller==1.0.0\n"),
    ];
    let world = shop(&known, &files, &[(&["npm"], 1, &[])]);
    fix(&world, data(), &all(true)).unwrap();
    assert_eq!(text(&world, "requirements.txt"), "tiller==1.0.3\n");
    let Err(Failure::NotDone(_)) = fix(&world, data(), &all(true)) else { panic!("it was done") };
    assert_eq!(undo(&world, data()).unwrap(), ["requirements.txt"]);
    assert_eq!(text(&world, "requirements.txt"), "tiller==1.0.0\n");
}

/// One file that cannot be put back holds up no other, and the note stays until it can.
#[test]
fn what_cannot_be_put_back_holds_up_nothing() {
    let mut world = npm(1);
    let inner = Arc::clone(&world.files);
    let meddling =
        Meddling { inner, at: 0, reads: AtomicU64::new(0), kept: Some("package-lock.json") };
    let free = std::mem::replace(&mut world.files, Arc::new(meddling));
    let failed = fix(&world, data(), &all(true));
    let told: String = match failed.unwrap_err() {
        Failure::Usage(told) => told.into_iter().map(|one| one.message).collect(),
        Failure::NotDone(told) | Failure::Ours(told) => told.message,
    };
    assert!(told.contains("`package-lock.json` cannot be changed"), "{told}");
    assert_eq!(text(&world, "package.json"), PACKAGE, "the other one is back");
    assert!(undo(&world, data()).is_err());
    world.files = free;
    assert_eq!(undo(&world, data()).unwrap(), ["package-lock.json"]);
    assert!(is_as_before(&world));
}

/// A command for a workspace may rewrite the manifests of its members: they are put back and taken
/// back too, and those of other projects are none of its business.
#[test]
fn the_manifests_of_members_are_taken_back_too() {
    let root = "{\n  \"name\": \"shop\",\n  \"workspaces\": [\"till\"]\n}\n";
    let member =
        "{\n  \"name\": \"till\",\n  \"dependencies\": {\n    \"frame\": \"^1.0.0\"\n  }\n}\n";
    let lock = |tiller: &str| {
        format!(
            "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"frame@npm:^1.0.0\":\n  version: 1.4.0\n  \
             resolution: \"frame@npm:1.4.0\"\n  dependencies:\n    tiller: \"npm:^1.0.0\"\n  \
             checksum: 10c0/aa\n  languageName: node\n  linkType: hard\n\n\"shop@workspace:.\":\n  \
             version: 0.0.0-use.local\n  resolution: \"shop@workspace:.\"\n  languageName: unknown\n  \
             linkType: soft\n\n\"till@workspace:till\":\n  version: 0.0.0-use.local\n  resolution: \
             \"till@workspace:till\"\n  dependencies:\n    frame: \"npm:^1.0.0\"\n  languageName: \
             unknown\n  linkType: soft\n\n\"tiller@npm:^1.0.0\":\n  version: {tiller}\n  \
             resolution: \"tiller@npm:{tiller}\"\n  checksum: 10c0/bb\n  languageName: node\n  \
             linkType: hard\n"
        )
    };
    let (old, new) = (lock("1.0.0"), lock("1.0.3"));
    let apart = package_lock(&[("anchor", "1.0.0")]);
    let rewritten = member.replace("^1.0.0", "^1.4.0");
    for status in [0, 1] {
        let files = [
            ("package.json", root),
            ("till/package.json", member),
            ("yarn.lock", old.as_str()),
            ("apart/package.json", member),
            ("apart/package-lock.json", apart.as_str()),
        ];
        let left = [("yarn.lock", new.as_str()), ("till/package.json", rewritten.as_str())];
        let tool: Answer<'_> = (&["yarn", "up"], status, &left);
        let world = shop(&index(&[("npm", "tiller", "1.0.3")]), &files, &[tool]);
        let result = fix(&world, data(), &all(true));
        if status == 0 {
            assert_eq!(result.unwrap().findings[0].mended, Some(true));
            assert_eq!(text(&world, "till/package.json"), rewritten);
            assert_eq!(undo(&world, data()).unwrap(), ["till/package.json", "yarn.lock"]);
        } else {
            assert!(result.is_err());
        }
        assert_eq!(text(&world, "till/package.json"), member, "{status}");
        assert_eq!(text(&world, "yarn.lock"), old, "{status}");
    }
}
