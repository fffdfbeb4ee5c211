//! The rules of auditd that watch paths, audit.rules(7) and auditctl(8): those of `rules.d`, as
//! augenrules(8) joins them, or those of `audit.rules` where the folder has none.
//!
//! Knows rules; must not know which paths are worth a watch.

use std::cmp::Ordering;

use holdfast_model::{Place, Span};

use super::{Family, Held, shown};
use crate::text::{Document, Mistake, extension, file_name};

const FOLDER: &str = "/etc/audit/rules.d";
const MAIN: &str = "/etc/audit/audit.rules";

/// The kinds of access, in the order in which they are written.
const KINDS: &str = "rwxa";

/// What is recorded of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Watch {
    path: String,
    /// Whether what lies below it is watched as well.
    below: bool,
    kinds: Vec<char>,
    /// Whether calls of 64 and of 32 bits count.
    calls: [bool; 2],
    /// Whether the rule says that nothing is recorded of it.
    never: bool,
    /// Whether it says so of some users, programs or calls alone.
    part: bool,
    place: Place,
}

impl Watch {
    fn covers(&self, path: &str) -> bool {
        let below = path.strip_prefix(self.path.trim_end_matches('/'));
        below.is_some_and(|rest| rest.is_empty() || self.below && rest.starts_with('/'))
    }
}

/// What is recorded of a path by all rules together; the first place is that of the first rule. A
/// rule that records nothing of it ends the matter for those behind it. One that does so of a part
/// leaves open what those record: its place is the error.
pub(super) fn watched(watches: &[Watch], path: &str) -> Result<Option<Held>, Place> {
    let until = |ends: fn(&Watch) -> bool| {
        let covering = watches.iter().filter(|watch| watch.covers(path));
        let before = covering.take_while(|watch| !ends(watch));
        let counting: Vec<&Watch> = before.filter(|watch| !watch.never).collect();
        recorded(&counting)
    };
    let (surely, at_most) = (until(|watch| watch.never), until(|watch| watch.never && !watch.part));
    if surely.as_ref().map(|held| &held.value) == at_most.as_ref().map(|held| &held.value) {
        return Ok(surely);
    }
    let part = watches.iter().find(|watch| watch.never && watch.part && watch.covers(path));
    part.map_or(Ok(surely), |watch| Err(watch.place.clone()))
}

/// What is recorded by rules that cover a path, calls of both kinds together.
fn recorded(covering: &[&Watch]) -> Option<Held> {
    let by_any = |kind: char, which: usize| {
        covering
            .iter()
            .any(|watch| watch.calls.get(which) == Some(&true) && watch.kinds.contains(&kind))
    };
    let place = covering.first()?.place.clone();
    let value: String = KINDS.chars().filter(|kind| by_any(*kind, 0) && by_any(*kind, 1)).collect();
    (!value.is_empty()).then_some(Held { value, place })
}

/// Reads the rules in the order in which they are loaded.
pub(super) fn read(family: &mut Family<'_>) {
    let mut paths = family.folder(FOLDER, |name| extension(name) == Some("rules"));
    paths.sort_by(|a, b| natural(file_name(a), file_name(b)));
    // What augenrules joins begins with its `-D`, wherever that stands.
    let joined = !paths.is_empty();
    if !joined {
        paths.push(MAIN.into());
    }
    let mut rules = Rules { joined, ..Rules::default() };
    for path in paths {
        family.each_line(&path, |family, document, line, at| {
            let start = at + (line.len() - line.trim_start().len());
            let body = line.trim();
            if body.is_empty() || body.starts_with('#') || rules.stopped {
                return;
            }
            if rules.one(family, body, document.place(start)).is_none() {
                rules.stopped = !rules.goes_on;
                let span = Span { start, end: start + body.len() };
                refuse(family, document, span, body);
            }
        });
    }
    if rules.off || rules.never || rules.excluded == Some(Excluded::All) {
        family.watches.clear();
    }
    if let (Some(Excluded::Part(place)), false) = (&rules.excluded, family.watches.is_empty()) {
        let at = format!("{}:{}", place.path, place.line);
        let reason = format!("the rule at `{at}` keeps some records from being written");
        family.hide(reason, "take that rule out");
    }
}

