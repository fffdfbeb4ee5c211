//! Steps for a file or folder itself: whether it is there, and whose it is.
//!
//! Knows what a tool may make: a folder, and never a file of which nobody says what it holds. Must not
//! know how any tool says it.

use std::sync::Arc;

use holdfast_model::{Aspect, Desired, ModeWanted, Resource};

use super::acts::Act;
use super::deeds::Deed;
use super::holds::{absent, found};
use super::plan::Plan;
use super::resources::Value;
use super::steps::{Bits, Step};
use crate::Seen;

/// `FOLDER` is there, with those above it.
const MAKE_FOLDER: Deed = Deed {
    name: "make_folder",
    act: r#"umask 022 && mkdir -p "$FOLDER"
"#,
    done: r#"[ -d "$FOLDER" ]
"#,
};

/// `FOLDER` is gone, unless something lies in it.
const REMOVE_FOLDER: Deed = Deed {
    name: "remove_folder",
    act: r#"rmdir "$FOLDER"
"#,
    done: r#"[ ! -d "$FOLDER" ] || [ -n "$(ls -A "$FOLDER")" ]
"#,
};

/// Adds the steps for a file or folder that has to be there, or to be somebody's.
pub(super) fn plan(plan: &mut Plan, desired: &Desired, seen: &Seen) {
    let Desired::File { path, kind, owner, group, mode } = desired else { return };
    let of = Resource::File { path: Arc::clone(path) };
    if kind.as_ref().is_some_and(|kind| !will_be_there(plan, path, kind, seen)) {
        return;
    }
    if owner.is_none() && group.is_empty() && mode.is_none() {
        return;
    }
    let group =
        found(seen, &of, Aspect::Group).filter(|found| group.contains(found)).or(group.first());
    let bits = mode.map(|mode| match mode {
        ModeWanted::Is(bits) => Bits::Exactly(bits & 0o7777),
        ModeWanted::AtMost(bits) => Bits::Without(!bits & 0o7777),
    });
    plan.steps.push(Step::Meta {
        path: path.to_string(),
        owner: owner.as_ref().map(ToString::to_string),
        group: group.map(ToString::to_string),
        bits,
    });
}

/// Whether what has to be there is, or is made; else people are told what to do.
fn will_be_there(plan: &mut Plan, path: &str, kind: &str, seen: &Seen) -> bool {
    let of = Resource::File { path: path.into() };
    let gone = absent(seen, &of, Aspect::Type);
    match found(seen, &of, Aspect::Type) {
        Some(is) if kind != "any" && **is != *kind => {
            plan.manual.push(format!(
                "see what lies at {path}, which is {}, and put {} in its place",
                named(is),
                named(kind)
            ));
            false
        }
        _ if kind == "folder" => {
            plan.steps.push(Step::Deed(make(path, gone)));
            true
        }
        None if gone && kind == "link" => {
            plan.manual.push(format!(
                "make the link {path} again: only its owner knows where it has to lead"
            ));
            false
        }
        None if gone => {
            plan.manual.push(format!(
                "bring {path} back, from a backup if there is one: only its owner knows what it said"
            ));
            false
        }
        _ => true,
    }
}

/// A folder is made; an undo takes away only one that was not there.
fn make(path: &str, gone: bool) -> Act {
    let environment = || vec![("FOLDER", Value::Text(path.to_owned()))];
    let act = Act::new(format!("have the folder {path}"), &MAKE_FOLDER, environment());
    if !gone {
        return act;
    }
    let says = format!("remove the folder {path} where nothing lies in it");
    let back = Act::new(says, &REMOVE_FOLDER, environment());
    let stays = format!("the undo leaves {path} where something lies in it by then");
    Act { stays: Some(stays), ..act.back(back) }
}

/// What lies somewhere, in a sentence.
fn named(kind: &str) -> &'static str {
    match kind {
        "file" => "a file",
        "folder" => "a folder",
        "link" => "a link",
        _ => "a device, pipe or socket",
    }
}
