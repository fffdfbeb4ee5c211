//! The lines of a `go.mod` or `go.work` file, by the grammar of the Go modules reference.
//!
//! Knows tokens, blocks and directives; must not know what modules are.

use holdfast_model::Span;

use crate::text::Mistake;

/// A word of the file, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    pub(super) span: Span,
}

/// What a `replace` puts in place of a module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replacement<'t> {
    pub(super) old: Token<'t>,
    /// Only this version, or all.
    pub(super) old_version: Option<Token<'t>>,
    pub(super) new: Token<'t>,
    /// None where `new` is a folder.
    pub(super) new_version: Option<Token<'t>>,
}

/// A module that is required.
#[derive(Debug, Clone, Copy)]
pub(super) struct Required<'t> {
    pub(super) path: Token<'t>,
    pub(super) version: Token<'t>,
    pub(super) indirect: bool,
}

/// Releases of the module itself that its makers took back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retracted<'t> {
    pub(super) first: Token<'t>,
    /// The first one again where only that is meant.
    pub(super) last: Token<'t>,
    /// Why, as the comment on the line or above it says.
    pub(super) why: &'t str,
}

/// What a `go.mod` file says.
#[derive(Debug, Default)]
pub(super) struct GoModFile<'t> {
    /// The module's own path.
    pub(super) module: Option<Token<'t>>,
    pub(super) retracted: Vec<Retracted<'t>>,
    /// Modules and the releases of them that must not be used.
    pub(super) excluded: Vec<(Token<'t>, Token<'t>)>,
    pub(super) go: Option<Token<'t>>,
    pub(super) toolchain: Option<Token<'t>>,
    pub(super) required: Vec<Required<'t>>,
    pub(super) replaced: Vec<Replacement<'t>>,
    /// The folders that a `go.work` file uses.
    pub(super) used: Vec<Token<'t>>,
    pub(super) mistakes: Vec<Mistake>,
}

/// Directives that say nothing of what is built in: tools (which are required as well), folders,
/// settings.
const SILENT: [&str; 3] = ["tool", "ignore", "godebug"];

/// Reads what can be read; a line that does not fit is told and left out.
pub(super) fn parse(text: &str) -> GoModFile<'_> {
    let mut file = GoModFile::default();
    let mut block: Option<(&str, Span)> = None;
    // A comment on a line of its own.
    let mut above = "";
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let (tokens, comment) = match tokens(line, start) {
            Ok(found) => found,
            Err(span) => {
                file.wrong(
                    span,
                    "this text has no closing quote",
                    "end it with the quote it began with",
                );
                continue;
            }
        };
        let Some((first, rest)) = tokens.split_first() else {
            above = comment;
            continue;
        };
        let directive = block.map_or(first.text, |(directive, _)| directive);
        let retracts = comment.is_empty() && directive == "retract";
        let comment = if retracts { above } else { comment };
        above = "";
        if let Some((directive, _)) = block {
            if first.text == ")" && rest.is_empty() {
                block = None;
            } else {
                file.directive(directive, *first, &tokens, comment);
            }
            continue;
        }
        if let [open] = rest
            && open.text == "("
        {
            if !known(first.text) {
                file.unknown(*first);
            }
            block = Some((first.text, first.span));
            continue;
        }
        // `require ()` is an empty block.
        if let [open, close] = rest
            && (open.text, close.text) == ("(", ")")
        {
            continue;
        }
        if known(first.text) {
            file.directive(first.text, *first, rest, comment);
        } else {
            file.unknown(*first);
        }
    }
    if let Some((_, span)) = block {
        file.wrong(
            span,
            "this block has no closing `)`",
            "end it with a line `)`; the file may be cut off",
        );
    }
    file
}

fn known(directive: &str) -> bool {
    SILENT.contains(&directive)
        || ["module", "go", "toolchain", "require", "replace", "exclude", "retract", "use"]
            .contains(&directive)
}

