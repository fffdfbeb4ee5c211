//! The lines that speak of many at once: accounts, groups, what a walk finds, what runs.
//!
//! Knows which words may stand behind these nouns. Must not know how any of them is judged.

use std::sync::Arc;

use holdfast_model::{Aspect, Desired, Only, Resource, Timestamp, Wanted};
use holdfast_rulefile::{Decoder, Node, Table, Value};

use super::{near, values};
use crate::fields::LISTS;

/// The sets of accounts.
const SETS: [&str; 4] = ["all", "root", "system", "people"];

/// The kinds of files that a walk finds, beside `named` ones.
const KINDS: [&str; 3] = ["setuid", "unowned", "world-writable"];

/// What may be wanted of an account, by the word for it.
pub(crate) const OF_ACCOUNT: [(&str, Aspect); 8] = [
    ("password", Aspect::Password),
    ("method", Aspect::Method),
    ("stored", Aspect::Stored),
    ("shell", Aspect::Shell),
    ("uid", Aspect::Number),
    ("max_days", Aspect::MaxDays),
    ("inactive_days", Aspect::InactiveDays),
    ("expires", Aspect::Expires),
];

/// The methods of crypt(5) that are told apart.
const METHODS: [&str; 14] = [
    "bcrypt",
    "bigcrypt",
    "bsdicrypt",
    "descrypt",
    "gost-yescrypt",
    "md5",
    "nt",
    "scrypt",
    "sha1",
    "sha256",
    "sha512",
    "sunmd5",
    "unknown",
    "yescrypt",
];

/// More names would be no list that somebody looks through.
const MOST_NAMES: usize = 512;

/// The thing that a noun and a name mean; else what is wrong with the name, and the help.
pub(super) fn subject(noun: &str, name: &str) -> Result<Resource, (String, String)> {
    let shown: String = name.chars().take(60).collect();
    let text: Arc<str> = name.into();
    let one_of = |known: &[&'static str], what: &str| {
        if known.contains(&name) {
            return Ok(());
        }
        Err((format!("`{shown}` is no set of {what}"), near(name, known.iter().copied())))
    };
    Ok(match noun {
        "user" | "group" if values::is_account(name) => match noun {
            "user" => Resource::User { name: text },
            _ => Resource::Group { name: text },
        },
        "user" | "group" => {
            let message = format!("`{shown}` is no name of a user or a group");
            return Err((message, "write the name, such as `root`".to_owned()));
        }
        "users" => {
            one_of(&SETS, "accounts")?;
            Resource::Users { set: text }
        }
        "groups" => {
            one_of(&["all"], "groups")?;
            Resource::Groups { set: text }
        }
        "files" => {
            match name.strip_prefix("named ") {
                Some(file) if is_file_name(file) => {}
                Some(_) => {
                    let message = format!("`{shown}` names no file");
                    return Err((message, "write `files named .rhosts`".to_owned()));
                }
                None => one_of(&KINDS, "files")?,
            }
            Resource::Files { which: text }
        }
        _ if is_file_name(name) => Resource::Process { name: text },
        _ => {
            let message = format!("`{shown}` is no name of a program");
            return Err((message, "write the name of its file, such as `telnetd`".to_owned()));
        }
    })
}

fn is_file_name(name: &str) -> bool {
    let plain = |c: char| !c.is_control() && !matches!(c, '/' | '*' | '?' | '[' | ' ');
    !matches!(name, "" | "." | "..") && name.len() < 256 && name.chars().all(plain)
}

