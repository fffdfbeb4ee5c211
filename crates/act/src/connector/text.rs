//! What a message says, apart from how a partner wants it written.
//!
//! A text always carries the next action; whatever has to be left out for its length, that and
//! the headline stay.

use serde::{Deserialize, Serialize};

/// A name and an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// A verb for what it leads to.
    pub text: String,
    /// `https:` or `http:`; any other is shown as text.
    pub address: String,
}

impl Link {
    /// Whether the address may be made into a link: of the web, in ASCII, without what ends a link
    /// in any of the formats.
    pub(crate) fn followable(&self) -> bool {
        let scheme = ["https://", "http://"].iter().any(|scheme| self.address.starts_with(scheme));
        scheme
            && self.address.bytes().all(|byte| byte.is_ascii_graphic())
            && !self.address.contains(['<', '>', '|', '"', '`', '(', ')', '[', ']', '\\'])
    }
}

/// The next thing to do. There is no message without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// One command to copy.
    Command(String),
    /// A page to go to.
    Link(Link),
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A paragraph.
    Paragraph(String),
    /// Names and values, such as *where* and *by when*.
    Facts(Vec<(String, String)>),
    /// A list.
    List(Vec<String>),
    /// Code, as it is.
    Code(String),
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The first line: readable in a notification.
    pub headline: String,
    /// The rest, most important first.
    pub blocks: Vec<Block>,
    /// What to do next.
    pub action: Action,
    /// Where everything about it stands; named where something had to be left out.
    pub details: Option<Link>,
}

impl Text {
    /// A headline and what to do.
    pub fn new(headline: impl Into<String>, action: Action) -> Self {
        Self { headline: headline.into(), blocks: Vec::new(), action, details: None }
    }

    /// The link that is shown beside the action: the details, where the action is not itself one.
    pub(crate) fn links(&self) -> impl Iterator<Item = &Link> {
        let action = match &self.action {
            Action::Link(link) => Some(link),
            Action::Command(_) => None,
        };
        let details = self
            .details
            .as_ref()
            .filter(|details| action.is_none_or(|action| action.address != details.address));
        action.into_iter().chain(details)
    }
}

/// At most `most` characters on one line; what is cut ends with `…`. Control characters and those
/// that turn the direction of text become spaces.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    for letter in text.chars() {
        if letter.is_whitespace() || harmful(letter) {
            if !line.ends_with(' ') && !line.is_empty() {
                line.push(' ');
            }
        } else {
            line.push(letter);
        }
    }
    cut(line.trim_end(), most)
}

/// Several lines, without what one does not see.
pub(crate) fn visible(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars()
        .map(|letter| match letter {
            '\n' | '\t' => letter,
            _ if harmful(letter) => ' ',
            _ => letter,
        })
        .collect()
}

/// Controls, and the characters of Unicode that reorder what is shown (UAX #9).
fn harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}')
}

/// At most `most` characters; what is cut ends with `…`.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The name behind which the action stands.
pub(crate) const DO_THIS: &str = "Do this next";

/// What is said where something was left out.
pub(crate) fn left_out(count: usize) -> String {
    let parts = if count == 1 { "one part is" } else { "parts are" };
    let number = if count == 1 { String::new() } else { format!("{count} ") };
    format!("{number}{parts} left out here, for the length of the message.")
}

/// The text as plain lines, at most `most` characters: what mail says, and what is read where
/// nothing else can be shown. Headline, action and details always stay.
pub fn plain(text: &Text, most: usize) -> String {
    let mut end = match &text.action {
        Action::Command(command) => format!("{DO_THIS}:\n\n    {}\n", one_line(command, 1000)),
        Action::Link(link) => {
            let (name, address) = (one_line(&link.text, 200), one_line(&link.address, 2000));
            format!("{DO_THIS}: {name}\n\n    {address}\n")
        }
    };
    for link in text.links().filter(|link| text.action != Action::Link((*link).clone())) {
        let (name, address) = (one_line(&link.text, 200), one_line(&link.address, 2000));
        end.push_str(&format_args!("\n{name}: {address}\n").to_string());
    }
    let mut out = format!("{}\n", one_line(&text.headline, 400));
    let mut used = out.chars().count() + end.chars().count() + 100;
    let mut blocks = text.blocks.iter();
    let mut missing = 0;
    for block in blocks.by_ref() {
        let part = plain_block(block);
        used += part.chars().count() + 1;
        if used > most {
            missing = 1 + blocks.len();
            break;
        }
        out.push('\n');
        out.push_str(&part);
    }
    if missing > 0 {
        out.push('\n');
        out.push_str(&left_out(missing));
        out.push('\n');
    }
    out.push('\n');
    out.push_str(&end);
    out
}

fn plain_block(block: &Block) -> String {
    let lines: Vec<String> = match block {
        Block::Paragraph(text) => vec![visible(text)],
        Block::Facts(facts) => {
            let line = |(name, value): &(String, String)| {
                format!("{}: {}", one_line(name, 100), one_line(value, 1000))
            };
            facts.iter().map(line).collect()
        }
        Block::List(items) => {
            items.iter().map(|item| format!("- {}", one_line(item, 1000))).collect()
        }
        Block::Code(code) => visible(code).lines().map(|line| format!("    {line}")).collect(),
    };
    let mut out = lines.join("\n");
    out.push('\n');
    out
}