/// What the list `exclude` keeps from being written.
#[derive(Debug, PartialEq, Eq)]
enum Excluded {
    /// Records of calls, and with them all that watches see.
    All,
    /// Those of some users or programs, or of kinds that may be of them; the rule stands here.
    Part(Place),
}

/// What a rule of the list `exclude` keeps from what watches see.
fn excluded(words: &[&str], place: Place) -> Option<Excluded> {
    let fields = words.chunks(2).filter_map(|pair| match pair {
        ["-F", field] if !field.starts_with("key=") => Some(*field),
        _ => None,
    });
    let fields: Vec<&str> = fields.collect();
    let kinds = fields.iter().filter_map(|field| field.strip_prefix("msgtype="));
    let kinds: Vec<String> = kinds.map(str::to_ascii_uppercase).collect();
    let of_calls = |kind: &String| matches!(kind.as_str(), "SYSCALL" | "1300");
    // Without its path nobody knows which file it was.
    let of_paths = |kind: &String| matches!(kind.as_str(), "PATH" | "1302");
    if kinds.iter().any(|kind| !of_calls(kind) && !of_paths(kind)) {
        return None;
    }
    let all = fields.len() == 1 && kinds.iter().any(of_calls);
    Some(if all { Excluded::All } else { Excluded::Part(place) })
}

