//! Lines of `key = value`, in sections or without: what pip and npm read.

use holdfast_model::Span;

use crate::text::Mistake;

/// One value, with where it stands.
pub(super) struct Entry<'t> {
    /// Lower case; empty before the first section.
    pub(super) section: String,
    pub(super) key: &'t str,
    pub(super) value: &'t str,
    /// Of the value.
    pub(super) span: Span,
}

/// How lines are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Python's configparser: `=` or `:`, and further lines that are indented belong to the value.
    Python,
    /// npm's: `=` only.
    Npm,
}

/// Reads every entry; lines that are none are told.
pub(super) fn parse(text: &str, dialect: Dialect) -> (Vec<Entry<'_>>, Vec<Mistake>) {
    let mut section = String::new();
    let (mut entries, mut mistakes) = (Vec::<Entry<'_>>::new(), Vec::new());
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim();
        if body.is_empty() || body.starts_with(['#', ';']) {
            continue;
        }
        let offset = start + (line.len() - line.trim_start().len());
        let whole = Span { start: offset, end: offset + body.len() };
        let more = dialect == Dialect::Python && line.starts_with([' ', '\t']);
        if let Some(last) = entries.last().filter(|_| more) {
            let (section, key) = (last.section.clone(), last.key);
            entries.push(Entry { section, key, value: body, span: whole });
            continue;
        }
        if let Some(name) = body.strip_prefix('[') {
            if let Some(name) = name.strip_suffix(']') {
                section = name.trim().to_ascii_lowercase();
            } else {
                let message = format!("`{}` begins a section and does not end it", short(body));
                mistakes.push(Mistake::loss("feed-setting-unreadable", whole, message));
            }
            continue;
        }
        let separators: &[char] = if dialect == Dialect::Python { &['=', ':'] } else { &['='] };
        let Some(cut) = body.find(separators) else {
            // npm takes a bare key for `key = true`.
            if dialect == Dialect::Python {
                let message = format!("`{}` is no setting", short(body));
                mistakes.push(Mistake::loss("feed-setting-unreadable", whole, message));
            }
            continue;
        };
        let (key, rest) = body.split_at_checked(cut).unwrap_or((body, ""));
        let value = rest.get(1..).unwrap_or_default().trim();
        let value_at = whole.end - value.len();
        let span = Span { start: value_at, end: whole.end };
        entries.push(Entry { section: section.clone(), key: key.trim(), value, span });
    }
    (entries, mistakes)
}

/// The beginning of a line: what stands further behind may be a secret.
fn short(text: &str) -> &str {
    let end = text.char_indices().nth(20).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_places() {
        let text = "; note\n[Global]\nindex-url = https://a.example\nextra-index-url =\n    \
                    https://b.example\n    https://c.example\n";
        let (entries, mistakes) = parse(text, Dialect::Python);
        assert!(mistakes.is_empty());
        let found: Vec<(&str, &str, &str)> =
            entries.iter().map(|one| (one.section.as_str(), one.key, one.value)).collect();
        assert_eq!(
            found,
            [
                ("global", "index-url", "https://a.example"),
                ("global", "extra-index-url", ""),
                ("global", "extra-index-url", "https://b.example"),
                ("global", "extra-index-url", "https://c.example"),
            ]
        );
        assert!(entries.iter().all(|one| one.span.of(text) == Some(one.value)));
    }

    #[test]
    fn npm_has_keys_with_colons() {
        let text = "@acme:registry=https://a.example\r\n//a.example/:_authToken=x\nignored\n";
        let (entries, mistakes) = parse(text, Dialect::Npm);
        assert!(mistakes.is_empty());
        let keys: Vec<&str> = entries.iter().map(|one| one.key).collect();
        assert_eq!(keys, ["@acme:registry", "//a.example/:_authToken"]);
    }

    #[test]
    fn what_is_no_setting_is_told_without_its_end() {
        let (_, mistakes) = parse("[global\nwhat\n", Dialect::Python);
        assert_eq!(mistakes.len(), 2);
    }
}
