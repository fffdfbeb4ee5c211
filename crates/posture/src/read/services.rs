//! What is wanted of a unit of systemd: on or off as a whole, or the next start and now each by
//! itself.

use std::sync::Arc;

use holdfast_model::{BootWanted, Desired};
use holdfast_rulefile::{Decoder, Node, Value};

use super::values;

/// What can be wanted by itself: of the next start, and of now.
const APART: &[&str] = &["enabled", "disabled", "masked", "running", "stopped"];
/// Any word.
const WORDS: &[&str] = &["on", "off", "enabled", "disabled", "masked", "running", "stopped"];

/// One word, or one of the next start and one of now.
pub(super) fn wanted(decoder: &mut Decoder<'_>, unit: Arc<str>, node: &Node) -> Option<Desired> {
    let Value::Seq(items) = &node.value else {
        return Some(match values::word(decoder, node, WORDS)? {
            "on" => Desired::ServiceOn { unit },
            "off" => Desired::ServiceOff { unit },
            "running" => Desired::Service { unit, boot: None, running: Some(true) },
            "stopped" => Desired::Service { unit, boot: None, running: Some(false) },
            word => Desired::Service { unit, boot: Some(at_boot(word)), running: None },
        });
    };
    let (mut boot, mut running) = (None, None);
    for item in items {
        let word = values::word(decoder, item, APART)?;
        let before = match word {
            "running" | "stopped" => running.replace(word == "running").is_some(),
            word => boot.replace(at_boot(word)).is_some(),
        };
        if before {
            let help =
                "write one word for the next start and one for now, such as `[masked, stopped]`";
            let message = format!("`{word}` is the second word on the same side");
            decoder.refuse("control-value", item, message, help);
            return None;
        }
    }
    if boot.is_none() && running.is_none() {
        let help = "write a word, such as `masked`, or two, such as `[masked, stopped]`";
        decoder.refuse("control-value", node, "nothing is wanted of this unit", help);
        return None;
    }
    if boot == Some(BootWanted::Masked) && running == Some(true) {
        let help = "write `[masked, stopped]`, or `running` alone";
        decoder.refuse("control-value", node, "nothing can start what is masked", help);
        return None;
    }
    Some(Desired::Service { unit, boot, running })
}

fn at_boot(word: &str) -> BootWanted {
    match word {
        "enabled" => BootWanted::Enabled,
        "masked" => BootWanted::Masked,
        _ => BootWanted::Disabled,
    }
}
