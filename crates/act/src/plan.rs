//! Plans: immutable steps with their undo and what is known of their effects.
//!
//! Knows steps and words. Must not run them. A plan of edits carries the authority *Edit*: it
//! stays inside the user's own working tree, is digest-checked and undoable, and needs no
//! approval. A plan that changes a host carries the authority *Change*: it is made into a
//! [`Proposal`](crate::Proposal), which others approve.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use holdfast_model::{Change, Digest, Edit, Fields, Problem, Refresh, Step};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A stated effect; what nobody stated is unknown, never "none".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stated {
    /// Nobody said.
    #[default]
    Unknown,
    /// In words.
    As(String),
}

/// How what nobody stated is written.
const UNKNOWN: &str = "unknown";

impl Stated {
    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }

    /// Whoever states "unknown" states nothing: both are written alike, and have to be read alike.
    fn settled(self) -> Self {
        match self {
            Self::As(words) if words == UNKNOWN => Self::Unknown,
            stated => stated,
        }
    }
}

impl fmt::Display for Stated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str(UNKNOWN),
            Self::As(words) => f.write_str(words),
        }
    }
}

impl Serialize for Stated {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stated {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|words| Self::As(words).settled())
    }
}

/// What a plan does beside its purpose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Effects {
    /// What has to be started anew.
    pub restart: Stated,
    /// What is interrupted, and for how long.
    pub interruption: Stated,
    /// What is known to run slower afterwards. Plans from before it was stated say nothing of it, and
    /// have to be read as they were written.
    #[serde(default, skip_serializing_if = "Stated::is_unknown")]
    pub slowdown: Stated,
    /// What may go wrong.
    pub risk: Stated,
}

impl Effects {
    /// Those of edits in a working tree: nothing runs from it, and what the new version does is
    /// for its tests to say.
    pub fn of_working_tree() -> Self {
        let none = || Stated::As("none: only files of the working tree change".to_owned());
        let (slowdown, risk) = (Stated::Unknown, Stated::Unknown);
        Self { restart: none(), interruption: none(), slowdown, risk }
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
        let effects = Effects {
            restart: effects.restart.settled(),
            interruption: effects.interruption.settled(),
            slowdown: effects.slowdown.settled(),
            risk: effects.risk.settled(),
        };
        let digest = digest(&steps, &effects);
        Self { steps, effects, digest }
    }

    /// Reads a plan as it was written, and computes its digest anew.
    ///
    /// # Errors
    ///
    /// `plan-unreadable` where the document is no plan; `plan-altered` where it is not, to the last
    /// member, what a plan of its own digest is written as.
    pub fn read(document: &Value) -> Result<Self, Box<Problem>> {
        let unchecked = Unchecked::deserialize(document).map_err(|error| {
            let message = format!("the document is no plan: {error}");
            Box::new(Problem::new("plan-unreadable", message).help("plan it anew"))
        })?;
        let plan = Self::new(unchecked.steps, unchecked.effects);
        // Not only the digests: what no digest covers must not stand beside what was approved.
        if unchecked.digest == plan.digest
            && serde_json::to_value(&plan).is_ok_and(|own| own == *document)
        {
            return Ok(plan);
        }
        let message = format!("the plan is not the one that `{}` names", unchecked.digest);
        Err(Box::new(Problem::new("plan-altered", message).help("plan it anew")))
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

    /// Every file of the working tree that it may change, sorted; what has to be kept for undo. A
    /// change of a host touches none: it carries its undo with it.
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
        let mut words = Vec::new();
        let files = self.touches();
        if !files.is_empty() {
            let them = if files.len() == 1 { "it was" } else { "they were" };
            words.push(format!("put {} back as {them} before", list(&files)));
        }
        let with = |undo: bool| {
            let changes = self.steps.iter().filter_map(|step| match step {
                Step::Change(change) => Some(change),
                Step::Edit(_) | Step::Refresh(_) => None,
            });
            // The last that was done is the first that is undone.
            let mut names: Vec<Arc<str>> = Vec::new();
            for change in changes.filter(|change| change.undo.is_empty() != undo).rev() {
                if !names.contains(&change.control) {
                    names.push(Arc::clone(&change.control));
                }
            }
            names
        };
        let (undone, stays) = (with(true), with(false));
        if !undone.is_empty() {
            words.push(format!("run what takes {} back", list(&undone)));
        }
        if !stays.is_empty() {
            words.push(format!("nothing takes {} back", list(&stays)));
        }
        if words.is_empty() { "nothing is changed".to_owned() } else { words.join("; ") }
    }
}

/// What a plan is written as, before its digest is believed.
#[derive(Deserialize)]
struct Unchecked {
    steps: Vec<Step>,
    effects: Effects,
    digest: Digest,
}

