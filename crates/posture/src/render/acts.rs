//! Steps that no tool has a resource for: a deed with what it reads, done unless it is done already.
//! Each target runs the same two texts of it.
//!
//! Knows how the shell runs a deed. Must not know what any deed is for.

use std::fmt::Write as _;

use super::deeds::Deed;
use super::quote::{one_line, shell};
use super::resources::{Body, Resource, Value, used};
use super::steps::Step;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Act {
    /// What it does, in plain words.
    pub(super) says: String,
    /// How it is done, and how it is told that it is.
    pub(super) deed: &'static Deed,
    /// What both read.
    pub(super) environment: Vec<(&'static str, Value)>,
    /// What takes it back; `None` where nothing does, or has to.
    pub(super) back: Option<Box<Act>>,
    /// What the undo leaves, in words.
    pub(super) stays: Option<String>,
    /// Whether an undo does it after everything else.
    pub(super) last: bool,
}

impl Act {
    /// One that has nothing to be taken back.
    pub(super) fn new(
        says: String,
        deed: &'static Deed,
        environment: Vec<(&'static str, Value)>,
    ) -> Self {
        Self { says, deed, environment, back: None, stays: None, last: false }
    }

    /// The same with what takes it back.
    #[must_use]
    pub(super) fn back(self, back: Self) -> Self {
        Self { back: Some(Box::new(back)), ..self }
    }

    /// How a script calls it.
    pub(super) fn call(&self) -> String {
        let name = self.deed.name;
        let mut out =
            format!("perform {} \"${name}_done\" \"${name}\"", shell(&one_line(&self.says)));
        for (variable, value) in &self.environment {
            let _ = match value {
                Value::Text(text) => write!(out, " {}", shell(&format!("{variable}={text}"))),
                Value::Programs(programs) => {
                    let texts: Vec<String> =
                        programs.iter().map(|program| format!("${{{}}}", program.name)).collect();
                    write!(out, " \"{variable}={}\"", texts.join("\n"))
                }
                Value::Act(deed) => write!(out, " \"{variable}=${}\"", deed.name),
            };
        }
        out.push('\n');
        out
    }
}

const PERFORM: &str = include_str!("shell/perform.sh");

/// The pieces that a script needs for the acts among its steps: the function, and the texts.
pub(super) fn pieces(steps: &[Step]) -> Vec<String> {
    let acts: Vec<Resource> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Deed(act) => Some(Resource {
                title: String::new(),
                body: Body::Command { deed: act.deed, environment: act.environment.clone() },
                tells: None,
            }),
            _ => None,
        })
        .collect();
    if acts.is_empty() {
        return Vec::new();
    }
    let (programs, deeds) = used(&acts);
    let mut texts = String::new();
    let mut text = |name: &str, text: &str| {
        let _ = writeln!(texts, "{name}=$(cat <<'END'\n{}\nEND\n)", text.trim_end());
    };
    for program in programs {
        text(program.name, program.text);
    }
    for (deed, _) in deeds {
        text(deed.name, deed.act);
        text(&format!("{}_done", deed.name), deed.done);
    }
    vec![PERFORM.to_owned(), texts]
}
