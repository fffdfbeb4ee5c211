//! What shells read when somebody logs in: `/etc/profile`, the scripts that it reads from
//! `/etc/profile.d`, and others that it names; and before all of them what `pam_env` hands to them from
//! its own file and `/etc/environment`. Of interest are variables and `umask`.
//!
//! Knows that a value may hold only under a condition, which becomes its scope. Nothing is run: of a
//! function that is called, what it assigns in plain words is worked out, and what else it or `eval`
//! does to a variable is not known. Must not know which values are good.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Place, Reading};

use super::shell_commands::{CONDITION, Command, commands};
use super::{Family, Said};
use crate::text::{extension, file_name};

const PAM_ENV: &str = "/etc/security/pam_env.conf";
const ENVIRONMENT: &str = "/etc/environment";
const MAIN: &str = "/etc/profile";
const FOLDER: &str = "/etc/profile.d";

/// So long may a value become by naming itself, in bytes.
const VALUE: usize = 4096;
/// So many assignments of one function are worked out.
const ASSIGNMENTS: usize = 16;
/// The key of what may be said of any: no variable is called so.
pub(super) const ANY: &str = "*";

/// What a function may set, and which commands it runs.
#[derive(Debug, Default)]
struct Body {
    sets: BTreeSet<String>,
    runs: BTreeSet<String>,
    /// Its assignments in their order: the name, the value, and what they depend on.
    assigns: Vec<(String, String, Vec<String>)>,
    /// Whether it sets anything in another way than by these.
    more: bool,
}

/// By name, as far as the files that were read define them.
type Functions = BTreeMap<String, Body>;

/// Reads what a shell begins with, and then the main file and what it reads.
pub(super) fn read(family: &mut Family<'_>) {
    pam_env(family);
    environment(family);
    file(family, &mut Functions::new(), &MAIN.into(), &[]);
}

/// Reads pam_env.conf(5): `NAME [DEFAULT=VALUE] [OVERRIDE=VALUE]`. What is empty sets nothing.
fn pam_env(family: &mut Family<'_>) {
    let path: Arc<str> = PAM_ENV.into();
    let Some(bytes) = family.bytes_of(&path) else { return };
    let document = family.open(&path, bytes);
    let mut at = 0;
    for line in document.text().split_inclusive('\n') {
        let body = line.split('#').next().unwrap_or_default();
        let place = document.place(at + (body.len() - body.trim_start().len()));
        at += line.len();
        let body = body.trim();
        let words = body.split_once([' ', '\t']).filter(|(name, _)| is_name(name));
        let Some((name, rest)) = words.filter(|(name, _)| *name != "umask") else { continue };
        let value = |word: &str| {
            let (_, behind) = rest.split_once(word)?;
            let whole = match behind.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => behind.split_whitespace().next(),
            };
            // `@{HOME}` is known as late as `${HOME}`.
            whole.filter(|value| !value.is_empty()).map(|value| value.replace("@{", "${"))
        };
        match (value("DEFAULT="), value("OVERRIDE=")) {
            _ if body.ends_with('\\') => {
                unknown(family, name, &[], place, "goes on in the next line");
            }
            // What is put in there may be nothing.
            (Some(_), Some(other)) if other.contains("${") => {
                unknown(family, name, &[], place, "depends on who logs in");
            }
            (_, Some(value)) | (Some(value), None) => family.hold(name.to_owned(), value, place),
            (None, None) => {}
        }
    }
}

/// Reads variables as pam_env(8) does: `KEY=value`, of which quotes around the value alone are the
/// shell's. What is empty sets nothing, and the umask is no variable.
fn environment(family: &mut Family<'_>) {
    let path: Arc<str> = ENVIRONMENT.into();
    let Some(bytes) = family.bytes_of(&path) else { return };
    let document = family.open(&path, bytes);
    let mut at = 0;
    for line in document.text().split_inclusive('\n') {
        let body = line.split('#').next().unwrap_or_default();
        let start = at + (body.len() - body.trim_start().len());
        let body = body.trim();
        let body = body.strip_prefix("export ").unwrap_or(body);
        if let Some((key, value)) = assignment(body).filter(|(key, _)| *key != "umask") {
            let inner = value.strip_prefix(['"', '\'']);
            let inner = inner.map(|rest| rest.strip_suffix(['"', '\'']).unwrap_or(rest));
            let value = inner.unwrap_or(value);
            if !value.is_empty() {
                family.hold(key.to_owned(), value.to_owned(), document.place(start));
            }
        }
        at += line.len();
    }
}

fn file(family: &mut Family<'_>, known: &mut Functions, path: &Arc<str>, under: &[String]) {
    // One that is not there is tested for before it is read; one that reads itself never ends.
    if family.hidden.is_some() || family.enter(path).is_err() {
        return;
    }
    if let Some(bytes) = family.bytes_of(path) {
        let document = family.open(path, bytes);
        family.begins(path);
        let (commands, sound) = commands(document.text());
        if !sound || !document.readable() {
            let reason = format!("`{path}` is a script that could not be followed to its end");
            family.hide(reason, "a script with whole quotes and commands");
        }
        for command in commands {
            let place = command.words.first().map(|word| document.place(word.at));
            let Some(place) = place else { continue };
            one(family, known, (&command, under), place);
        }
    }
    family.leave();
}

