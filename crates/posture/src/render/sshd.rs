//! Where an option of the ssh server or client has to stand to win: both take the first value that
//! they read; what stands in a `Match` block of the server overrides what stands outside.
//!
//! Knows sshd_config(5) and ssh_config(5). Must not know how any tool edits a file.

use std::sync::Arc;

use holdfast_model::{Aspect, Desired, Place, Resource, Setting, Wanted};

use super::files::Family;
use super::holds::{found, suits, value};
use super::plan::{Plan, keep_or_set};
use super::quote::one_line;
use super::ssh_unit::SshUnit;
use super::steps::{Edit, Step};
use super::undo::undo_edit;
use crate::Seen;

/// Whose options they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Server,
    Client,
}

impl Side {
    /// The main file.
    fn main(self) -> &'static str {
        match self {
            Self::Server => "/etc/ssh/sshd_config",
            Self::Client => "/etc/ssh/ssh_config",
        }
    }

    /// What its maker ships in place of that, on openSUSE and its kin: it is read where there is no
    /// main file, and one of ours would take the place of all that it says and includes.
    fn vendor(self) -> &'static str {
        match self {
            Self::Server => "/usr/etc/ssh/sshd_config",
            Self::Client => "/usr/etc/ssh/ssh_config",
        }
    }

    fn family(self) -> Family {
        match self {
            Self::Server => Family::Sshd,
            Self::Client => Family::Ssh,
        }
    }

    /// How the main file names the folder of drop-ins.
    fn globs(self) -> [&'static str; 2] {
        match self {
            Self::Server => ["/etc/ssh/sshd_config.d/*.conf", "sshd_config.d/*.conf"],
            Self::Client => ["/etc/ssh/ssh_config.d/*.conf", "ssh_config.d/*.conf"],
        }
    }

    fn resource(self, option: &Arc<str>) -> Resource {
        let option = Arc::clone(option);
        match self {
            Self::Server => Resource::Sshd { option },
            Self::Client => Resource::Ssh { option },
        }
    }

    fn option_of(self, desired: &Desired) -> Option<(&Arc<str>, &Wanted)> {
        match (self, desired) {
            (Self::Server, Desired::Sshd { option, value })
            | (Self::Client, Desired::Ssh { option, value }) => Some((option, value)),
            _ => None,
        }
    }

    /// Whether what stands in a block competes with a drop-in: for the client there is but one order
    /// of lines.
    fn counts(self, setting: &Setting) -> bool {
        self == Self::Client || setting.scope.is_none()
    }
}

/// Adds one step that sets every option that is asked for, and validates all of it at once.
pub(super) fn plan(plan: &mut Plan, todo: &[&Desired], all: &[&Desired], seen: &Seen) {
    let side = Side::Server;
    let asked: Vec<(&Arc<str>, &Wanted)> =
        todo.iter().copied().filter_map(|desired| side.option_of(desired)).collect();
    if asked.is_empty() {
        return;
    }
    let mut scoped: Vec<Edit> = asked.iter().flat_map(|one| in_blocks(*one, seen)).collect();
    let mut settings = to_say(side, all, seen);
    // What is wrong only under `Match` is mended only there.
    let (mut global, mut elsewhere) = (plan.whole, false);
    for (option, wanted) in asked {
        if global_suits(option, wanted, seen) {
            continue;
        }
        let Some((which, place)) = above(option, seen) else {
            global = true;
            continue;
        };
        elsewhere = true;
        settings.retain(|(said, _)| **said != **option);
        match which {
            Above::Flag => plan.manual.push(format!(
                "take the flag that sets `{option}` out of {} (line {}), and ask for this again: it \
                 counts before every file of the ssh server",
                place.path, place.line
            )),
            Above::All => scoped.push(in_block((option, wanted), ALL, place, seen)),
        }
    }
    let mut edits = Vec::new();
    if !settings.is_empty() && (global || (scoped.is_empty() && !elsewhere)) {
        edits.push(global_edit(side, plan, &settings, seen));
    }
    edits.extend(scoped);
    if edits.is_empty() {
        return;
    }
    let back = edits.iter().rev().map(|edit| undo_edit(edit, &plan.id, seen)).collect();
    let reload = (!seen.is_at_rest()).then(|| SshUnit::of(seen));
    plan.steps.push(Step::Sshd { edits, back, reload });
}

