//! References to container images, and the variables in them.
//!
//! Knows `host/path:tag@digest` (OCI distribution specification, "Pulling manifests") and
//! `${name:-default}`; must not know the files they stand in.

use std::sync::Arc;

use holdfast_model::{Component, Ecosystem, Fact, Place};

use crate::text::Report;

use super::whole::cut;

/// An image as written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Image<'t> {
    pub(super) name: &'t str,
    pub(super) tag: Option<&'t str>,
    pub(super) digest: Option<&'t str>,
}

/// Takes a reference apart; `None` for what none can be.
pub(super) fn image(text: &str) -> Option<Image<'_>> {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    // A colon before a slash is that of a port.
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':');
    let sound = !name.is_empty()
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(part)
        && tag.is_none_or(|tag| !tag.is_empty() && tag.chars().all(part))
        && digest
            .is_none_or(|digest| digest.split_once(':').is_some_and(|(_, hash)| !hash.is_empty()));
    sound.then_some(Image { name, tag, digest })
}

/// Says an image: a component with its tag, or else its digest, as version.
pub(super) fn say(text: &str, place: Place, report: &mut Report<'_>) {
    let ecosystem = Ecosystem::new(Ecosystem::DOCKER);
    let Some(image) = image(text) else {
        let reason = format!("`{}` is no reference to an image", cut(text));
        report.fact(Fact::Unknown { ecosystem, name: cut(text).into(), reason, place });
        return;
    };
    let Some(version) = image.tag.or(image.digest) else {
        let reason = "it names no tag, so that what `latest` is decides when it is fetched";
        let reason = reason.to_owned();
        report.fact(Fact::Unknown { ecosystem, name: image.name.into(), reason, place });
        return;
    };
    report.component(Component {
        direct: Some(true),
        integrity: Some(image.digest.is_some()),
        ..Component::new(ecosystem, image.name, Some(Arc::from(version)), place)
    });
}

/// What became of a text with variables.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Substituted {
    /// All were known.
    Text(String),
    /// This one is not, and has no default.
    Unknown(String),
}

/// So long a text may become, and so deep defaults may lie in one another.
const LONGEST: usize = 4096;
const DEPTH: usize = 8;

/// Puts values for `$name`, `${name}`, `${name:-default}`, `${name-default}` and
/// `${name:+value}`. `$$` is one `$`.
pub(super) fn substitute(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Substituted {
    let mut out = String::new();
    match expand(text, value, 0, &mut out) {
        Ok(()) => Substituted::Text(out),
        Err(name) => Substituted::Unknown(name),
    }
}

fn expand(
    text: &str,
    value: &dyn Fn(&str) -> Option<String>,
    depth: usize,
    out: &mut String,
) -> Result<(), String> {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if out.len() > LONGEST || depth > DEPTH {
            return Err(cut(text));
        }
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let braced = after.strip_prefix('{');
        let body = braced.unwrap_or(after);
        let length = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (name, behind) = body.split_at(length.unwrap_or(body.len()));
        let known = value(name).filter(|_| !name.is_empty());
        if braced.is_none() {
            out.push_str(&known.ok_or_else(|| name.to_owned())?);
            rest = behind;
            continue;
        }
        let end = closing(behind).ok_or_else(|| cut(body))?;
        let (word, behind) = (behind.get(..end).unwrap_or_default(), behind.get(end + 1..));
        let full = known.as_deref().filter(|known| !known.is_empty());
        if let Some(default) = word.strip_prefix(":-") {
            match full {
                Some(known) => out.push_str(known),
                None => expand(default, value, depth + 1, out)?,
            }
        } else if let Some(other) = word.strip_prefix(":+") {
            if full.is_some() {
                expand(other, value, depth + 1, out)?;
            }
        } else if let Some(default) = word.strip_prefix('-') {
            match &known {
                Some(known) => out.push_str(known),
                None => expand(default, value, depth + 1, out)?,
            }
        } else if word.is_empty() || word.starts_with([':', '?']) {
            out.push_str(&known.ok_or_else(|| name.to_owned())?);
        } else {
            return Err(name.to_owned());
        }
        rest = behind.unwrap_or_default();
    }
    out.push_str(rest);
    if out.len() > LONGEST { Err(cut(text)) } else { Ok(()) }
}

/// The brace that ends a variable, past those within it.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        let parts = |text| image(text).map(|one| (one.name, one.tag, one.digest));
        assert_eq!(parts("alpine"), Some(("alpine", None, None)));
        assert_eq!(parts("hub.example:5000/a/b"), Some(("hub.example:5000/a/b", None, None)));
        assert_eq!(
            parts("hub.example:5000/a/b:1.2@sha256:ab"),
            Some(("hub.example:5000/a/b", Some("1.2"), Some("sha256:ab")))
        );
        for wrong in ["", ":1", "a:", "a@", "a@sha256", "a b", "{{x}}"] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn variables() {
        let value = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let text = |text| match substitute(text, &value) {
            Substituted::Text(text) => text,
            Substituted::Unknown(name) => format!("?{name}"),
        };
        assert_eq!(text("a:$A-b"), "a:1-b");
        assert_eq!(text("a:${A}b"), "a:1b");
        assert_eq!(text("${B:-x${C-${A}}}${EMPTY:-y}${EMPTY-z}"), "x1y");
        assert_eq!(text("a${A:+-slim}${B:+no}"), "a-slim");
        assert_eq!(text("$$A"), "$A");
        assert_eq!(text("$B"), "?B");
        assert_eq!(text("${B:?must be set}"), "?B");
        assert_eq!(text("${A"), "?A");
        assert_eq!(text("${A#x}"), "?A");
    }
}
