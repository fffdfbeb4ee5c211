//! Widths and colours of the terminal: at most 100 columns, colour never needed.

use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style as Ansi};
use holdfast_model::Severity;

/// How to write to a terminal.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// Whether to colour.
    pub colour: bool,
}

impl Style {
    /// For this process' standard output.
    pub fn of_stdout() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
        let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { width: width.clamp(40, 100), colour }
    }

    /// For this process' standard error.
    pub fn of_stderr() -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { colour: terminal && Self::of_stdout().colour, ..Self::of_stdout() }
    }

    /// Without colour, 100 columns wide.
    #[cfg(test)]
    pub fn plain() -> Self {
        Self { width: 100, colour: false }
    }

    /// An urgency word, padded to `width` columns.
    pub fn urgency(&self, severity: Severity, width: usize) -> String {
        let style = match severity {
            Severity::Now => AnsiColor::Red.on_default().bold(),
            Severity::Soon => AnsiColor::Yellow.on_default(),
            Severity::WhenYouCan => Ansi::new().dimmed(),
        };
        let word = format!("{:<width$}", severity.word().to_uppercase());
        self.paint(style, &word)
    }

    /// Less important text.
    pub fn dim(&self, text: &str) -> String {
        self.paint(Ansi::new().dimmed(), text)
    }

    /// More important text.
    pub fn strong(&self, text: &str) -> String {
        self.paint(Ansi::new().bold(), text)
    }

    fn paint(&self, style: Ansi, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Breaks text at spaces into lines of at most `width` characters; a longer word stays whole.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let long = line.chars().count() + 1 + word.chars().count() > width;
        if long && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Text for people without anything that moves a cursor or turns the order of letters around:
/// titles and file names are other people's words. Our own colours stay, if there are any.
pub fn harmless(text: &str, colour: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(length) = colour.then(|| colour_length(rest)).flatten() {
            let (own, after) = rest.split_at(length);
            out.push_str(own);
            rest = after;
            continue;
        }
        // Tabs stay: a patch is used as it is shown.
        let moves = !matches!(letter, '\n' | '\t') && letter.is_control();
        out.push(if moves || turns(letter) { char::REPLACEMENT_CHARACTER } else { letter });
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    out
}

/// A path or what somebody says on one line, whatever it holds.
pub fn on_one_line(text: &str) -> String {
    harmless(&text.replace(['\n', '\t'], "\u{fffd}"), false)
}

/// The length of the colour that text begins with: `ESC [ … m`.
fn colour_length(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\u{1b}[")?;
    let end = body.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    body.get(end..)?.starts_with('m').then_some(end + 3)
}

/// Characters that change the direction of what follows (Unicode, Bidi_Control).
fn turns(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// At most `width` characters, the last one an ellipsis where something was left out.
pub fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_keeps_every_word() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensible x", 5), ["incomprehensible", "x"]);
        assert!(wrap("", 5).is_empty());
    }

    #[test]
    fn only_our_own_colours_pass() {
        let hostile = "a\u{1b}[2Jb\u{1b}[31mc\u{7}\u{202e}d\u{9b}e\r\nf\u{1b}";
        assert_eq!(
            harmless(hostile, false),
            "a\u{fffd}[2Jb\u{fffd}[31mc\u{fffd}\u{fffd}d\u{fffd}e\u{fffd}\nf\u{fffd}"
        );
        assert_eq!(
            harmless(hostile, true),
            "a\u{fffd}[2Jb\u{1b}[31mc\u{fffd}\u{fffd}d\u{fffd}e\u{fffd}\nf\u{fffd}"
        );
        assert_eq!(harmless("äöü →\t🔓\n", false), "äöü →\t🔓\n");
        assert_eq!(on_one_line("a\nb\tc"), "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn shortening_counts_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 3), "äö…");
    }
}
