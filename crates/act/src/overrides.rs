//! An override: the project's manifest decides for a package that another one brings in. The last
//! resort, since it contradicts what its parents ask for.
//!
//! Knows where each package manager wants it written. The rest of the manifest stays to the byte.

mod json;
mod toml;
mod xml;

use std::sync::Arc;

use holdfast_model::{Digest, Ecosystem, Edit, Lines, Place, Problem, Span};

use crate::refresh::{PackageManager, is_name, is_version};
use json::{Member, members, root};

/// Who decides on what dependencies bring in where no lockfile does: Maven asks each project itself
/// (Maven, "Introduction to the Dependency Mechanism", Dependency Management).
pub fn without_lockfile(ecosystem: &Ecosystem) -> Option<PackageManager> {
    (ecosystem.family() == Ecosystem::MAVEN).then_some(PackageManager::Maven)
}

/// The manifest that holds overrides, beside the lockfile; `None` where the package manager has
/// none that wins over what the parents ask for.
pub fn manifest(manager: PackageManager) -> Option<&'static str> {
    match manager {
        PackageManager::Npm
        | PackageManager::YarnClassic
        | PackageManager::Yarn
        | PackageManager::Pnpm => Some("package.json"),
        PackageManager::Uv | PackageManager::Pdm => Some("pyproject.toml"),
        PackageManager::Maven => Some("pom.xml"),
        _ => None,
    }
}

/// What an override is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin<'a> {
    /// The package.
    pub name: &'a str,
    /// The version to have, or what is compatible with it.
    pub to: &'a str,
    /// Which of its copies are meant.
    pub scope: Scope<'a>,
}

/// Which copies of a package an override is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// All that are locked.
    Every,
    /// One version; others that are locked too stay as they are.
    Version {
        /// It.
        from: &'a str,
        /// The next lower one that stays.
        above: Option<&'a str>,
        /// The line of the lockfile that names it.
        entry: &'a str,
    },
}

/// The edit that overrides a package to a version or what is compatible with it.
///
/// # Errors
///
/// `edit-unplaced` where the manifest cannot be read far enough to find the place, where what
/// stands there is more than a version, or where the manager has no such overrides.
pub fn override_edit(
    manager: PackageManager,
    path: &Arc<str>,
    text: &str,
    pin: &Pin<'_>,
) -> Result<Edit, Box<Problem>> {
    let Pin { name, to, scope } = *pin;
    let refuse = |why: &str| {
        let message = format!("an override of `{name}` has no place in `{path}`: {why}");
        let place = Place::start_of(Arc::clone(path));
        Box::new(Problem::at("edit-unplaced", place, message).help("write it by hand"))
    };
    if !is_name(manager, name) || !is_version(to) {
        return Err(refuse("its name or version is none of this package manager"));
    }
    let keys = keys(manager, pin).ok_or_else(|| {
        refuse("other versions of it are locked, and no key of this package manager parts them")
    })?;
    let bare = (scope != Scope::Every).then_some(name);
    let set = Setting { keys: &keys, value: &format!("\"^{to}\""), bare, manager };
    let found = match manager {
        PackageManager::Npm => in_json(text, &["overrides"], &set),
        PackageManager::YarnClassic | PackageManager::Yarn => in_json(text, &["resolutions"], &set),
        PackageManager::Pnpm => in_json(text, &["pnpm", "overrides"], &set),
        PackageManager::Uv => in_toml(text, &format!("{name}>={to}")),
        PackageManager::Maven => name.split_once(':').and_then(|name| xml::manage(text, name, to)),
        PackageManager::Pdm => toml::set(text, &PDM, name, &format!(">={to}")),
        _ => return Err(refuse("this package manager has no overrides")),
    };
    let (span, after) = found
        .ok_or_else(|| refuse("what stands there cannot be read, says more, or says so already"))?;
    Ok(Edit {
        path: Arc::clone(path),
        span,
        before_digest: Digest::of(text.as_bytes()),
        before: span.of(text).unwrap_or_default().to_owned(),
        after,
    })
}