/// What is wanted of one of these things.
pub(super) fn wanted(
    decoder: &mut Decoder<'_>,
    resource: &Resource,
    node: &Node,
) -> Option<Desired> {
    match resource {
        Resource::User { name } => {
            let mut table = decoder.map(node)?;
            let wanted = clauses(decoder, &mut table);
            table.finish(decoder);
            let wanted = wanted?;
            if wanted.is_empty() {
                return nothing(decoder, node, "account");
            }
            Some(Desired::User { name: Arc::clone(name), wanted })
        }
        Resource::Users { set } => {
            let mut table = decoder.map(node)?;
            let wanted = clauses(decoder, &mut table);
            let only = only(decoder, &mut table, values::is_account);
            let unique = unique(decoder, &mut table, "uid");
            table.finish(decoder);
            let (wanted, only, unique) = (wanted?, only?, unique?);
            if wanted.is_empty() && only.is_none() && unique.is_empty() {
                return nothing(decoder, node, "set");
            }
            Some(Desired::Users { set: Arc::clone(set), wanted, only, unique })
        }
        Resource::Group { name } => {
            let mut table = decoder.map(node)?;
            let only = only(decoder, &mut table, values::is_account);
            table.finish(decoder);
            let Some(only) = only? else { return nothing(decoder, node, "group") };
            Some(Desired::Group { name: Arc::clone(name), only })
        }
        Resource::Groups { set } => {
            let mut table = decoder.map(node)?;
            let unique = unique(decoder, &mut table, "gid");
            table.finish(decoder);
            let unique = unique?;
            if unique.is_empty() {
                return nothing(decoder, node, "set");
            }
            Some(Desired::Groups { set: Arc::clone(set), unique })
        }
        Resource::Files { which } => files(decoder, which, node),
        Resource::Process { name } => {
            let running = values::word(decoder, node, &["running", "absent"])? == "running";
            Some(Desired::Process { name: Arc::clone(name), running })
        }
        _ => None,
    }
}