fn one(
    family: &mut Family<'_>,
    known: &mut Functions,
    (command, outer): (&Command, &[String]),
    place: Place,
) {
    let all: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
    // These run what stands behind them.
    let prefix = all.iter().take_while(|word| matches!(**word, "builtin" | "command")).count();
    let texts = all.get(prefix..).unwrap_or_default();
    let Some((first, rest)) = texts.split_first() else { return };
    if let Some(name) = &command.of {
        return known.entry(name.clone()).or_default().takes(first, texts, &command.under);
    }
    if command.aside {
        return;
    }
    let under = || [outer, command.under.as_slice()].concat();
    match (*first, rest) {
        ("." | "source", [script, ..]) => source(family, known, (command, outer), script),
        ("eval", words) if !is_harmless(words) => {
            unknown(family, ANY, &under(), place, "may set it: `eval`");
        }
        ("umask", [mask, ..]) if !mask.starts_with('-') => {
            set(family, "umask", mask, &under(), place);
        }
        ("unset", names) if under().is_empty() => {
            for name in names {
                family.values.remove(*name);
                family.scoped.retain(|(key, _)| key != name);
            }
        }
        ("export" | "readonly" | "declare" | "typeset", words) => {
            assignments(family, words, &under(), &place);
        }
        // With a command behind them they hold for that command alone.
        _ if texts.iter().all(|word| assigned(word).is_some()) => {
            assignments(family, texts, &under(), &place);
        }
        _ => call(family, known, (first, rest), &under(), &place),
    }
}

/// A call of a function, if it is one: what that assigns in plain words is worked out.
fn call(
    family: &mut Family<'_>,
    known: &Functions,
    (name, words): (&str, &[&str]),
    under: &[String],
    place: &Place,
) {
    let plain = known
        .get(name)
        .filter(|body| !body.more && !body.runs.iter().any(|other| known.contains_key(other)));
    let assigns = plain.map(|body| {
        let each = body.assigns.iter();
        each.map(|(key, value, inner)| {
            let under: Vec<String> = under.iter().chain(inner).cloned().collect();
            called(key, value, words).map(|value| (key, value, under))
        })
    });
    let assigns: Option<Vec<_>> = assigns.and_then(Iterator::collect);
    if let Some(all) = assigns {
        for (key, value, under) in all {
            set(family, key, &value, &under, place.clone());
        }
        return;
    }
    for key in sets_of(known, name) {
        let what = format!("calls `{name}`, a function that may set it");
        unknown(family, &key, under, place.clone(), &what);
    }
}

/// A value in the body of a function, with the words of a call put in; `None` where it depends on more
/// than these and on what its variable was.
fn called(key: &str, value: &str, words: &[&str]) -> Option<String> {
    let (mut rest, mut out) = (value.to_owned(), value.to_owned());
    for (number, at) in ('1'..='9').zip(0..) {
        for parameter in [format!("${{{number}}}"), format!("${number}")] {
            rest = rest.replace(&parameter, "");
            out = out.replace(&parameter, words.get(at).copied().unwrap_or_default());
        }
    }
    let rest = rest.replace(&format!("${{{key}}}"), "").replace(&format!("${key}"), "");
    (!rest.contains(['$', '`'])).then_some(out)
}

impl Body {
    /// Notes what a command of the body may do. What it declares is its own.
    fn takes(&mut self, first: &str, texts: &[&str], under: &[String]) {
        let rest = texts.get(1..).unwrap_or_default();
        let mut others = |names: Vec<String>| {
            self.more = true;
            self.sets.extend(names);
        };
        match first {
            "eval" if is_harmless(rest) => {}
            "eval" | "." | "source" => others(vec![ANY.to_owned()]),
            "umask" if !rest.is_empty() => others(vec![first.to_owned()]),
            "unset" => others(rest.iter().map(|name| (*name).to_owned()).collect()),
            "export" | "readonly" => self.assigns(rest, under),
            _ if texts.iter().all(|word| assigned(word).is_some()) => self.assigns(texts, under),
            _ => self.runs.extend([first.to_owned()]),
        }
    }

    fn assigns(&mut self, words: &[&str], under: &[String]) {
        for (name, value) in words.iter().filter_map(|word| assigned(word)) {
            self.sets.insert(name.to_owned());
            self.assigns.push((name.to_owned(), value.into_owned(), under.to_vec()));
        }
        self.more |= self.assigns.len() > ASSIGNMENTS;
    }
}