/// Where PDM reads overrides (PDM, "Override the resolved package versions").
const PDM: [&str; 4] = ["tool", "pdm", "resolution", "overrides"];

/// The keys that mean the copies of a pin and no others; `None` where there are none.
fn keys(manager: PackageManager, pin: &Pin<'_>) -> Option<Vec<String>> {
    let Pin { name, to, scope } = *pin;
    let Scope::Version { from, above, entry } = scope else { return Some(vec![name.to_owned()]) };
    if !is_version(from) || !above.is_none_or(is_version) {
        return None;
    }
    match manager {
        // It means whoever asks for a range with this version in it.
        PackageManager::Npm => Some(vec![format!("{name}@{from}")]),
        // It means whoever asks for a range that lies inside of this one.
        PackageManager::Pnpm => {
            let above = above.map(|above| format!(">{above} ")).unwrap_or_default();
            Some(vec![format!("{name}@{above}<{to}")])
        }
        PackageManager::Yarn => descriptors(entry, name),
        _ => None,
    }
}

/// The descriptors that an entry of a later `yarn.lock` answers: its resolutions mean exactly those.
fn descriptors(entry: &str, name: &str) -> Option<Vec<String>> {
    let entry = entry.trim().trim_start_matches("? ").trim_end_matches(':').trim_matches('"');
    let is_plain =
        |range: &str| !range.contains(['/', '"', '\\']) && !range.contains(char::is_control);
    let own = |text: &str| {
        let range = text.strip_prefix(name)?.strip_prefix('@')?;
        (range.starts_with("npm:") && is_plain(range)).then(|| text.to_owned())
    };
    entry.split(", ").map(own).collect()
}

/// Where an edit begins, for people.
pub fn place(edit: &Edit, text: &str) -> Place {
    Lines::new(text.as_bytes()).place(&edit.path, edit.span.start)
}

/// What is to stand in an object of overrides.
struct Setting<'a> {
    keys: &'a [String],
    /// As JSON.
    value: &'a str,
    /// The key that would go before these.
    bare: Option<&'a str>,
    manager: PackageManager,
}

impl Setting<'_> {
    fn members(&self) -> Vec<String> {
        self.keys.iter().map(|key| format!("\"{key}\": {}", self.value)).collect()
    }

    /// Sets its keys in the object that begins at `object`, all of whose members are given.
    fn set(
        &self,
        text: &str,
        object: usize,
        all: &[Member<'_>],
        (unit, depth): (&str, usize),
    ) -> Option<(Span, String)> {
        let known = |key: &str| all.iter().find(|member| member.key == key);
        if self.bare.is_some_and(|bare| known(bare).is_some()) {
            return None;
        }
        if self.keys.iter().all(|key| known(key).is_none()) {
            return Some(added(text, object, all, unit, depth, &self.members()));
        }
        let [key] = self.keys else { return None };
        let member = known(key)?;
        match member.value_text(text)? {
            same if same == self.value => None,
            // What stands there is a person's word, or an older override.
            value if value.starts_with('"') => {
                Some((Span { start: member.value, end: member.end }, self.value.to_owned()))
            }
            // What npm calls `.` is the package itself; the rest is of those below it.
            value if value.starts_with('{') && self.manager == PackageManager::Npm => {
                let own = Setting { keys: &[".".to_owned()], bare: None, ..*self };
                let inner = members(text, member.value)?;
                own.set(text, member.value, &inner, (unit, depth + 1))
            }
            _ => None,
        }
    }
}

