//! The instructions of a Dockerfile: lines joined, comments and here-documents left out.
//!
//! Knows the notation (Dockerfile reference, "Format", "Parser directives", "Here-documents");
//! must not know what instructions mean.

use holdfast_model::Span;

use crate::text::Mistake;

/// A word and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

/// An instruction with its words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Instruction<'t> {
    pub(super) name: &'t str,
    pub(super) at: usize,
    pub(super) words: Vec<Word<'t>>,
}

/// After so many here-documents without an end no other is looked for.
const LOST: usize = 16;

/// All instructions of a text.
pub(super) fn instructions(text: &str) -> (Vec<Instruction<'_>>, Vec<Mistake>) {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push((line.trim_end_matches(['\n', '\r']), start));
        start += line.len();
    }
    let escape = escape(&lines);
    let mut out: Vec<Instruction<'_>> = Vec::new();
    let mut mistakes = Vec::new();
    let mut rest = lines.as_slice();
    let mut lost = 0;
    while let Some(words) = next(&mut rest, escape) {
        let Some((first, words)) = words.split_first() else { continue };
        let runs = ["run", "copy", "add"].iter().any(|name| first.text.eq_ignore_ascii_case(name));
        for word in words {
            let Some((delimiter, tabs)) = here_document(word.text) else { continue };
            if !runs || lost >= LOST {
                break;
            }
            let ends = rest.iter().position(|(line, _)| {
                let line = if tabs { line.trim_start_matches('\t') } else { *line };
                line == delimiter
            });
            if let Some(end) = ends {
                rest = rest.get(end + 1..).unwrap_or_default();
            } else {
                lost += 1;
            }
        }
        if first.text.chars().any(|c| !c.is_ascii_alphabetic()) {
            let span = Span { start: first.at, end: first.at + first.text.len() };
            let shown: String = first.text.chars().take(40).collect();
            let message = format!("`{shown}` is no instruction");
            mistakes.push(
                Mistake::loss("dockerfile-syntax", span, message)
                    .help("end the line before it with a backslash, or remove this one"),
            );
            continue;
        }
        out.push(Instruction { name: first.text, at: first.at, words: words.to_vec() });
    }
    (out, mistakes)
}

/// The escape character: that of the directive, which stands among the comments at the top.
fn escape(lines: &[(&str, usize)]) -> char {
    let directives = lines.iter().map_while(|(line, _)| line.trim().strip_prefix('#'));
    for directive in directives {
        let Some((name, value)) = directive.split_once('=') else { return '\\' };
        if name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

/// The words of the next instruction; none for a line that holds nothing.
fn next<'t>(rest: &mut &[(&'t str, usize)], escape: char) -> Option<Vec<Word<'t>>> {
    let mut words = Vec::new();
    let mut begun = false;
    while let Some(((line, start), after)) = rest.split_first() {
        *rest = after;
        let visible = line.trim();
        if visible.starts_with('#') || (begun && visible.is_empty()) {
            if begun {
                continue;
            }
            return Some(words);
        }
        begun = true;
        let joined = line.trim_end().strip_suffix(escape);
        let mut at = *start;
        for piece in joined.unwrap_or(line).split(char::is_whitespace) {
            if !piece.is_empty() {
                words.push(Word { text: piece, at });
            }
            let end = at + piece.len() - start;
            let space = line.get(end..).and_then(|rest| rest.chars().next());
            at += piece.len() + space.map_or(0, char::len_utf8);
        }
        if joined.is_none() {
            return Some(words);
        }
    }
    begun.then_some(words)
}

/// The delimiter of `<<NAME`, and whether tabs before it are left out.
fn here_document(word: &str) -> Option<(&str, bool)> {
    let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = word.strip_prefix("<<")?;
    let (tabs, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let name = rest.trim_matches(['"', '\'']);
    (!name.is_empty() && !name.contains('<')).then_some((name, tabs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let (found, _) = instructions(text);
        found
            .iter()
            .map(|one| {
                for word in &one.words {
                    assert_eq!(text.get(word.at..word.at + word.text.len()), Some(word.text));
                }
                let words: Vec<&str> = one.words.iter().map(|word| word.text).collect();
                format!("{} {}", one.name, words.join(" "))
            })
            .collect()
    }

    #[test]
    fn lines_are_joined_and_comments_left_out() {
        let text = "# x\nFROM \\\r\n # y\n\n  a:1 \\\n as b\nRUN x\n";
        assert_eq!(shown(text), ["FROM a:1 as b", "RUN x"]);
        assert_eq!(
            shown("# escape=`\nFROM a `\n b\nRUN c\\\nRUN d"),
            ["FROM a b", "RUN c\\", "RUN d"]
        );
    }

    #[test]
    fn here_documents_hold_no_instructions() {
        let text = "RUN <<A cat <<-\"B\"\nFROM x\nA\nFROM y\n\tB\nFROM z\nRUN 1<<2\nFROM w\n";
        assert_eq!(shown(text), ["RUN <<A cat <<-\"B\"", "FROM z", "RUN 1<<2", "FROM w"]);
    }
}