fn refuse(family: &mut Family<'_>, document: &Document<'_>, span: Span, line: &str) {
    let message = format!("`{}` is no rule of auditd, which loads none behind it", shown(line));
    let mistake = Mistake::loss("audit-rule", span, message);
    family.tell(document, &mistake.help("see auditctl(8), or take the line out"));
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of auditctl of its own")]
struct Rules {
    joined: bool,
    /// Whether auditctl goes on behind a line that is no rule, and whether it met one and stopped.
    goes_on: bool,
    stopped: bool,
    /// Whether the last `-e` switches all of it off.
    off: bool,
    /// Whether nothing is recorded of any task.
    never: bool,
    excluded: Option<Excluded>,
}

impl Rules {
    /// Takes one line; `None` where it is no rule.
    fn one(&mut self, family: &mut Family<'_>, line: &str, place: Place) -> Option<()> {
        let mut words = line.split_whitespace();
        let first = words.next()?;
        let rest: Vec<&str> = words.collect();
        match first {
            "-D" if !self.joined => {
                family.watches.clear();
                self.excluded = None;
            }
            "-c" | "-i" => self.goes_on = true,
            "-e" => {
                let state = *rest.first()?;
                self.off = state == "0";
                // Locked: the kernel takes no rule from then on. augenrules puts it last.
                self.stopped |= state == "2" && !self.joined;
            }
            "-w" => {
                let watch = watch(&rest, place)?;
                family.watches.push(watch);
            }
            "-W" => {
                let path = rest.first()?.trim_end_matches('/');
                family.watches.retain(|watch| watch.never || watch.path != path);
            }
            "-a" | "-A" => {
                let list = *rest.first()?;
                if matches!(list, "never,task" | "task,never") && rest.len() == 1 {
                    self.never = true;
                }
                if matches!(list, "always,exclude" | "exclude,always")
                    && self.excluded != Some(Excluded::All)
                    && let Some(found) = excluded(rest.get(1..)?, place.clone())
                {
                    self.excluded = Some(found);
                }
                let watch = by_fields(list, rest.get(1..)?, place)?;
                let at = if first == "-A" { 0 } else { family.watches.len() };
                family.watches.splice(at..at, watch);
            }
            other => return other.starts_with('-').then_some(()),
        }
        Some(())
    }
}

/// `PATH -p wa -k key`: of a folder with all that lies below it. Without `-p` everything counts.
fn watch(words: &[&str], place: Place) -> Option<Watch> {
    let (path, options) = words.split_first()?;
    let mut kinds: Vec<char> = KINDS.chars().collect();
    for pair in options.chunks(2) {
        match pair {
            ["-p", letters] => kinds = kinds_of(letters)?,
            ["-k", _] => {}
            _ => return None,
        }
    }
    let path = path.trim_end_matches('/').to_owned();
    let (calls, below, never, part) = ([true; 2], true, false, false);
    path.starts_with('/').then_some(Watch { path, below, kinds, calls, never, part, place })
}

fn kinds_of(letters: &str) -> Option<Vec<char>> {
    let all: Vec<char> = letters.chars().collect();
    (!all.is_empty() && all.iter().all(|c| KINDS.contains(*c))).then_some(all)
}

/// Calls that concern no file: rules that keep clocks from being recorded name them.
const OF_CLOCKS: [&str; 6] =
    ["adjtimex", "clock_adjtime", "clock_settime", "settimeofday", "stime", "time"];

/// The newer form: `always,exit -F path=PATH -F perm=wa`. One that asks for more, such as a user or
/// a call, records a part alone and does not count; one that is no watch at all is nothing here. One
/// that says `never` and names no path is of all paths.
fn by_fields(list: &str, words: &[&str], place: Place) -> Option<Vec<Watch>> {
    let action: Vec<&str> = list.split(',').collect();
    let exit = action.contains(&"exit");
    let never = action.contains(&"never");
    if action.len() != 2 || !(never || action.contains(&"always")) {
        return None;
    }
    let (mut path, mut below, mut partial, mut calls) = (None, false, false, [true; 2]);
    let mut named: Vec<&str> = Vec::new();
    let mut kinds: Vec<char> = KINDS.chars().collect();
    for pair in words.chunks(2) {
        let ["-F" | "-C" | "-S" | "-k", value] = pair else { return None };
        match (pair.first(), value.split_once('=')) {
            (Some(&"-F"), Some(("path", at))) => path = Some(at),
            (Some(&"-F"), Some(("dir", at))) => (path, below) = (Some(at), true),
            (Some(&"-F"), Some(("perm", letters))) => kinds = kinds_of(letters)?,
            (Some(&"-F"), Some(("arch", "b64"))) => calls = [true, false],
            (Some(&"-F"), Some(("arch", "b32"))) => calls = [false, true],
            (Some(&"-F"), Some(("key", _))) | (Some(&"-k"), _) => {}
            // Of every call: what says nothing of calls says the same.
            (Some(&"-S"), _) if *value == "all" => {}
            (Some(&"-S"), _) => named.extend(value.split(',')),
            _ => partial = true,
        }
    }
    partial |= !named.is_empty();
    let of_clocks = !named.is_empty() && named.iter().all(|call| OF_CLOCKS.contains(call));
    let everywhere = never && path.is_none();
    if everywhere && !of_clocks {
        (path, below) = (Some("/"), true);
    }
    let part = everywhere && (partial || kinds.len() < KINDS.len());
    // What keeps a part from being recorded makes the rest less than it says.
    let counts = exit && (never || !partial);
    let path = path.filter(|path| counts && path.starts_with('/'));
    let watch = path.map(|path| Watch {
        path: path.trim_end_matches('/').to_owned(),
        below,
        kinds,
        calls,
        never,
        part,
        place,
    });
    Some(watch.into_iter().collect())
}

/// The order of `ls -v`: numbers inside of names count as numbers.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        match (digits(left), digits(right)) {
            (0, _) | (_, 0) => {
                let (one, other) = (left.chars().next(), right.chars().next());
                match one.cmp(&other) {
                    Ordering::Equal if one.is_none() => return a.cmp(b),
                    Ordering::Equal => {}
                    unlike => return unlike,
                }
                let after = |text: &'_ str| text.chars().next().map_or(0, char::len_utf8);
                left = left.get(after(left)..).unwrap_or_default();
                right = right.get(after(right)..).unwrap_or_default();
            }
            (n, m) => {
                let number = |text: &str, count: usize| {
                    text.get(..count).unwrap_or_default().trim_start_matches('0').to_owned()
                };
                let (one, other) = (number(left, n), number(right, m));
                match one.len().cmp(&other.len()).then_with(|| one.cmp(&other)) {
                    Ordering::Equal => {}
                    unlike => return unlike,
                }
                left = left.get(n..).unwrap_or_default();
                right = right.get(m..).unwrap_or_default();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = ["b", "10-a", "9-z", "09-a", "a10b", "a9b", "", "9"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["", "9", "09-a", "9-z", "10-a", "a9b", "a10b", "b"]);
    }
}
