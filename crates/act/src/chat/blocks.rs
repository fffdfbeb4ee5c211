//! A text as Slack's Block Kit: at most 50 blocks, 150 characters in a header, 3,000 in a section,
//! under 10,000 in all (more is refused as `msg_blocks_too_long` somewhere near 13,000, which
//! Slack does not document).
//!
//! In `mrkdwn`, `&`, `<` and `>` are written as entities; with them, nobody can be addressed
//! (`<!channel>`) and nothing be made a link by what somebody else wrote.

use serde_json::{Value, json};

use crate::connector::{Action, Block, Link, Text, cut, one_line, text};

/// Characters of a header.
const HEADER: usize = 150;
/// Characters of a section, some short of Slack's 3,000.
const SECTION: usize = 2_900;
/// Characters of a whole message, as they are sent.
pub(super) const MESSAGE: usize = 9_000;
/// Blocks of a message, a few short of Slack's 50.
const BLOCKS: usize = 44;
/// Characters of a command.
const COMMAND: usize = 1_000;

/// What is said where the last attempt may have been heard.
const REPEAT: &str = "This may be a repeat: no answer came the last time.";

/// Entities for what has a meaning; characters that only change how letters look stay.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The first line, for notifications.
pub(crate) fn notification(text: &Text) -> String {
    escaped(&one_line(&text.headline, 400))
}

/// The blocks of a message.
pub(super) fn blocks(text: &Text, repeat: bool) -> Vec<Value> {
    let headline = one_line(&text.headline, HEADER);
    let mut begin = vec![json!({
        "type": "header",
        "text": {"type": "plain_text", "text": headline, "emoji": false},
    })];
    if text.headline.chars().nth(HEADER).is_some() {
        begin.push(section(&escaped(&one_line(&text.headline, 400))));
    }
    if repeat {
        begin.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": REPEAT}]}));
    }
    let end = ending(text);
    let mut used = length(&begin) + length(&end) + 200;
    let room = BLOCKS.saturating_sub(begin.len() + end.len());
    let mut missing = 0;
    for (index, block) in text.blocks.iter().enumerate() {
        let section = section(&mrkdwn(block));
        used += length(std::slice::from_ref(&section));
        if used > MESSAGE || index >= room {
            missing = text.blocks.len() - index;
            break;
        }
        begin.push(section);
    }
    if missing > 0 {
        begin.push(section(&text::left_out(missing)));
    }
    begin.extend(end);
    begin
}

/// What always stays: what to do, and where everything stands.
fn ending(text: &Text) -> Vec<Value> {
    let mut end = Vec::new();
    if let Action::Command(command) = &text.action {
        let command = code(&one_line(command, COMMAND), SECTION - 40);
        end.push(section(&format!("*{}*\n{command}", text::DO_THIS)));
    }
    let links: Vec<String> = text.links().map(link).collect();
    if !links.is_empty() {
        end.push(section(&links.join("  ·  ")));
    }
    end
}

/// A link, or its text where the address is none that may be followed.
fn link(link: &Link) -> String {
    let name = escaped(&one_line(&link.text, 200)).replace('|', "/");
    if link.followable() && link.address.len() <= 2_000 {
        return format!("<{}|{name}>", link.address.replace('&', "&amp;"));
    }
    format!("{name}: {}", escaped(&one_line(&link.address, 400)))
}

/// Code between its marks; what would end it early is written otherwise.
fn code(text: &str, most: usize) -> String {
    let text = text.replace("```", "'''");
    format!("```{}```", entities_within(&text, most))
}

/// Escaped, and at most `most` characters, without cutting an entity in two.
fn entities_within(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for letter in text.chars() {
        let piece = escaped(letter.encode_utf8(&mut [0; 4]));
        let size = piece.chars().count();
        if used + size + 1 > most {
            out.push('…');
            break;
        }
        used += size;
        out.push_str(&piece);
    }
    out
}

fn mrkdwn(block: &Block) -> String {
    match block {
        Block::Paragraph(text) => entities_within(&text::visible(text), SECTION),
        Block::Facts(facts) => {
            let line = |(name, value): &(String, String)| {
                let (name, value) = (one_line(name, 100), one_line(value, 1000));
                format!("*{}:* {}", escaped(&name), escaped(&value))
            };
            lines(facts.iter().map(line))
        }
        Block::List(items) => {
            lines(items.iter().map(|item| format!("• {}", escaped(&one_line(item, 400)))))
        }
        Block::Code(text) => code(&text::visible(text), SECTION - 10),
    }
}

/// As many whole lines as a section holds; the rest is counted.
fn lines(all: impl ExactSizeIterator<Item = String>) -> String {
    let (total, mut out, mut used) = (all.len(), String::new(), 0);
    for (index, line) in all.enumerate() {
        used += line.chars().count() + 1;
        if used > SECTION - 30 {
            out.push_str(&format_args!("… and {} more", total - index).to_string());
            return out;
        }
        out.push_str(&line);
        out.push('\n');
    }
    out.trim_end().to_owned()
}

fn section(text: &str) -> Value {
    // Slack refuses an empty text.
    let text = if text.trim().is_empty() { "–" } else { text };
    let text = cut(text, 3_000);
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

/// How many characters some blocks are as they are sent.
fn length(blocks: &[Value]) -> usize {
    blocks.iter().map(|block| block.to_string().chars().count() + 1).sum()
}

/// The blocks as they read, one under the other.
pub(crate) fn readable(text: &Text, repeat: bool) -> String {
    let mut out = String::new();
    for block in blocks(text, repeat) {
        let inner = block
            .pointer("/text/text")
            .or_else(|| block.pointer("/elements/0/text"))
            .and_then(Value::as_str)
            .unwrap_or_default();
        let plain = inner.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        out.push_str(&plain);
        out.push_str("\n\n");
    }
    out
}
