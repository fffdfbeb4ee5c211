//! What an example states of a mount or a module.

use holdfast_model::{Aspect, Reading};
use holdfast_rulefile::{Decoder, Node, Value};

use super::{Stated, sides};
use crate::read::value_text;

/// Options with commas between them, `absent`, one of each for now and after the next start, or
/// `no folder`.
pub(super) fn mount(decoder: &mut Decoder<'_>, node: &Node, out: &mut Vec<Stated>) {
    match &node.value {
        Value::Text { text, .. } if text == "no folder" => {
            let aspects = [Aspect::Running, Aspect::Boot, Aspect::Type];
            out.extend(aspects.map(|aspect| (None, aspect, Reading::Absent)));
        }
        _ => sides(decoder, node, false, out),
    }
}

/// One word, or what is so now and after the next start.
pub(super) fn module(decoder: &mut Decoder<'_>, node: &Node, out: &mut Vec<Stated>) {
    if let Value::Map(_) = &node.value {
        sides(decoder, node, false, out);
        return;
    }
    let Some(word) = value_text(decoder, node) else { return };
    let (running, boot) = match &*word {
        "disabled" | "blacklisted" | "allowed" => (Reading::Absent, Reading::Is(word)),
        "loaded" => (Reading::Is(word), Reading::Is("allowed".into())),
        "built-in" => (Reading::Is(word.clone()), Reading::Is(word)),
        other => {
            let shown: String = other.chars().take(60).collect();
            let message = format!("`{shown}` is no state of a module");
            let help = "write `disabled`, `blacklisted`, `allowed`, `loaded` or `built-in`, or \
                        `{running: loaded, boot: disabled}`";
            decoder.refuse("control-value", node, message, help);
            return;
        }
    };
    out.extend([(None, Aspect::Running, running), (None, Aspect::Boot, boot)]);
}
