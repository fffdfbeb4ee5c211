//! Plans: immutable steps with their undo and what is known of their effects.
//!
//! Knows steps and words. Must not run them. A plan of edits carries the authority *Edit*: it
//! stays inside the user's own working tree, is digest-checked and undoable, and needs no
//! approval. Plans that change anything else do not exist yet.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use holdfast_model::{Digest, Fields, Step};
use serde::Serialize;

/// A stated effect; what nobody stated is unknown, never "none".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stated {
    /// Nobody said.
    #[default]
    Unknown,
    /// In words.
    As(String),
}

impl fmt::Display for Stated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::As(words) => f.write_str(words),
        }
    }
}

impl Serialize for Stated {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a plan does beside its purpose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Effects {
    /// What has to be started anew.
    pub restart: Stated,
    /// What is interrupted, and for how long.
    pub interruption: Stated,
    /// What may go wrong.
    pub risk: Stated,
}

impl Effects {
    /// Those of edits in a working tree: nothing runs from it, and what the new version does is
    /// for its tests to say.
    pub fn of_working_tree() -> Self {
        let none = || Stated::As("none: only files of the working tree change".to_owned());
        Self { restart: none(), interruption: none(), risk: Stated::Unknown }
    }
}

/// Immutable steps, in the order in which they are done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    steps: Vec<Step>,
    effects: Effects,
    digest: Digest,
}