/// What a function may set, and those that it calls; nothing where there is none of that name.
fn sets_of(known: &Functions, name: &str) -> BTreeSet<String> {
    let (mut sets, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![name]);
    while let Some(name) = open.pop() {
        let Some(body) = known.get(name).filter(|_| seen.insert(name)) else { continue };
        sets.extend(body.sets.iter().cloned());
        open.extend(body.runs.iter().map(String::as_str));
    }
    sets
}

/// Whether what is evaluated is the output of a program that is known to set nothing else than colours
/// or the language.
fn is_harmless(words: &[&str]) -> bool {
    let [only] = words else { return false };
    let inner = only.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
    inner.filter(|inner| !inner.contains([';', '&', '|', '(', '\n'])).is_some_and(|inner| {
        let program = inner.split_whitespace().next().unwrap_or_default();
        matches!(file_name(program), "dircolors" | "locale-check")
    })
}

/// Notes that the value of a key is not known from here on.
fn unknown(family: &mut Family<'_>, key: &str, under: &[String], place: Place, why: &str) {
    let reason = format!("the line at {place} {why}, which nobody works out here");
    let reading = Reading::Unknown { reason, closes_with: "an assignment in plain words".into() };
    let scope = (!under.is_empty()).then(|| scope_of(under));
    family
        .scoped
        .push((key.to_owned(), Said { scope, reading, place: Some(place), default: false }));
}

/// The conditions as a scope.
fn scope_of(under: &[String]) -> Arc<str> {
    under.join(", ").chars().take(CONDITION).collect::<String>().into()
}

/// Reads a script that is named, or in a loop those of the folder, and those that the loop names.
fn source(
    family: &mut Family<'_>,
    known: &mut Functions,
    (command, outer): (&Command, &[String]),
    script: &str,
) {
    let is_loop = |c: &&String| c.starts_with("for ") && c.contains(FOLDER);
    let in_folder = command.under.iter().find(is_loop);
    let inner = command.under.iter().filter(|condition| !is_about_files(condition));
    let under: Vec<String> = outer.iter().chain(inner).cloned().collect();
    if script.starts_with('/') && !script.contains(['$', '*']) {
        file(family, known, &script.into(), &under);
    } else if let Some(words) = in_folder {
        for script in family.folder(FOLDER, |name| extension(name) == Some("sh")) {
            file(family, known, &script, &under);
        }
        let is_named = |word: &&str| {
            let name = word.strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/'));
            name.is_some_and(|name| !name.is_empty() && !name.contains(['*', '?', '[', '$', ')']))
        };
        for script in words.split(' ').filter(is_named) {
            file(family, known, &script.into(), &under);
        }
    }
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    word.split_once('=').filter(|(name, _)| is_name(name))
}

fn is_name(word: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    word.starts_with(|c: char| !c.is_ascii_digit()) && word.chars().all(letter)
}

/// An assignment of the shell's: with `+=` the value is put behind what there is.
fn assigned(word: &str) -> Option<(&str, Cow<'_, str>)> {
    if let Some((name, value)) = assignment(word) {
        return Some((name, value.into()));
    }
    let (name, value) = word.split_once("+=").filter(|(name, _)| is_name(name))?;
    Some((name, format!("${{{name}}}{value}").into()))
}

fn assignments(family: &mut Family<'_>, words: &[&str], under: &[String], place: &Place) {
    for (name, value) in words.iter().filter_map(|word| assigned(word)) {
        set(family, name, &value, under, place.clone());
    }
}

/// A value takes the place of what was said before, unless it names itself: then it adds to it.
fn set(family: &mut Family<'_>, key: &str, value: &str, under: &[String], place: Place) {
    let (short, long) = (format!("${key}"), format!("${{{key}}}"));
    let adds = value.contains(&short) || value.contains(&long);
    let before = family.values.get(key).map(|held| held.value.clone());
    let whole = match before.filter(|before| adds && before.len() + value.len() < VALUE) {
        Some(before) => value.replace(&long, &before).replace(&short, &before),
        None => value.to_owned(),
    };
    let same = |said: &Said, scope: &str| said.scope.as_deref() == Some(scope);
    if under.is_empty() {
        if !adds {
            family.scoped.retain(|(its, _)| its != key);
        }
        family.hold(key.to_owned(), whole, place);
    } else {
        let scope = scope_of(under);
        if !adds {
            family.scoped.retain(|(its, said)| its != key || !same(said, &scope));
        }
        let scope = Some(scope);
        let said =
            Said { scope, reading: Reading::Is(whole.into()), place: Some(place), default: false };
        family.scoped.push((key.to_owned(), said));
    }
}

/// Whether a condition only looks whether a file is there: it says nothing of whom a script that is
/// read under it is for. So it is of a loop through files.
fn is_about_files(condition: &str) -> bool {
    let condition = condition.trim_start_matches("not ");
    let tests = ["-r", "-f", "-d", "-e", "-s", "-x"];
    let mut words = condition.split(' ');
    let first = words.next().unwrap_or_default();
    let tested = words.next().is_some_and(|word| tests.contains(&word));
    first == "for" || (matches!(first, "[" | "test" | "[[") && tested)
}