/// The same for the client: one text file, which says everything that the control wants before any
/// block does. Nothing has to be read anew.
pub(super) fn plan_client(plan: &mut Plan, todo: &[&Desired], all: &[&Desired], seen: &Seen) {
    let side = Side::Client;
    if todo.iter().all(|desired| side.option_of(desired).is_none()) {
        return;
    }
    let settings = to_say(side, all, seen);
    let edit = global_edit(side, plan, &settings, seen);
    plan.steps.push(Step::Edit(edit));
}

/// Every option that a control wants, with the value that a fix sets.
fn to_say(side: Side, all: &[&Desired], seen: &Seen) -> Vec<(String, String)> {
    let wanted = all.iter().filter_map(|desired| side.option_of(desired));
    wanted
        .map(|(option, wanted)| {
            let resource = side.resource(option);
            let now = found(seen, &resource, Aspect::Value);
            (option.to_string(), keep_or_set(&resource, wanted, [now]))
        })
        .collect()
}

fn global_suits(option: &Arc<str>, wanted: &Wanted, seen: &Seen) -> bool {
    let resource = Resource::Sshd { option: Arc::clone(option) };
    found(seen, &resource, Aspect::Value).is_some_and(|value| suits(&resource, wanted, value))
}

/// A drop-in where one that is read first wins, else the top of the main file. Where all is said, what
/// was put there before the drop-ins are read stays there, or it would win no more on another host.
fn global_edit(side: Side, plan: &Plan, settings: &[(String, String)], seen: &Seen) -> Edit {
    let family = side.family();
    let ours = family.path(&plan.id);
    let wins = include(side, seen).is_some_and(|include| {
        let in_main = |setting: &Setting| {
            setting.place.as_ref().is_some_and(|place| place.path == include.path)
        };
        settings.iter().all(|(option, wanted)| {
            let resource = side.resource(&option.as_str().into());
            let wrong = |setting: &Setting| value(setting).is_none_or(|value| **value != **wanted);
            seen.of(&resource, Aspect::Value)
                // What nobody wrote stands nowhere, and loses to whatever is written.
                .filter(|setting| side.counts(setting) && !setting.default)
                .filter(|setting| wrong(setting) || (plan.whole && in_main(setting)))
                .filter_map(|setting| setting.place.as_ref())
                .all(|place| read_after(side, place, &include, &ours))
        })
    });
    if wins {
        let content = family.content(&plan.id, settings);
        Edit::Write { path: ours, content, mode: family.mode() }
    } else {
        let lines = settings.iter().map(|(option, value)| family.line(option, value)).collect();
        Edit::Top { path: first(side, settings, seen).to_owned(), lines }
    }
}

/// The file that is read first, as far as places tell.
fn first(side: Side, settings: &[(String, String)], seen: &Seen) -> &'static str {
    let is_shipped = |option: &str| {
        let resource = side.resource(&option.into());
        let mut places =
            seen.of(&resource, Aspect::Value).filter_map(|setting| setting.place.as_ref());
        places.any(|place| *place.path == *side.vendor())
    };
    if is_shipped("Include") || settings.iter().any(|(option, _)| is_shipped(option)) {
        side.vendor()
    } else {
        side.main()
    }
}

/// Where the main file includes the folder of drop-ins, for everybody.
fn include(side: Side, seen: &Seen) -> Option<Place> {
    let resource = side.resource(&"Include".into());
    let globs = side.globs();
    seen.of(&resource, Aspect::Value)
        .filter(|setting| setting.scope.is_none())
        .filter(|setting| {
            value(setting).is_some_and(|value| {
                value.split_whitespace().any(|word| globs.contains(&word.trim_matches('"')))
            })
        })
        .filter_map(|setting| setting.place.clone())
        .filter(|place| [side.main(), side.vendor()].contains(&&*place.path))
        .min_by_key(|place| place.line)
}

/// Whether what stands at `place` is read after our drop-in.
fn read_after(side: Side, place: &Place, include: &Place, ours: &str) -> bool {
    if place.path == include.path {
        return place.line > include.line;
    }
    // What is shipped beside an included folder that comes before everything else comes later.
    if *include.path == *side.vendor() && place.path.starts_with("/usr/etc/ssh/") {
        return true;
    }
    let prefix = format!("{}/", side.family().folder());
    // A file that something else includes may be read before: only the folder's order is known.
    place.path.starts_with(&prefix) && *place.path >= *ours
}