impl<'t> GoModFile<'t> {
    fn wrong(&mut self, span: Span, message: impl Into<String>, help: &str) {
        self.mistakes.push(Mistake::loss("go-mod-syntax", span, message).help(help));
    }

    fn unknown(&mut self, word: Token<'_>) {
        let shown: String = word.text.chars().take(80).collect();
        self.wrong(
            word.span,
            format!("`{shown}` is no directive of go.mod"),
            "a line begins with `module`, `go`, `toolchain`, `require`, `replace`, `exclude`, `retract`, `tool`, `ignore` or `godebug`",
        );
    }

    fn directive(&mut self, directive: &str, at: Token<'t>, words: &[Token<'t>], comment: &'t str) {
        match directive {
            "require" => match words {
                [path, version] if version.text.starts_with('v') => {
                    let note = comment.trim_start_matches('/').trim();
                    let indirect = note == "indirect" || note.starts_with("indirect;");
                    self.required.push(Required { path: *path, version: *version, indirect });
                }
                _ => self.wrong(
                    at.span,
                    "this is no `module version`",
                    "write `require example.com/module v1.2.3`",
                ),
            },
            "replace" => self.replace(at, words),
            "exclude" => {
                if let [path, version] = words {
                    self.excluded.push((*path, *version));
                }
            }
            "retract" => self.retract(words, comment),
            "module" => self.module = words.first().copied().or(self.module),
            "use" => match words {
                [folder] => self.used.push(*folder),
                _ => self.wrong(at.span, "`use` takes one folder", "write `use ./folder`"),
            },
            "go" | "toolchain" => match words {
                [version] if directive == "go" => self.go = Some(*version),
                [version] => self.toolchain = Some(*version),
                _ => self.wrong(
                    at.span,
                    format!("`{directive}` takes one version"),
                    "write `go 1.23.5` or `toolchain go1.23.6`",
                ),
            },
            _ => {}
        }
    }

    /// `v1.0.0` or `[v1.0.0, v1.9.9]`; anything else names no release.
    fn retract(&mut self, words: &[Token<'t>], why: &'t str) {
        let inner: Vec<Token<'t>> =
            words.iter().filter(|word| !matches!(word.text, "[" | "]" | ",")).copied().collect();
        let (first, last) = match inner.as_slice() {
            [one] => (*one, *one),
            [first, last] => (*first, *last),
            _ => return,
        };
        self.retracted.push(Retracted { first, last, why: why.trim_start_matches('/').trim() });
    }

    fn replace(&mut self, at: Token<'t>, words: &[Token<'t>]) {
        let arrow = words.iter().position(|word| word.text == "=>");
        let (old, new) = words.split_at(arrow.unwrap_or(words.len()));
        let new = new.split_first().map_or(new, |(_, new)| new);
        let is_folder = |word: &Token<'_>| word.text.starts_with(['.', '/']);
        let (old, old_version) = match old {
            [old] => (*old, None),
            [old, version] => (*old, Some(*version)),
            _ => return self.no_replacement(at),
        };
        let (new, new_version) = match new {
            [folder] if is_folder(folder) => (*folder, None),
            [new, version] => (*new, Some(*version)),
            _ => return self.no_replacement(at),
        };
        self.replaced.push(Replacement { old, old_version, new, new_version });
    }

    fn no_replacement(&mut self, at: Token<'_>) {
        self.wrong(
            at.span,
            "this is no `module => replacement`",
            "write `replace example.com/a => example.com/b v1.2.3` or `replace example.com/a => ../a`",
        );
    }
}