/// "`a`, `b` and `c`".
fn list(names: &[Arc<str>]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

fn digest(steps: &[Step], effects: &Effects) -> Digest {
    let mut fields = Fields::new("holdfast plan 1");
    fields.add(&count(steps.len()));
    for step in steps {
        // Taken apart in full, so that the compiler asks here for whatever a step gains.
        match step {
            Step::Edit(Edit { path, span, before_digest, before, after }) => {
                fields.add(b"edit");
                fields.add(path.as_bytes());
                fields.add(&count(span.start));
                fields.add(&count(span.end));
                fields.add(&before_digest.0);
                fields.add(before.as_bytes());
                fields.add(after.as_bytes());
            }
            Step::Refresh(Refresh { folder, command, environment, touches }) => {
                fields.add(b"refresh");
                fields.add(folder.as_bytes());
                // Each list behind its length, so that no word passes from one to the next.
                fields.add(&count(command.len()));
                for word in command {
                    fields.add(word.as_bytes());
                }
                fields.add(&count(environment.len()));
                for (name, value) in environment {
                    fields.add(name.as_bytes());
                    fields.add(value.as_bytes());
                }
                fields.add(&count(touches.len()));
                for path in touches {
                    fields.add(path.as_bytes());
                }
            }
            Step::Change(change) => add_change(&mut fields, change),
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
    // Nothing where nobody stated it: as in plans from before there was such a word.
    if let Stated::As(words) = &effects.slowdown {
        fields.add(b"slowdown");
        fields.add(words.as_bytes());
    }
    fields.finish()
}

fn add_change(fields: &mut Fields, change: &Change) {
    let Change { control, resources, tool, code, undo, revert, precheck, lockout, seen } = change;
    fields.add(b"change");
    fields.add(control.as_bytes());
    fields.add(&count(resources.len()));
    for resource in resources {
        fields.add(resource.as_bytes());
    }
    fields.add(tool.word().as_bytes());
    for text in [code, undo, revert, precheck] {
        fields.add(text.as_bytes());
    }
    fields.add(&[u8::from(*lockout)]);
    fields.add(&seen.0);
}

/// Numbers as eight big-endian bytes, the same on every machine.
fn count(n: usize) -> [u8; 8] {
    (n as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use holdfast_model::{Span, Tool};
    use serde_json::json;

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
        let told = Effects { risk: Stated::As("none".to_owned()), ..Effects::of_working_tree() };
        digests.push(Plan::new(base(), told).digest());
        let slow = Stated::As("none".to_owned());
        let told = Effects { slowdown: slow, ..Effects::of_working_tree() };
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

    fn change(control: &str, undo: &str) -> Step {
        Step::Change(Change {
            control: control.into(),
            resources: vec!["sshd PermitRootLogin".into()],
            tool: Tool::Shell,
            code: "do it".to_owned(),
            undo: undo.to_owned(),
            revert: undo.to_owned(),
            precheck: String::new(),
            lockout: true,
            seen: Digest::of(b"settings"),
        })
    }

    #[test]
    fn changes_of_hosts_touch_no_file_of_the_tree_and_say_how_they_are_taken_back() {
        let both = plan(vec![change("a", "x"), change("b", ""), change("c", "y"), edit()]);
        assert_eq!(both.touches(), [Arc::from("Cargo.toml")]);
        let words = "put `Cargo.toml` back as it was before; run what takes `c` and `a` back; \
                     nothing takes `b` back";
        assert_eq!(both.undo(), words);
    }

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        let steps = vec![edit(), refresh(&["cargo", "update"], &["Cargo.lock"]), change("a", "x")];
        let plan =
            Plan::new(steps, Effects { risk: Stated::As("é".to_owned()), ..Effects::default() });
        let document = serde_json::to_value(&plan).unwrap();
        assert_eq!(Plan::read(&document).unwrap(), plan);
    }

    #[test]
    fn a_plan_from_before_slowdowns_were_stated_is_read_as_it_was_written() {
        let old = plan(vec![change("a", "x")]);
        let document = serde_json::to_value(&old).unwrap();
        assert_eq!(document["effects"].get("slowdown"), None);
        assert_eq!(Plan::read(&document).unwrap(), old);
        let slow = Effects { slowdown: Stated::As("logins".to_owned()), ..Effects::default() };
        let new = Plan::new(vec![change("a", "x")], slow);
        let document = serde_json::to_value(&new).unwrap();
        assert_eq!(document["effects"]["slowdown"], "logins");
        assert_eq!(Plan::read(&document).unwrap(), new);
    }

    #[test]
    fn a_plan_that_was_altered_is_refused() {
        let plan = plan(vec![change("a", "x")]);
        let document = serde_json::to_value(&plan).unwrap();
        for (pointer, value) in [
            ("/steps/0/change/code", json!("do worse")),
            ("/steps/0/change/undo", json!("")),
            ("/steps/0/change/revert", json!("")),
            ("/steps/0/change/precheck", json!("true")),
            ("/steps/0/change/control", json!("b")),
            ("/steps/0/change/tool", json!("ansible")),
            ("/steps/0/change/seen", json!(Digest::of(b"others"))),
            ("/steps/0/change/lockout", json!(false)),
            ("/steps/0/change/resources/0", json!("sshd Port")),
            ("/effects/risk", json!("none")),
            ("/digest", json!(Digest::of(b"another"))),
        ] {
            let mut altered = document.clone();
            *altered.pointer_mut(pointer).unwrap() = value;
            assert_eq!(Plan::read(&altered).unwrap_err().code, "plan-altered", "{pointer}");
        }
        // Nor may anything stand beside it that its digest does not cover.
        let mut more = document.clone();
        more["steps"][0]["change"]["note"] = json!("harmless");
        assert_eq!(Plan::read(&more).unwrap_err().code, "plan-altered");
        for broken in [json!(null), json!({}), json!({"steps": [], "effects": {}, "digest": "x"})] {
            assert_eq!(Plan::read(&broken).unwrap_err().code, "plan-unreadable");
        }
    }

    #[test]
    fn whoever_states_unknown_states_nothing() {
        let told = Effects { risk: Stated::As("unknown".to_owned()), ..Effects::default() };
        assert_eq!(Plan::new(vec![edit()], told), Plan::new(vec![edit()], Effects::default()));
    }

    #[test]
    fn what_nobody_stated_is_unknown() {
        assert_eq!(Effects::default().restart.to_string(), "unknown");
        assert_eq!(Effects::of_working_tree().risk.to_string(), "unknown");
    }
}
