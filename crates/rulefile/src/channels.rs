//! `channels.toml`: how teams are reached.
//!
//! Knows the keys and their form; must not know what partners want, which is asked for by name.
//! The file stands in the data folder and in no repository: whoever may write it can send a secret
//! to an address.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{Place, Problem};

use crate::{Decoder, Node, Table, toml_tree};

#[cfg(test)]
mod tests;

/// More channels are refused.
const MOST: usize = 100;

/// Where a secret is; never the secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretConfig {
    /// `secret_file`: a file that only its owner reads, absolute.
    File(String),
    /// `secret_variable`: a variable of the environment.
    Variable(String),
}

/// `reach`: which addresses a channel may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReachConfig {
    /// The public internet over TLS.
    #[default]
    Public,
    /// The own network too.
    Private,
    /// This machine too.
    Loopback,
}

/// `[channels.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelConfig {
    /// Its name.
    pub name: String,
    /// `through`: the connector's id.
    pub through: String,
    /// `address`: of the partner; none for the partner's own public one, or where the secret is it.
    pub address: Option<String>,
    /// Where the secret is.
    pub secret: Option<SecretConfig>,
    /// `user`: who logs in, where the partner wants to know.
    pub user: Option<String>,
    /// `from`: the address that mail comes from.
    pub from: Option<String>,
    /// `to`: the channel, project, repository or addresses.
    pub to: Vec<String>,
    /// `teams`: whom it reaches; none for all that no other channel of its sort names.
    pub teams: Vec<String>,
    /// Which addresses it may name.
    pub reach: ReachConfig,
    /// Where it stands.
    pub place: Place,
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelsConfig {
    /// `console`: where others reach the console, for links in messages; without a slash behind.
    pub console: Option<String>,
    /// The channels, by name.
    pub channels: Vec<ChannelConfig>,
}

/// Reads `channels.toml`; `connectors` are the words for `through`. A channel with a mistake is
/// left out; everything else still counts.
pub fn read(
    path: &Arc<str>,
    text: &str,
    connectors: &[&'static str],
) -> (ChannelsConfig, Vec<Problem>) {
    let mut config = ChannelsConfig::default();
    let (node, mut problems) = toml_tree::parse(path, text);
    let Some(node) = node else { return (config, problems) };
    let mut decoder = Decoder::new(path, text);
    if let Some(mut table) = decoder.map(&node) {
        config.console = table.optional("console").and_then(|node| console(&mut decoder, node));
        if let Some(node) = table.optional("channels") {
            config.channels = channels(&mut decoder, node, connectors);
        }
        table.finish(&mut decoder);
    }
    problems.extend(decoder.finish());
    problems.sort_by(|a, b| a.place.cmp(&b.place));
    // Somebody may have written a secret into the line, whatever is wrong with it.
    for problem in &mut problems {
        problem.excerpt = None;
    }
    (config, problems)
}

fn console(decoder: &mut Decoder<'_>, node: &Node) -> Option<String> {
    let text = decoder.text(node)?.trim_end_matches('/');
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    if rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        return Some(text.to_owned());
    }
    let help = "write the address by which others open the console: \"https://holdfast.example\"";
    decoder.refuse("rule-value", node, format!("`{text}` is no address of the web"), help);
    None
}

fn channels(
    decoder: &mut Decoder<'_>,
    node: &Node,
    connectors: &[&'static str],
) -> Vec<ChannelConfig> {
    let Some(table) = decoder.map(node) else { return Vec::new() };
    let mut seen = BTreeSet::new();
    let mut channels = Vec::new();
    for (name, node) in table.pairs() {
        let Some(text) = decoder.text(name).map(str::to_owned) else { continue };
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if text.is_empty() || text.len() > 60 || !text.chars().all(letter) {
            let message = format!("`{text}` is no name of a channel");
            decoder.refuse("rule-value", name, message, "use letters, digits, `-` and `_`");
            continue;
        }
        if channels.len() == MOST {
            let message = format!("there are more than {MOST} channels");
            decoder.refuse("rule-value", name, message, "let several teams share one");
            break;
        }
        if let Some(channel) = channel(decoder, &text, node, connectors)
            && seen.insert(text)
        {
            channels.push(channel);
        }
    }
    channels.sort_by(|a, b| a.name.cmp(&b.name));
    channels
}

/// A channel; `None` where anything in it is wrong: half a channel would reach nobody, or others
/// than were meant.
fn channel(
    decoder: &mut Decoder<'_>,
    name: &str,
    node: &Node,
    connectors: &[&'static str],
) -> Option<ChannelConfig> {
    let before = decoder.problems().len();
    let mut table = decoder.map(node)?;
    let through = table.required(decoder, "through").and_then(|node| {
        decoder.word(node, connectors, |word| connectors.contains(&word).then(|| word.to_owned()))
    });
    let channel = ChannelConfig {
        name: name.to_owned(),
        through: through.unwrap_or_default(),
        address: table.text(decoder, "address").map(|text| text.trim_end_matches('/').to_owned()),
        secret: secret(decoder, &mut table),
        user: table.text(decoder, "user"),
        from: table.text(decoder, "from"),
        to: one_or_many(decoder, table.optional("to")),
        teams: one_or_many(decoder, table.optional("teams")),
        reach: table.optional("reach").and_then(|node| reach(decoder, node)).unwrap_or_default(),
        place: node.place.clone(),
    };
    table.finish(decoder);
    (decoder.problems().len() == before).then_some(channel)
}

/// A text, or a list of texts.
fn one_or_many(decoder: &mut Decoder<'_>, node: Option<&Node>) -> Vec<String> {
    match node {
        Some(node) if node.as_text().is_some() => {
            decoder.text(node).map(str::to_owned).into_iter().collect()
        }
        Some(node) => decoder.texts(node),
        None => Vec::new(),
    }
}

fn secret(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Option<SecretConfig> {
    if let Some(node) = table.optional("secret") {
        let help = "write `secret_file = \"/a/file\"` or `secret_variable = \"A_NAME\"`, and put \
                    the secret there";
        decoder.refuse("rule-value", node, "a secret does not belong into this file", help);
    }
    let file = table.optional("secret_file");
    let variable = table.optional("secret_variable");
    match (file, variable) {
        (Some(_), Some(node)) => {
            let message = "two places are named for one secret";
            decoder.refuse("rule-value", node, message, "leave one of them out");
            None
        }
        (Some(node), None) => {
            let text = decoder.text(node)?;
            if text.starts_with('/') {
                return Some(SecretConfig::File(text.to_owned()));
            }
            let message = format!("`{text}` does not say where the file is");
            decoder.refuse("rule-value", node, message, "write the whole path, from `/`");
            None
        }
        (None, Some(node)) => {
            let text = decoder.text(node)?;
            let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if !text.is_empty() && text.chars().all(letter) {
                return Some(SecretConfig::Variable(text.to_owned()));
            }
            // The value may have been written in place of the name: it is not repeated.
            let message = "this is no name of a variable";
            let help = "write the name alone, such as \"SLACK_TOKEN\"";
            decoder.refuse("rule-value", node, message, help);
            None
        }
        (None, None) => None,
    }
}

fn reach(decoder: &mut Decoder<'_>, node: &Node) -> Option<ReachConfig> {
    decoder.word(node, &["public", "private", "loopback"], |word| match word {
        "public" => Some(ReachConfig::Public),
        "private" => Some(ReachConfig::Private),
        "loopback" => Some(ReachConfig::Loopback),
        _ => None,
    })
}
