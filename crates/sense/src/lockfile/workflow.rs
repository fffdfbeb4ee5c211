//! GitHub workflows and actions: what they use.
//!
//! Knows where `uses:` and images stand (workflow syntax and metadata syntax of GitHub Actions);
//! must not know what a workflow does.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin};

use super::image;
use super::whole::{AGAIN, Fields, cut, yaml_file};
use crate::feed::environment::{Variable, of_build};
use crate::feed::tell_beside;
use crate::text::json::{Kind, Member, Value};
use crate::text::yaml::Dialect;
use crate::text::{Mistake, file_name, folder};
use crate::{Claim, Need, Reader, Sources};

/// Reads workflows and actions.
#[derive(Debug)]
pub struct Workflow;

static ABOUT: About = About {
    id: "github-workflow",
    title: "GitHub workflow or action (.github/workflows, action.yml)",
    text: "Every action and reusable workflow that steps and jobs use, and the images of \
           containers and services. A tag such as `v4.1.2` is a version, written without its `v`. \
           A commit has the version that the comment behind it says, as in `# v4.1.2`, which is \
           taken at its word; without one it is not known. A tag such as `v4`, or a branch, moves, so \
           that what is used is not known either. Actions of the tree itself are left out. A \
           commit counts as the checksum. Variables that say where packages come from are read as \
           the environment of tools is.",
    file: file!(),
};

impl Reader for Workflow {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let name = file_name(path);
        let workflows = folder(path);
        let workflow =
            workflows == ".github/workflows" || workflows.ends_with("/.github/workflows");
        let written = matches!(name.rsplit_once('.'), Some((_, "yml" | "yaml")));
        let workflow = workflow && written;
        if workflow || matches!(name, "action.yml" | "action.yaml") {
            Claim::ByName
        } else {
            Claim::No
        }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        yaml_file(sources, out, Dialect::Hand, |root, fields| {
            for job in members(root, "jobs") {
                one_job(&job.value, fields);
            }
            environment(root, fields);
            if let Some(runs) = root.get("runs") {
                steps(runs, fields);
                if let Some(node) = runs.get("image") {
                    docker(node, fields);
                }
            }
        });
    }
}

fn members<'v, 'a>(value: &'v Value<'a>, key: &str) -> &'v [Member<'a>] {
    value.get(key).and_then(Value::as_object).unwrap_or_default()
}

/// What the variables of the workflow, its jobs and its steps say of feeds.
fn environment(root: &Value<'_>, fields: &mut Fields<'_, '_>) {
    let jobs = members(root, "jobs").iter().map(|job| &job.value);
    let holders = jobs.chain(root.get("runs"));
    let steps = holders
        .clone()
        .flat_map(|holder| holder.get("steps").and_then(Value::as_array).unwrap_or_default());
    let mut variables = Vec::new();
    for holder in [root].into_iter().chain(holders).chain(steps) {
        for Member { key: name, value: node, .. } in members(holder, "env") {
            if let Some(value) = node.as_str() {
                variables.push(Variable { name, value, span: node.span });
            }
        }
    }
    let (feeds, mistakes) = of_build(fields.document, &variables);
    for feed in feeds {
        fields.report.fact(Fact::Feed(feed));
    }
    tell_beside(fields.document, &mistakes, fields.report);
}

fn one_job(job: &Value<'_>, fields: &mut Fields<'_, '_>) {
    if let Some(node) = job.get("uses") {
        uses(node, fields);
    }
    steps(job, fields);
    let services = members(job, "services").iter().map(|service| &service.value);
    for holder in job.get("container").into_iter().chain(services) {
        let node = holder.get("image").unwrap_or(holder);
        if let Some(text) = node.as_str().filter(|text| !text.is_empty()) {
            named_image(text, node, fields);
        }
    }
}

fn steps(holder: &Value<'_>, fields: &mut Fields<'_, '_>) {
    for step in holder.get("steps").and_then(Value::as_array).unwrap_or_default() {
        if let Some(node) = step.get("uses") {
            uses(node, fields);
        }
    }
}

/// An image after `docker://`; anything else is a file of the action itself.
fn docker(node: &Value<'_>, fields: &mut Fields<'_, '_>) {
    if let Some(text) = node.as_str().and_then(|text| text.strip_prefix("docker://")) {
        named_image(text, node, fields);
    }
}