/// What counts before every line outside of blocks, wherever that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Above {
    /// What the server is started with.
    Flag,
    /// A block for everybody.
    All,
}

/// The conditions of a block for everybody.
const ALL: &str = "all";

/// Where an option has its value from, if no line outside of blocks can change it. That is told of the
/// asked option `Include`: none of these is one of its drop-ins.
fn above<'s>(option: &Arc<str>, seen: &'s Seen) -> Option<(Above, &'s Place)> {
    let resource = Side::Server.resource(&"Include".into());
    let all: Vec<&Setting> = seen.of(&resource, Aspect::Value).collect();
    let is_of = |found: &Arc<str>| found.eq_ignore_ascii_case(option);
    all.into_iter().filter(|setting| value(setting).is_some_and(is_of)).find_map(|setting| {
        let above = match setting.scope.as_deref()? {
            "flag" => Above::Flag,
            ALL => Above::All,
            _ => return None,
        };
        Some((above, setting.place.as_ref()?))
    })
}

/// The edit of a `Match` block.
fn in_block(
    (option, wanted): (&Arc<str>, &Wanted),
    criteria: &str,
    place: &Place,
    seen: &Seen,
) -> Edit {
    let resource = Resource::Sshd { option: Arc::clone(option) };
    let now = seen
        .of(&resource, Aspect::Value)
        .find(|setting| setting.place.as_ref() == Some(place))
        .and_then(value);
    Edit::Match {
        path: place.path.to_string(),
        criteria: one_line(criteria),
        option: one_line(option),
        value: keep_or_set(&resource, wanted, [now]),
    }
}

/// The edits of `Match` blocks that say something else.
fn in_blocks((option, wanted): (&Arc<str>, &Wanted), seen: &Seen) -> Vec<Edit> {
    let resource = Resource::Sshd { option: Arc::clone(option) };
    let mut edits = Vec::new();
    for setting in seen.of(&resource, Aspect::Value) {
        let (Some(criteria), Some(place)) = (&setting.scope, &setting.place) else { continue };
        if value(setting).is_none_or(|value| suits(&resource, wanted, value)) {
            continue;
        }
        let edit = in_block((option, wanted), criteria, place, seen);
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use holdfast_model::Reading;

    use super::*;

    const DROP_IN: &str = "/etc/ssh/sshd_config.d/00-holdfast-root.conf";
    const SHIPPED: &str = "/usr/etc/ssh/sshd_config";

    /// Where `PermitRootLogin no` goes, by where it stands now and where the folder is included.
    fn goes(stands: (&str, u32), include: Option<&str>) -> String {
        let side = Side::Server;
        let setting = |option: &str, value: &str, (path, line): (&str, u32)| Setting {
            resource: side.resource(&option.into()),
            aspect: Aspect::Value,
            scope: None,
            reading: Reading::Is(value.into()),
            place: Some(Place { path: path.into(), line, column: 1 }),
            default: false,
        };
        let mut all = vec![setting("PermitRootLogin", "yes", stands)];
        all.extend(include.map(|path| setting("Include", side.globs()[0], (path, 2))));
        let seen = Seen::new(all, Vec::new(), BTreeMap::new());
        let settings = [("PermitRootLogin".to_owned(), "no".to_owned())];
        let plan = Plan { id: "root".to_owned(), ..Plan::default() };
        global_edit(side, &plan, &settings, &seen).path().to_owned()
    }

    #[test]
    fn what_is_shipped_is_not_replaced_by_a_file_of_a_few_lines() {
        for stands in [
            (SHIPPED, 9),
            ("/usr/etc/ssh/sshd_config.d/50-permit-root-login.conf", 1),
            ("/etc/ssh/sshd_config.d/50-cloud.conf", 1),
        ] {
            assert_eq!(goes(stands, Some(SHIPPED)), DROP_IN, "{stands:?}");
        }
        // Where no drop-in of ours wins, the file that is read takes the lines.
        assert_eq!(goes(("/etc/ssh/sshd_config.d/00-a.conf", 1), Some(SHIPPED)), SHIPPED);
        assert_eq!(goes((SHIPPED, 9), None), SHIPPED);
        let main = Side::Server.main();
        assert_eq!(goes((main, 9), None), main);
        assert_eq!(goes((main, 9), Some(main)), DROP_IN);
    }
}
