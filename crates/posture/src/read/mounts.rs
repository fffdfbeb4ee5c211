//! What can be wanted of a mount: options as the kernel shows them, since only those can be found.

use std::sync::Arc;

use holdfast_model::Desired;
use holdfast_rulefile::{Decoder, Node, Value};

use super::values;

/// Options that nobody finds in the kernel's table: they are its defaults, or mean something to
/// mount(8) or systemd alone.
const NEVER_SHOWN: &[&str] = &[
    "defaults", "dev", "suid", "exec", "async", "atime", "diratime", "auto", "noauto", "user",
    "users", "nouser", "owner", "group", "nofail", "_netdev", "remount", "bind", "loop",
];

/// `present`, or `{has: [nodev, nosuid]}`.
pub(super) fn wanted(decoder: &mut Decoder<'_>, point: Arc<str>, node: &Node) -> Option<Desired> {
    if let Value::Text { .. } = &node.value {
        values::word(decoder, node, &["present"])?;
        return Some(Desired::Mounted { point, options: Vec::new() });
    }
    let mut table = decoder.map(node)?;
    let list = table.required(decoder, "has");
    table.finish(decoder);
    let nodes = decoder.list(list?)?;
    if nodes.is_empty() {
        let help = "write `present`, or the options that it has to have";
        decoder.refuse("control-value", node, "nothing is wanted of this mount", help);
        return None;
    }
    let mut options: Vec<Arc<str>> = Vec::new();
    for node in nodes {
        let option = option(decoder, node)?;
        if options.contains(&option) {
            let message = format!("`{option}` stands twice");
            decoder.refuse("control-value", node, message, "remove one of the two");
            return None;
        }
        options.push(option);
    }
    Some(Desired::Mounted { point, options })
}

fn option(decoder: &mut Decoder<'_>, node: &Node) -> Option<Arc<str>> {
    let text = decoder.text(node)?;
    let letter = |c: char| c.is_ascii_alphanumeric() || "_-.:=".contains(c);
    let shown: String = text.chars().take(60).collect();
    if text.is_empty() || text.len() > 64 || !text.chars().all(letter) {
        let help = "write one option by itself, such as `nodev`";
        decoder.refuse("control-value", node, format!("`{shown}` is no option of a mount"), help);
        return None;
    }
    if NEVER_SHOWN.contains(&text) || text.starts_with("x-") {
        let message = format!("the kernel shows `{shown}` of no mount");
        let help = "write what it shows, such as `nodev`, `nosuid`, `noexec`, `ro`, `hidepid=2`";
        decoder.refuse("control-value", node, message, help);
        return None;
    }
    Some(text.into())
}
