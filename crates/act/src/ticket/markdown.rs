//! A text as GitHub's Markdown. What others wrote is escaped: it formats nothing, and neither
//! calls people by `@name` nor refers to `#12`.

use crate::connector::{Action, Block, Link, Text, cut, one_line, text};

/// At most about `most` characters; headline and action stay.
pub(crate) fn markdown(text: &Text, most: usize) -> String {
    let end = ending(text);
    let mut used = end.chars().count() + 200;
    let mut out = String::new();
    for (index, block) in text.blocks.iter().enumerate() {
        let part = part(block);
        used += part.chars().count() + 1;
        if used > most {
            out.push_str(&text::left_out(text.blocks.len() - index));
            out.push_str("\n\n");
            break;
        }
        out.push_str(&part);
        out.push('\n');
    }
    out.push_str(&end);
    out
}

fn ending(text: &Text) -> String {
    let mut end = format!("**{}**\n\n", text::DO_THIS);
    if let Action::Command(command) = &text.action {
        end.push_str(&fenced("sh", &one_line(command, 1_000)));
        end.push('\n');
    }
    for link in text.links() {
        end.push_str(&linked(link));
        end.push_str("\n\n");
    }
    end
}

fn part(block: &Block) -> String {
    match block {
        Block::Paragraph(text) => {
            let text = cut(&text::visible(text), 8_000);
            // Two blanks at the end of a line keep it a line.
            let lines: Vec<String> = text.lines().map(|line| escaped(line.trim())).collect();
            format!("{}\n", lines.join("  \n"))
        }
        Block::Facts(facts) => list(facts.iter().map(|(name, value)| {
            let (name, value) = (one_line(name, 100), one_line(value, 1_000));
            format!("**{}:** {}", escaped(&name), escaped(&value))
        })),
        Block::List(items) => list(items.iter().map(|item| escaped(&one_line(item, 1_000)))),
        Block::Code(text) => fenced("", &cut(&text::visible(text), 8_000)),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let mut out = String::new();
    for item in items {
        out.push_str("- ");
        out.push_str(&item);
        out.push('\n');
    }
    out
}

fn linked(link: &Link) -> String {
    let text = escaped(&one_line(&link.text, 200));
    if link.followable() {
        return format!("[{text}](<{}>)", link.address);
    }
    format!("{text}: {}", escaped(&one_line(&link.address, 400)))
}

/// A fence that is longer than any row of backticks inside.
fn fenced(language: &str, text: &str) -> String {
    let (mut longest, mut row) = (0, 0);
    for letter in text.chars() {
        row = if letter == '`' { row + 1 } else { 0 };
        longest = longest.max(row);
    }
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// Backslashes before everything that has a meaning (CommonMark 0.31, section 2.4), and a space
/// without width behind `@` and `#`, which GitHub reads after the escapes are gone.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '@' => out.push_str("@\u{200B}"),
            '#' => out.push_str("\\#\u{200B}"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(letter);
            }
            // These mean something at the beginning of a line only.
            '-' | '+' | '=' | ':' if out.is_empty() => {
                out.push('\\');
                out.push(letter);
            }
            // "1." begins a list.
            '.' if !out.is_empty() && out.bytes().all(|byte| byte.is_ascii_digit()) => {
                out.push_str("\\.");
            }
            _ => out.push(letter),
        }
    }
    out
}