fn nothing(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Desired> {
    let help =
        "write what is wanted, such as `{shell: none}`, `{only: [root]}` or `{unique: [uid]}`";
    let message = format!("nothing is wanted of this {what}");
    decoder.refuse("control-value", node, message, help);
    None
}

fn files(decoder: &mut Decoder<'_>, which: &Arc<str>, node: &Node) -> Option<Desired> {
    let which = Arc::clone(which);
    if let Value::Text { .. } = &node.value {
        values::word(decoder, node, &["absent"])?;
        return Some(Desired::Files { which, only: Only::default() });
    }
    if &*which == "unowned" {
        let help = "write `absent`: give files that are fine to somebody";
        decoder.refuse("control-value", node, "files of nobody cannot be listed", help);
        return None;
    }
    let mut table = decoder.map(node)?;
    let only = only(decoder, &mut table, |path| path.starts_with('/'));
    table.finish(decoder);
    let Some(only) = only? else {
        let help = "write `absent`, or `{only: [/usr/bin/su]}`";
        decoder.refuse("control-value", node, "nothing is wanted of these files", help);
        return None;
    };
    Some(Desired::Files { which, only })
}

fn clauses(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Option<Vec<(Aspect, Wanted)>> {
    let before = decoder.problems().len();
    let mut out = Vec::new();
    for (key, aspect) in OF_ACCOUNT {
        let Some(node) = table.optional(key) else { continue };
        let wanted = values::wanted(decoder, node);
        out.extend(wanted.and_then(|wanted| clause(decoder, node, aspect, wanted)));
    }
    (decoder.problems().len() == before).then_some(out)
}

/// Refuses what no account could ever have.
fn clause(
    decoder: &mut Decoder<'_>,
    node: &Node,
    aspect: Aspect,
    wanted: Wanted,
) -> Option<(Aspect, Wanted)> {
    let words = |known: &[&str]| match &wanted {
        Wanted::Is(word) => known.contains(&&**word),
        Wanted::OneOf(words) => words.iter().all(|word| known.contains(&&**word)),
        _ => false,
    };
    let texts = |good: &dyn Fn(&str) -> bool| match &wanted {
        Wanted::Is(text) => good(text),
        Wanted::OneOf(texts) => texts.iter().all(|text| good(text)),
        _ => false,
    };
    let number = |text: &str| text.parse::<u32>().is_ok();
    let (good, help) = match aspect {
        Aspect::Password => (
            words(&["locked", "set"]),
            "write `locked`, or `{one_of: [locked, set]}` for not empty",
        ),
        Aspect::Method => (words(&METHODS), "write methods of crypt(5), such as `yescrypt`"),
        Aspect::Stored => (words(&["shadow"]), "write `shadow`"),
        Aspect::Shell => {
            let good = |text: &str| text == "none" || text.starts_with('/');
            (texts(&good), "write `none`, or the path of a program")
        }
        Aspect::Number => {
            let ends = matches!(wanted, Wanted::AtLeast(_) | Wanted::AtMost(_));
            (ends || texts(&number), "write a number, such as 0")
        }
        Aspect::MaxDays | Aspect::InactiveDays => {
            let good = match &wanted {
                Wanted::AtMost(days) => (1..=99_998).contains(days),
                other => matches!(other, Wanted::Is(_)) && texts(&number),
            };
            (good, "write a number of days, such as `{at_most: 365}`")
        }
        _ => {
            let day = |text: &str| text.len() == 10 && Timestamp::parse(text).is_some();
            let good = matches!(&wanted, Wanted::Is(text) if &**text == "never" || day(text));
            (good, "write `never`, or a day such as \"2027-01-31\"")
        }
    };
    if good {
        return Some((aspect, wanted));
    }
    let message = format!("{wanted} is nothing that this can be");
    decoder.refuse("control-value", node, message, help);
    None
}

/// `only`, and `and` with the list in which the owner of a host may name more. `None` where
/// something is wrong.
#[expect(clippy::option_option, reason = "nothing said is not the same as something wrong")]
fn only(
    decoder: &mut Decoder<'_>,
    table: &mut Table<'_>,
    good: fn(&str) -> bool,
) -> Option<Option<Only>> {
    let before = decoder.problems().len();
    let (list, more) = (table.optional("only"), table.optional("and"));
    let Some(list) = list else {
        if let Some(node) = more {
            let help = "write `only: []` before it if it stands for all";
            decoder.refuse("control-value", node, "`and` needs `only`", help);
            return None;
        }
        return Some(None);
    };
    let nodes = decoder.list(list).unwrap_or_default();
    if nodes.len() > MOST_NAMES {
        let message = format!("{} names are more than a list may have", nodes.len());
        decoder.refuse("control-value", list, message, "write at most 512");
    }
    let mut names: Vec<Arc<str>> = Vec::new();
    for node in nodes.iter().take(MOST_NAMES) {
        let Some(name) = values::plain_text(decoder, node) else { continue };
        if !good(&name) || names.contains(&name) {
            let message = format!("`{name}` is no name that can stand here, or stands twice");
            let help = "write each name once; of files their whole path";
            decoder.refuse("control-value", node, message, help);
        } else {
            names.push(name);
        }
    }
    let setting = more.and_then(|node| list_setting(decoder, node));
    (decoder.problems().len() == before).then_some(Some(Only { names, setting }))
}

fn list_setting(decoder: &mut Decoder<'_>, node: &Node) -> Option<Arc<str>> {
    let text = decoder.text(node)?;
    let known = || LISTS.iter().map(|(name, _)| *name);
    let name = text.strip_prefix("setting.").unwrap_or_default();
    if known().any(|list| list == name) {
        return Some(name.into());
    }
    let shown: String = text.chars().take(60).collect();
    let all: Vec<String> = known().map(|name| format!("setting.{name}")).collect();
    let help = near(text, all.iter().map(String::as_str));
    decoder.refuse("control-value", node, format!("`{shown}` is no list of settings"), help);
    None
}

/// `unique`: of accounts `[name, uid]`, of groups `[name, gid]`. `None` where something is wrong.
fn unique(
    decoder: &mut Decoder<'_>,
    table: &mut Table<'_>,
    number: &'static str,
) -> Option<Vec<Aspect>> {
    let Some(node) = table.optional("unique") else { return Some(Vec::new()) };
    let before = decoder.problems().len();
    let mut out = Vec::new();
    for node in decoder.list(node).unwrap_or_default() {
        let Some(word) = values::word(decoder, node, &["name", number]) else { continue };
        let aspect = if word == "name" { Aspect::Value } else { Aspect::Number };
        if out.contains(&aspect) {
            let message = format!("`{word}` stands twice");
            decoder.refuse("control-value", node, message, "remove one of the two");
        } else {
            out.push(aspect);
        }
    }
    (decoder.problems().len() == before).then_some(out)
}