/// Sets keys in the object that `path` leads to, and makes what is missing on the way.
fn in_json(text: &str, path: &[&str], set: &Setting<'_>) -> Option<(Span, String)> {
    let mut object = root(text)?;
    let outer = members(text, object)?;
    let unit = outer.first().map_or("  ", |first| indent_of(text, first.start));
    let mut depth = 1;
    let mut path = path.iter();
    loop {
        let all = members(text, object)?;
        let Some(key) = path.next() else {
            return set.set(text, object, &all, (unit, depth));
        };
        if let Some(member) = all.iter().find(|member| member.key == *key) {
            object = member.value;
            depth += 1;
            continue;
        }
        let path: Vec<&str> = std::iter::once(*key).chain(path.copied()).collect();
        let inner = nested(&path, &set.members(), unit, depth);
        return Some(added(text, object, &all, unit, depth, &[inner]));
    }
}

/// The white space in front of a key on its own line; nothing where it shares the line.
fn indent_of(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
    if before.contains('\n') && line.trim().is_empty() { line } else { "" }
}

fn nested(path: &[&str], innermost: &[String], unit: &str, depth: usize) -> String {
    let Some((first, rest)) = path.split_first() else {
        return innermost.join(&format!(",{}", before_member(unit, depth)));
    };
    let inner = nested(rest, innermost, unit, depth + 1);
    if unit.is_empty() {
        return format!("\"{first}\": {{{inner}}}");
    }
    let (inside, outside) = (unit.repeat(depth + 1), unit.repeat(depth));
    format!("\"{first}\": {{\n{inside}{inner}\n{outside}}}")
}

/// What stands in front of a member of an object.
fn before_member(unit: &str, depth: usize) -> String {
    if unit.is_empty() { " ".to_owned() } else { format!("\n{}", unit.repeat(depth)) }
}

/// Adds members behind the last one of an object.
fn added(
    text: &str,
    object: usize,
    all: &[Member<'_>],
    unit: &str,
    depth: usize,
    new: &[String],
) -> (Span, String) {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let written = |text: String| text.replace('\n', line_end);
    let inside = before_member(unit, depth);
    let member = new.join(&format!(",{inside}"));
    if let Some(last) = all.last() {
        let span = Span { start: last.end, end: last.end };
        return (span, written(format!(",{inside}{member}")));
    }
    let start = object + 1;
    let blank = |rest: &str| rest.len() - rest.trim_start().len();
    let end = start + text.get(start..).map_or(0, blank);
    let closing =
        if unit.is_empty() { String::new() } else { format!("\n{}", unit.repeat(depth - 1)) };
    let opening = inside.trim_start_matches(' ');
    (Span { start, end }, written(format!("{opening}{member}{closing}")))
}

/// Adds an entry to `override-dependencies` of `[tool.uv]`.
fn in_toml(text: &str, entry: &str) -> Option<(Span, String)> {
    const HEADER: &str = "[tool.uv]";
    const KEY: &str = "override-dependencies";
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut at = 0;
    let mut inside = None;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if bare.starts_with('[') {
            if inside.is_some() {
                break;
            }
            if bare.split('#').next().is_some_and(|header| header.trim_end() == HEADER) {
                inside = Some(at + line.len());
            }
        } else if inside.is_some() && bare.starts_with(KEY) {
            let open = at + line.find('[')? + 1;
            let first = text.get(open..)?.trim_start();
            let comma = if first.starts_with(']') { "" } else { ", " };
            return Some((Span { start: open, end: open }, format!("\"{entry}\"{comma}")));
        }
        at += line.len();
    }
    let line = format!("{KEY} = [\"{entry}\"]{line_end}");
    if let Some(start) = inside {
        let missing = if text.get(..start)?.ends_with('\n') { "" } else { line_end };
        return Some((Span { start, end: start }, format!("{missing}{line}")));
    }
    // `tool.uv.x = …` and `uv = {…}` are other ways to write the table; they are left to people.
    if text.lines().any(|line| line.trim_start().starts_with("tool.uv")) {
        return None;
    }
    let end = text.len();
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { line_end };
    Some((Span { start: end, end }, format!("{gap}{line_end}{HEADER}{line_end}{line}")))
}

#[cfg(test)]
mod tests;
