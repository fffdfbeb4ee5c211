//! Where `dependencyManagement` of a `pom.xml` stands. Only as much of XML 1.0 as it takes to find
//! elements: what is written is read again by those who know the whole format.

use holdfast_model::Span;

use super::indent_of;

/// An element, by where it stands.
struct Element<'t> {
    name: &'t str,
    /// The element that it stands in.
    parent: Option<usize>,
    /// Where its first tag begins.
    start: usize,
    /// What stands between its tags; nothing where it has one tag alone.
    inner: Option<Span>,
    /// One past its last tag.
    end: usize,
}

/// All elements of a file, in the order in which they begin.
struct Elements<'t> {
    text: &'t str,
    all: Vec<Element<'t>>,
}

/// Lets a project manage the version of `group:artifact`: in the entry that manages it already, behind
/// the entries of others, or in a section of its own behind the project's dependencies. `None` where
/// that entry says the same or takes its version from elsewhere, or where the file is no project that
/// can be read.
pub(super) fn manage(
    text: &str,
    (group, artifact): (&str, &str),
    version: &str,
) -> Option<(Span, String)> {
    let elements = Elements::of(text)?;
    let project = 0;
    let unit = elements.last(project).map_or("", |at| indent_of(text, elements.start(at)));
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let entry = |pad: &str| {
        let inner = [("groupId", group), ("artifactId", artifact), ("version", version)];
        let inner = inner.map(|(name, value)| format!("{pad}{unit}<{name}>{value}</{name}>"));
        [format!("{pad}<dependency>"), inner.join(line_end), format!("{pad}</dependency>")]
            .join(line_end)
    };
    let Some(management) = elements.child(project, "dependencyManagement") else {
        let sibling = elements.child(project, "dependencies").or_else(|| elements.last(project))?;
        let pad = indent_of(text, elements.start(sibling));
        let lines = [
            format!("{pad}<dependencyManagement>"),
            format!("{pad}{unit}<dependencies>"),
            entry(&format!("{pad}{unit}{unit}")),
            format!("{pad}{unit}</dependencies>"),
            format!("{pad}</dependencyManagement>"),
        ];
        let at = elements.behind(sibling)?;
        return Some((at, format!("{line_end}{}", lines.join(line_end))));
    };
    let list = elements.child(management, "dependencies")?;
    let same = |at: &usize| {
        let is = |name: &str, value: &str| elements.text_of(*at, name) == Some(value);
        let plain = elements.child(*at, "classifier").is_none()
            && elements.text_of(*at, "type").is_none_or(|kind| kind == "jar");
        is("groupId", group) && is("artifactId", artifact) && plain
    };
    if let Some(known) = elements.children(list).find(same) {
        let inner = elements.all.get(elements.child(known, "version")?)?.inner?;
        let written = inner.of(text)?;
        let old = written.trim();
        if old.is_empty() || old == version || old.contains(['<', '$', '&']) {
            return None;
        }
        let start = inner.start + (written.len() - written.trim_start().len());
        return Some((Span { start, end: start + old.len() }, version.to_owned()));
    }
    let last = elements.last(list)?;
    let pad = indent_of(text, elements.start(last));
    Some((elements.behind(last)?, format!("{line_end}{}", entry(pad))))
}

impl<'t> Elements<'t> {
    /// The elements of a project; `None` where it is none, or tags do not fit together.
    fn of(text: &'t str) -> Option<Self> {
        let mut all: Vec<Element<'t>> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut at = 0;
        while let Some(found) = text.get(at..)?.find('<') {
            let start = at + found;
            let rest = text.get(start..)?;
            let passed = aside(rest)?;
            if passed > 0 {
                at = start + passed;
                continue;
            }
            let length = tag(rest)?;
            at = start + length;
            let inside = rest.get(1..length - 1)?;
            if let Some(name) = inside.strip_prefix('/') {
                let one = all.get_mut(open.pop()?)?;
                if one.name != name.trim_end() {
                    return None;
                }
                let begun = one.inner.map_or(start, |inner| inner.start);
                one.inner = Some(Span { start: begun, end: start });
                one.end = at;
                continue;
            }
            let name = inside.split(|c: char| c.is_whitespace() || c == '/').next()?;
            let alone = inside.ends_with('/');
            let inner = (!alone).then_some(Span { start: at, end: at });
            let parent = open.last().copied();
            if !alone {
                open.push(all.len());
            }
            all.push(Element { name, parent, start, inner, end: at });
        }
        let is_project =
            all.first()?.name == "project" && all.iter().skip(1).all(|one| one.parent.is_some());
        (is_project && open.is_empty()).then_some(Self { text, all })
    }

    fn children(&self, of: usize) -> impl Iterator<Item = usize> {
        let own = self.all.iter().enumerate().filter(move |(_, one)| one.parent == Some(of));
        own.map(|(at, _)| at)
    }

    fn child(&self, of: usize, name: &str) -> Option<usize> {
        self.children(of).find(|at| self.all.get(*at).is_some_and(|one| one.name == name))
    }

    fn last(&self, of: usize) -> Option<usize> {
        self.children(of).last()
    }

    fn start(&self, at: usize) -> usize {
        self.all.get(at).map_or(0, |one| one.start)
    }

    /// The text of a child.
    fn text_of(&self, of: usize, name: &str) -> Option<&'t str> {
        let inner = self.all.get(self.child(of, name)?)?.inner?;
        Some(inner.of(self.text)?.trim())
    }

    /// The place behind an element, and behind the comment that stands with it in its line.
    fn behind(&self, at: usize) -> Option<Span> {
        let end = self.all.get(at)?.end;
        let line = self.text.get(end..)?.lines().next().unwrap_or_default().trim_end();
        let comment = line.trim_start().strip_prefix("<!--").and_then(|c| c.strip_suffix("-->"));
        let is_comment = comment.is_some_and(|words| !words.contains("--"));
        let end = if is_comment { end + line.len() } else { end };
        Some(Span { start: end, end })
    }
}

/// How long something is that is no tag: a comment, text as it is, a word to programs; 0 for a tag.
/// `None` where it does not end, or where a document type could give names another meaning.
fn aside(rest: &str) -> Option<usize> {
    for (begin, end) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")] {
        if let Some(inner) = rest.strip_prefix(begin) {
            return Some(begin.len() + inner.find(end)? + end.len());
        }
    }
    (!rest.starts_with("<!")).then_some(0)
}

/// How long a tag is, with its brackets.
fn tag(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, sign) in rest.char_indices() {
        match (quote, sign) {
            (Some(mark), _) if mark == sign => quote = None,
            (None, '"' | '\'') => quote = Some(sign),
            (None, '>') => return Some(at + 1),
            _ => {}
        }
    }
    None
}