impl Plan {
    /// A plan. Steps keep their order.
    pub fn new(steps: Vec<Step>, effects: Effects) -> Self {
        let digest = digest(&steps, &effects);
        Self { steps, effects, digest }
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What it does beside its purpose.
    pub fn effects(&self) -> &Effects {
        &self.effects
    }

    /// Identifies the plan by everything that it does: equal digests are equal plans.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Every file that it may change, sorted; what has to be kept for undo.
    pub fn touches(&self) -> Vec<Arc<str>> {
        let mut files = BTreeSet::new();
        for step in &self.steps {
            match step {
                Step::Edit(edit) => {
                    files.insert(Arc::clone(&edit.path));
                }
                Step::Refresh(refresh) => files.extend(refresh.touches.iter().cloned()),
                Step::Change(_) => {}
            }
        }
        files.into_iter().collect()
    }

    /// How it is undone, in words.
    pub fn undo(&self) -> String {
        let files = self.touches();
        let list: Vec<String> = files.iter().map(|path| format!("`{path}`")).collect();
        match list.as_slice() {
            [] => "nothing is changed".to_owned(),
            [one] => format!("put {one} back as it was before"),
            [rest @ .., last] => {
                format!("put {} and {last} back as they were before", rest.join(", "))
            }
        }
    }
}

fn digest(steps: &[Step], effects: &Effects) -> Digest {
    let mut fields = Fields::new("holdfast plan 1");
    fields.add(&count(steps.len()));
    for step in steps {
        match step {
            Step::Edit(edit) => {
                fields.add(b"edit");
                fields.add(edit.path.as_bytes());
                fields.add(&count(edit.span.start));
                fields.add(&count(edit.span.end));
                fields.add(&edit.before_digest.0);
                fields.add(edit.before.as_bytes());
                fields.add(edit.after.as_bytes());
            }
            Step::Refresh(refresh) => {
                fields.add(b"refresh");
                fields.add(refresh.folder.as_bytes());
                // Each list behind its length, so that no word passes from one to the next.
                fields.add(&count(refresh.command.len()));
                refresh.command.iter().for_each(|word| fields.add(word.as_bytes()));
                fields.add(&count(refresh.environment.len()));
                for (name, value) in &refresh.environment {
                    fields.add(name.as_bytes());
                    fields.add(value.as_bytes());
                }
                fields.add(&count(refresh.touches.len()));
                refresh.touches.iter().for_each(|path| fields.add(path.as_bytes()));
            }
            Step::Change(change) => {
                fields.add(b"change");
                fields.add(change.control.as_bytes());
                fields.add(&count(change.resources.len()));
                change.resources.iter().for_each(|one| fields.add(one.as_bytes()));
                fields.add(change.tool.word().as_bytes());
                fields.add(change.code.as_bytes());
                fields.add(change.undo.as_bytes());
                fields.add(change.precheck.as_bytes());
                fields.add(&[u8::from(change.lockout)]);
                fields.add(&change.seen.0);
            }
        }
    }
    for stated in [&effects.restart, &effects.interruption, &effects.risk] {
        match stated {
            Stated::Unknown => fields.add(b"unknown"),
            Stated::As(words) => {
                fields.add(b"as");
                fields.add(words.as_bytes());
            }
        }
    }
    fields.finish()
}

/// Numbers as eight big-endian bytes, the same on every machine.
fn count(n: usize) -> [u8; 8] {
    (n as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use holdfast_model::{Edit, Refresh, Span};

    use super::*;

    fn edit() -> Step {
        Step::Edit(Edit {
            path: "Cargo.toml".into(),
            span: Span { start: 3, end: 6 },
            before_digest: Digest::of(b"before"),
            before: "0.1".to_owned(),
            after: "0.2".to_owned(),
        })
    }

    fn refresh(command: &[&str], touches: &[&str]) -> Step {
        Step::Refresh(Refresh {
            folder: "".into(),
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            environment: Vec::new(),
            touches: touches.iter().map(|path| (*path).into()).collect(),
        })
    }

    fn plan(steps: Vec<Step>) -> Plan {
        Plan::new(steps, Effects::of_working_tree())
    }

    #[test]
    fn the_digest_covers_every_part() {
        let base = || vec![edit(), refresh(&["cargo", "update"], &["Cargo.lock"])];
        let digest = plan(base()).digest();
        assert_eq!(digest, plan(base()).digest());
        let Step::Edit(one) = edit() else { panic!() };
        let others = [
            Edit { path: "x".into(), ..one.clone() },
            Edit { span: Span { start: 2, end: 6 }, ..one.clone() },
            Edit { span: Span { start: 3, end: 7 }, ..one.clone() },
            Edit { before_digest: Digest::of(b"x"), ..one.clone() },
            Edit { before: "x".to_owned(), ..one.clone() },
            Edit { after: "x".to_owned(), ..one.clone() },
        ];
        let mut digests: Vec<Digest> = others
            .into_iter()
            .map(|edit| plan(vec![Step::Edit(edit), base().remove(1)]).digest())
            .collect();
        let steps = [
            refresh(&["cargo"], &["update", "Cargo.lock"]),
            refresh(&["cargo", "update", "Cargo.lock"], &[]),
            refresh(&["cargoupdate"], &["Cargo.lock"]),
        ];
        digests.extend(steps.into_iter().map(|step| plan(vec![edit(), step]).digest()));
        digests.push(plan(base().into_iter().rev().collect()).digest());
        digests.push(Plan::new(base(), Effects::default()).digest());
        let told = Effects { risk: Stated::As("unknown".to_owned()), ..Effects::of_working_tree() };
        digests.push(Plan::new(base(), told).digest());
        digests.push(digest);
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
    }

    #[test]
    fn what_is_touched_is_named_once_and_put_back() {
        let both = plan(vec![edit(), edit(), refresh(&["x"], &["Cargo.lock", "Cargo.toml"])]);
        let files: Vec<Arc<str>> = both.touches();
        assert_eq!(files, [Arc::from("Cargo.lock"), Arc::from("Cargo.toml")]);
        assert_eq!(both.undo(), "put `Cargo.lock` and `Cargo.toml` back as they were before");
        assert_eq!(plan(vec![edit()]).undo(), "put `Cargo.toml` back as it was before");
        assert_eq!(plan(Vec::new()).undo(), "nothing is changed");
    }

    #[test]
    fn what_nobody_stated_is_unknown() {
        assert_eq!(Effects::default().restart.to_string(), "unknown");
        assert_eq!(Effects::of_working_tree().risk.to_string(), "unknown");
    }
}