/// The words of a line and its comment; an error is the span of a text without closing quote.
fn tokens(line: &str, start: usize) -> Result<(Vec<Token<'_>>, &str), Span> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..) {
        let blank = rest.len() - rest.trim_start().len();
        at += blank;
        let Some(rest) = rest.get(blank..).filter(|rest| !rest.is_empty()) else { break };
        if let Some(comment) = rest.strip_prefix("//") {
            return Ok((out, comment.trim()));
        }
        let (skip, length, next) = match rest.as_bytes().first() {
            Some(quote @ (b'"' | b'`')) => {
                let quote = char::from(*quote);
                let inner = rest.get(1..).unwrap_or_default();
                let Some(length) = inner.find(quote) else {
                    return Err(Span { start: start + at, end: start + line.trim_end().len() });
                };
                (1, length, length + 2)
            }
            Some(b'(' | b')' | b',' | b'[' | b']') => (0, 1, 1),
            _ => {
                let end = rest.find(|c: char| {
                    c.is_whitespace() || matches!(c, '(' | ')' | ',' | '[' | ']' | '"' | '`')
                });
                let end = end.unwrap_or(rest.len());
                let end = rest
                    .get(..end)
                    .and_then(|word| word.find("//"))
                    .filter(|at| *at > 0)
                    .map_or(end, |slash| {
                        // `https://` does not occur in go.mod: a comment may stand right behind a word.
                        slash.min(end)
                    });
                (0, end, end)
            }
        };
        let text = rest.get(skip..skip + length).unwrap_or_default();
        let from = start + at + skip;
        out.push(Token { text, span: Span { start: from, end: from + text.len() } });
        at += next.max(1);
    }
    Ok((out, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_blocks() {
        let file = parse(
            "module \"example.com/m\"\ngo 1.21 // why\nrequire example.com/a v1.0.0 // indirect\nrequire (\n\texample.com/b v1.1.0//indirect\n\t`example.com/c` v1.2.0 // indirect; why\n\tbroken\n)\nretract [v1.0.0, v1.1.0]\nreplace example.com/a v1.0.0 => ../a\nreplace (\n example.com/b => example.com/x v2.0.0\n)\nexclude example.com/z v9.9.9\ntool example.com/b/cmd\ngodebug default=go1.21\nignore ./node_modules\n",
        );
        let required: Vec<_> = file
            .required
            .iter()
            .map(|one| (one.path.text, one.version.text, one.indirect))
            .collect();
        assert_eq!(
            required,
            [
                ("example.com/a", "v1.0.0", true),
                ("example.com/b", "v1.1.0", true),
                ("example.com/c", "v1.2.0", true)
            ]
        );
        assert_eq!(file.replaced.len(), 2);
        let excluded: Vec<_> =
            file.excluded.iter().map(|(path, version)| (path.text, version.text)).collect();
        assert_eq!(excluded, [("example.com/z", "v9.9.9")]);
        assert_eq!(file.module.unwrap().text, "example.com/m");
        assert_eq!(file.go.unwrap().text, "1.21");
        assert_eq!(file.mistakes.len(), 1, "{:?}", file.mistakes);
    }

    #[test]
    fn retracted_releases_say_why() {
        let file = parse(
            "module m.example/m\nretract v1.0.5 // it was published too early\n// wrong tag\nretract (\n\t[v1.1.0, v1.1.3]\n\t// lost data\n\tv1.2.0\n\t[v1, v2, v3]\n)\n",
        );
        let found: Vec<_> =
            file.retracted.iter().map(|one| (one.first.text, one.last.text, one.why)).collect();
        assert_eq!(
            found,
            [
                ("v1.0.5", "v1.0.5", "it was published too early"),
                ("v1.1.0", "v1.1.3", ""),
                ("v1.2.0", "v1.2.0", "lost data"),
            ]
        );
        assert!(file.mistakes.is_empty());
    }

    #[test]
    fn broken_lines_are_told() {
        let file = parse("this is not a go.mod file!\nrequire \"a\nrequire (\n a v1\n");
        assert_eq!(file.mistakes.len(), 3, "{:?}", file.mistakes);
        assert_eq!(file.required.len(), 1);
    }
}