fn named_image(text: &str, node: &Value<'_>, fields: &mut Fields<'_, '_>) {
    let place = fields.place(node);
    if text.contains("${{") {
        fields.report.fact(Fact::Unknown {
            ecosystem: Ecosystem::new(Ecosystem::DOCKER),
            name: cut(text).into(),
            reason: "an expression decides on the image when the workflow runs".to_owned(),
            place,
        });
        return;
    }
    image::say(text.strip_prefix("docker://").unwrap_or(text), place, fields.report);
}

fn uses(node: &Value<'_>, fields: &mut Fields<'_, '_>) {
    if node.kind == Kind::Broken {
        return;
    }
    let text = node.as_str().unwrap_or_default();
    if text.starts_with("./") || text.starts_with("../") {
        return;
    }
    if text.starts_with("docker://") {
        docker(node, fields);
        return;
    }
    let Some((name, reference)) = text.split_once('@').and_then(|(path, reference)| {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let (owner, repository) = (parts.next()?, parts.next()?);
        (!reference.is_empty()).then(|| (format!("{owner}/{repository}"), reference))
    }) else {
        let message = format!("`{}` names no action with its version", cut(text));
        let mistake = Mistake::loss("requirement-syntax", node.span, message);
        let help = if text.is_empty() { AGAIN } else { "write `owner/repository@version`" };
        fields.report.mistake(fields.document, &mistake.help(help));
        return;
    };
    let actions = Ecosystem::new(Ecosystem::ACTIONS);
    let name = actions.normal_name(&name);
    let commit = is_commit(reference);
    let said = comment(fields.document.text(), node);
    let place = fields.place(node);
    let Some(version) = version(if commit { said } else { reference }) else {
        let reason = why(reference, commit, said);
        fields.report.fact(Fact::Unknown { ecosystem: actions, name: name.into(), reason, place });
        return;
    };
    fields.report.component(Component {
        direct: Some(true),
        origin: Origin::Feed(None),
        integrity: Some(commit),
        ..Component::new(actions, name, Some(Arc::from(version)), place)
    });
}

/// Why there is no version.
fn why(reference: &str, commit: bool, said: &str) -> String {
    let shown = cut(reference);
    let bare = reference.strip_prefix('v').unwrap_or(reference);
    let digits = bare.starts_with(|c: char| c.is_ascii_digit());
    if commit && said.is_empty() {
        "it is pinned to a commit, and no comment behind it says which version that is".to_owned()
    } else if commit {
        format!("it is pinned to a commit, and the comment `{}` names no exact version", cut(said))
    } else if digits && bare.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        format!("the tag `{shown}` moves from release to release")
    } else {
        format!("`{shown}` is a branch, or a tag that says no version")
    }
}

/// A whole hash of git: SHA-1 or SHA-256.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The words of the comment behind a value, those that look like a version first.
fn comment<'t>(text: &'t str, node: &Value<'_>) -> &'t str {
    let rest = text.get(node.span.start..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    // What names an action has no blank, and a comment has one before it.
    let Some((_, words)) = line.split_once(" #") else { return "" };
    let words = words.trim();
    let mut each = words.split(|c: char| c.is_whitespace() || matches!(c, '=' | '@' | ',' | ':'));
    each.find(|word| version(word).is_some()).unwrap_or(words)
}

/// `v4.1.2` without its `v`; fewer than three numbers are no exact version.
fn version(text: &str) -> Option<&str> {
    let bare = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let core = bare.split(['-', '+']).next().unwrap_or_default();
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let exact = core.split('.').count() >= 3 && core.split('.').all(number);
    exact.then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_exact() {
        assert_eq!(version("v4.1.2"), Some("4.1.2"));
        assert_eq!(version("1.2.3-rc.1"), Some("1.2.3-rc.1"));
        for moving in ["v4", "v4.1", "main", "", "v", "release/v1", "1.2.x"] {
            assert_eq!(version(moving), None, "{moving}");
        }
    }

    #[test]
    fn commits_are_whole() {
        assert!(is_commit(&"0a".repeat(20)) && is_commit(&"0a".repeat(32)));
        assert!(!is_commit("0a1b2c3") && !is_commit(&"zz".repeat(20)));
    }
}
