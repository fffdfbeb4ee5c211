//! A playbook's YAML, written so that readers of YAML 1.1 and 1.2 agree: every text is quoted.
//!
//! Knows the form of tasks. Must not know modules.

use std::fmt::Write as _;

use super::quote::{literal, quoted, templated, yaml};

/// A value of an argument.
#[derive(Debug, Clone)]
pub(super) enum Arg {
    /// Always quoted, or a literal block where it has several lines.
    Text(String),
    /// A word that stays as it is: `true`, `present`.
    Word(&'static str),
    /// Texts.
    List(Vec<String>),
    /// Texts of which some are meant to be read as templates.
    Templates(Vec<String>),
    /// Names and texts.
    Map(Vec<(&'static str, String)>),
}

impl Arg {
    /// A quoted text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Quoted texts.
    pub(super) fn list(texts: &[&str]) -> Self {
        Self::List(texts.iter().map(|text| (*text).to_owned()).collect())
    }
}

/// One task: a module, a word to Ansible itself, or a block of tasks with what to do if one of them
/// fails.
#[derive(Debug, Clone)]
pub(super) struct Task {
    name: String,
    body: Body,
    /// `register`, `when`, `changed_when` and so on, after the body.
    rest: Vec<(&'static str, Arg)>,
}

#[derive(Debug, Clone)]
enum Body {
    Module(&'static str, Vec<(&'static str, Arg)>),
    Meta(&'static str),
    Block { tasks: Vec<Task>, rescue: Vec<Task> },
}

impl Task {
    /// A call of a builtin module.
    pub(super) fn module(
        name: impl Into<String>,
        module: &'static str,
        arguments: Vec<(&'static str, Arg)>,
    ) -> Self {
        Self { name: name.into(), body: Body::Module(module, arguments), rest: Vec::new() }
    }

    /// A word to Ansible itself, which runs no module.
    pub(super) fn meta(name: impl Into<String>, word: &'static str) -> Self {
        Self { name: name.into(), body: Body::Meta(word), rest: Vec::new() }
    }

    /// Tasks, and what to do if one of them fails.
    pub(super) fn block(name: impl Into<String>, tasks: Vec<Self>, rescue: Vec<Self>) -> Self {
        Self { name: name.into(), body: Body::Block { tasks, rescue }, rest: Vec::new() }
    }

    /// The same with a keyword behind it.
    #[must_use]
    pub(super) fn with(mut self, keyword: &'static str, value: Arg) -> Self {
        self.rest.push((keyword, value));
        self
    }

    /// The same where a result is kept under a name.
    #[must_use]
    pub(super) fn register(self, name: &str) -> Self {
        self.with("register", Arg::text(name))
    }

    /// Whether its result is kept under a name already.
    pub(super) fn is_kept(&self) -> bool {
        self.rest.iter().any(|(keyword, _)| *keyword == "register")
    }

    /// The same where all of these have to be so.
    #[must_use]
    pub(super) fn when(self, conditions: &[&str]) -> Self {
        self.with("when", Arg::list(conditions))
    }

    /// The same where it only looks: a run that only says what would change looks too.
    #[must_use]
    pub(super) fn looks(self) -> Self {
        self.changes_nothing().with("check_mode", Arg::Word("false"))
    }

    /// The same where it looks at what tasks before it changed, which such a run does not.
    #[must_use]
    pub(super) fn changes_nothing(self) -> Self {
        self.with("changed_when", Arg::Word("false"))
    }

    /// The same where its own failure says something.
    #[must_use]
    pub(super) fn may_fail(self) -> Self {
        self.with("failed_when", Arg::Word("false"))
    }

    fn write(&self, out: &mut String, indent: usize) {
        let pad = " ".repeat(indent);
        // Names are templates in Ansible whatever they are marked as.
        let name = self.name.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #");
        let _ = writeln!(out, "{pad}- name: {}", yaml(&name));
        match &self.body {
            Body::Module(module, arguments) => {
                let _ = writeln!(out, "{pad}  ansible.builtin.{module}:");
                for (key, value) in arguments {
                    write_arg(out, indent + 4, key, value);
                }
            }
            Body::Meta(word) => {
                let _ = writeln!(out, "{pad}  ansible.builtin.meta: {word}");
            }
            Body::Block { tasks, rescue } => {
                for (word, tasks) in [("block", tasks), ("rescue", rescue)] {
                    if tasks.is_empty() {
                        continue;
                    }
                    let _ = writeln!(out, "{pad}  {word}:");
                    for task in tasks {
                        task.write(out, indent + 4);
                    }
                }
            }
        }
        for (key, value) in &self.rest {
            write_arg(out, indent + 2, key, value);
        }
    }
}

fn write_arg(out: &mut String, indent: usize, key: &str, value: &Arg) {
    let pad = " ".repeat(indent);
    match value {
        Arg::Word(word) => {
            let _ = writeln!(out, "{pad}{key}: {word}");
        }
        Arg::Text(text) if literal(text) => {
            let mark = if templated(text) { "!unsafe " } else { "" };
            let _ = writeln!(out, "{pad}{key}: {mark}|");
            for line in text.lines() {
                let pad = if line.is_empty() { "" } else { &*format!("{pad}  ") };
                let _ = writeln!(out, "{pad}{line}");
            }
        }
        Arg::Text(text) => {
            let _ = writeln!(out, "{pad}{key}: {}", yaml(text));
        }
        Arg::Templates(texts) => {
            let _ = writeln!(out, "{pad}{key}:");
            for text in texts {
                let _ = writeln!(out, "{pad}  - {}", quoted(text));
            }
        }
        Arg::Map(pairs) => {
            let _ = writeln!(out, "{pad}{key}:");
            for (name, text) in pairs {
                write_arg(out, indent + 2, name, &Arg::text(text.as_str()));
            }
        }
        Arg::List(texts) => {
            let _ = writeln!(out, "{pad}{key}:");
            for text in texts {
                let _ = writeln!(out, "{pad}  - {}", yaml(text));
            }
        }
    }
}

/// Tasks or handlers as a file of a role, behind comments that are written already.
pub(super) fn tasks(comments: &str, tasks: &[Task]) -> String {
    let mut out = format!("{comments}---\n");
    for task in tasks {
        task.write(&mut out, 0);
    }
    out
}

/// A playbook of one play. `comments` stand above it, one a line.
pub(super) fn playbook(name: &str, comments: &[String], tasks: &[Task]) -> String {
    let mut out = String::new();
    for comment in comments {
        let _ = writeln!(out, "# {comment}");
    }
    let name = name.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #");
    let _ = write!(out, "---\n- name: {}\n", yaml(&name));
    out.push_str("  hosts: all\n  gather_facts: false\n  tasks:\n");
    for task in tasks {
        task.write(&mut out, 4);
    }
    out
}
