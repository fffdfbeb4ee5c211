//! Words, texts and patterns as the shell, YAML, Jinja, Python's `re`, Puppet and Ruby read them.
//!
//! Knows how each of them quotes. Must not know what is quoted.

use std::fmt::Write as _;

/// One word of POSIX shell (XCU 2.2.2): bare where that is safe, else in single quotes.
pub(super) fn shell(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./:,+@%=".contains(c);
    // A word with `=` before any slash could be read as an assignment.
    let assigns = text.split('/').next().is_some_and(|head| head.contains('='));
    if !text.is_empty() && text.chars().all(bare) && !assigns {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A text as one line, for comments and names.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(|c: char| c.is_control(), "")
}

/// A double-quoted scalar, marked as not to be templated where Jinja would find something in it.
pub(super) fn yaml(text: &str) -> String {
    let mark = if templated(text) { "!unsafe " } else { "" };
    format!("{mark}{}", quoted(text))
}

/// A double-quoted scalar, which YAML 1.1 and 1.2 read alike.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            // Line and paragraph separators and the byte order mark have a meaning in YAML 1.1.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether Jinja would find an expression, a statement or a comment in it.
pub(super) fn templated(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|open| text.contains(open))
}

/// Whether a text can stand as a literal block: it ends with one line end, its first line is not
/// indented, and no character needs an escape.
pub(super) fn literal(text: &str) -> bool {
    let plain = |c: char| c == '\n' || c == '\t' || !(c.is_control() || c == '\u{feff}');
    let separators = ['\u{85}', '\u{2028}', '\u{2029}'];
    text.ends_with('\n')
        && !text.ends_with("\n\n")
        && !text.starts_with([' ', '\t', '\n'])
        && text.chars().all(|c| plain(c) && !separators.contains(&c))
}

/// A text that matches just itself in Python's `re`, outside of brackets.
pub(super) fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !(c.is_ascii_alphanumeric() || "_/ ,:;@%!\"'`<>=#-".contains(c) || !c.is_ascii()) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A text that stands for just itself in a replacement of Python's `re`.
pub(super) fn replacement(text: &str) -> String {
    text.replace('\\', "\\\\")
}

/// A pattern of the beginning of a line that gives a key a value: the key as a word, with dots or
/// slashes, and without the sign that it is written with.
pub(super) fn assigned(key: &str) -> String {
    format!("{}(?![^ \\t=\\n])[ \\t]*=?", key_word(key))
}

/// The key of such a line as a word, with what may stand before it.
fn key_word(key: &str) -> String {
    let key = key.trim_end_matches([' ', '=']);
    let word: Vec<String> = key.split(['.', '/']).map(pattern).collect();
    format!("[ \\t]*-?[ \\t]*{}", word.join("[./]"))
}

/// A pattern of a whole line that gives a key a value as its reader takes it: with the sign that the key
/// is written with, or with none.
pub(super) fn gives(key: &str, value: &str) -> String {
    let head = key_word(key);
    let value_words = words(value);
    match key.strip_suffix('=') {
        None => format!("{head}[ \\t]+{value_words}[ \\t\\r]*$"),
        Some(word) if word.ends_with(' ') => {
            format!("{head}[ \\t]+=[ \\t]+{value_words}[ \\t\\r]*$")
        }
        Some(_) => format!("(?-i:{}{})$", pattern(key), pattern(value)),
    }
}

/// A pattern of words with any white space between them.
pub(super) fn words(text: &str) -> String {
    text.split_whitespace().map(pattern).collect::<Vec<_>>().join("[ \\t]+")
}

/// A single-quoted string of Puppet and of Ruby: only `\` and `'` mean something in it.
pub(super) fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// The word that ends a text which stands word for word, of Puppet and Ruby alike: no line of the
/// text is the word, whatever stands around it.
pub(super) fn heredoc_end(text: &str) -> String {
    let mut end = "END".to_owned();
    while text.lines().any(|line| line.trim().trim_start_matches(['|', '-', ' ']) == end) {
        end.push('_');
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safe_words_stay_readable() {
        assert_eq!(shell("/etc/login.defs"), "/etc/login.defs");
        assert_eq!(shell("u-xs,g-wxs"), "u-xs,g-wxs");
        assert_eq!(shell(""), "''");
        assert_eq!(shell("A=b"), "'A=b'");
        assert_eq!(shell("it's $HOME"), "'it'\\''s $HOME'");
    }

    #[test]
    fn single_quotes_mask_two_signs() {
        assert_eq!(single_quoted("a \"b\" #{c} $d\n"), "'a \"b\" #{c} $d\n'");
        assert_eq!(single_quoted("it's \\ \\'"), "'it\\'s \\\\ \\\\\\''");
    }

    #[test]
    fn a_text_never_ends_before_its_end() {
        assert_eq!(heredoc_end("a\nEND x\n"), "END");
        assert_eq!(heredoc_end("a\n  END\n| END_\n"), "END__");
    }

    #[test]
    fn what_jinja_would_read_is_marked() {
        assert_eq!(yaml("no"), "\"no\"");
        assert_eq!(yaml("{{ x }}"), "!unsafe \"{{ x }}\"");
        assert_eq!(yaml("a\\\"\n\u{7}"), "\"a\\\\\\\"\\n\\u0007\"");
    }

    #[test]
    fn literal_blocks_are_only_for_plain_texts() {
        assert!(literal("# a\nb = 1\n"));
        for text in ["", "a", " a\n", "a\n\n", "a\u{85}\n", "a\r\n"] {
            assert!(!literal(text), "{text:?}");
        }
    }
}
